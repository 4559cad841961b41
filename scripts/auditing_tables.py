"""
Write into the auditor's guides what the audit says of itself; `--check` only compares, with exit code 1 if they differ.

A block stands between `<!-- NAME -->` and `<!-- end -->` and is replaced whole. In docs/AUDITING_REFERENCE.md: the
claim, what is not covered, the names that the lines of shell use, each row of `audit live` (its heading and its line),
and the rows of the canary. In the two short guides: the claim, the rule of the verdict, the names and five rows. What
is around the blocks, how to read a row among it, is written by hand.
"""

import re
import sys
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from audit.canary.table import TABLE as CANARY_TABLE  # noqa: E402 - needs the path
from audit.language import Language, in_language, with_remarks  # noqa: E402
from audit.live.table import TABLE  # noqa: E402
from audit.mirror.table import BY_HAND_FIRST as MIRROR_FIRST  # noqa: E402
from audit.mirror.table import MIRROR  # noqa: E402
from audit.mirror.table import TABLE as MIRROR_TABLE  # noqa: E402
from audit.report.certify import RULE, Outcome  # noqa: E402
from audit.report.claims import BY_HAND_FIRST, LIVE  # noqa: E402
from audit.report.words import words_in  # noqa: E402
from audit.row import Row  # noqa: E402

DOCS: Final = PROJECT / "docs"
REFERENCE: Final = "AUDITING_REFERENCE.md"
SHORT: Final[dict[str, Language]] = {"AUDITING.md": "en", "GRANSKNING.md": "sv"}
# The five that show most by themselves.
STRONGEST: Final = ("own-files", "filter", "intake-descriptors", "torrc", "schema")
_BLOCK: Final = re.compile(r"<!-- ([\w -]+) -->\n.*?<!-- end -->\n", re.DOTALL)


def blocks(guide: str) -> dict[str, str]:
    """Return the text of every block of a guide by its name, in the order in which they stand in it."""
    if guide in SHORT:
        return _short(SHORT[guide])
    return {
        "claim": f"> {LIVE.assertion}\n",
        "names": f"```\n{BY_HAND_FIRST}```\n",
        **{f"row {row.id}": _row(row) for row in TABLE},
        "canary": _canary(),
        "mirror claim": f"> {MIRROR.assertion}\n",
        "mirror names": f"```\n{MIRROR_FIRST}```\n",
        **{f"mirror {row.id}": _row(row) for row in MIRROR_TABLE},
        "mirror not covered": "".join(f"- {line}\n" for line in MIRROR.not_covered),
        "not covered": "".join(f"- {line}\n" for line in LIVE.not_covered),
    }


def _short(language: Language) -> dict[str, str]:
    lines = {row.id: row.by_hand for row in TABLE}
    return {
        "claim": f"> {in_language(LIVE.assertion, language)}\n",
        "rule": _rule(language),
        "names": f"```\n{with_remarks(BY_HAND_FIRST, language)}```\n",
        **{f"hand {name}": f"```\n{with_remarks(lines[name], language)}\n```\n" for name in STRONGEST},
    }


def _rule(language: Language) -> str:
    """Return the table of the verdict, with the word by which the page marks each."""
    head = {"en": ("what the page has", "is"), "sv": ("vad sidan har", "är")}[language]
    words = words_in(language)
    marks = {Outcome.CANNOT: words["finding"].lower(), Outcome.REMARKS: words["remark"].lower()}
    lines = [(in_language(one, language), marks.get(outcome, words[outcome].lower())) for one, outcome in RULE]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, ("---",) * 2, *lines])


def _row(row: Row) -> str:
    root = "Takes root to see whole.\n\n" if row.root else ""
    return f"### {row.id}: {row.title}\n\n{root}```\n{row.by_hand}\n```\n"


def _canary() -> str:
    lines = [
        (row.id.removeprefix("canary."), row.title, f"`{row.by_hand}`".replace("|", "\\|")) for row in CANARY_TABLE
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [("row", "shows", "by hand"), ("---",) * 3, *lines])


def rendered(text: str, guide: str = REFERENCE) -> str:
    """Return the guide with every block as the audit says it now. Raises ValueError for missing or strange blocks."""
    texts = blocks(guide)
    if (found := _BLOCK.findall(text)) != list(texts):
        differing = sorted(set(found) ^ set(texts)) or ["their order"]
        message = f"the blocks of docs/{guide} are not those of the audit: {', '.join(differing)}"
        raise ValueError(message)
    return _BLOCK.sub(lambda match: f"<!-- {match[1]} -->\n{texts[match[1]]}<!-- end -->\n", text)


def main() -> int:
    """Return the exit code."""
    code = 0
    for guide in (REFERENCE, *SHORT):
        text = (DOCS / guide).read_text("utf-8")
        new = rendered(text, guide)
        if new == text:
            continue
        if "--check" in sys.argv[1:]:
            print(f"docs/{guide} is not what the audit says; run .venv/bin/python scripts/auditing_tables.py")
            code = 1
        else:
            (DOCS / guide).write_text(new, "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
