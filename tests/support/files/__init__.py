"""Files with markers, and the jail they go through."""
