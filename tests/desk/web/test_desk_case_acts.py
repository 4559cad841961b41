"""Acts that are done from the page of a case: what is asked first, what the reporter gets, what is kept of typing."""

from __future__ import annotations

import pytest
from desks.harness import PASSPHRASE, running_desks
from desks.pages import pages_of
from visitors.intake_harness import make_home

from desk.errors import NotReachable
from desk.web.views.case_line import case_number
from desk.work import acts
from trusted.case.entry import (
    TEXT_CHARACTERS,
    CaseLink,
    LegalHold,
    MeetingRequest,
    Note,
    Opened,
    RegisterNumber,
    Reopen,
    Stream,
)

LEAD, HANDLER = range(2)


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        desks.reporter = await desks.file("Chefen anställde sin systerson.")
        await desks.release()
        desks.name = desks.reporter.keys.case_id.hex()
        desks.path = f"/case/{desks.name}"
        yield desks


async def notes_of(desks, number=HANDLER):
    async with desks.desk(number) as book:
        await book.sync()
        case = await book.open(book.state.find(desks.name))
        # That the page of the case was opened is written there too (test_desk_checks_page.py).
        notes = [entry.body for entry in case.streams.get(Stream.NOTES, ())]
        return [body for body in notes if not isinstance(body, Opened)]


async def close(desks):
    async with desks.desk(LEAD) as book:
        await book.sync()
        await acts.do(book, "close", desks.name, "Klart.")


