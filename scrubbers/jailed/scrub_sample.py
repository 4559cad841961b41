"""Scrubs a small file of our own, so that all that it takes is in memory before the locks go on."""

import os
from collections.abc import Callable

from scrubbers.jailed.findings import Findings
from trusted.jail.stages import Kind


def scrub_sample(scrub: Callable[[Kind, int, int, int, Findings], None], kind: Kind, sample: bytes) -> None:
    """Run a scrubber on a file that it takes; nothing of the result is kept."""
    untrusted, clean, preview = (os.memfd_create("warm", os.MFD_CLOEXEC) for _ in range(3))
    try:
        os.write(untrusted, sample)
        scrub(kind, untrusted, clean, preview, Findings())
    finally:
        for descriptor in (untrusted, clean, preview):
            os.close(descriptor)
