"""The test report through the website on the open web: the same visit over TLS, to the one certificate."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets

import aiohttp
import pytest
from aiohttp import web
from desks.harness import PASSPHRASE, running_with_pages
from desks.pages import pages_of
from networks.mirror_harness import NAME, SETTINGS, opened_mirror
from networks.mirror_harness import Authority as PrivateAuthority
from visitors.intake_harness import make_home
from visitors.samples import rows

from desk.commands.result import CommandInput
from desk.commands.run import COMMANDS
from desk.commands.session import work
from desk.errors import NotReachable, OtherCertificate
from desk.server.mirror import Mirror, MirrorConnector, stock_trust
from intake.site import mirror_headers
from onion.address import address_from_public

LEAD = 0
ADDRESS = address_from_public(secrets.token_bytes(32))
TEXT = "Timmar skrivs upp hos oss på kvällar då ingen arbetar."
OTHER_TEXT = "Samma firma får alla uppdrag, och ingen annan tillfrågas."


class ByHost(aiohttp.UnixConnector):
    """Connections to the unix socket behind each host, where tor would find it; by TLS where https is asked for."""

    def __init__(self, sockets) -> None:
        super().__init__(path="")
        self._sockets = sockets

    async def _create_connection(self, req, traces, timeout):
        path = str(self._sockets[req.url.host.removesuffix(".onion")])
        by_tls = {"ssl": req.ssl, "server_hostname": req.url.host} if req.is_ssl() else {}
        try:
            made = await asyncio.get_running_loop().create_unix_connection(self._factory, path, **by_tls)
        except FileNotFoundError as missing:
            # An exit that does not come there.
            raise NotReachable("reach.tor_failed") from missing
        return made[1]


@contextlib.asynccontextmanager
async def running(tmp_path, monkeypatch, before=()):
    made = make_home(tmp_path / "home", settings=SETTINGS)
    authority = PrivateAuthority.new(tmp_path / "authority")
    monkeypatch.setattr("desk.work.probe.stock_trust", authority.client)
    async with (
        running_with_pages(tmp_path, made, public_host=f"{ADDRESS}.onion") as desks,
        opened_mirror(tmp_path, desks.intake, authority, before=before) as mirror,
    ):
        sockets = {desks.address: desks.socket, ADDRESS: desks.intake.public_socket, NAME: mirror.socket}

        @contextlib.asynccontextmanager
        async def through_tor(_address, _private, **_route):
            yield ByHost(sockets)

        monkeypatch.setattr("desks.pages.connector_for", through_tor)
        mirror.certify()
        yield desks, mirror, through_tor


@contextlib.asynccontextmanager
async def sent(desks, address: str = ADDRESS):
    """A desk that has sent a test report through the website, and the page that came of it."""
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go("/checks/probe")
        yield reader, await reader.send("/checks/probe", address=address, text=TEXT, way="mirror")


async def test_a_test_report_goes_through_the_website_too_and_both_are_named(tmp_path, monkeypatch):
    async with running(tmp_path, monkeypatch) as (desks, _mirror, _tor), sent(desks) as (reader, page):
        only = await reader.go("/checks")
        await reader.go("/checks/probe")
        same = await reader.send("/checks/probe", address=ADDRESS, text=TEXT, way="onion")
        await reader.send("/checks/probe", address=ADDRESS, text=OTHER_TEXT, way="onion")
        await desks.release()
        checks = await reader.go("/checks")
        probe = await reader.go("/checks/probe")

        assert page.status == 200
        assert 'role="alert"' not in page.text
        assert f"Webbplatsen {NAME}" in page.words
        assert "Ingen skickad än" in only.words
        assert "Den senaste provanmälan hade samma text" in same.words
        assert rows(desks.intake, "cases") == 2
        assert checks.words.count("kom fram som den ska") == 2
        assert "Provanmälan genom webbplatsen" in checks.words
        assert probe.words.count("De andra vet inte än att det är ett prov") == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("another certificate", "visar ett certifikat som inte är serverns"),
        ("none that browsers accept", "visar ett certifikat som webbläsare inte godtar"),
        ("away", "Webbplatsen svarar inte genom Tor."),
    ],
)
async def test_a_website_that_is_not_the_servers_or_away_is_named_and_nothing_is_sent(
    tmp_path, monkeypatch, wrong, words
):
    async with running(tmp_path, monkeypatch) as (desks, mirror, _tor):
        if wrong == "another certificate":
            # Of the same authority for the same name: what every browser accepts.
            monkeypatch.setattr(mirror.contexts, "_shown", secrets.token_bytes(32))
        elif wrong == "away":
            mirror.socket.unlink()
        else:
            monkeypatch.setattr("desk.work.probe.stock_trust", stock_trust)
        async with sent(desks) as (_reader, page):
            assert page.status == 422
            assert words in page.words
            assert TEXT in page.text
            assert rows(desks.intake, "cases") == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (("_KNOWN_TO_ALL", "/", "/elsewhere"), "leder inte vidare till adressen som du skrev"),
        (("_ALWAYS", "Strict-Transport-Security", "max-age=60"), "släpper in webbläsare utan https"),
        (("_ALWAYS", "X-Robots-Tag", "all"), "låter sökmotorer visa den"),
        (("_ALWAYS", "X-Added", "1"), "svarar annorlunda än toradressen"),
        (("_ALWAYS", "Cache-Control", "no-cache"), "En sida får sparas av webbläsaren"),
    ],
)
async def test_what_the_website_answers_otherwise_is_named(tmp_path, monkeypatch, changed, words):
    table, name, value = changed
    monkeypatch.setitem(getattr(mirror_headers, table), name, value)

    async with running(tmp_path, monkeypatch) as (desks, _mirror, _tor), sent(desks) as (_reader, page):
        assert page.status == 200
        assert "Webbplatsen är inte som den ska" in page.words
        assert words in page.words


async def test_without_a_website_the_page_says_nothing_of_one(tmp_path):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks, pages_of(desks, LEAD) as reader:
        await reader.unlock()
        for path in ("/checks", "/checks/probe"):
            page = await reader.go(path)

            assert "ebbplats" not in page.words
        assert 'name="way"' not in page.text


async def test_the_command_line_says_what_came_of_both(tmp_path, monkeypatch):
    async with running(tmp_path, monkeypatch) as (desks, _mirror, through_tor):

        async def run(text, **args):
            given = CommandInput(argparse.Namespace(**args), text, None)
            async with work(desks.home(LEAD), lambda: PASSPHRASE, through_tor, desks.clock) as book:
                return await COMMANDS["probe"](book, given)

        none = await run("", address=None, mirror=False)
        await run(TEXT, address=ADDRESS, mirror=False)
        await run(OTHER_TEXT, address=ADDRESS, mirror=True)
        await desks.release()
        came = await run("", address=None, mirror=False)

    assert none.found == {"probe": None, "mirror": None}
    assert [(one["arrival"], one["faults"]) for one in came.found.values()] == [("here", []), ("here", [])]
    assert came.exit_code == 0
    assert "through the website" in came.prose


async def test_a_desk_that_reaches_its_server_without_tor_tries_no_website(tmp_path, monkeypatch):
    async with running(tmp_path, monkeypatch) as (desks, mirror, _tor):
        there = Mirror(NAME, mirror.contexts.shown)
        async with (
            aiohttp.UnixConnector(path=str(desks.socket)) as straight,
            MirrorConnector(straight, there) as connector,
            aiohttp.ClientSession(connector=connector) as session,
        ):
            with pytest.raises(NotReachable) as refused:
                await session.get(there.origin, ssl=mirror.authority.client())

    assert refused.value.text_key == "probe.mirror_needs_tor"


async def test_a_certificate_is_compared_on_every_connection_before_anything_is_sent(tmp_path, monkeypatch):
    seen = []

    @web.middleware
    async def noted(request, handler):
        seen.append(request.path)
        return await handler(request)

    async with running(tmp_path, monkeypatch, before=(noted,)) as (_desks, mirror, _tor):
        there = Mirror(NAME, mirror.contexts.shown)
        mirror.certify()
        async with (
            ByHost({NAME: mirror.socket}) as through,
            MirrorConnector(through, there) as connector,
            aiohttp.ClientSession(connector=connector) as session,
        ):
            with pytest.raises(OtherCertificate):
                await session.get(there.origin, ssl=mirror.authority.client())

    assert seen == []
