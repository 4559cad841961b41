"""Real browsers for the tests: Firefox ESR with Tor Browser's settings or as it comes, Chromium, and w3m, of text alone.

Nobody's driver is between them and us: Firefox speaks Marionette, Chromium its own protocol over a pipe, w3m gets its keys
at a terminal, each in a few lines here. Every browser gets a fresh profile, a SOCKS port as its only way out (w3m, which
speaks no SOCKS, a proxy to one), and is ended by its process id.
"""
