"""The members' side of the server: what a desk may ask, and the checks before it gets an answer.

Every request takes these steps, and the first that fails is the answer (docs/FORMATS.md, desk API):

1. `Host` is the desk onion's own address.
2. The path is in the table below, and the body is no larger than `BODY_BYTES_MAX`.
3. A member of the roster in force signed it: method, path, body, this server, a counter. For the two roster verbs a
   member of the proposal will do as well, since she has to see what she is asked to sign.
4. The counter is above the member's last one, and is kept before anything else is done: no request is played twice.
5. The body is read strictly.
6. Verbs on a case carry a proof of the case key, which the store checks. There is no other access list: unknown, wrong,
   unreleased and erased are one answer after the same work, and no verb lists cases.

Every refusal is one JSON object of one shape and size, `{"code", "text_key"}`. Every answer is padded with spaces to a
size class, so that its length says no more than the counts of sealed items do. Nothing is logged, and nothing of the
connection is looked at.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from cases import wire
from cases.clock import Clock, today
from cases.entry import Stream
from cases.envelope import same
from cases.errors import Busy, CaseError, Conflict, NotThere, RequestRefused, RosterFault, SealBroken
from cases.rekeying import demand_agreed
from cases.roster import Chain, Roster, SignedText, add_signature, read_texts
from cases.seal import Head
from cases.sealed_files import size_class
from cases.statements import read_statement
from cases.store import CaseRows, Rekeying, Store
from intake.silence import Faults, Handler, drop_telltales, quiet_logger, refuse_expect

# A whole entry of 100,000 characters is at most half of this in base64; a desk sends nothing larger.
BODY_BYTES_MAX: Final = 2**20
ROSTER_FOLDER: Final = "roster"
_JSON: Final = "application/json"
# Verbs for which a member of the proposal will do.
_ROSTER_VERBS: Final = frozenset({"roster", "sign-roster"})
_FAULT: Final = wire.Refusal(code=299, text_key="server.fault")
_STATUSES: Final[tuple[tuple[type[CaseError], int], ...]] = (
    (NotThere, 404),
    (Conflict, 409),
    (Busy, 503),
    (RosterFault, 409),
    (CaseError, 403),
)


class RosterSource(Protocol):
    """Where the verified roster comes from."""

    writing: asyncio.Lock

    def chain(self) -> Chain: ...
    def forget(self) -> None: ...


class DeskConfig(Protocol):
    """The one setting that the desk API needs."""

    @property
    def inbox_days(self) -> int: ...


class DeskServices(Protocol):
    """The part of `intake.services.Services` that the desk API uses."""

    @property
    def home(self) -> Path: ...
    @property
    def config(self) -> DeskConfig: ...
    @property
    def roster(self) -> RosterSource: ...
    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def faults(self) -> Faults: ...
    @property
    def desk_hosts(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A request that has passed steps 1 to 4."""

    services: DeskServices
    chain: Chain
    member: str
    counter: int
    untrusted_body: bytes

    @property
    def roster(self) -> Roster:
        """The roster in force; raises RosterFault while there is none."""
        if self.chain.current is None:
            raise RosterFault("roster.not_open")
        return self.chain.current


Verb = Callable[[Asked], Awaitable[msgspec.Struct | AsyncIterator[bytes]]]


async def roster(asked: Asked) -> wire.RosterAnswer:
    """The chain as it rests, for the desk to verify by itself, and the proposal."""
    texts = await asyncio.to_thread(read_texts, asked.services.home / ROSTER_FOLDER)
    versions = [_version(text) for text in texts]
    proposal = versions.pop() if asked.chain.proposal is not None else None
    return wire.RosterAnswer(chain=tuple(versions), proposal=proposal)


async def sign_roster(asked: Asked) -> wire.StateAnswer:
    """Keeps a member's agreement to the proposal: kept, or done when it is in force by it."""
    request = wire.decode(asked.untrusted_body, wire.SignRosterRequest)
    line = f"{asked.member} {request.signature.hex()}"
    folder, day = asked.services.home / ROSTER_FOLDER, today(asked.services.clock)
    async with asked.services.roster.writing:
        # Looked at again: while this one waited, another signature may have put the proposal into force.
        proposal = asked.services.roster.chain().proposal
        if proposal is None or not same(proposal.digest, request.hash):
            raise RosterFault("roster.no_such_proposal")
        chain = await asyncio.to_thread(add_signature, folder, request.version, line, day)
        asked.services.roster.forget()
    in_force = chain.current is not None and same(chain.current.digest, proposal.digest)
    return wire.StateAnswer("done" if in_force else "kept")


