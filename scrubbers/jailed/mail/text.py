"""The text of a message that is no web page: its paragraphs, with their lines as they are."""

import re
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.typeset.model import Block, Paragraph, Run
from trusted.jail.stages import Locked

# How far the next line stands in stays: behind a head it tells whether that goes on (`quoted`).
_BETWEEN: Final = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)*")
_PGP: Final = "-----BEGIN PGP MESSAGE-----"


def read_text(text: str, findings: Findings) -> list[Block]:
    """Return the paragraphs. Raises Locked for what is encrypted, LettersMissing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _PGP in text:
        raise Locked
    letters = Drawable(findings)
    return [
        Paragraph((Run(letters.text(piece.rstrip())),)) for piece in _BETWEEN.split(text.strip("\n")) if piece.strip()
    ]
