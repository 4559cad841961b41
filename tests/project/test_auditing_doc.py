"""The auditor's guides carry the audit's own table, claim, rule and limits, written by scripts/auditing_tables.py."""

import re
import runpy
from pathlib import Path

import pytest

from audit.report import certify

PROJECT = Path(__file__).parents[2]
GUIDE = (PROJECT / "docs" / "AUDITING_REFERENCE.md").read_text("utf-8")
SHORT = {name: (PROJECT / "docs" / name).read_text("utf-8") for name in ("AUDITING.md", "GRANSKNING.md")}
# Two pages, as they print: beyond the lines of shell and the links.
MOST_WORDS = 1000
TABLES = runpy.run_path(str(PROJECT / "scripts" / "auditing_tables.py"))


def test_the_guide_is_what_the_audit_says():
    assert TABLES["rendered"](GUIDE) == GUIDE
    assert {name: TABLES["rendered"](text, name) for name, text in SHORT.items()} == SHORT


@pytest.mark.parametrize("name", SHORT)
def test_a_short_guide_is_short_and_has_rule_words_and_five_checks_by_hand(name):
    text = SHORT[name]
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)

    assert len(prose.split()) <= MOST_WORDS
    assert text.count("<!-- hand ") == 5
    assert all(f"| {word}" in text for word in ("keeper", "intake"))
    assert re.search(r"heartbeat", text)
    assert all(f"kallskydd audit {one}" in text for one in ("manifest", "live", "canary", "selftest", "all"))
    with pytest.raises(ValueError, match="not those of the audit"):
        TABLES["rendered"](text.replace("<!-- rule -->", ""), name)


def test_the_table_of_the_rule_is_that_of_the_function_which_decides():
    table = re.findall(r"(?m)^\| (.+) \| (.+) \|$", certify.__doc__)[1:]

    assert [(one, str(outcome).removeprefix("can be certified ")) for one, outcome in certify.RULE] == table


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
