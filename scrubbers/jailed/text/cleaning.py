"""Writes a text as a reader sees it: nothing that cannot be seen, one way to write each letter, one kind of line end.

What goes: controls, joiners, direction marks, variation selectors, tags, private and unassigned characters, letters and
marks that draw nothing, more than four marks on a letter, blanks at the ends of lines, empty lines beyond two. Every
space is the ordinary one. Letters are in Unicode's composed form (NFC, UAX 15). What stays: words, and how many
blanks stand between them.
"""

import re
import unicodedata
from typing import Final

from scrubbers.jailed.findings import Findings
from trusted.jail.stages import What, Where

MOST_MARKS: Final = 4
_KEPT_CONTROLS: Final = "\n\t"
# Assigned as letters, marks or signs, and drawn as nothing or as a blank (DerivedCoreProperties of Unicode, Default_
# Ignorable_Code_Point; the Braille pattern blank; a filler of Khitan letters, a note without a head; what stands for an
# object that is not there).
_DRAWS_NOTHING: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164"
    "\ufe00-\ufe0f\uffa0\ufffc\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
# ASCII, written so that nobody sees it.
_TAGS: Final = re.compile("[\U000e0020-\U000e007e]+")
_TAG_OFFSET: Final = 0xE0000
_LINE_ENDS: Final = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_TOO_MANY_LINES: Final = re.compile("\n{4,}")


def cleaned(text: str, findings: Findings) -> str:
    """Return the text as it may be kept, ending in one line end; empty when nothing can be seen in it."""
    if "\r" in text:
        findings.add(What.SOFTWARE, Where.DOCUMENT, "CR LF")
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    for hidden in _TAGS.findall(text):
        findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, "".join(chr(ord(one) - _TAG_OFFSET) for one in hidden))
    text = without_unseen(text, findings)
    shorter = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    if shorter != text:
        findings.add(What.OTHER, Where.DOCUMENT)
    return _TOO_MANY_LINES.sub("\n\n\n", shorter).strip("\n") + "\n" if shorter.strip() else ""


def without_unseen(text: str, findings: Findings) -> str:
    """Take away what draws nothing, make every space the ordinary one, and leave four marks on a letter."""
    table = {ord(one): _instead(one) for one in set(text)}
    table = {code: instead for code, instead in table.items() if instead != chr(code)}
    for code in sorted(table):
        if not table[code]:
            findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, f"U+{code:04X}")
    if " " in table.values():
        findings.add(What.OTHER, Where.DOCUMENT)
    # Taking a joiner away can bring two characters together that have a composed form.
    text = unicodedata.normalize("NFC", text.translate(table))
    return _few_marks(text, findings)


def _instead(one: str) -> str:
    if one in _KEPT_CONTROLS:
        return one
    category = unicodedata.category(one)
    if category == "Zs":
        return " "
    return "" if category.startswith("C") or _DRAWS_NOTHING.match(one) else one


def _few_marks(text: str, findings: Findings) -> str:
    marks = "".join(one for one in set(text) if unicodedata.category(one).startswith("M"))
    if not marks:
        return text
    fewer = re.sub(rf"([{re.escape(marks)}]{{{MOST_MARKS}}})[{re.escape(marks)}]+", r"\1", text)
    if fewer != text:
        findings.add(What.HIDDEN_TEXT, Where.DOCUMENT)
    return fewer
