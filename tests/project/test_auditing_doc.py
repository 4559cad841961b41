"""docs/AUDITING.md carries the audit's own table, claim and limits, written there by scripts/auditing_tables.py."""

import re
import runpy
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
GUIDE = (PROJECT / "docs" / "AUDITING.md").read_text("utf-8")
TABLES = runpy.run_path(str(PROJECT / "scripts" / "auditing_tables.py"))


def test_the_guide_is_what_the_audit_says():
    assert TABLES["rendered"](GUIDE) == GUIDE


def test_a_row_whose_title_or_line_of_shell_has_changed_is_seen_and_written_anew():
    changed = GUIDE.replace("### filter: A filter", "### filter: Some filter").replace("auditctl -l", "auditctl -L")

    assert changed != GUIDE
    assert TABLES["rendered"](changed) == GUIDE


@pytest.mark.parametrize("block", ["row torrc", "canary", "not covered"])
def test_a_block_that_is_missing_stands_there_twice_or_in_another_place_is_refused(block):
    text = re.search(rf"<!-- {block} -->\n.*?<!-- end -->\n", GUIDE, re.DOTALL)[0]
    without = GUIDE.replace(text, "")

    for wrong in (without, GUIDE + text, text + without):
        with pytest.raises(ValueError, match="not those of the audit"):
            TABLES["rendered"](wrong)


def test_each_row_of_the_live_table_is_explained_by_hand():
    after = re.findall(r"<!-- row ([\w-]+) -->\n.*?<!-- end -->\n\n(\S)", GUIDE, re.DOTALL)

    assert [name for name, first in after if first not in "<#"] == re.findall(r"<!-- row ([\w-]+) -->", GUIDE)
