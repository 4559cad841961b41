"""A case that was offered to other readers, for tests of moves, notes and grants."""

from __future__ import annotations

from desk_harness import Reporter, RunningDesks

from desk.work import acts, moves

LEAD, HANDLER, COUNSEL, OTHER = range(4)


ROLES = ("lead", "handler", "counsel", "handler")


LABELS = ("Lead 1", "Handler 2", "Counsel 3", "Handler 4")


async def a_case(desks: RunningDesks, **more) -> tuple[str, Reporter]:
    """A case of lead and handler, with a file, an answer and a note; the fourth member does not read it."""
    reporter = await desks.file("En sak.", concerns=[OTHER], files=[b"en bild"], **more)
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with desks.desk(LEAD) as book:
        await book.sync()
        await acts.do(book, "reply", name, "Hej.")
        await acts.do(book, "note", name, "För oss.")
    return name, reporter


async def offered(
    desks: RunningDesks, name: str, readers=(LABELS[HANDLER], LABELS[COUNSEL]), signer=LABELS[HANDLER]
) -> bytes:
    async with desks.desk(LEAD) as book:
        await book.sync()
        return (await moves.offer(book, name, readers, signer, "Jäv.")).file
