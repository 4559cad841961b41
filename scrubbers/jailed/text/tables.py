"""Makes the cells of a table harmless for the spreadsheet that opens it.

A cell that begins with =, +, - or @ is a formula to a spreadsheet, and a formula can fetch an address or start a
program (OWASP, CSV Injection). An apostrophe before it makes it text. Which of semicolon, comma and tab parts the cells
is the reader's guess, so what follows any of them is a cell here.
"""

import re
from typing import Final

from scrubbers.jailed.findings import Findings
from trusted.jail.stages import What, Where

# Blanks and quotation marks may stand before it.
_FORMULA: Final = re.compile(r"""(?m)(?P<before>(?:^|(?<=[;,\t]))[ "]*)(?P<cell>[=@+\-][^;,\t\n]*)""")
# A number, a telephone number, a day, or a dash for nothing: there is no name in it to call.
_HARMLESS: Final = re.compile(r"""[+\-][\d .()/%:+\-]*["' ]*""")


def with_inert_cells(text: str, findings: Findings) -> str:
    """Return the table with an apostrophe before what a spreadsheet would compute."""

    def made(found: re.Match[str]) -> str:
        if _HARMLESS.fullmatch(found["cell"]):
            return found[0]
        findings.add(What.SCRIPT, Where.DOCUMENT, found["cell"])
        return f"{found['before']}'{found['cell']}"

    return _FORMULA.sub(made, text)
