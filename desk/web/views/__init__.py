"""From cases to words and pages."""
