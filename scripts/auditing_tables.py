"""
Write into docs/AUDITING.md what the audit says of itself; `--check` only compares, with exit code 1 when they differ.

A block stands between `<!-- NAME -->` and `<!-- end -->` and is replaced whole: the claim, what is not covered, the
names that the lines of shell use, each row of `audit live` (its heading and its line), and the rows of the canary. What
is around the blocks, how to read a row among it, is written by hand.
"""

import re
import sys
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from audit.canary.examine import ROWS  # noqa: E402 - needs the path
from audit.live.table import BY_HAND_FIRST, TABLE, Row  # noqa: E402
from audit.mirror.table import ASSERTION as MIRROR_ASSERTION  # noqa: E402
from audit.mirror.table import BY_HAND_FIRST as MIRROR_FIRST  # noqa: E402
from audit.mirror.table import NOT_COVERED as MIRROR_NOT_COVERED  # noqa: E402
from audit.mirror.table import TABLE as MIRROR_TABLE  # noqa: E402
from audit.report.words import ASSERTION, NOT_COVERED  # noqa: E402

GUIDE: Final = PROJECT / "docs" / "AUDITING.md"
_BLOCK: Final = re.compile(r"<!-- ([\w -]+) -->\n.*?<!-- end -->\n", re.DOTALL)


def blocks() -> dict[str, str]:
    """Return the text of every block by its name, in the order in which they stand in the guide."""
    return {
        "claim": f"> {ASSERTION['en']}\n",
        "names": f"```\n{BY_HAND_FIRST}```\n",
        **{f"row {row.id}": _row(row) for row in TABLE},
        "canary": _canary(),
        "mirror claim": f"> {MIRROR_ASSERTION['en']}\n",
        "mirror names": f"```\n{MIRROR_FIRST}```\n",
        **{f"mirror {row.id}": _row(row) for row in MIRROR_TABLE},
        "mirror not covered": "".join(f"- {line}\n" for line in MIRROR_NOT_COVERED["en"]),
        "not covered": "".join(f"- {line}\n" for line in NOT_COVERED["en"]),
    }


def _row(row: Row) -> str:
    root = "Takes root to see whole.\n\n" if row.root else ""
    return f"### {row.id}: {row.title}\n\n{root}```\n{row.by_hand}\n```\n"


def _canary() -> str:
    lines = [(name, title, f"`{by_hand}`".replace("|", "\\|")) for name, (title, by_hand) in ROWS.items()]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [("row", "shows", "by hand"), ("---",) * 3, *lines])


def rendered(guide: str) -> str:
    """Return the guide with every block as the audit says it now. Raises ValueError for missing or strange blocks."""
    texts = blocks()
    if (found := _BLOCK.findall(guide)) != list(texts):
        differing = sorted(set(found) ^ set(texts)) or ["their order"]
        message = f"the blocks of docs/AUDITING.md are not those of the audit: {', '.join(differing)}"
        raise ValueError(message)
    return _BLOCK.sub(lambda match: f"<!-- {match[1]} -->\n{texts[match[1]]}<!-- end -->\n", guide)


def main() -> int:
    """Return the exit code."""
    guide = GUIDE.read_text("utf-8")
    new = rendered(guide)
    if new == guide:
        return 0
    if "--check" in sys.argv[1:]:
        print("docs/AUDITING.md is not what the audit says; run .venv/bin/python scripts/auditing_tables.py")
        return 1
    GUIDE.write_text(new, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
