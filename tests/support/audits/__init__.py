"""Installations and pages for tests of the audit."""
