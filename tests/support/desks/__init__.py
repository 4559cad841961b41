"""Members' desks and their pages for tests."""
