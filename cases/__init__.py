"""What a case is, how it is sealed, kept, released and erased. Knows nothing of the web and nothing of tor."""
