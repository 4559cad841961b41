"""Fetch what is new in all cases, in rounds of one size (`cases.wire.syncing`, docs/decisions/desk/0030).

One round asks for as many cases as it has places, and fills the rest with nothing. A caller makes rounds until
`Rounds.is_over`: until no case is left, and their number is a power of two. So who watches the line sees one exchange
of one size on a day like others, and otherwise about how much there was, never how many cases.

What came goes through every check of `desk.work.case.casebook`, and so does what had not changed since. The server
shows a case for each key that came for it, as to the verb `case`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cases.wire.messages import CaseAnswer
from cases.wire.syncing import ASKED, NOTHING, Asked, Found, SyncAnswer, SyncRequest, filler, mark_of
from desk.errors import DeskError, Erased, NotReachable, ServerRefused, StrangeAnswer
from desk.keep.state import KnownCase
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from trusted.case.errors import NotThere
from trusted.crypto.seal import CaseKeys, fetch_mac

VERB = "sync"
_NOT_FOUND = 404


@dataclass(slots=True, repr=False)
class Rounds:
    """The rounds of one fetching: the names of the cases that are left, and how many rounds were made."""

    left: list[str]
    # Called with each case that has opened.
    on_open: Callable[[DeskCase], None] = lambda _case: None
    # Called with each case that has not, and the reason; of one that was erased, never.
    on_problem: Callable[[KnownCase, DeskError], None] = lambda _known, _refused: None
    made: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing is left and the number of rounds says little."""
        return not self.left and self.made > 0 and self.made & (self.made - 1) == 0

    async def take(self, book: Casebook) -> None:
        """Make one round. Raises what asking the server raises; of a case that does not open the reason is kept."""
        self.made += 1
        names = _that_fit(book, self.left)
        keys = {name: _candidates(book, name) for name in names}
        places = [one for found in keys.values() if len(found) <= ASKED for one in found]
        # What is here is hashed once for each place, whether or not the round has to be sent again.
        kept = {one.case_id: held for one in places if (held := _kept(book, one)) is not None}
        marks = {case_id: mark_of(held) for case_id, held in kept.items()}
        answer = await book.client.ask(VERB, lambda counter: _request(places, marks, counter), SyncAnswer)
        came = _Came(kept, _by_place(places, answer))
        later = [name for name in names if any(came.found(one) == "later" for one in keys[name])]
        if later and len(later) == len(names):
            # A server that never has room would keep the desk asking.
            raise StrangeAnswer
        for name in names:
            if name not in later:
                await self._take_case(book, name, came)
                # Opening one takes a few milliseconds; pages have their turn in between.
                await asyncio.sleep(0)
        taken = set(names) - set(later)
        self.left = [name for name in self.left if name not in taken]

    async def _take_case(self, book: Casebook, name: str, came: "_Came") -> None:
        known = book.state.case_list.cases.get(name)
        if known is None:
            return
        try:
            self.on_open(await book.open(known, came.answer))
        except Erased:
            return
        except NotReachable:
            raise
        except DeskError as refused:
            # Kept as a problem, and shown as one.
            self.on_problem(known, refused)


@dataclass(slots=True, repr=False)
class _Came:
    """What a round brought, by case and key, beside what was here."""

    kept: Mapping[bytes, CaseAnswer]
    places: Mapping[tuple[bytes, bytes], tuple[Found, CaseAnswer | None]]

    def found(self, known: KnownCase) -> Found:
        """Return what was found with this key; of one that came meanwhile, that it is to be asked for."""
        return self.places.get((known.case_id, known.key), ("large", None))[0]

    def answer(self, known: KnownCase) -> CaseAnswer | None:
        """Return the case with this key; None when it has to be asked for. Raises ServerRefused when it is gone."""
        found, answer = self.places.get((known.case_id, known.key), ("large", None))
        if found == "gone":
            raise ServerRefused(_NOT_FOUND, NotThere.code, NotThere.text_key)
        return self.kept.get(known.case_id) if found == "same" else answer


def _that_fit(book: Casebook, left: Iterable[str]) -> list[str]:
    """Return the first of the names whose keys have places. One with more keys than that is asked for by itself."""
    names: list[str] = []
    room = ASKED
    for name in left:
        needed = len(_candidates(book, name))
        if room < needed <= ASKED:
            break
        room -= needed if needed <= ASKED else 0
        names.append(name)
    return names


def _candidates(book: Casebook, name: str) -> tuple[KnownCase, ...]:
    known = book.state.case_list.cases.get(name)
    return () if known is None else known.candidates()


def _kept(book: Casebook, known: KnownCase) -> CaseAnswer | None:
    return None if book.cache is None else book.cache.case(known.case_id)


def _request(places: Iterable[KnownCase], marks: Mapping[bytes, bytes], counter: int) -> SyncRequest:
    asked = []
    for known in places:
        access_key = CaseKeys(known.case_id, known.epoch, known.key, b"").access_key
        mac = fetch_mac(access_key, VERB, known.case_id, counter)
        asked.append(Asked(known.case_id, mac, marks.get(known.case_id, NOTHING)))
    return SyncRequest((*asked, *(filler() for _ in range(ASKED - len(asked)))))


def _by_place(
    places: Iterable[KnownCase], answer: SyncAnswer
) -> dict[tuple[bytes, bytes], tuple[Found, CaseAnswer | None]]:
    """Return what each place got. Raises StrangeAnswer when the cases are not those that are said to be new."""
    cases = iter(answer.cases)
    if len(answer.cases) != answer.found.count("new"):
        raise StrangeAnswer
    found = [(one, next(cases) if one == "new" else None) for one in answer.found]
    return {(known.case_id, known.key): one for known, one in zip(places, found, strict=False)}
