"""A case that was offered to other readers, for tests of moves, notes and grants."""

from __future__ import annotations

from collections.abc import Sequence

from desk.work import acts, moves
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desks.harness import Reporter, RunningDesks

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
    return await _offered(desks, name, [id_of(desks, one) for one in readers], id_of(desks, signer))


def id_of(desks: RunningDesks, label: str) -> str:
    """The id of the member with this label; of a label that nobody has, none."""
    return next((keys.id for one, keys in zip(LABELS, desks.made.keys, strict=True) if one == label), "0" * 32)


async def made(desks: RunningDesks, name: str, readers: Sequence[int], signer: int) -> bytes:
    """The lead's offer of a case to the members of these numbers."""
    ids = [keys.id for keys in desks.made.keys]
    return await _offered(desks, name, [ids[one] for one in readers], ids[signer])


async def _offered(desks: RunningDesks, name: str, readers: Sequence[str], signer: str) -> bytes:
    async with desks.desk(LEAD) as book:
        await book.sync()
        case = await book.open(book.state.find(name))
        moves.require_move(book, case, readers, signer)
        await moves.let_in(book, case, (signer,), "Jäv.")
        return await moves.offer(book, name, readers, signer, "Jäv.")


async def signed(desks: RunningDesks, number: int, file: bytes) -> tuple[moves.ReadOffer, DeskCase]:
    """A second member checks an offer and signs it: what she read in it, and the case as it is then."""
    async with desks.desk(number) as book:
        await book.sync()
        read = await moves.read_offer(book, file)
        return read, await moves.sign_offer(book, read)


async def send_to(book: Casebook, name: str, number: int, made: bytes) -> None:
    """Let the server hold an offer for the member of this number."""
    case = await book.open(book.state.find(name))
    signer = next(one.id for one in book.chain.current.members if one.label == LABELS[number])
    await moves.send_offer(book, case, signer, made)
