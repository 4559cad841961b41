"""The pages, one file each: what a request asks for, and which page it gets."""
