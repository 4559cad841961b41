"""The members' side of the server: what a desk may ask, and the checks before it gets an answer.

Every request takes these steps, and the first that fails is the answer (docs/FORMATS.md, desk API):

1. `Host` is the desk onion's own address.
2. The path is in the table below, and the body says to be no larger than `BODY_BYTES_MAX`. The two verbs that carry
   files have limits of their own (intake/desk_api/files.py).
3. A member of the roster in force signed the head: method, path, hash and length of the body, this server, a counter.
   For the two roster verbs a member of the proposal will do as well, since she has to see what she is asked to sign.
4. The counter is above the member's last one, and is kept before anything else is done: no request is played twice.
   Until here nothing of the body has been read, and no room was taken for it.
5. The body has the hash that was signed, and is read strictly.
6. Verbs on a case carry a proof of the case key, which the store checks. There is no other access list: unknown, wrong,
   unreleased and erased are one answer after the same work, and no verb lists cases.

Every refusal is one JSON object of one shape and size, `{"code", "text_key"}`. Every answer is padded with spaces to a
size class, so that its length says no more than the counts of sealed items do. Nothing is logged, and nothing of the
connection is looked at.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from cases.audit_chain import ChainBroken, read_records
from cases.case.restored import declarations_of
from cases.roster.chain import Chain, Roster, SignedText, add_signature, read_texts
from cases.upkeep import NEVER, UpkeepUnreadable, read_upkeep
from cases.wire import messages
from cases.wire.filing import ReportFormAnswer
from cases.wire.offers import ANSWER_BYTES, OfferRequest, OffersAnswer, OffersRequest
from cases.wire.rekeying import require_agreed
from cases.wire.sums import SumsAnswer, SumsRequest, last_year
from cases.wire.syncing import CASE_BYTES_MAX, ROUND_BYTES, Found, SyncAnswer, SyncRequest, mark_of_encoded
from intake.desk_api import filing
from intake.desk_api.files import FILE_VERBS, FileServices, answering_with_files
from intake.desk_api.offers import HeldOffers
from intake.desk_api.request import DeskServices, check_head, padded, refusal_of, refusals, stream
from intake.desk_api.sums import HeldSums
from trusted.case.clock import today
from trusted.case.entry import Stream
from trusted.case.errors import Conflict, NotThere, RequestRefused, RosterFault
from trusted.case.statements import Act, read_statement
from trusted.crypto.envelope import same
from trusted.crypto.seal import Head
from trusted.store.store import CaseProof, CaseRows, MemberEntries, Rekeying, SignedStatement
from trusted.web.form import read_body
from trusted.web.serving import silent_app
from trusted.web.silence import Handler

# A whole entry of 100,000 characters is at most half of this in base64; a desk sends nothing larger.
BODY_BYTES_MAX: Final = 2**20
ROSTER_FOLDER: Final = "roster"
_AUDITS_SHOWN: Final = 31  # a month: a desk that was away for less can tell whether a line was changed


@dataclass(frozen=True, slots=True, repr=False)
class DeskMemory:
    """What is kept between requests in memory alone."""

    offers: HeldOffers
    quota: filing.FilingQuota = field(default_factory=filing.FilingQuota)
    sums: HeldSums = field(default_factory=HeldSums)


@dataclass(frozen=True, slots=True, repr=False)
class AuthenticatedRequest:
    """A request that has passed steps 1 to 4, with the body that was signed."""

    services: DeskServices
    chain: Chain
    member: str
    counter: int
    untrusted_body: bytes
    memory: DeskMemory

    @property
    def roster(self) -> Roster:
        """The roster in force; raises RosterFault while there is none."""
        if self.chain.current is None:
            raise RosterFault("roster.not_open")
        return self.chain.current

    def proof(self, request: messages.OfCase) -> CaseProof:
        """Return what the request shows to reach its case."""
        return CaseProof(request.case_id, request.mac, self.counter)


Verb = Callable[[AuthenticatedRequest], Awaitable[msgspec.Struct | AsyncIterator[bytes]]]


async def roster(authenticated: AuthenticatedRequest) -> messages.RosterAnswer:
    """Return the chain as it rests, for the desk to verify by itself, the proposal, and facts of the home."""
    texts = await asyncio.to_thread(read_texts, authenticated.services.home / ROSTER_FOLDER)
    versions = [_version(text) for text in texts]
    proposal = versions.pop() if authenticated.chain.proposal is not None else None
    audit = await asyncio.to_thread(_last_audits, authenticated.services.home)
    inbox_days = authenticated.services.config.inbox_days
    restored = await asyncio.to_thread(declarations_of, authenticated.services.home)
    day = today(authenticated.services.clock)
    mirror, contexts = authenticated.services.mirror, authenticated.services.mirror_contexts
    host = "" if mirror is None else mirror.host
    certificate = b"" if contexts is None else contexts.shown
    return messages.RosterAnswer(
        tuple(versions),
        proposal,
        audit,
        inbox_days,
        restored,
        day,
        host.ljust(messages.MIRROR_CHARACTERS),
        certificate or bytes(32),
        authenticated.services.config.categories,
    )


def _last_audits(home: Path) -> messages.AuditTail | None:
    """Return the last of the daily verdicts; none before the first, and none when the chain does not hold."""
    try:
        records = read_records(home)
    except (ChainBroken, OSError):
        return None
    if not records:
        return None
    return messages.AuditTail(tuple(one.line() for one in records[-_AUDITS_SHOWN:]), len(records), _upkeep(home))


def _upkeep(home: Path) -> str:
    """Return what `kallskydd status` saw last, always as long; as if never, when there is none that reads."""
    try:
        return read_upkeep(home)[0].line
    except (UpkeepUnreadable, OSError):
        return NEVER.line


async def sign_roster(authenticated: AuthenticatedRequest) -> messages.StateAnswer:
    """Keep a member's agreement to the proposal: kept, or done when it is in force by it."""
    request = messages.decode(authenticated.untrusted_body, messages.SignRosterRequest)
    line = f"{authenticated.member} {request.signature.hex()}"
    folder, day = authenticated.services.home / ROSTER_FOLDER, today(authenticated.services.clock)
    async with authenticated.services.roster.writing:
        # Looked at again: while this one waited, another signature may have put the proposal into force.
        proposal = authenticated.services.roster.chain().proposal
        if proposal is None or not same(proposal.digest, request.hash):
            raise RosterFault("roster.no_such_proposal")
        chain = await asyncio.to_thread(add_signature, folder, request.version, line, day)
        authenticated.services.roster.forget()
    in_force = chain.current is not None and same(chain.current.digest, proposal.digest)
    return messages.StateAnswer("done" if in_force else "kept")


