"""The trusted base: if this is right, nothing else can betray a reporter. Imports nothing else of the project."""
