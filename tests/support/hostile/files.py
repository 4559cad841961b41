"""What the files made to harm have in common; the rows of the classes are facts about attackers, not about our code."""

from __future__ import annotations

from dataclasses import dataclass

from trusted.jail.stages import Refused

BOMB = "decompression bomb"
LIE = "lying header"
LOOP = "loop"
FAN = "fan-out"
DEPTH = "depth"
NUMBER = "sheer number"
MISLABELLED = "mislabelled"
POLYGLOT = "polyglot"
BROKEN = "broken"
ACTIVE = "active"
PICTURE_CLASSES = {BOMB, LIE, LOOP, NUMBER, MISLABELLED, POLYGLOT, BROKEN}
PDF_CLASSES = {BOMB, LIE, LOOP, FAN, DEPTH, NUMBER, MISLABELLED, POLYGLOT, BROKEN, ACTIVE}


@dataclass(frozen=True, repr=False)
class Hostile:
    """One file and its class. `expected` is the refusal it must meet; None where a clean copy is right as well."""

    of_class: str
    content: bytes
    expected: type[Refused] | None = None
    # What may in no way be in a clean copy.
    never: tuple[bytes, ...] = ()
