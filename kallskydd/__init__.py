"""The front door: command line, keeper and demonstration. The only package that may import all others."""
