"""docs/AUDITING.md says by hand what the audit says by itself: the two are the same table, the same claim, the same limits."""

import re
from pathlib import Path

from audit.canary.examine import ROWS
from audit.live.table import BY_HAND_FIRST, TABLE
from audit.report.words import ASSERTION, NOT_COVERED

GUIDE = (Path(__file__).parents[2] / "docs" / "AUDITING.md").read_text("utf-8")
FLOWING = " ".join(GUIDE.replace("\n> ", "\n").split())


def test_each_row_of_the_live_table_stands_in_the_guide_in_order_with_its_line_of_shell():
    rows = re.findall(
        r"(?ms)^### ([\w-]+): ([^\n]+)\n\n(Takes root to see whole\.\n\n)?```\n(.*?)\n```\n\n(?=\S)", GUIDE
    )

    assert [(name, title, by_hand, bool(root)) for name, title, root, by_hand in rows] == [
        (row.id, row.title, row.by_hand, row.root) for row in TABLE
    ]


def test_the_names_that_the_lines_use_are_set_as_the_report_sets_them():
    assert f"```\n{BY_HAND_FIRST}```" in GUIDE


def test_each_row_of_the_canary_stands_in_the_guide():
    rows = re.findall(r"(?m)^\| ([\w-]+) \| (.+?) \| `(.+)` \|$", GUIDE)

    assert [(name, title, by_hand.replace("\\|", "|")) for name, title, by_hand in rows] == [
        (name, *row) for name, row in ROWS.items()
    ]


def test_the_claim_and_what_is_not_covered_are_those_of_the_report():
    assert ASSERTION["en"] in FLOWING
    assert [line for line in NOT_COVERED["en"] if f"- {line}\n" not in GUIDE] == []
