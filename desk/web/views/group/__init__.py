"""The group and its server: who reads, what was checked, numbers, the way there."""
