"""Real browsers for the tests: Firefox ESR with Tor Browser's settings or as it comes, Chromium, and a text browser.

Nobody's driver is between them and us: Firefox speaks Marionette and Chromium its own protocol over a pipe, both in a few
lines here. Every browser gets a fresh profile, a SOCKS port as its only way out, and is ended by its process id.
"""
