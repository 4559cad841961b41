"""Real processes, what they may do, and how long they take."""
