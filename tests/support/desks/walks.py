"""A case that is walked through acts and days by the application's own parts: what is listed, and what the case allows.

Nothing here imitates: a real store behind the desks' API, real desks that fetch, sign and move, and one clock for all.
What ought to be listed is asked of the opened case (`CaseState`), and not of the summary that the list is made from.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from visitors.intake_harness import SetClock, make_home

from cases.case.timeline import CaseAction, CaseStage, DeadlineKind
from desk.errors import DeskError, Erased, NotNow, ServerRefused
from desk.web.views.case.moving import move_form
from desk.web.views.case_line import case_path
from desk.web.views.overview.tasks import path_of
from desk.work import acts, erasing, moves
from desk.work.case.casebook import Casebook
from desk.work.case.claims import Claim, claim_of, text_of
from desk.work.case.held import held_by_move
from desk.work.case.opened import DeskCase, Held, is_record
from desk.work.due import Due, Task, due_in
from desk.work.erasing import erase
from desk.work.leaving import offer_all, plan
from desk.work.writing import require_now
from desks.case_pages import fetched
from desks.harness import RunningDesks, running_desks
from desks.moved_pages import ROLES
from desks.pages import Reader, pages_of
from trusted.case.clock import add_months, today
from trusted.case.entry import LegalHold, Message, Reopen, Stream

READERS = (0, 1, 3)
# She reads no case until a move that she signs lets her in.
JOINER = 2
WHY = "Därför."
# A move that would lose what the reporter has sent since is made after the next release: no desk sees what waits there.
LATER = "rekey.wait_for_release"
LIMITS = {
    DeadlineKind.ACKNOWLEDGE: (Task.ACKNOWLEDGE, CaseAction.ACKNOWLEDGE, 7),
    DeadlineKind.FEEDBACK: (Task.FEEDBACK, CaseAction.FEEDBACK, 21),
    DeadlineKind.ASSESS: (Task.ASSESS, CaseAction.ASSESS, 7),
}


@dataclass
class Walk:
    """One case, those who read it, and what was done and seen."""

    desks: RunningDesks
    readers: dict[int, Reader]
    reporter: object
    counts: Counter[str] = field(default_factory=Counter)
    joiner: Reader | None = None

    @property
    def name(self) -> str:
        return self.reporter.keys.case_id.hex()

    async def fetch(self) -> None:
        for reader in (*self.readers.values(), *([self.joiner] if self.joiner else ())):
            await fetched(reader)

    def listed(self, number: int) -> tuple[Due, ...]:
        """What the overview of a member lists of the case."""
        book = self.readers[number].services.desk.reading()
        summary = book.cache.index.standing().get(self.name)
        if summary is None or book.cache.index.is_waiting(self.name):
            return ()
        known = book.state.case_list.cases[self.name]
        return due_in(summary, self.held(book), known.read, today(self.desks.clock))

    def held(self, book: Casebook) -> Held | None:
        known = book.state.case_list.cases[self.name]
        return held_by_move(known, book.waiting_moves, book.cache.index, today(self.desks.clock))

    async def opened(self, number: int) -> DeskCase | None:
        """The case as a member's desk opens it now; None while it is away, or when it is gone."""
        async with self.readers[number].services.desk.at_work() as book:
            with contextlib.suppress(ServerRefused, Erased, KeyError):
                return await book.open(book.state.case_list.cases[self.name])
        return None

    async def do(self, number: int, due: Due) -> None:
        """Do what is listed, as the page of its row does it."""
        self.counts[f"done: {due.task}"] += 1
        if due.task is Task.LOCK_OUT:
            return await self.offer(number)
        if due.task is Task.ANSWER:
            await self.readers[number].go(case_path(bytes.fromhex(self.name)))
            return None
        async with self.readers[number].services.desk.at_work() as book:
            await book.sync()
            if due.task is Task.SIGN_MOVE:
                offer = next(one for one in book.offers if moves._opened(book, one).request.case_id.hex() == self.name)
                await moves.sign_offer(book, await moves.read_offer(book, offer))
            elif due.task in {Task.SIGN_ERASURE, Task.ERASE}:
                case = await book.open(book.state.find(self.name))
                others = [reference for member, reference in case.waiting if member != case.own_id]
                await erase(book, self.name, (others or ["LK 1"])[0])
            elif due.task is Task.HARM:
                later = today(self.desks.clock) + timedelta(days=30)
                await acts.do(book, "note", self.name, text_of(Claim("harm", until=later)))
            elif due.task is Task.REFUSED:
                await erasing.withdraw(book, self.name)
            else:
                await acts.do(book, ACT_OF[due.task], self.name, "Text.")
        return None

    async def say_no(self, number: int, due: Due) -> None:
        """Refuse a signature that is listed, as its page does: nothing that is listed may make that impossible."""
        reader, case = self.readers[number], bytes.fromhex(self.name)
        self.counts[f"said no: {due.task}"] += 1
        if due.task is Task.SIGN_MOVE:
            await self.refuse_sent(reader)
        else:
            await reader.go(case_path(case))
            said = await reader.send(f"{case_path(case)}/refuse", reason=WHY)
            assert said.status == 200, said.words
        await fetched(reader)
        left = {one.task for one in self.listed(number)}
        assert due.task not in left, (number, due.task)

    async def refuse_sent(self, reader: Reader) -> None:
        """Refuse the move that was sent, by the form of its page."""
        page = await reader.go("/moves?sent")
        assert page.status == 200, page.words
        said = await reader.send("/moves/refuse", move=page.hidden("move"), reason=WHY)
        assert said.status == 200, said.words

    async def join(self, *, signs: bool) -> None:
        """Who is new to the case signs what waits for her, or refuses; where nothing fits she does nothing."""
        reader = self.joiner
        if reader is None or not self.is_asked(reader):
            return
        if not signs:
            self.counts["said no: new"] += 1
            await self.refuse_sent(reader)
            await fetched(reader)
            assert not self.is_asked(reader)
            assert self.name not in reader.services.desk.reading().state.case_list.cases
            return
        async with reader.services.desk.at_work() as book:
            await book.sync()
            try:
                (offer,) = await moves.waiting_offers(book)
                await moves.sign_offer(book, await moves.read_offer(book, offer))
            except ServerRefused as refused:
                if refused.text_key != LATER:
                    raise
                return
        self.counts["signed: new"] += 1
        self.readers[JOINER], self.joiner = reader, None

    def is_asked(self, reader: Reader) -> bool:
        """Whether the overview asks who is new to the case for her signature."""
        asked = reader.services.desk.reading().waiting_moves.to_sign.get(bytes.fromhex(self.name))
        return asked is not None and asked.is_new

    def waits_elsewhere(self, number: int) -> bool:
        """Whether a move that waits for somebody else holds back what this member's desk cannot know of."""
        others = [one for key, one in self.readers.items() if key != number]
        books = [one.services.desk.reading() for one in (*others, *([self.joiner] if self.joiner else ()))]
        return any(bytes.fromhex(self.name) in book.waiting_moves.to_sign for book in books)

    async def offer(self, number: int) -> None:
        """Offer the case to those whom the form of a move has ticked."""
        reader = self.readers[number]
        path = case_path(bytes.fromhex(self.name))
        await reader.go(f"{path}/move")
        case = await self.opened(number)
        if case is None:
            raise NotNow
        form = move_form(case, reader.services.language)
        chosen = [one.id for one in form.readers if one.chosen]
        signer = next(one.id for one in form.signers if one.chosen)
        chosen = list(dict.fromkeys([*chosen, case.own_id, signer]))
        sent = await reader.send(f"{path}/move/send", reader=chosen, signer=signer, reason="Jäv.")
        if sent.status != 200:
            raise NotNow(sent.words)

    async def offer_to_joiner(self, number: int) -> None:
        """Offer the case to this member and to who is new to it."""
        reader, path = self.readers[number], case_path(bytes.fromhex(self.name))
        own, new = (self.desks.made.keys[one].id for one in (number, JOINER))
        await reader.go(f"{path}/move")
        sent = await reader.send(f"{path}/move/send", reader=[own, new], signer=new, reason="En till behövs.")
        if sent.status != 200:
            raise NotNow(sent.words)

    async def leaves(self, number: int) -> None:
        """Offer all cases of another reader, as one who leaves: they are signed and refused as any other."""
        leaver = next(one for one in self.readers if one != number)
        async with self.readers[number].services.desk.at_work() as book:
            await book.sync()
            leaver_id, new = (self.desks.made.keys[one].id for one in (leaver, JOINER))
            planned = await plan(book, leaver_id, [new], new)
            if not planned or planned[0].refused or await offer_all(book, planned, "Slutar.", "Slutar."):
                raise NotNow

    async def try_anything(self, number: int, act: str) -> None:
        """Try an act that nobody may be waiting for. What the case does not allow is refused, and that is all."""
        desk = self.readers[number].services.desk
        self.counts["acts"] += 1
        try:
            if act == "offer":
                await self.offer(number)
                return
            if act == "offer-new":
                await self.offer_to_joiner(number)
                return
            if act == "leaves":
                await self.leaves(number)
                return
            async with desk.at_work() as book:
                await book.sync()
                if act == "refuse":
                    await moves.refuse(book, await book.open(book.state.find(self.name)), "Nej.")
                elif act == "refuse-erasure":
                    await erasing.refuse(book, await book.open(book.state.find(self.name)), WHY)
                elif act == "withdraw":
                    await erasing.withdraw(book, self.name)
                elif act == "take":
                    await acts.do(book, "note", self.name, text_of(Claim("has", book.keys.id)))
                elif act == "erase":
                    await erase(book, self.name, "LK 1")
                else:
                    await acts.do(book, act, self.name, "Text.")
        except (DeskError, StopIteration):
            self.counts["refused"] += 1

    async def days(self, number: int) -> None:
        self.counts["days"] += number
        self.desks.clock.forward(days=number)
        await self.desks.store.release(
            today(self.desks.clock), [member.id_bytes for member in self.desks.roster.members]
        )

    async def reporter_writes(self) -> None:
        with contextlib.suppress(Exception):
            await self.desks.reporter_writes(self.reporter, Message("Mer."))

    async def check(self) -> None:
        """Whatever is due is listed, and whatever is listed can be done, for each of those who read the case."""
        seen = {number: (await self.opened(number), self.listed(number)) for number in self.readers}
        signatures = {one.task for _case, rows in seen.values() for one in rows} & SIGNATURES
        for number, (case, rows) in seen.items():
            if case is None:
                continue
            self.counts["rows"] += len(rows)
            assert len({one.task for one in rows}) == len(rows)
            for row in rows:
                await self._can_be_done(number, case, row)
            # What waits a month stands alone.
            listed = {one.task for one in rows}
            assert Task.ANSWER in listed or not self._is_answer_unread(number, case), (number, rows, case.held)
            missing = self._due(case) - listed - ({Task.MONTHLY} if rows else set())
            if missing and case.held is not None:
                # Held back: then the signature is what somebody's list has, or this member can take hers back.
                self.counts["held back"] += 1
                is_asked = self.joiner is not None and self.is_asked(self.joiner)
                assert signatures or is_asked or case.held.is_own, (number, missing, case.held)
                missing = set()
            assert not missing, (number, missing, rows, case.state, today(self.desks.clock))

    async def _can_be_done(self, number: int, case: DeskCase, row: Due) -> None:
        page = await self.readers[number].go(path_of(row, case_path(case.known.case_id)))
        assert page.status == 200, (row, page.words)
        if row.action is not None:
            require_now(case, row.action)

    def _is_answer_unread(self, number: int, case: DeskCase) -> bool:
        """Whether the reporter has written since this member read in the case; a signature that waits changes nothing."""
        known = self.readers[number].services.desk.reading().state.case_list.cases[self.name]
        read = known.read.get(int(Stream.REPORTER), 0)
        is_left = any(entry.author == case.own_id for entry in self._recusals(case))
        return 0 < read < len(case.streams[Stream.REPORTER]) and not is_left

    def _due(self, case: DeskCase) -> set[Task]:
        """What the law, a promise or a colleague waits for, as the entries say."""
        state, day, due = case.state, today(self.desks.clock), set()
        allowed = state.allowed | (frozenset() if case.held is None else case.held.back)
        for limit in state.due:
            task, action, ahead = LIMITS.get(limit.kind, (None, None, 0))
            if task is not None and action in allowed and limit.day - timedelta(days=ahead) <= day:
                due.add(task)
        others = [member for member, _reference in case.waiting if member != case.own_id]
        is_left = any(entry.author == case.own_id for entry in self._recusals(case))
        if state.state is CaseStage.ERASABLE and CaseAction.ERASE in allowed and not is_left and not case.waiting:
            due.add(Task.ERASE)
        if state.state is CaseStage.ERASABLE and others and not is_left and case.own_id not in dict(case.waiting):
            due.add(Task.SIGN_ERASURE)
        due = self._after_refusals(case, due)
        written = [
            entry.day
            for stream in (Stream.MEMBERS, Stream.NOTES)
            for entry in case.streams.get(stream, ())
            if not is_record(entry.body)
        ]
        if not self.counts["done: harm"] and CaseAction.REPLY in allowed:
            due.add(Task.HARM)
        quiet = add_months(max([case.release_day, *written]), 1) <= day
        if state.closed_on is None and quiet and not due and CaseAction.CONCLUDE in allowed:
            due.add(Task.MONTHLY)
        return due

    def _after_refusals(self, case: DeskCase, due: set[Task]) -> set[Task]:
        """Who has refused is asked no more; who has signed is told, until it is taken back."""
        refused = self._refused_by(case)
        if case.own_id in refused:
            return due - {Task.SIGN_ERASURE}
        return due | ({Task.REFUSED} if refused and case.own_id in dict(case.waiting) else set())

    @staticmethod
    def _refused_by(case: DeskCase) -> set[str]:
        """Who has refused the erasure that waits: since it was taken back, or the case was open or kept."""
        found: set[str] = set()
        written = case.streams.get(Stream.MEMBERS, ())
        ended = max(
            (number for number, one in enumerate(written, 1) if isinstance(one.body, Reopen | LegalHold)), default=0
        )
        for entry in case.streams.get(Stream.NOTES, ()):
            claim, _why = claim_of(entry.body) or (None, "")
            if claim is not None and claim.kind == "refuses" and entry.after.get(Stream.MEMBERS, 0) >= ended:
                found = found | {entry.author} if claim.member else set()
        return found

    @staticmethod
    def _recusals(case: DeskCase) -> Sequence:
        return [entry for entry in case.streams.get(Stream.NOTES, ()) if type(entry.body).__name__ == "Recusal"]


SIGNATURES = {Task.SIGN_MOVE, Task.SIGN_ERASURE, Task.REFUSED}
ACT_OF = {
    Task.ACKNOWLEDGE: "acknowledge",
    Task.ASSESS: "assess",
    Task.FEEDBACK: "feedback",
    Task.DECIDE_HOLD: "release-hold",
    Task.FINISH: "close",
    Task.MONTHLY: "note",
}


@contextlib.asynccontextmanager
async def walking(folder: Path, *, concerns: Sequence[int] = ()) -> AsyncIterator[Walk]:
    """A released case, and the applications of those who read it, unlocked."""
    folder.mkdir(parents=True)
    async with running_desks(folder, make_home(folder / "home", ROLES), SetClock()) as desks, _Stack() as stack:
        reporter = await desks.file("En sak.", concerns=concerns)
        await desks.release()
        readers = {}
        for number in READERS:
            if number not in concerns:
                readers[number] = await stack.enter_async_context(pages_of(desks, number))
                await readers[number].unlock()
        joiner = await stack.enter_async_context(pages_of(desks, JOINER))
        await joiner.unlock()
        yield Walk(desks, readers, reporter, joiner=joiner)


_Stack = contextlib.AsyncExitStack
