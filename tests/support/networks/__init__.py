"""Private Tor networks, mirrors, relays and what stands between."""
