"""What this computer is like: its swap, its file system, whose processes are seen."""
