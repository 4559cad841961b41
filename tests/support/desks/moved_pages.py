"""Moves at the pages: choices ticked, the file given from one member's browser to another's, and what copies open."""

from __future__ import annotations

import contextlib
import io
import itertools
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp

from cases.home import read_home
from cases.roster.member import MemberKeys
from desk.errors import DeskError, NotReachable
from desk.keep.keyfile import DeskHome
from desk.keep.state import KnownCase, read_state
from desk.work.case.unsealing import open_grants
from desks.harness import RunningDesks, at_work, running_desks
from desks.pages import TO_A_PAGE, Reader, Seen
from kallskydd.desk.route import Route
from trusted.case.entry import Stream
from trusted.case.errors import SealBroken
from trusted.crypto.case_keys import CaseKeys, open_header
from trusted.crypto.envelope import read_header
from trusted.store.shred import SHARE_BYTES

LEAD, HANDLER, COUNSEL, OTHER = range(4)
ROLES = ("lead", "handler", "counsel", "handler")
NAMES = ("Person 1", "Person 2", "Person 3", "Person 4")


async def three_read(desks: RunningDesks, text: str = "En sak.") -> str:
    """A case of lead and both handlers."""
    reporter = await desks.file(text)
    await desks.release()
    return reporter.keys.case_id.hex()


async def two_read(desks: RunningDesks, text: str = "En sak.") -> str:
    """A case of lead and handler: the report concerns the other."""
    reporter = await desks.file(text, concerns=[OTHER])
    await desks.release()
    return reporter.keys.case_id.hex()


def ids_of(desks: RunningDesks, *numbers: int) -> list[str]:
    return [desks.made.keys[number].id for number in numbers]


async def send_file(reader: Reader, content: bytes, **fields: str) -> Seen:
    """Send the form of /moves as a browser does, and go where it sends."""
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("token", reader.page.hidden("token"))
    for name, value in fields.items():
        form.add_field(name, value)
    if not fields:
        form.add_field("file", io.BytesIO(content), filename="omlasning.bin", content_type="application/octet-stream")
    body = form()
    seen = await reader.ask(
        "POST",
        "/moves",
        body=io.BytesIO(await body.as_bytes()),
        headers={
            **TO_A_PAGE,
            "Sec-Fetch-Site": "same-origin",
            "Origin": reader.services.address.origin,
            "Content-Type": body.content_type,
        },
    )
    if seen.status == 303:
        return await reader.go(seen.headers["Location"])
    reader.at, reader.page = "/moves", seen
    return seen


async def offered(reader: Reader, name: str, readers: list[str], signer: str, reason: str = "") -> bytes:
    """Choose readers and signer on the page, and take the file."""
    await reader.go(f"/case/{name}/move")
    look = await reader.send(f"/case/{name}/move", reader=readers, signer=signer, reason=reason)
    assert look.status == 200, look.words
    seen = await reader.send(f"/case/{name}/move/file", reader=readers, signer=signer, reason=reason)
    assert seen.headers["Content-Type"] == "application/octet-stream"
    return seen.body


async def sent_by(reader: Reader, name: str, readers: list[str], signer: str, reason: str = "") -> Seen:
    """Choose readers and signer on the page, and send it."""
    await reader.go(f"/case/{name}/move")
    look = await reader.send(f"/case/{name}/move", reader=readers, signer=signer, reason=reason)
    assert look.status == 200, look.words
    return await reader.send(f"/case/{name}/move/send", reader=readers, signer=signer, reason=reason)


async def signed(reader: Reader, file: bytes) -> Seen:
    """Show a file at the other member's page, agree and sign."""
    await reader.go("/moves")
    await send_file(reader, file)
    return await send_file(reader, b"", offer=reader.page.hidden("offer"), agreed="yes")


def copy_of(desks: RunningDesks, folder: Path) -> Path:
    """A full copy of the server's home and of all desk homes, as they lie on the disk now."""
    folder.mkdir()
    shutil.copytree(desks.made.home.path, folder / "home")
    for home in desks.folder.glob("desk*"):
        if home.is_dir():
            shutil.copytree(home, folder / home.name)
    return folder


@asynccontextmanager
async def served(desks: RunningDesks, folder: Path) -> AsyncIterator[RunningDesks]:
    """A server over a copy."""
    async with running_desks(folder, replace(desks.made, home=read_home(folder / "home")), desks.clock) as other:
        yield other


async def opens(desks: RunningDesks, home: DeskHome, name: str) -> dict[Stream, int]:
    """How many entries of each stream a desk home opens over the server, as the desk asks for them."""
    async with at_work(home, Route(socket=desks.socket), desks.clock) as book:
        await book.sync()
        try:
            case = await book.open(book.state.find(name))
        except NotReachable:
            raise
        except DeskError:
            return {}
    return {stream: len(entries) for stream, entries in case.streams.items() if entries}


def opens_by_force(copies: Sequence[Path], member: MemberKeys, remembered: Sequence[KnownCase]) -> Counter[int]:
    """How many items of each stream in the last copy of the server's home open, without asking the server.

    Tried is every case key that the member's desk ever remembered or that is in a grant which opens with her own key,
    with every share in the files of slots and every grant in the databases of all copies.
    """
    databases = [_blobs_and_headers(copy) for copy in copies]
    found = list(open_grants([blob for blobs, _headers in databases for blob in blobs], member))
    cases = {grant.case_id for grant in found} | {known.case_id for known in remembered}
    held = {grant.key for grant in found} | {one.key for known in remembered for one in known.candidates()}
    bare = [CaseKeys(case_id, epoch, key, b"") for case_id, epoch, key in itertools.product(cases, (1, 2), held)]
    # Notes open with a case key and a notes key together.
    bare += [one.for_notes(notes) for one in bare for notes in held]
    slots = [(copy / "home" / "shred.slots").read_bytes() for copy in copies]
    shares = {file[at : at + SHARE_BYTES] for file in slots for at in range(0, len(file), SHARE_BYTES)}
    return Counter(int(read_header(header).place.stream) for header in databases[-1][1] if _opens(header, bare, shares))


def _opens(header: bytes, bare: Collection[CaseKeys], shares: Collection[bytes]) -> bool:
    read = read_header(header)
    for one, share in itertools.product([one for one in bare if one.commitment == read.commitment], shares):
        with contextlib.suppress(SealBroken):
            open_header(replace(one, share=share), read.place, header)
            return True
    return False


def _blobs_and_headers(copy: Path) -> tuple[list[bytes], set[bytes]]:
    with contextlib.closing(sqlite3.connect(copy / "home" / "kallskydd.db")) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in database.execute(f"SELECT * FROM {table}")]
        headers = {row[0] for row in database.execute("SELECT header FROM entries UNION SELECT header FROM files")}
    return [value for row in rows for value in row if isinstance(value, bytes)], headers


def remembered_by(home: DeskHome, member: MemberKeys) -> list[KnownCase]:
    """What a desk home remembers of cases."""
    return list(read_state(home.settings, home.case_list, member.sign_seed).case_list.cases.values())


async def unreached(*_: object) -> None:
    """What the client of a desk does when there is no way to the server."""
    raise NotReachable
