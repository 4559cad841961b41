"""A case and its page, for tests of the members' application."""

from __future__ import annotations

from datetime import UTC, datetime

from desk.work import acts
from desks.harness import Reporter, RunningDesks
from desks.pages import Reader, Seen, pages_of


async def a_case(desks: RunningDesks, text: str = "Chefen anställde sin systerson.") -> tuple[Reporter, str]:
    """A released case, and the address of its page."""
    reporter = await desks.file(text)
    await desks.release()
    return reporter, f"/case/{reporter.keys.case_id.hex()}"


async def act(desks: RunningDesks, number: int, path: str, what: str, text: str, **more) -> None:
    """An act of a member at another place than the application."""
    async with desks.desk(number) as book:
        await book.sync()
        await acts.do(book, what, path.rsplit("/", 1)[1], text, acts.ActChoices(**more))


async def fetched(reader: Reader) -> None:
    """Have what came meanwhile fetched, and wait for it."""
    refresh = reader.services.refresh
    await refresh.wait()
    refresh.begin()
    await refresh.wait()


async def shown(desks: RunningDesks, number: int, path: str) -> Seen:
    """The page of a case as a member sees it who unlocks now."""
    async with pages_of(desks, number) as reader:
        await reader.unlock()
        await fetched(reader)
        return await reader.go(path)


async def year_counted(desks: RunningDesks) -> None:
    """A year of twelve reports is over, and every member has fetched since: the whole channel has its figures."""
    for number in range(12):
        await desks.file(f"Sak {number}.")
    await desks.release()
    desks.clock.now = datetime(desks.clock().year + 1, 2, 1, 12, 0, tzinfo=UTC)
    members = range(len(desks.roster.members))
    # The first has the figures once the others have fetched.
    for number in (*members, 0):
        async with pages_of(desks, number) as reader:
            await reader.unlock()
            await fetched(reader)
