"""The overview: what to do, and the cases as lines."""