async def box(authenticated: AuthenticatedRequest) -> messages.BoxAnswer:
    """Return the batches of the member's own box: grants among random bytes."""
    request = messages.decode(authenticated.untrusted_body, messages.BoxRequest)
    batches = await authenticated.services.store.box(bytes.fromhex(authenticated.member), request.after)
    return messages.BoxAnswer(tuple(messages.BoxBatch(batch.number, batch.items) for batch in batches))


async def case(authenticated: AuthenticatedRequest) -> messages.CaseAnswer:
    """Return what is released of a case."""
    request = messages.decode(authenticated.untrusted_body, messages.CaseRequest)
    rows = await authenticated.services.store.released_case(authenticated.proof(request), "case")
    return _case_answer(rows)


async def sync(authenticated: AuthenticatedRequest) -> SyncAnswer:
    """Return what is new in as many cases as a round has places; one that is not there is `gone` like any filler."""
    request = messages.decode(authenticated.untrusted_body, SyncRequest)
    if len({(asked.case_id, asked.mac) for asked in request.asked}) != len(request.asked):
        # Each case is read once: nobody has 128 long ones read for one short question.
        raise RequestRefused("request.unreadable")
    found: list[Found] = []
    cases: list[messages.CaseAnswer] = []
    room = CASE_BYTES_MAX
    for asked in request.asked:
        proof = CaseProof(asked.case_id, asked.mac, authenticated.counter)
        try:
            answer = _case_answer(await authenticated.services.store.released_case(proof, "sync"))
        except NotThere:
            found.append("gone")
            continue
        encoded = messages.encode(answer)
        if same(mark_of_encoded(encoded), asked.has):
            found.append("same")
        elif len(encoded) >= CASE_BYTES_MAX:
            found.append("large")
        elif len(encoded) >= room:
            found.append("later")
        else:
            found.append("new")
            cases.append(answer)
            # A comma stands between two.
            room -= len(encoded) + 1
    return SyncAnswer(tuple(found), tuple(cases))


