"""Intakes in this process, and those who visit them."""