async def box(asked: Asked) -> wire.BoxAnswer:
    """The batches of the member's own box: grants among random bytes."""
    request = wire.decode(asked.untrusted_body, wire.BoxRequest)
    batches = await asked.services.store.box(bytes.fromhex(asked.member), request.after)
    return wire.BoxAnswer(tuple(wire.BoxBatch(batch.number, batch.items) for batch in batches))


async def case(asked: Asked) -> wire.CaseAnswer:
    """What is released of a case."""
    request = wire.decode(asked.untrusted_body, wire.CaseRequest)
    rows = await asked.services.store.released_case(request.case_id, request.mac, asked.counter, "case")
    return _case_answer(rows)


async def file(asked: Asked) -> AsyncIterator[bytes]:
    """The sealed bytes of one file."""
    request = wire.decode(asked.untrusted_body, wire.FileRequest)
    return asked.services.store.released_file(request.case_id, request.mac, asked.counter, request.file_id, "file")


async def append(asked: Asked) -> wire.AppendAnswer:
    """Adds a member's entry, visible at once. A statement goes by its own verb, under its own proof."""
    request = wire.decode(asked.untrusted_body, wire.AppendRequest)
    if request.statement is not None or request.stream not in {Stream.MEMBERS, Stream.NOTES}:
        raise RequestRefused("request.unreadable")
    count = await asked.services.store.append_member(
        request.case_id,
        request.mac,
        asked.counter,
        request.count,
        request.stream,
        request.sealed,
        Head(request.head.count, request.head.tag),
        request.notes_grants,
    )
    return wire.AppendAnswer(count)


async def statement(asked: Asked) -> wire.StateAnswer:
    """Acts on a signed statement: kept, until a second member agrees, or done."""
    request = wire.decode(asked.untrusted_body, wire.StatementRequest)
    read = read_statement(request.statement, asked.roster, asked.roster.server_key)
    if read.member != asked.member:
        raise RequestRefused("request.other_member")
    state = await asked.services.store.keep_statement(
        request.case_id,
        request.mac,
        asked.counter,
        request.statement,
        read,
        asked.roster,
        request.seal_key,
        asked.services.config.inbox_days,
    )
    return wire.StateAnswer(state)


async def tombstone(asked: Asked) -> wire.TombstoneAnswer:
    """The statements by which a case was erased, for who can still show its key."""
    request = wire.decode(asked.untrusted_body, wire.CaseRequest)
    row = await asked.services.store.tombstone(request.case_id, request.mac, asked.counter, "tombstone")
    return wire.TombstoneAnswer(row.statements)


async def rekey(asked: Asked) -> wire.RekeyAnswer:
    """Moves a case to a new epoch, when two members have signed it: it can shut readers out, as erasing does.

    Every member gets one item, a grant or random bytes, so that none stands out.
    """
    request = wire.decode(asked.untrusted_body, wire.RekeyRequest)
    if set(request.grants) != {member.id for member in asked.roster.members}:
        raise RequestRefused("request.unreadable")
    demand_agreed(request, asked.roster, asked.roster.server_key, asked.member)
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
    await asked.services.store.rekey(request.case_id, request.mac, asked.counter, rekeying)
    return wire.RekeyAnswer(request.epoch)


VERBS: Final[Mapping[str, Verb]] = {
    "roster": roster,
    "sign-roster": sign_roster,
    "box": box,
    "case": case,
    "file": file,
    "append": append,
    "statement": statement,
    "tombstone": tombstone,
    "rekey": rekey,
}


def desk_app(services: DeskServices) -> web.Application:
    """Returns the application behind the desk onion."""
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_refusals(services)], logger=quiet_logger())
    app.on_response_prepare.append(drop_telltales)
    for name, verb in VERBS.items():
        app.router.add_post(wire.PATH + name, _answering(services, name, verb), expect_handler=refuse_expect)
    # Everything else, so that the library's own pages are never seen.
    app.router.add_route("*", "/{anything:.*}", _unknown, expect_handler=refuse_expect)
    return app


