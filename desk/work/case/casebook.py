"""From the post box to a case that can be read: fetch, check, decrypt, fold. All is decrypted here and kept nowhere.

`sync` takes the roster first, then the box:

1. The roster chain verifies from version 1, belongs to the server this desk has joined, and continues the version this
   desk has pinned. A version that came about by one signature and waiting counts fourteen days after this desk was
   first shown it (`desk.work.case.waiting`); until then the desk works with the version before.
2. Every item of every new batch is tried with the member's own key. Most are random bytes and do not open; those that
   do are grants, and go into the sealed list. Nobody has signed them, so one of a case that is known takes no other's
   place: it is one more key to try.

`open` takes a case of the list through these steps with each of its keys, latest epoch first, until one passes; a key
stops at the first step that fails. The keys of earlier epochs than the one that passed are forgotten then, and not
before; those of later ones are kept, and shown in red (check_other_keys):

1. The server answers for the case id in the grant, with the same epoch and commitment.
2. Each stream opens: no entry is missing, moved or signed by anybody but its author (`desk.work.case.unsealing`),
   and none counts more of another stream than was handed out (`cases.case.merging.merge`).
3. No stream is shorter than this desk has seen it (`desk.work.case.restores`), nor different up to there (CaseCut).
4. The report names the member among those it was sealed to, or a member's signed entry gave it to her later. If not,
   the server has handed out a key it should not have, perhaps to the person the report is about: nothing is shown
   (SealedToWrong).
5. To whom the report was sealed is what the rules of routing give for that roster and those answers. If not, the case
   is shown with a warning: hiding it would punish the reporter.
6. The entries fold into a state with deadlines (`cases.case.timeline`).

A case that was erased meanwhile leaves a tombstone: it is verified, its key is forgotten, and Erased is raised. The
server takes the signatures of any two members who show the case's key, since it cannot know who reads. This desk does:
it remembers, sealed, who was given the case, and believes no tombstone that anybody else signed (TombstoneBroken). One
without signatures is the server's own erasure, two years after the case was closed: it is believed when this desk has
seen the case closed and the two years are over, and never before (TombstoneBroken).
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import msgspec

from cases.case.signers import is_counsels_alone, may_erase
from cases.case.timeline import DEFAULT_RULES, CaseReader, CaseState, Release, Rules, fold
from cases.roster.chain import Chain, Roster, SignedText, verify_chain
from cases.roster.member import MemberKeys
from cases.wire.messages import (
    BoxAnswer,
    BoxRequest,
    CaseAnswer,
    CaseRequest,
    FileRequest,
    RosterAnswer,
    TombstoneAnswer,
    WireFile,
)
from desk.errors import CaseBroken, Erased, NotRestored, NotVerified, RosterBroken, ServerRefused
from desk.keep.audits import NO_AUDITS, Audits, compare_audits
from desk.keep.cache import CaseCache
from desk.keep.state import DeskState, KeptTombstone, KnownCase, Pin, SeenHead
from desk.keep.summaries import Problem
from desk.server.client import READS, Answer, DeskClient
from desk.server.mirror import Mirror, mirror_of
from desk.work.case.asking import Fetched, NoQuestion, with_proof
from desk.work.case.casefiles import opened_file, row_of
from desk.work.case.checks import (
    WARN_NOTES_KEY,
    Streams,
    check_continues,
    check_not_cut,
    check_other_keys,
    check_references,
    check_sealed_to,
    check_signers,
)
from desk.work.case.held import WaitingMoves, hold_back
from desk.work.case.numbers import figure_of
from desk.work.case.opened import DeskCase
from desk.work.case.restores import brought_back, lost, take_restores
from desk.work.case.summing import summary_of
from desk.work.case.tombstones import verified_statements
from desk.work.case.unsealing import Unsealed, has_notes, open_grants, take_grant, unseal, waiting_erasures
from desk.work.case.waiting import Unripe, days_of, take_own_time
from trusted.case.clock import YEARS, Clock, days_now, today
from trusted.case.entry import Attachment, Entry, ItemKind, Stream
from trusted.case.errors import NotThere


@dataclass(slots=True, repr=False)
class Casebook:
    """What one member can open, with the server at the other end of the client."""

    client: DeskClient
    keys: MemberKeys
    state: DeskState
    clock: Clock
    server_key: bytes
    chain: Chain | None = None
    # The version at which `chain` ends too early, because its fourteen days are not over here.
    unripe: Unripe | None = None
    # All versions that verify, taken or not: who wrote an entry is looked up here.
    shown: tuple[Roster, ...] = ()
    audits: Audits = NO_AUDITS
    # The server's day, when it was last asked, is not this computer's.
    clock_differs: bool = False
    # What the server has set. A desk lists and names days by it; that it is kept to is the server's part.
    rules: Rules = DEFAULT_RULES
    # The reporters' website on the open web, if the server has one; and the municipality's own kinds of matter.
    mirror: Mirror | None = None
    categories: tuple[str, ...] = ()
    # What was fetched last, if this desk keeps it.
    cache: CaseCache | None = None
    # The cases that this desk has changed at the server and not fetched since.
    touched: set[bytes] = field(default_factory=set)
    # Moves that wait for this member's signature, sealed to her: in memory alone; and what is known of them.
    offers: tuple[bytes, ...] = ()
    waiting_moves: WaitingMoves = field(default_factory=WaitingMoves)

    async def sync_roster(self) -> Chain:
        """Return the verified chain as far as this desk takes it, and pin its newest version.

        Raises RosterBroken, WrongServer.
        """
        answer = await self.client.ask("roster", lambda _: NoQuestion(), RosterAnswer)
        self.clock_differs = answer.day is not None and answer.day not in days_now(self.clock)
        chain = self.take_roster(answer)
        if self.cache is not None:
            self.cache.keep_roster(answer)
        return chain

    def take_roster(self, answer: RosterAnswer) -> Chain:
        """Return the verified chain of an answer, as `sync_roster`. Raises RosterBroken, WrongServer."""
        # The server says which versions are in force. Whether one that came about by waiting had its fourteen days is
        # counted here, by `desk.work.case.waiting`, and never asked of the server.
        texts = [SignedText(version.text, version.signatures, date.min) for version in answer.chain]
        if answer.proposal is not None:
            texts.append(SignedText(answer.proposal.text, answer.proposal.signatures, None))
        day, pin = today(self.clock), self.state.pin
        whole = verify_chain(texts, day)
        check_continues(pin, whole, self.server_key)
        chain, self.unripe = take_own_time(whole, pin.version, self.state.roster_seen, day)
        if chain.current is not None:
            self.state.pin_roster(Pin(chain.current.version, chain.current.digest))
        self.state.keep_roster_seen(days_of(chain, self.unripe, self.state.roster_seen, day))
        self.chain, self.shown, self.rules = chain, whole.all, Rules(answer.inbox_days)
        self.mirror, self.categories = mirror_of(answer), answer.categories
        take_restores(self.state, answer.restored, whole.all, pin.version, self.server_key)
        self.audits = compare_audits(answer.audit, self.state.audit_pin)
        if not self.audits.changed:
            self.state.pin_audits(self.audits.pin)
        return chain

    async def sync(self) -> None:
        """Take the roster and what is new in the post box. Raises what `sync_roster` raises."""
        await self.sync_roster()
        self.waiting_moves.elsewhere.clear()
        last = self.state.case_list.last_batch
        tombstones, erased = self.state.case_list.tombstones, dict[str, KnownCase]()
        # The last one is asked for again: a server that has none of that number has made it up, or was put back to an
        # older copy. Then all there is counts, or the grants of every later release would be passed over.
        answer = await self.client.ask("box", lambda _: BoxRequest(max(last - 1, 0)), BoxAnswer)
        taken = last
        if last and all(batch.number != last for batch in answer.batches):
            taken = last = 0
            answer = await self.client.ask("box", lambda _: BoxRequest(0), BoxAnswer)
        cases = dict(self.state.case_list.cases)
        for batch in answer.batches:
            for grant in open_grants(batch.items, self.keys):
                if grant.case_id.hex() not in tombstones:
                    take_grant(cases, grant)
                elif batch.number > taken:
                    # An erased case does not come again by what is read once more.
                    take_grant(erased, grant)
            last = max(last, batch.number)
            # Trying all of a long box takes a second; pages have their turn in between.
            await asyncio.sleep(0)
        back = await brought_back(erased, self.fetch_case)
        cases |= back
        tombstones = {name: kept for name, kept in tombstones.items() if name not in back}
        # Written also when nothing came: a file that changes only with a grant would tell when one came.
        now = msgspec.structs.replace(self.state.case_list, last_batch=last, cases=cases, tombstones=tombstones)
        self.state.keep_cases(now)

    async def open(self, known: KnownCase, fetched: Fetched | None = None) -> DeskCase:
        """Return one case in the clear. Raises Erased, and the errors of the steps above.

        Every key that came for it is tried, latest first. One that opens it ends those before it, and no other does.
        `fetched` gives what came of the case with each key; where it has none the server is asked.
        """
        return (await self.open_with_answer(known, fetched))[0]

    async def open_with_answer(self, known: KnownCase, fetched: Fetched | None = None) -> tuple[DeskCase, CaseAnswer]:
        """Return one case in the clear, and the sealed answer it came from: a move rewraps that. Raises as `open`."""
        try:
            return await self._opened_by_any(known, fetched)
        except (NotVerified, ServerRefused, NotRestored) as failed:
            self._note_problem(known, failed)
            raise

    async def _opened_by_any(self, known: KnownCase, fetched: Fetched | None) -> tuple[DeskCase, CaseAnswer]:
        broken: NotVerified | None = None
        self._chain()
        for candidate in known.candidates():
            try:
                return await self._open_with(candidate, fetched)
            except ServerRefused as refused:
                if refused.code != NotThere.code:
                    raise
            except NotVerified as error:
                broken = broken or error
        if broken is not None:
            raise broken
        try:
            await self.forget_erased(known)
        except ServerRefused as refused:
            if known.is_set_back and refused.code == NotThere.code:
                raise NotRestored from refused
            raise
        raise Erased

    async def _open_with(self, known: KnownCase, fetched: Fetched | None) -> tuple[DeskCase, CaseAnswer]:
        """Take the steps above with one of the keys. Raises ServerRefused, CaseBroken, CaseCut, SealedToWrong."""
        answer = None if fetched is None else fetched(known)
        answer = await self.fetch_case(known) if answer is None else answer
        case = self.open_answer(known, answer)
        self.touched.discard(known.case_id)
        if self.cache is not None:
            self.cache.keep_case(known.case_id, answer)
        return case, answer

    def open_answer(self, known: KnownCase, answer: CaseAnswer) -> DeskCase:
        """Return the case of an answer, through all of the steps. Raises CaseBroken, CaseCut, SealedToWrong."""
        # 1. to 3.
        unsealed = unseal(known, answer, self.keys, self._sign_key_of)
        check_not_cut(known.seen, unsealed.streams)
        return self._remembered(self._judged(known, answer, unsealed))

    async def look_into(self, brought: KnownCase, notes_key: bytes | None) -> tuple[DeskCase, CaseAnswer]:
        """Return a case with the keys of an offer, of which nothing is kept. Raises as `open_answer`."""
        answer = await self.fetch_case(brought)
        return self._judged(brought, answer, unseal(brought, answer, self.keys, self._sign_key_of, notes_key)), answer

    def _judged(self, known: KnownCase, answer: CaseAnswer, unsealed: Unsealed) -> DeskCase:
        """Judge what was decrypted (steps 4 to 6). Raises SealedToWrong, CaseBroken."""
        keys, notes_key, streams = unsealed.keys, unsealed.notes_key, unsealed.streams
        roster = self._chain().current
        # 4. and 5.
        warnings = check_sealed_to(self.keys.id, streams, self._chain())
        # 6. The reporter's entries bear the day of their release, under a seal: a server that names a later one would
        # put off every deadline.
        signed_day = streams[Stream.REPORTER][0].day
        release_day = min(signed_day, answer.release_day or signed_day)
        if release_day.year not in YEARS:
            raise CaseBroken
        notes_key_kept = notes_key is not None and keys.epoch > known.notes_epoch and known.has_notes_key(notes_key)
        return DeskCase(
            own_id=self.keys.id,
            known=known,
            keys=keys,
            notes_key=notes_key,
            streams=streams,
            notes_hidden=notes_key is None and has_notes(answer),
            notes_key_kept=notes_key_kept,
            files=answer.files,
            state=self._fold(streams, release_day),
            server_state=answer.state,
            release_day=release_day,
            waiting=() if roster is None else waiting_erasures(keys, answer, roster, self.server_key),
            warnings=warnings,
            chain=self._chain(),
            notes_grants=answer.notes_grants,
        )

    def with_entries(
        self, case: DeskCase, entries: Sequence[Entry], files: Sequence[WireFile] = (), notes_key: bytes | None = None
    ) -> DeskCase:
        """Return the case with entries that the server has taken from this desk just now, and remember that it has.

        A server that shows the case without them later shows less than this desk has seen (CaseCut).
        """
        self.touched.add(case.known.case_id)
        stream = entries[0].stream
        streams = {**case.streams, stream: (*case.streams.get(stream, ()), *entries)}
        return self._remembered(
            replace(
                case,
                streams=streams,
                files=(*case.files, *files),
                notes_key=case.notes_key if notes_key is None else notes_key,
                state=self._fold(streams, case.release_day),
                warnings=check_sealed_to(self.keys.id, streams, case.chain),
            )
        )

    def _fold(self, streams: Streams, release_day: date | None) -> CaseState:
        reader = CaseReader("member", self.keys.id, self._chain().current)
        return fold(streams, Release(release_day, is_out=True), today(self.clock), reader, rules=self.rules)

    def _remembered(self, case: DeskCase) -> DeskCase:
        """Keep how far the case goes and who may erase it; return it with what is kept, and with all its warnings."""
        seen = {
            int(stream): SeenHead(len(entries), entries[-1].digest)
            for stream, entries in case.streams.items()
            if entries
        }
        known = msgspec.structs.replace(
            case.known,
            seen={**case.known.seen, **seen},
            closed_on=case.state.closed_on,
            may_erase=tuple(sorted(may_erase(case.streams, self.shown))),
            is_counsels_alone=is_counsels_alone(case.streams),
            figure=figure_of(case.streams, case.release_day, self.keys.id),
            # Keys of epochs that came after the backup open nothing any more.
            others=() if case.known.is_set_back and not case.known.seen else case.known.others,
        )
        if case.notes_key is not None and case.keys.epoch > known.notes_epoch and not case.notes_key_kept:
            known = known.with_notes(case.keys.epoch, case.notes_key)
        warnings = (
            *case.warnings,
            *check_references(case.waiting),
            *check_signers(case.waiting, known.may_erase or ()),
            *check_other_keys(known),
            *lost(known, case.streams),
            *((WARN_NOTES_KEY,) if case.notes_key_kept else ()),
        )
        self.state.keep_case(known)
        remembered = replace(case, known=known, warnings=warnings)
        if self.cache is not None:
            self.cache.keep_summary(summary_of(remembered))
        return hold_back(remembered, self.waiting_moves, self.cache, today(self.clock))

    def write(self) -> None:
        """Put on the disk what was learnt."""
        self.state.write_unwritten()
        if self.cache is not None:
            self.cache.write([known.case_id for known in self.state.case_list.cases.values()])

    def _note_problem(self, known: KnownCase, failed: NotVerified | ServerRefused | NotRestored) -> None:
        """Keep why a case did not open; of one that is here no more, or no longer for this member, little else."""
        if self.cache is None or (isinstance(failed, ServerRefused) and failed.code != NotThere.code):
            return
        if isinstance(failed, ServerRefused):
            self.cache.keep_not_there(known.case_id, failed.text_key, self.clock())
        else:
            self.cache.keep_problem(known.case_id, Problem(failed.text_key, is_alarm=isinstance(failed, NotVerified)))

    async def fetch_case(self, known: KnownCase) -> CaseAnswer:
        """Return what the server has of a case, sealed, for the one key in `known`. Raises ServerRefused."""
        return await self.ask_case(known, "case", CaseRequest, CaseAnswer)

    async def forget_erased(self, known: KnownCase) -> None:
        """Fetch and verify the tombstone of an erased case, keep it, and forget the case's keys.

        Raises ServerRefused when there is none for any of them, TombstoneBroken when one does not verify.
        """
        candidates = known.candidates()
        for candidate in candidates:
            try:
                answer = await self.ask_case(candidate, "tombstone", CaseRequest, TombstoneAnswer)
            except ServerRefused as refused:
                if refused.code != NotThere.code or candidate is candidates[-1]:
                    raise
                continue
            statements = verified_statements(candidate, answer, self._chain(), self.server_key, today(self.clock))
            unknown = bool(statements) and known.may_erase is None
            self.state.keep_tombstone(KeptTombstone(known.case_id, statements, unknown))
            self.touched.discard(known.case_id)
            if self.cache is not None:
                self.cache.drop(known.case_id)
            return

    async def ask_case(
        self, known: KnownCase, verb: str, question: type[msgspec.Struct], answer: type[Answer], **fields: object
    ) -> Answer:
        """Ask a verb on a case, with the proof that this desk holds its key."""
        if verb not in READS:
            self.touched.add(known.case_id)
        return await self.client.ask(verb, with_proof(known, verb, question, fields), answer)

    async def attachment(self, case: DeskCase, attachment: Attachment) -> Iterator[bytes]:
        """Return the clean bytes of an attachment, opened as they are drawn. Raises CaseBroken if it is not there."""
        return await self._fetched(case, row_of(case, attachment.file_id, ItemKind.FILE))

    async def preview(self, case: DeskCase, attachment: Attachment) -> bytes:
        """Return the small picture of an attachment, which was sealed beside it. Raises CaseBroken, also for none."""
        row = row_of(case, attachment.preview_id or "", ItemKind.PREVIEW)
        if row.number != row_of(case, attachment.file_id, ItemKind.FILE).number:
            # The picture of another file would say something else of this one.
            raise CaseBroken
        return b"".join(await self._fetched(case, row))

    async def _fetched(self, case: DeskCase, row: WireFile) -> Iterator[bytes]:
        question = with_proof(case.known, "file", FileRequest, {"file_id": row.file_id})
        sealed = await self.client.fetch("file", question)
        return opened_file(case.keys, row, sealed)

    def _chain(self) -> Chain:
        if self.chain is None or self.chain.current is None:
            raise RosterBroken
        return self.chain

    def _sign_key_of(self, member_id: str) -> bytes | None:
        """Return the signing key of a present or former member: what somebody wrote stays hers after leaving."""
        found = (version.member(member_id) for version in self.shown)
        return next((member.sign for member in found if member is not None), None)
