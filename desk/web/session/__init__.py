"""What is open while the passphrase has been given: keys, casebook, the way to the server."""
