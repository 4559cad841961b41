"""A case and its page, for tests of the members' application."""

from __future__ import annotations

from desk_harness import Reporter, RunningDesks
from desk_pages import Reader, Seen, pages_of

from desk.work import acts


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
