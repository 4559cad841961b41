"""Two members erase at the pages: what the tests of it share."""

from __future__ import annotations

from datetime import timedelta

from desk.work import acts
from desks.harness import RunningDesks
from desks.moved_pages import HANDLER, LEAD, three_read
from desks.pages import Reader, Seen, pages_of
from trusted.case.clock import today

GROUND = {"ground": "decision", "number": "KS 2025/88"}
REFERENCE = "Gallringsbeslut KS 2025/88"


def signed_reference(desks: RunningDesks, days: int = 31) -> str:
    """What two sign for a case that was closed so many days ago and has no register number."""
    return f"{REFERENCE} | - | {today(desks.clock) - timedelta(days)} | handled"


async def do(desks: RunningDesks, number: int, act: str, name: str, text: str = "Klart.") -> None:
    async with desks.desk(number) as book:
        await book.sync()
        await acts.do(book, act, name, text)


async def closed(desks: RunningDesks, *, days: int = 31, **report) -> str:
    """A case that lead and handlers read, closed so many days ago."""
    name = await three_read(desks, "Privata inköp.") if not report else await filed(desks, **report)
    for number in (LEAD, HANDLER):
        async with desks.desk(number) as book:
            await book.sync()
            await book.open(book.state.find(name))
    await do(desks, LEAD, "close", name)
    desks.clock.forward(days=days)
    return name


async def filed(desks: RunningDesks, **report) -> str:
    reporter = await desks.file("Privata inköp.", **report)
    await desks.release()
    return reporter.keys.case_id.hex()


async def signed_first(reader: Reader, name: str, **fields: str) -> Seen:
    await reader.go(f"/erase/{name}")
    return await reader.send(f"/erase/{name}", **(GROUND | fields))


async def signed_second(reader: Reader, name: str, **fields: str) -> Seen:
    page = await reader.go("/erase")
    return await reader.send(f"/erase/{name}/sign", signature=page.hidden("signature"), **({"read": "yes"} | fields))


async def post(reader: Reader, path: str, **fields: str) -> Seen:
    """Send a form that no page shows, with a token that counts."""
    return await reader.send(path, token=reader.services.desk.tokens.new(), **fields)


async def listed(desks: RunningDesks) -> Seen:
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        return await reader.go("/erase")
