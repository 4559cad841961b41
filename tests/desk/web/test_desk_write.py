"""Write to the reporter: what can be sent, sentences that are ready, the preview, and what was sent."""

from __future__ import annotations

import html
import re

import pytest
from desk_harness import running_desks, running_with_pages
from desk_pages import Seen, pages_of
from intake_harness import file_report, log_in, make_home

from cases.entry import Acknowledgement, Assessment, CompletionRequest, Message, PhoneMinutes
from cases.languages import LANGUAGES
from desk.web.views.phrases import PHRASES, Phrases
from desk.work import acts

LEAD, HANDLER = 0, 1
HOSTILE = '<script>alert(1)</script><a href="http://example.org">"x"</a> & \u202etxt'


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def at_case(desks, reader, text: str = "Chefen anställde sin systerson."):
    """A released case, and the member at its page of writing; the reporter, and the case's name."""
    reporter = await desks.file(text)
    await desks.release()
    await reader.unlock()
    return reporter, reporter.keys.case_id.hex()


def seen_part(page: Seen) -> str:
    """The words of the part that is drawn as the reporter sees it."""
    drawn = re.search(r'<div class="seen".*?\n(.*?)</div>\n(?:<section class="box">|<form)', page.text, re.DOTALL)
    assert drawn, "no preview"
    return Seen(200, drawn[1], {}).words


def hidden(page: Seen) -> dict[str, str]:
    """The hidden fields of the form, which the browser sends back."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found}


async def test_the_acknowledgement_comes_first_and_is_chosen_and_a_plain_answer_stops_no_time(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        page = await reader.go(f"/case/{name}/write")

        labels = re.findall(r'name="act" value="([a-z]+)"( checked)?', page.text)
        assert labels[0] == ("acknowledge", " checked")
        assert {one for one, _ in labels} == {"acknowledge", "reply", "ask", "assess", "minutes"}
        assert "Det stoppar ingen tid: anmälan är inte bekräftad med det." in page.words


async def test_what_is_sent_is_what_was_previewed_and_the_page_says_so(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/write")
        preview = await reader.send(
            f"/case/{name}/write", do="preview", act="acknowledge", text="Tack, vi har läst.", **seen_of(form)
        )
        nothing = await desks.reporter_sees(reporter) if False else None
        sent = await reader.send(f"/case/{name}/write", do="send", **hidden(preview))
        bodies = await desks.reporter_sees(reporter)

    assert nothing is None
    assert "Tack, vi har läst." in seen_part(preview)
    assert "Ärendet får läget Bekräftad." in preview.words
    assert reader.at == f"/case/{name}/sent"
    assert "Bekräftelsen ligger hos anmälaren, dag 2 av lagens sju." in sent.words
    assert bodies == [Acknowledgement("Tack, vi har läst.")]


def seen_of(form: Seen) -> dict[str, str]:
    """The count of the case that the form carries."""
    return {"seen": form.hidden("seen")}
