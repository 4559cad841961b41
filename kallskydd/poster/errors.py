"""Why a poster cannot be made, each in two sentences for the operator.

PosterFault        the base
├── NoAddress      the home has no key of a public address
├── DoesNotFit     what the home says of itself is too long for one page
└── NoSuchLetter   a text has a letter that the poster's face lacks
"""

from __future__ import annotations


class PosterFault(Exception):
    """The poster cannot be made; the text says what is wrong and what to do."""


class NoAddress(PosterFault):
    """The home has no key of a public address."""

    def __init__(self) -> None:
        """Say what is missing."""
        super().__init__(
            "The key of the public address is missing from the home or cannot be read. "
            "Put onion/public.key back; without it nobody knows the address."
        )


class DoesNotFit(PosterFault):
    """What the home says of itself is too long for one page."""

    def __init__(self) -> None:
        """Say what to shorten."""
        super().__init__(
            "The owner, the organisations, the mirror's host or the telephone number are too long for one page. "
            "Shorten them in config.toml or in the roster."
        )


class NoSuchLetter(PosterFault):
    """A text has a letter that the poster's face lacks."""

    def __init__(self, letter: str) -> None:
        """Name the letter."""
        super().__init__(
            f"The poster's font has no letter {letter!r} (U+{ord(letter):04X}). "
            "Write the owner, the organisations and the telephone number in Latin letters."
        )
