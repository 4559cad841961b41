"""Which file is read first for a visitor, and when, would stand in its access time: all of them are read at the start."""

from __future__ import annotations

import subprocess
import sys

# The audit hook hears each open() of the process, Python's own as well (PEP 578).
VISITS = """
import sys

opened = []

def hear(event, arguments):
    if event == "open":
        opened.append(str(arguments[0]))

sys.addaudithook(hear)

from datetime import date

from cases.languages import LANGUAGES
from intake.views.pages import HomeShown, Pages
from trusted.receipt.keys import new_receipt
from cases.receipt.misread import near_words

pages = Pages(HomeShown("Ludvika kommun", trial=False), tuple(LANGUAGES))
at_start, opened = opened, []
for code in LANGUAGES:
    pages.language(code).day(date(2026, 3, 14))
new_receipt().words
near_words("abakuz")
print(opened, [name for name in at_start if name.endswith(("locale-data/fi.dat", "words/sv.txt"))])
"""


def test_no_table_of_a_language_and_no_word_list_is_opened_for_a_visitor():
    done = subprocess.run([sys.executable, "-c", VISITS], capture_output=True, text=True, check=True, timeout=60)

    later, _, at_start = done.stdout.partition("] [")
    assert later == "["
    # The hook does hear this one.
    assert "words/sv.txt" in at_start
