"""The way in, tried from the desk: a test report through the real form, and what the desk sees of it afterwards."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import re
import secrets
from itertools import count

import aiohttp
import pytest
from desks.harness import PASSPHRASE, running_with_pages
from desks.pages import pages_of
from processes.measured import quickest
from visitors.intake_harness import make_home
from visitors.samples import rows

from cases.audit_chain import append_record, make_chain_file, next_record
from desk.commands.result import CommandInput
from desk.commands.run import COMMANDS
from desk.commands.session import work
from desk.errors import ProbeFailed
from desk.keep.probes import hash_of
from desk.server.site_forms import multipart, read_page
from desk.server.visitor import Visitor
from desk.web.views.group.probing import suggested_text
from desk.work.case.numbers import TEST_NOTE, is_test
from intake.views import pages as intake_pages
from onion.address import address_from_public
from trusted.case.clock import today
from trusted.case.entry import Note, Stream

LEAD, HANDLER, COUNSEL = range(3)
ADDRESS = address_from_public(secrets.token_bytes(32))
TEXT = "Timmar skrivs upp hos oss på kvällar då ingen arbetar.\nUnderlagen stämmer inte."


class ByHost(aiohttp.UnixConnector):
    """Connections to the unix socket behind each onion address, where tor would find the onion."""

    def __init__(self, sockets) -> None:
        super().__init__(path="")
        self._sockets = sockets

    async def _create_connection(self, req, traces, timeout):
        connector = aiohttp.UnixConnector(path=str(self._sockets[req.url.host.removesuffix(".onion")]))
        return await connector._create_connection(req, traces, timeout)


@pytest.fixture
async def desks(tmp_path, monkeypatch):
    made = make_home(tmp_path / "home")
    async with running_with_pages(tmp_path, made, public_host=f"{ADDRESS}.onion") as desks:
        sockets = {desks.address: desks.socket, ADDRESS: desks.intake.public_socket}

        @contextlib.asynccontextmanager
        async def through_tor(_address, _private, **_route):
            yield ByHost(sockets)

        monkeypatch.setattr("desks.pages.connector_for", through_tor)
        yield desks


@contextlib.asynccontextmanager
async def at_the_page(desks, member: int = LEAD):
    async with pages_of(desks, member) as reader:
        await reader.unlock()
        await reader.go("/checks/probe")
        yield reader


async def test_a_test_report_goes_through_the_real_form_and_is_a_case_like_any_other(desks):
    async with at_the_page(desks) as reader:
        page = await reader.send("/checks/probe", address=f"{ADDRESS}.onion", text=TEXT)

        assert page.status == 200
        assert reader.at == "/checks/probe"
        assert "Skickad 2 mars, kommer 3 mars" in page.words
        assert 'role="alert"' not in page.text
        assert rows(desks.intake, "cases") == 1
        # The address is remembered, and the text is not: another is proposed.
        assert ADDRESS in page.text
        assert TEXT[:20] not in page.text


async def test_after_the_release_the_desk_finds_it_and_says_that_all_is_right(desks):
    async with at_the_page(desks) as reader:
        await reader.send("/checks/probe", address=ADDRESS, text=TEXT)
        early = await reader.go("/checks")
        await desks.release()
        folder = desks.made.home.path
        make_chain_file(folder)
        append_record(folder, next_record(None, today(desks.clock), 24, (), ()))
        page = await reader.go("/checks")
        probe = await reader.go("/checks/probe")

        assert "✓ Skickad" not in early.words
        assert "kom fram som den ska" in page.words
        assert "I dag stämmer allt." in page.words
        assert "De andra vet inte än att det är ett prov" in probe.words


async def test_one_press_tells_the_other_readers_and_takes_it_out_of_the_numbers(desks):
    async with at_the_page(desks) as reader:
        await reader.send("/checks/probe", address=ADDRESS, text=TEXT)
        await desks.release()
        shown = await reader.go("/checks/probe")
        page = await reader.send("/checks/probe/tell", case=shown.hidden("case"))
        assert "En anteckning i ärendet säger till de andra att det är ett prov." in page.words
    async with desks.desk(HANDLER) as book:
        await book.sync()
        case = await book.open(next(iter(book.state.case_list.cases.values())))

        assert Note(TEST_NOTE) in [entry.body for entry in case.streams[Stream.NOTES]]
        assert is_test(case.streams)
        assert case.known.figure is None
        assert case.report.text == TEXT


async def test_one_that_does_not_come_is_red_and_says_whom_to_call(desks):
    async with at_the_page(desks) as reader:
        await reader.send("/checks/probe", address=ADDRESS, text=TEXT)
        # The server keeps it back.
        desks.clock.forward(days=2)
        page = await reader.go("/checks")

    assert "Provanmälan har inte kommit fram" in page.words
    assert "✗ Skickad" in page.words
    assert "fråga om den har kommit dit" in page.words


async def test_pages_that_tell_their_program_or_set_a_cookie_are_named(desks, monkeypatch):
    telling = {**intake_pages._HEADERS, "Set-Cookie": "a=b", "Via": "1.1 proxy"}
    telling["Content-Security-Policy"] = "default-src 'self'"
    monkeypatch.setattr(intake_pages, "_HEADERS", telling)

    async with at_the_page(desks) as reader:
        page = await reader.send("/checks/probe", address=ADDRESS, text=TEXT)

    assert "Sidan satte en kaka." in page.words
    assert "En sida förbjuder inte skript" in page.words
    assert "Ett svar avslöjar program, klocka" in page.words


@pytest.mark.parametrize(
    ("address", "text", "words"),
    [
        ("abc.onion", TEXT, "Adressen har ett skrivfel"),
        ("own", TEXT, "de behörigas adress"),
        (ADDRESS, "", "Texten saknas"),
        (ADDRESS, "Hör av dig på anna.andersson@example.org", "Sidan gav tillbaka formuläret"),
    ],
    ids=count(),  # a value is another in each process
)
async def test_what_is_refused_comes_back_with_all_that_was_typed_and_files_nothing(desks, address, text, words):
    async with at_the_page(desks) as reader:
        typed = desks.address if address == "own" else address
        page = await reader.send("/checks/probe", address=typed, text=text)

        assert page.status == 422
        assert words in page.words
        assert 'aria-invalid="true"' in page.text
        assert typed in page.text
        assert text in page.text
        assert rows(desks.intake, "cases") == 0


async def test_nothing_of_the_code_or_the_text_is_left_at_the_desk(desks):
    seen: list[str] = []
    inner = Visitor.send

    async def overheard(visitor, form, values, button=None):
        page = await inner(visitor, form, values, button)
        seen.extend(page.code)
        return page

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Visitor, "send", overheard)
        async with at_the_page(desks) as reader:
            page = await reader.send("/checks/probe", address=ADDRESS, text=TEXT)
            async with reader.services.desk.at_work() as book:
                kept = book.state.case_list.probe
                known = repr(kept) + repr(book.state.case_list)

    assert len(seen) >= 8
    # One word alone of it is also a word of Swedish, and may stand on any page.
    assert not any(re.search(rf"\b{one}\W+{other}\b", page.words) for one, other in itertools.pairwise(seen))
    assert kept.text_hash == hash_of(TEXT)
    assert TEXT[:20] not in known
    for file in desks.home(LEAD).folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"Timmar skrivs upp" not in content
            assert ADDRESS.encode() not in content


async def test_a_server_that_sends_the_visitor_to_another_place_gets_no_visit_there(desks):
    async with (
        ByHost({ADDRESS: desks.intake.public_socket}) as connector,
        Visitor(connector, f"http://{ADDRESS}.onion") as visitor,
    ):
        visitor._ask = _sends_on  # type: ignore[method-assign]
        with pytest.raises(ProbeFailed):
            await visitor.go("/")


async def _sends_on(*_asked):
    return 303, {"Location": "http://other.example/"}, b""


def test_a_form_is_filled_as_a_browser_fills_it():
    page = read_page(
        '<form action="/a#x"><input type="hidden" name="token" value="t&amp;"><textarea name="text">\nold</textarea>'
        '<select name="who"><option value="1">1<option value="2" selected>2</select>'
        '<input type="checkbox" name="off" value="1"><input type="radio" name="on" value="y" checked>'
        '<input type="file" name="f"><button name="act" value="send">Send</button></form><p onclick="x">'
    )
    form = page.form("/a", "token")

    content_type, body = multipart(form.filled({"text": "rad\nrad"}, ("act", "send")), form.file_inputs)

    assert form.filled({}) == [("token", "t&"), ("text", "old"), ("who", "2"), ("on", "y"), ("f", "")]
    assert form.file_inputs == {"f"}
    assert page.scripts
    assert content_type.split("boundary=")[1].encode() in body
    assert b'name="text"\r\n\r\nrad\r\nrad\r\n' in body
    # As Firefox sends an input in which nothing is chosen, and the button after it.
    nothing_chosen = b'name="f"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n\r\n'
    assert 0 < body.index(nothing_chosen) < body.index(b'name="act"')


def test_the_proposed_text_could_be_a_report_and_is_another_each_time():
    texts = {suggested_text() for _ in range(40)}

    assert len(texts) > 10
    assert all(80 < len(text) < 600 for text in texts)


async def test_the_command_line_files_one_and_says_what_came_of_it(desks):
    def given(**args):
        return CommandInput(argparse.Namespace(**args), TEXT, None)

    sockets = {desks.address: desks.socket, ADDRESS: desks.intake.public_socket}

    @contextlib.asynccontextmanager
    async def through_tor(_address, _private):
        yield ByHost(sockets)

    async def run(**args):
        async with work(desks.home(LEAD), lambda: PASSPHRASE, through_tor, desks.clock) as book:
            return await COMMANDS["probe"](book, given(**args))

    none = await run(address=None, mirror=False)
    filed = await run(address=f"http://{ADDRESS}.onion/", mirror=False)
    await desks.release()
    came = await run(address=None, mirror=False)

    assert none.found == {"probe": None}
    assert (filed.found["probe"]["arrival"], filed.exit_code) == ("waiting", 0)
    assert (came.found["probe"]["arrival"], came.found["probe"]["faults"], came.exit_code) == ("here", [], 0)
    assert "Close and erase it like any other" in came.prose


async def test_without_tor_the_verb_says_what_happened_and_files_nothing(desks):
    # The unix socket of the desk is no way to the reporters' site.
    ran = await desks.command(LEAD, "probe", "--address", ADDRESS, text=TEXT)

    assert ran.exit_code == 1
    assert ran.found["error"]["text_key"] == "probe.failed"
    assert rows(desks.intake, "cases") == 0


@pytest.mark.parametrize(
    "piece", ["<a", "<!--", "<![", "</a ", "<?", '<a b="', "<script", "<a " + "='" * 400 + ">", "<a>"]
)
def test_a_page_made_to_hold_the_desk_is_read_at_once_and_raises_nothing(piece):
    page = piece * (2**17 // len(piece))

    # The library's own parser takes twenty seconds over the first, and four times that over twice as much.
    assert quickest(lambda: read_page(page), 3) < 3
