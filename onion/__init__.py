"""Talks to tor and knows nothing else: keys, configuration, processes, publishing, probing, and a private network."""
