"""Bytes in, clean bytes out. Knows nothing of the web, of tor or of storage.

The way of one file: `sniff` (what is it) → `sandbox.scrub` (rebuilt in a jailed process) → `sandbox.verify` (read again
by a second jailed process) → `stages.Verified`, the only thing that may be sealed and kept. What cannot be cleaned is
refused; there is no way around a stage. Decoders live in `jailed` and are imported nowhere else.
"""