async def file(authenticated: AuthenticatedRequest) -> AsyncIterator[bytes]:
    """Return the sealed bytes of one file."""
    request = messages.decode(authenticated.untrusted_body, messages.FileRequest)
    return authenticated.services.store.released_file(authenticated.proof(request), request.file_id, "file")


async def append(authenticated: AuthenticatedRequest) -> messages.AppendAnswer:
    """Add a member's entry, visible at once. A statement goes by its own verb, under its own proof.

    Raises Conflict while a move of the case waits, unless the entry is to be kept all the same.
    """
    request = messages.decode(authenticated.untrusted_body, messages.AppendRequest)
    if request.statement is not None or request.stream not in {Stream.MEMBERS, Stream.NOTES}:
        raise RequestRefused("request.unreadable")
    proof = authenticated.proof(request)
    if not request.spoils_move and authenticated.memory.offers.is_held(request.case_id):
        # To nobody else: who cannot show the case does not learn that it is being moved.
        await authenticated.services.store.check_access(proof, "append")
        raise Conflict(messages.MOVE_WAITS)
    head = Head(request.head.count, request.head.tag)
    new = MemberEntries(proof, request.count, (request.sealed,), head)
    count = await authenticated.services.store.append_member(new, request.stream, request.notes_grants)
    if request.spoils_move:
        # It does not fit any more, so it waits for nobody.
        authenticated.memory.offers.forget(request.case_id)
    return messages.AppendAnswer(count)


async def statement(authenticated: AuthenticatedRequest) -> messages.StateAnswer:
    """Act on a signed statement: kept, until a second member agrees, or done."""
    request = messages.decode(authenticated.untrusted_body, messages.StatementRequest)
    read = read_statement(request.statement, authenticated.roster, authenticated.roster.server_key)
    if read.member != authenticated.member:
        raise RequestRefused("request.other_member")
    signed = SignedStatement(request.statement, read, request.seal_key)
    state = await authenticated.services.store.keep_statement(
        authenticated.proof(request), signed, authenticated.roster, authenticated.services.config.inbox_days
    )
    if read.kind is Act.ERASE and state == "done":
        authenticated.memory.offers.forget(request.case_id)
    return messages.StateAnswer(state)


async def tombstone(authenticated: AuthenticatedRequest) -> messages.TombstoneAnswer:
    """Return the statements by which a case was erased, to a member who can still show its key."""
    request = messages.decode(authenticated.untrusted_body, messages.CaseRequest)
    row = await authenticated.services.store.tombstone(authenticated.proof(request), "tombstone")
    return messages.TombstoneAnswer(row.statements)


async def rekey(authenticated: AuthenticatedRequest) -> messages.RekeyAnswer:
    """Move a case to a new epoch, when two members have signed it: it can shut readers out, as erasing does.

    Every member gets one item, a grant or random bytes, so that none stands out.
    """
    request = messages.decode(authenticated.untrusted_body, messages.RekeyRequest)
    if set(request.grants) != {member.id for member in authenticated.roster.members}:
        raise RequestRefused("request.unreadable")
    require_agreed(request, authenticated.roster, authenticated.roster.server_key, authenticated.member)
    rekeying = Rekeying(
        epoch=request.epoch,
        commitment=request.commitment,
        access_key=request.access_key,
        share=request.share,
        reporter_grant=request.reporter_grant,
        headers=tuple(header for headers in request.headers.values() for header in headers),
        heads={stream: Head(head.count, head.tag) for stream, head in request.heads.items()},
        grants={bytes.fromhex(member): grant for member, grant in request.grants.items()},
        notes_grants=request.notes_grants,
    )
    await authenticated.services.store.rekey(authenticated.proof(request), rekeying)
    authenticated.memory.offers.forget(request.case_id)
    return messages.RekeyAnswer(request.epoch)


async def offer_move(authenticated: AuthenticatedRequest) -> messages.StateAnswer:
    """Hold a prepared move for the second member, in memory. Raises NotThere, Busy."""
    request = messages.decode(authenticated.untrusted_body, OfferRequest)
    if authenticated.roster.member(request.signer) is None:
        raise RequestRefused("request.unreadable")
    await authenticated.services.store.released_case(authenticated.proof(request), "offer-move")
    authenticated.memory.offers.hold(request.case_id, request.signer, request.offer)
    return messages.StateAnswer("kept")


