"""The text of a message that is no web page: its paragraphs, with their lines as they are."""

import re
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.typeset.model import Block, Paragraph, Run
from scrubbers.stages import Email, Locked

_BETWEEN: Final = re.compile(r"\n[ \t]*\n\s*")
_PGP: Final = "-----BEGIN PGP MESSAGE-----"
# A file written as letters, as before there was MIME: with all that is hidden in it.
_FILE_IN_TEXT: Final = re.compile(r"(?m)^begin [0-7]{3,4} \S.*\n[!-`]|^=ybegin ")


def read_text(text: str, findings: Findings) -> list[Block]:
    """Return the paragraphs. Raises Locked for what is encrypted, Email for a file in the text, LettersMissing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _PGP in text:
        raise Locked
    if _FILE_IN_TEXT.search(text):
        raise Email
    letters = Drawable(findings)
    return [
        Paragraph((Run(letters.text(piece.rstrip())),)) for piece in _BETWEEN.split(text.strip("\n")) if piece.strip()
    ]
