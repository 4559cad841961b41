"""One request of a desk, from its headers to the shape of its answer; what both kinds of verbs share.

The steps have the numbers of intake/desk_api/app.py and docs/FORMATS.md §9: `refusals` takes step 1, `check_head` steps
3 and 4. Whatever is refused has one shape, and every answer in JSON is padded to a size class.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from cases.roster.chain import Chain
from cases.wire import messages
from intake.entrance import Hosts, MirrorInfo
from intake.mirror.contexts import MirrorContexts
from trusted.case.clock import Clock
from trusted.case.errors import Busy, CaseError, Conflict, NotThere, RequestRefused, RosterFault, SealBroken
from trusted.crypto.sealed_files import size_class
from trusted.jail.stages import Refused
from trusted.store.store import Store
from trusted.web.errors import FileRefused, FormRefused
from trusted.web.form import drain
from trusted.web.limits import Limits
from trusted.web.silence import Faults, Handler

HEADERS: Final = {hdrs.CACHE_CONTROL: "no-store", "X-Content-Type-Options": "nosniff"}
BYTES: Final = "application/octet-stream"
_JSON: Final = "application/json"
# Verbs for which a member of the proposal will do.
_ROSTER_VERBS: Final = frozenset({"roster", "sign-roster"})
_FAULT: Final = messages.Refusal(code=299, text_key="server.fault")
_NOT_TAKEN: Final = 422
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
    """The settings that the desk API needs."""

    @property
    def inbox_days(self) -> int: ...
    @property
    def categories(self) -> tuple[str, ...]: ...
    @property
    def hold_hours(self) -> int: ...
    @property
    def at_once(self) -> bool: ...
    @property
    def languages(self) -> Sequence[str]: ...


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
    def hosts(self) -> Hosts: ...
    @property
    def mirror(self) -> MirrorInfo | None: ...
    @property
    def mirror_contexts(self) -> MirrorContexts | None: ...
    @property
    def limits(self) -> Limits: ...


@dataclass(frozen=True, slots=True, repr=False)
class SignedRequest:
    """A request that has passed steps 1 to 4. Its body has not been read; `messages.require_body` takes step 5."""

    chain: Chain
    head: messages.SignedHead

    @property
    def member(self) -> str:
        """Who signed it."""
        return self.head.member

    @property
    def counter(self) -> int:
        """What it was counted as."""
        return self.head.counter


async def check_head(services: DeskServices, request: web.Request, name: str) -> SignedRequest:
    """Return who signed the head of this request (steps 3 and 4). Raises RequestRefused, RosterFault, Busy."""
    if request.content_length is None:
        raise RequestRefused("request.unreadable")
    chain = services.roster.chain()
    known = [version for version in (chain.current, chain.proposal if name in _ROSTER_VERBS else None) if version]
    if not known:
        raise RosterFault(chain.problem or "roster.not_open")

    def sign_key_of(member_id: str) -> bytes | None:
        member = next((found for version in known if (found := version.member(member_id)) is not None), None)
        return None if member is None else member.sign

    # 3.
    asked = messages.RequestHead(hdrs.METH_POST, request.path, request.content_length, known[0].server_key)
    head = messages.verify_head(request.headers, asked, sign_key_of)
    # 4.
    try:
        await services.store.accept_counter(bytes.fromhex(head.member), head.counter)
    except CaseError as refused:
        # It is a member's: her desk reads why only once it has sent all.
        await drain(request, services.limits)
        if isinstance(refused, Busy):
            raise
        raise RequestRefused(messages.COUNTER_BEHIND) from None
    return SignedRequest(chain, head)


def refusals(services: DeskServices) -> Middleware:
    """Return the outermost layer: step 1, and the one shape of every refusal."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get(hdrs.HOST, "").lower() not in services.hosts.desk:
            return padded(421, refusal_of(RequestRefused("request.other_host")))
        try:
            return await handler(request)
        except (CaseError, Refused, FileRefused, FormRefused, web.HTTPException) as refused:
            return padded(*_told(refused))
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:  # noqa: BLE001 - the outermost layer; whatever it is must not be printed
            services.faults.note()
            return padded(500, _FAULT)

    return middleware


def _told(refused: CaseError | Refused | FileRefused | FormRefused | web.HTTPException) -> tuple[int, messages.Refusal]:
    """Return the status and the words of a refusal."""
    match refused:
        case CaseError():
            return next(status for kind, status in _STATUSES if isinstance(refused, kind)), refusal_of(refused)
        case web.HTTPRequestEntityTooLarge():
            return refused.status, refusal_of(RequestRefused("request.too_large"))
        case web.HTTPException():
            # Its text is the library's and can quote the request.
            return refused.status, refusal_of(RequestRefused("request.unknown"))
        case _:
            # A file that is not taken, in the words that a reporter's form has for it.
            return _NOT_TAKEN, messages.Refusal(refused.code, refused.text_key)


async def stream(request: web.Request, chunks: AsyncIterator[bytes]) -> web.StreamResponse:
    """Answer with bytes as they are drawn."""
    # The first chunk is drawn before the answer begins: after that a refusal could not be told any more.
    first = await anext(chunks, b"")
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: BYTES, **HEADERS})
    await response.prepare(request)
    await response.write(first)
    async for chunk in chunks:
        await response.write(chunk)
    await response.write_eof()
    return response


def padded(status: int, answer: msgspec.Struct, least: int = 0) -> web.Response:
    """Return the answer as JSON, filled with spaces, which JSON allows, up to a size class, or to a size above it."""
    body = msgspec.json.encode(answer)
    return web.Response(
        status=status, body=body.ljust(max(least, size_class(len(body)))), headers={hdrs.CONTENT_TYPE: _JSON, **HEADERS}
    )


def refusal_of(error: CaseError) -> messages.Refusal:
    """Return what a desk learns of an error."""
    # What does not verify has the same answer as anything else, so that nobody can try seals out on the server.
    refused = RequestRefused() if isinstance(error, SealBroken) else error
    return messages.Refusal(refused.code, refused.text_key)