async def offered_moves(authenticated: AuthenticatedRequest) -> OffersAnswer:
    """Return the moves that wait for this member's signature."""
    messages.decode(authenticated.untrusted_body, OffersRequest)
    return OffersAnswer(authenticated.memory.offers.waiting_for(authenticated.member))


async def sums(authenticated: AuthenticatedRequest) -> SumsAnswer:
    """Take lines of the figures of the whole channel; return all that are here."""
    request = messages.decode(authenticated.untrusted_body, SumsRequest)
    year = last_year(today(authenticated.services.clock))
    return authenticated.memory.sums.take(request, authenticated.roster, year)


async def report_form(authenticated: AuthenticatedRequest) -> ReportFormAnswer:
    """Return what a desk needs to file a report for somebody who calls."""
    return await filing.report_form(authenticated.services)


async def file_report(authenticated: AuthenticatedRequest) -> messages.StateAnswer:
    """File a report that a member took by voice."""
    return await filing.file_report(
        authenticated.services,
        authenticated.roster,
        authenticated.untrusted_body,
        authenticated.member,
        authenticated.memory.quota,
    )


VERBS: Final[Mapping[str, Verb]] = {
    "roster": roster,
    "sign-roster": sign_roster,
    "box": box,
    "case": case,
    "sync": sync,
    "file": file,
    "append": append,
    "statement": statement,
    "tombstone": tombstone,
    "rekey": rekey,
    "offer-move": offer_move,
    "offered-moves": offered_moves,
    "sums": sums,
    "report-form": report_form,
    "file-report": file_report,
}


# The answers that have one size, whatever is in them.
_SIZES: Final[Mapping[type, int]] = {SyncAnswer: ROUND_BYTES, OffersAnswer: ANSWER_BYTES}


def desk_app(services: FileServices) -> web.Application:
    """Return the application behind the desk onion."""
    memory = DeskMemory(HeldOffers(services.clock))
    handlers = {name: _answering(services, memory, name, verb) for name, verb in VERBS.items()}
    handlers |= {name: answering_with_files(services, name, memory.offers) for name in FILE_VERBS}
    routes = [("POST", messages.PATH + name, handler) for name, handler in handlers.items()]
    # Everything else, so that the library's own pages are never seen.
    return silent_app([*routes, ("*", "/{anything:.*}", _unknown)], [refusals(services)])


def _answering(services: FileServices, memory: DeskMemory, name: str, verb: Verb) -> Handler:
    """Return the handler of one verb: steps 2 to 5, then the verb itself."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if (request.content_length or 0) > BODY_BYTES_MAX:
            raise RequestRefused("request.too_large")
        signed = await check_head(services, request, name)
        untrusted_body = await read_body(request, services.limits, BODY_BYTES_MAX)
        messages.require_body(signed.head, messages.new_body_hash(untrusted_body).digest())
        answer = await verb(
            AuthenticatedRequest(services, signed.chain, signed.member, signed.counter, untrusted_body, memory)
        )
        if isinstance(answer, msgspec.Struct):
            return padded(200, answer, _SIZES.get(type(answer), 0))
        return await stream(request, answer)

    return handler


async def _unknown(_request: web.Request) -> web.StreamResponse:
    return padded(404, refusal_of(RequestRefused("request.unknown")))


def _version(text: SignedText) -> messages.RosterVersion:
    return messages.RosterVersion(text.text, text.signatures)


def _case_answer(rows: CaseRows) -> messages.CaseAnswer:
    return messages.CaseAnswer(
        epoch=rows.epoch,
        commitment=rows.commitment,
        share=rows.share,
        streams={
            stream: messages.WireStream(
                tuple(messages.WireItem(item.header, item.body) for item in found.sealed),
                messages.WireHead(found.head.count, found.head.tag),
            )
            for stream, found in rows.streams.items()
        },
        notes_grants=rows.notes_grants,
        files=tuple(
            messages.WireFile(row.file_id, row.number, row.item_kind, row.header, row.sealed_size) for row in rows.files
        ),
        state=rows.state,
        release_day=rows.release_day,
        erase_by=rows.erase_by,
        statements=rows.statements,
    )
