"""One case: its way, what was written, its files, who reads it from now on, its end."""