async def test_a_note_reaches_the_group_and_never_the_reporter(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(desks.path + "/note")
        page = await reader.send(desks.path + "/note", text="Avtalet tecknades\ni maj.")

    assert await notes_of(desks) == [Note("Avtalet tecknades\ni maj.")]
    assert await desks.reporter_sees(desks.reporter) == []
    assert "Anteckningen är sparad." in page.words
    assert "Avtalet tecknades" not in reader.at


async def test_an_empty_and_a_too_long_note_are_refused_with_what_was_typed(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(desks.path + "/note")
        empty = await reader.send(desks.path + "/note", text="  \n")
        typed = "<b>långt</b>" + "å" * TEXT_CHARACTERS
        long = await reader.send(desks.path + "/note", text=typed)

    assert (empty.status, long.status) == (422, 422)
    assert "Texten saknas." in empty.words
    assert "Texten är för lång." in long.words
    assert 'aria-invalid="true"' in long.text
    assert '<p class="wrong">Texten saknas.</p><textarea' in empty.text
    assert "&lt;b&gt;långt&lt;/b&gt;åå" in long.text
    assert await notes_of(desks) == []


async def test_another_text_in_a_form_that_was_sent_waits_in_the_form(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        token = (await reader.go(desks.path + "/note")).hidden("token")
        await reader.send(desks.path + "/note", text="Avtalet tecknades i maj.", token=token)
        reader.page = None
        twice = await reader.send(desks.path + "/note", text="Avtalet tecknades i maj.", token=token)
        empty = await reader.go(desks.path + "/note")
        reader.page = None
        # Back in the browser, and another text.
        later = await reader.send(desks.path + "/note", text="Eller i juni.", token=token)
        form = await reader.go(desks.path + "/note")

    assert "Formuläret har redan tagits emot en gång" in twice.words
    assert "Avtalet" not in empty.text
    assert "Formuläret var redan skickat, så det du har skrivit sedan dess är inte skickat." in later.words
    assert f'href="{desks.path}/note">Öppna formuläret</a>' in later.text
    assert "Eller i juni.</textarea>" in form.text
    assert await notes_of(desks) == [Note("Avtalet tecknades i maj.")]


async def test_what_is_not_about_the_field_stands_above_the_page_alone(desks, monkeypatch):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(desks.path + "/note")
        monkeypatch.setattr("desk.web.handlers.case.texts.do", _refused)
        away = await reader.send(desks.path + "/note", text="Avtalet tecknades i maj.")

    assert "Avtalet tecknades i maj.</textarea>" in away.text
    assert 'aria-invalid="true"' not in away.text
    assert 'class="wrong"' not in away.text


async def _refused(*_what):
    raise NotReachable


async def test_the_register_number_is_shown_beside_the_number_of_the_case(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(desks.path + "/register")
        long = await reader.send(desks.path + "/register", text="K" * 61)
        page = await reader.send(desks.path + "/register", text=" KS  2026/431 ")
        again = await reader.go(desks.path + "/register")

    assert long.status == 422
    assert "K" * 61 in long.text
    assert await notes_of(desks) == [RegisterNumber("KS 2026/431")]
    assert "· KS 2026/431 ·" in page.words
    assert 'value="KS 2026/431"' in again.text


@pytest.mark.parametrize(
    ("act", "closed", "body", "headline"),
    [
        ("meet", False, MeetingRequest("Ring mig?\nPå torsdag."), "Förslag om möte"),
        ("hold", True, LegalHold("", on=True), "Ärendet måste bevaras tills vidare"),
        ("reopen", True, Reopen("Ring mig?\nPå torsdag."), "Ärendet är öppet igen"),
    ],
)
async def test_what_the_reporter_will_read_is_seen_first_and_sent_second(desks, act, closed, body, headline):
    if closed:
        await close(desks)
    before = len(await desks.reporter_sees(desks.reporter))

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        link = await reader.go(desks.path)
        form = await reader.go(f"{desks.path}/{act}")
        preview = await reader.send(f"{desks.path}/{act}", text="Ring mig?\r\nPå torsdag.")
        unsent = await desks.reporter_sees(desks.reporter)
        changed = await reader.send(f"{desks.path}/{act}", text="Ring mig?\nPå torsdag.", change="1")
        await reader.send(f"{desks.path}/{act}", text="Ring mig?\nPå torsdag.")
        page = await reader.send(f"{desks.path}/{act}", text="Ring mig?\nPå torsdag.", send="1")

    assert f'href="{desks.path}/{act}"' in link.text
    # The field says who reads what is typed there.
    reads = "Bara gruppen läser det." if act == "hold" else "Anmälaren läser det, och alla i gruppen som läser ärendet."
    assert reads in form.words
    assert "Så här ser anmälaren det" in preview.words
    assert headline in preview.words
    assert "Ring mig? På torsdag." in preview.words
    assert len(unsent) == before
    assert "Ring mig?\nPå torsdag.</textarea>" in changed.text
    assert (await desks.reporter_sees(desks.reporter))[before:] == [body]
    assert reader.at == f"{desks.path}?done={act}"
    assert 'class="box good"' in page.text
    assert "Inget meddelande skickas. De andra som läser ärendet ser det" in page.words
    # Why a case is kept is the group's; the reporter is not told unasked.
    assert await notes_of(desks) == ([Note("Ring mig?\nPå torsdag.")] if act == "hold" else [])


async def test_a_hold_is_ended_with_a_reason_and_the_pages_offer_what_is_left(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(desks.path + "/hold")
        await reader.send(desks.path + "/hold", text="Process.")
        held = await reader.send(desks.path + "/hold", text="Process.", send="1")
        twice = await reader.go(desks.path + "/hold")
        await reader.go(desks.path + "/release-hold")
        await reader.send(desks.path + "/release-hold", text="Klar.")
        free = await reader.send(desks.path + "/release-hold", text="Klar.", send="1")

    assert "/release-hold" in held.text
    assert "Ärendet bevaras tills vidare." in held.words
    assert twice.status == 422
    assert "Det går inte i ärendet just nu." in twice.words
    assert "/release-hold" not in free.text
    seen = await desks.reporter_sees(desks.reporter)
    assert seen == [LegalHold("", on=True), LegalHold("", on=False)]


async def test_a_form_that_is_sent_twice_does_its_act_once(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        form = await reader.go(desks.path + "/note")
        await reader.send(desks.path + "/note", text="En gång.")
        reader.page = form
        again = await reader.send(desks.path + "/note", text="En gång.")

    assert again.status == 422
    assert await notes_of(desks) == [Note("En gång.")]


@pytest.mark.parametrize("act", ["note", "meet", "register"])
async def test_what_was_typed_when_the_desk_locked_itself_comes_back(desks, act):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(f"{desks.path}/{act}")
        await reader.services.desk.lock()
        await reader.send(f"{desks.path}/{act}", text="Det jag hann")
        page = await reader.send("/unlock", passphrase=PASSPHRASE)

    assert reader.at == f"{desks.path}/{act}"
    assert "Det jag hann" in page.text


@pytest.mark.parametrize("act", ["note", "meet", "register"])
async def test_when_the_server_does_not_answer_what_was_typed_stays_on_the_page(desks, act, monkeypatch):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(f"{desks.path}/{act}")

        async def away(*_, **__):
            raise NotReachable

        monkeypatch.setattr("desk.work.acts.do", away)
        page = await reader.send(f"{desks.path}/{act}", text="Det jag skrev", send="1")

    assert page.status == 422
    assert "Servern svarar inte." in page.words
    assert "Det jag skrev" in page.text


async def test_a_link_is_kept_after_the_earlier_case_was_shown_and_only_ones_own_cases_are_found(desks):
    earlier = await desks.file("Samma chef, i fjol.")
    hidden = await desks.file("Om Person 1.", concerns=[LEAD])
    await desks.release()
    number, secret = case_number(earlier.keys.case_id), case_number(hidden.keys.case_id)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(desks.path + "/link")
        unknown = await reader.send(desks.path + "/link", number="000 000", words="Samma chef.")
        not_hers = await reader.send(desks.path + "/link", number=secret, words="Samma chef.")
        itself = await reader.send(
            desks.path + "/link", number=case_number(desks.reporter.keys.case_id), words="Samma chef."
        )
        found = await reader.send(desks.path + "/link", number=number.replace(" ", ""), words="Samma chef.")
        nothing_yet = await notes_of(desks)
        page = await reader.send(desks.path + "/link", number=number, words="Samma chef.", keep="1")

    for refused in (unknown, not_hers, itself):
        assert refused.status == 422
        assert "Inget av dina andra ärenden har det numret." in refused.words
        assert "Samma chef." in refused.text
    assert "Samma chef, i fjol." in found.words
    assert "Alla som läser det här ärendet ser att det tidigare finns" in found.words
    assert nothing_yet == []
    assert await notes_of(desks) == [CaseLink(f"{number}\nSamma chef.")]
    assert f'href="/case/{earlier.keys.case_id.hex()}"' in page.text


async def test_the_kind_of_matter_is_one_of_the_municipalitys_own_list(desks, monkeypatch):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        none = await reader.go(desks.path + "/category")
        book = reader.services.desk.reading()
        book.categories = ("Jäv", "<b>Annat</b>")
        monkeypatch.setattr(type(book), "take_roster", lambda _book, _answer: _book.chain)
        form = await reader.go(desks.path + "/category")
        other = await reader.send(desks.path + "/category", text="Eget slag")
        page = await reader.send(desks.path + "/category", text="Jäv")
        again = await reader.go(desks.path + "/category")

    assert "Kommunen har ingen lista än." in none.words
    assert 'name="text"' not in none.text
    assert " checked" not in form.text
    assert "&lt;b&gt;Annat&lt;/b&gt;" in form.text
    assert other.status == 422
    assert "Jäv" in page.words
    assert "vad ärendet gäller" in page.words
    assert 'value="Jäv" checked' in again.text
