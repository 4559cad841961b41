"""What the certificate's keeper needs of the way to the intake: three orders, each answered.

`kallskydd.serve.mirror.MirrorDoor` is the real one; tests have one that serves TLS itself.
"""

from __future__ import annotations

from typing import Protocol


class MirrorRefused(Exception):
    """The intake did not take it, or is not there."""


class Door(Protocol):
    """Each returns once the intake says that it is so, and raises MirrorRefused when it is not."""

    async def give_certificate(self, pem: bytes) -> None:
        """Key and chain that visitors are shown from now on."""

    async def raise_challenge(self, pem: bytes) -> None:
        """Key and certificate that `acme-tls/1` is answered with, until it is lowered."""

    async def lower_challenge(self) -> None:
        """Answer `acme-tls/1` no more."""
