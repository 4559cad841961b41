"""Write to the reporter: what can be sent, sentences that are ready, and that the preview is what the inbox shows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from desks.harness import running_desks, running_with_pages
from desks.pages import pages_of
from desks.writing import at_case, drawn, in_language, pieces, send, typed, write
from visitors.intake_harness import file_report, log_in, make_home

from cases.languages import LANGUAGES
from desk.web.handlers.write.machine import FormWithPreview
from desk.web.views.case_line import case_number
from desk.web.views.writing.phrases import PHRASES, Phrases
from trusted.case.clock import today
from trusted.case.entry import Acknowledgement, Assessment, CompletionRequest, Feedback, Message, PhoneMinutes

LEAD = 0
HOSTILE = '</textarea><script>alert(1)</script><a href="http://example.org">"x"</a> & \u202etxt'


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def test_the_acknowledgement_comes_first_and_is_chosen_and_a_plain_answer_stops_no_time(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        page = await reader.go(f"/case/{name}/write")
        preview = await write(reader, name, act="acknowledge", text="Tack.")
        after = await send(reader, name, preview)
        then = await reader.go(f"/case/{name}/write")

    labels = re.findall(r'name="act" value="([a-z]+)"( checked)?', page.text)
    assert labels[0] == ("acknowledge", " checked")
    assert {one for one, _ in labels} == {"acknowledge", "reply", "ask", "assess", "feedback", "minutes"}
    assert "Tidsfristerna påverkas inte: anmälan är inte bekräftad med det." in page.words
    assert "Bekräftelsen ligger hos anmälaren, dag 3 av lagens sju." in after.words
    counts = "De tre månaderna för återkoppling räknas från bekräftelsen."
    assert counts in preview.words
    assert counts in after.words
    assert re.findall(r'name="act" value="([a-z]+)"', then.text) == ["reply", "ask", "assess", "feedback", "minutes"]
    assert "inte bekräftad" not in then.words


@pytest.mark.parametrize(
    ("act", "made", "says"),
    [
        ("acknowledge", Acknowledgement, "Bekräftelsen ligger hos anmälaren"),
        ("reply", Message, "Tidsfristerna påverkas inte."),
        ("assess", Assessment, "Den första bedömningen ligger hos anmälaren."),
        ("feedback", Feedback, "Återkopplingen ligger hos anmälaren, och lagens tre månader är uppfyllda."),
        ("minutes", PhoneMinutes, "Protokollet ligger hos anmälaren"),
    ],
)
async def test_each_act_sends_what_was_previewed_and_says_so(desks, act, made, says):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await write(reader, name, act=act, text="Rad ett.\r\n\r\nRad två.")
        before = await desks.reporter_sees(reporter)
        sent = await send(reader, name, preview)
        bodies = await desks.reporter_sees(reporter)

    assert before == []
    assert "Rad två." in drawn(preview)
    assert bodies == [made("Rad ett.\n\nRad två.")]
    assert reader.at == f"/case/{name}/sent"
    assert says in sent.words


async def test_what_was_typed_is_parsed_once_a_request(desks, monkeypatch):
    parsed, parse = [], FormWithPreview._parsed

    def counted(self, form):
        parsed.append(form)
        return parse(self, form)

    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        monkeypatch.setattr(FormWithPreview, "_parsed", counted)
        preview = await write(reader, name, act="acknowledge", text="Tack.")
        shown = len(parsed)
        await send(reader, name, preview)

    assert len(parsed) == shown + 1
    assert shown <= 2


async def test_a_question_has_a_day_of_the_list_and_fourteen_days_are_chosen(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/write")
        day = today(desks.clock)
        chosen = re.search(r'<option value="([^"]*)" selected', form.text)[1]
        offered = re.findall(r'<option value="(\d{4}-\d\d-\d\d)"', form.text)
        soon = await write(reader, name, act="ask", text="När var det?", by=str(day + timedelta(days=6)))
        preview = await write(reader, name, act="ask", text="När var det?", by=offered[0])
        sent = await send(reader, name, preview)
        bodies = await desks.reporter_sees(reporter)

    assert chosen == str(day + timedelta(days=14))
    assert offered[0] == str(day + timedelta(days=7))
    assert soon.status == 422
    assert "Anmälaren behöver minst sju dagar på sig att svara." in soon.words
    assert typed(soon) == "När var det?"
    assert re.search(r'<select class="short" id="by"[^>]* aria-invalid="true" autofocus', soon.text)
    assert soon.text.count("aria-invalid") == 1
    assert "Väntar på anmälarens svar" in preview.words
    assert bodies == [CompletionRequest("När var det?", day + timedelta(days=7))]
    assert "Frågan ligger hos anmälaren. Svar önskas senast" in sent.words


async def test_each_preview_says_what_the_reporter_does_not_see_and_who_reads_it_in_the_group(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        previews = [await write(reader, name, act="acknowledge", text="Tack.")]
        form = await reader.go(f"/case/{name}/close")
        fields = {"outcome": "substantiated", "text": "Klart.", "note": ""}
        previews.append(await reader.send(f"/case/{name}/close", do="preview", seen=form.hidden("seen"), **fields))
        await reader.go(f"/case/{name}/meet")
        previews.append(await reader.send(f"/case/{name}/meet", text="Torsdag?"))

    for preview in previews:
        assert "Anmälaren ser det som står i rutan, med dagens datum, och inget annat" in preview.words
        assert "inte ditt namn, inte er status för ärendet, inte era anteckningar." in preview.words
        assert "I gruppen läses det av Person 1, Person 2." in preview.words


async def test_without_a_text_nothing_is_shown_or_sent(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        empty = await write(reader, name, act="ask", text="  ", by="")
        long = await write(reader, name, act="reply", text="å" * 100_001)

    assert (empty.status, long.status) == (422, 422)
    assert "Texten saknas." in empty.words
    assert 'name="act" value="ask" checked' in empty.text
    assert re.search(r'<textarea id="text"[^>]* aria-invalid="true" autofocus', empty.text)
    assert empty.text.count("aria-invalid") == 1
    assert "för lång" in long.words
    assert len(typed(long)) == 100_001


async def test_a_finished_sentence_comes_in_the_reporters_language_with_its_meaning_and_sends_nothing(
    desks, monkeypatch
):
    in_language(monkeypatch, "ti")
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/write")
        added = await reader.send(
            f"/case/{name}/write", do="phrase", phrase="no-search", act="ask", text="Tack.", seen=form.hidden("seen")
        )
        preview = await reader.send(
            f"/case/{name}/write", do="preview", act="reply", text=typed(added), seen=added.hidden("seen")
        )
        bodies = await desks.reporter_sees(reporter)

    sentence = Phrases().text("no-search", LANGUAGES["ti"])
    assert "ኣብ ስራሕ" in sentence
    assert "ትግርኛ" in form.words
    assert "Översättningen är inte granskad ännu." in form.words
    assert sentence in form.words
    assert "Leta inte efter mer på jobbet. Berätta bara det du redan vet." in form.words
    assert typed(added) == f"Tack.\n\n{sentence}"
    assert 'name="act" value="ask" checked' in added.text
    # The keyboard stays at the button, and no address moves the page to another place.
    assert 'value="phrase" autofocus>' in added.text
    assert added.text.count("autofocus") == 1
    assert "write#" not in added.text
    assert bodies == []
    assert sentence in drawn(preview)
    assert '<div class="seen" lang="ti" dir="ltr">' in preview.text


def test_every_language_of_the_site_has_every_sentence_and_none_has_markup():
    phrases = Phrases()
    english = {one.key: one.text for one in PHRASES}

    for code, info in LANGUAGES.items():
        texts = {one.key: phrases.text(one.key, info) for one in PHRASES}
        assert all(texts.values()), code
        assert not any(set("<>&%") & set(text) for text in texts.values()), code
        assert code == "en" or not set(texts.values()) & set(english.values()), code


async def test_hostile_text_is_inert_on_every_page(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader, HOSTILE)
        phrase = await write(reader, name, do="phrase", act="reply", text=HOSTILE)
        preview = await write(reader, name, act="minutes", text=HOSTILE)
        await send(reader, name, preview)

    for page in (phrase, preview):
        assert "<script" not in page.text
        assert 'href="http://example.org' not in page.text
    assert typed(phrase) == HOSTILE
    assert "alert(1)" in drawn(preview)
    assert "<title>Så här ser anmälaren det</title>" in preview.text
    assert f"Steg 2 av 2 · Ärende {case_number(bytes.fromhex(name))}" in preview.words


@pytest.mark.parametrize("act", ["acknowledge", "reply", "ask", "assess", "feedback", "minutes"])
async def test_the_preview_is_what_the_reporters_inbox_shows(tmp_path, act):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks:
        page = await file_report(desks.intake.browser(), "Kan ni se på avtalet?")
        await desks.release()
        name = (await desks.listed(LEAD))[0].case_id.hex()
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            preview = await write(reader, name, act=act, text="Vi ser på avtalet.\n\nTack för att du säger till.")
            await send(reader, name, preview)
        inbox = await log_in(desks.intake.browser(), page.receipt)

    shown = pieces(drawn(preview))
    assert "Vi ser på avtalet. Tack för att du säger till." in shown
    assert [one for one in shown if one not in pieces(inbox.text)] == []


async def test_who_has_stepped_aside_cannot_write_and_what_she_typed_is_shown(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/write")
        await reader.send("/lock")
        await desks.step_aside(LEAD, name)
        await reader.go("/unlock")
        await reader.send("/unlock", passphrase="correct horse battery")
        page = await reader.send(
            f"/case/{name}/write", do="preview", act="reply", text="Hej.", seen=form.hidden("seen")
        )
        bodies = await desks.reporter_sees(reporter)

    assert page.status == 422
    assert "Du kan inte skriva till anmälaren nu" in page.words
    assert typed(page) == "Hej."
    assert bodies == []