def _answering(services: DeskServices, name: str, verb: Verb) -> Handler:
    """Returns the handler of one verb: steps 3 and 4, then the verb itself."""

    async def handler(request: web.Request) -> web.StreamResponse:
        asked = await _check_request(services, request, name)
        answer = await verb(asked)
        if isinstance(answer, msgspec.Struct):
            return _padded(200, answer)
        return await _stream(request, answer)

    return handler


async def _check_request(services: DeskServices, request: web.Request, name: str) -> Asked:
    untrusted_body = await request.read()
    chain = services.roster.chain()
    known = [version for version in (chain.current, chain.proposal if name in _ROSTER_VERBS else None) if version]
    if not known:
        raise RosterFault(chain.problem or "roster.not_open")

    def sign_key_of(member_id: str) -> bytes | None:
        member = next((found for version in known if (found := version.member(member_id)) is not None), None)
        return None if member is None else member.sign

    # 3.
    signed_by = wire.verify_request(
        request.headers, hdrs.METH_POST, request.path, untrusted_body, known[0].server_key, sign_key_of
    )
    # 4.
    try:
        await services.store.accept_counter(bytes.fromhex(signed_by.member), signed_by.counter)
    except CaseError as refused:
        if isinstance(refused, Busy):
            raise
        raise RequestRefused(wire.COUNTER_BEHIND) from None
    return Asked(services, chain, signed_by.member, signed_by.counter, untrusted_body)


def _refusals(services: DeskServices) -> Middleware:
    """Returns the outermost layer: step 1, and the one shape of every refusal."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get(hdrs.HOST, "").lower() not in services.desk_hosts:
            return _padded(421, _refusal(RequestRefused("request.other_host")))
        try:
            return await handler(request)
        except CaseError as refused:
            status = next(status for kind, status in _STATUSES if isinstance(refused, kind))
            return _padded(status, _refusal(refused))
        except web.HTTPRequestEntityTooLarge:
            return _padded(413, _refusal(RequestRefused("request.too_large")))
        except web.HTTPException as untrusted_exception:
            # Its text is the library's and can quote the request.
            return _padded(untrusted_exception.status, _refusal(RequestRefused("request.unknown")))
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:  # noqa: BLE001 - the outermost layer; whatever it is must not be printed
            services.faults.note()
            return _padded(500, _FAULT)

    return middleware


async def _unknown(_request: web.Request) -> web.StreamResponse:
    return _padded(404, _refusal(RequestRefused("request.unknown")))


async def _stream(request: web.Request, chunks: AsyncIterator[bytes]) -> web.StreamResponse:
    # The first chunk is drawn before the answer begins: after that a refusal could not be told any more.
    first = await anext(chunks, b"")
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "application/octet-stream", **_HEADERS})
    await response.prepare(request)
    await response.write(first)
    async for chunk in chunks:
        await response.write(chunk)
    await response.write_eof()
    return response


_HEADERS: Final = {hdrs.CACHE_CONTROL: "no-store", "X-Content-Type-Options": "nosniff"}


def _padded(status: int, answer: msgspec.Struct) -> web.Response:
    """Returns the answer as JSON, filled with spaces, which JSON allows, up to a size class."""
    body = msgspec.json.encode(answer)
    return web.Response(
        status=status, body=body.ljust(size_class(len(body))), headers={hdrs.CONTENT_TYPE: _JSON, **_HEADERS}
    )


def _refusal(error: CaseError) -> wire.Refusal:
    # What does not verify is told apart from nothing else, so that nobody can try seals out on the server.
    refused = RequestRefused() if isinstance(error, SealBroken) else error
    return wire.Refusal(refused.code, refused.text_key)


def _version(text: SignedText) -> wire.RosterVersion:
    return wire.RosterVersion(text.text, text.signatures)


def _case_answer(rows: CaseRows) -> wire.CaseAnswer:
    return wire.CaseAnswer(
        epoch=rows.epoch,
        commitment=rows.commitment,
        share=rows.share,
        streams={
            stream: wire.WireStream(
                tuple(wire.WireItem(item.header, item.body) for item in found.sealed),
                wire.WireHead(found.head.count, found.head.tag),
            )
            for stream, found in rows.streams.items()
        },
        notes_grants=rows.notes_grants,
        files=tuple(
            wire.FileRow(row.file_id, row.number, row.item_kind, row.header, row.sealed_size) for row in rows.files
        ),
        state=rows.state,
        release_day=rows.release_day,
        erase_by=rows.erase_by,
        statements=rows.statements,
    )
