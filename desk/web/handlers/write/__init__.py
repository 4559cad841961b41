"""Writing to the reporter: what is sent, how the reporter will see it, and that it was sent."""
