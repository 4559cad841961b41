"""A whole intake in this process: a real home, store, roster, sandbox with real zygotes; a clock that tests set.

`running_intake` serves the public application (and the desk's, if wanted) on unix sockets in a temporary folder.
`Browser` is a small HTTP client over such a socket that reads forms as a browser would and sends them as multipart.
"""

from __future__ import annotations

import asyncio
import html
import re
import secrets
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch

from processes.kept_zygotes import kept_zygote

from cases.home import Home, create_home, read_home
from cases.roster.chain import (
    NO_PREVIOUS,
    Member,
    Organisation,
    RosterHome,
    add_signature,
    parse_roster,
    propose,
    render,
    sign_roster,
)
from cases.roster.member import MemberKeys, new_member_keys
from intake.app import public_app
from intake.desk_api.app import desk_app
from intake.entrance import Hosts
from intake.services import Services, compose
from scrubbers.spawn import spawn_zygote
from trusted.jail.channel import Channel
from trusted.jail.protocol import Role as ZygoteRole
from trusted.jail.sandbox import Sandbox
from trusted.jail.zygote_pool import OnDemand
from trusted.receipt.keys import Receipt, parse_receipt
from trusted.roster.text import Role
from trusted.store.store import Store
from trusted.web.connections import CONNECTION_LIMITS, ConnectionLimits
from trusted.web.serving import Serving, serve
from trusted.web.silence import Faults

PUBLIC_HOST = "a" * 56 + ".onion"
DESK_HOST = "b" * 56 + ".onion"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday; the next release that waits twelve hours is on Tuesday
STAYS_SECONDS = 3600.0  # of a zygote that came with a document: no test takes as long
SEE_OTHER = 303
SHOWN = 203  # a page that answers a form
ORGANISATIONS = (Organisation("ludvika-kommun", "Ludvika kommun"), Organisation("wbab", "WBAB"))


class SetClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **what: float) -> None:
        self.now += timedelta(**what)


@dataclass
class MadeHome:
    """A home on disk, and the keys of its members, in the order in which they were asked for."""

    home: Home
    home_id: bytes
    members: tuple[Member, ...]
    keys: tuple[MemberKeys, ...]


def make_home(
    folder: Path,
    roles: Sequence[Role] = ("lead", "handler", "counsel"),
    *,
    trial: bool = False,
    settings: str = "",
) -> MadeHome:
    """Make a home whose first roster names one member for each role. `settings` are more lines of configuration."""
    text = (
        'owner = "Ludvika kommun"\nphone = "020-899 433"\n'
        'authorities = [{ name = "Arbetsmiljöverket", about.sv = "arbetsmiljö" }, '
        '{ name = "Ekobrottsmyndigheten", about.sv = "ekonomisk brottslighet", at = ["010-562 90 00"] }]\n'
        f"trial = {'true' if trial else 'false'}\n{settings}\n"
        + "".join(f'[[organisations]]\nkey = "{one.key}"\nname = "{one.name}"\n' for one in ORGANISATIONS)
    )
    server_key = secrets.token_bytes(32)
    home_id = create_home(folder, text, trial=trial, server_key=server_key)
    keys = tuple(new_member_keys() for _ in roles)
    members = tuple(
        _member(one, f"Person {number}", role, f"{role.capitalize()} {number}")
        for number, (one, role) in enumerate(zip(keys, roles, strict=True), start=1)
    )
    roster = parse_roster(
        render(
            version=1,
            previous=NO_PREVIOUS,
            home=RosterHome(home_id, server_key, trial=trial),
            organisations=ORGANISATIONS,
            members=members,
        )
    )
    propose(folder / "roster", roster, NOON.date())
    for one in keys:
        add_signature(folder / "roster", 1, sign_roster(roster, one), NOON.date())
    return MadeHome(read_home(folder), home_id, members, keys)


def _member(keys: MemberKeys, name: str, role: Role, label: str) -> Member:
    return Member(
        id=keys.id,
        name=name,
        role=role,
        label=label,
        sign=keys.sign_public,
        box=keys.box_public,
        onion=keys.onion_public,
    )


@dataclass
class RunningIntake:
    """What a test has in its hands."""

    made: MadeHome
    services: Services
    clock: SetClock
    public_socket: Path
    desk_socket: Path | None
    public: Serving

    def browser(self) -> Browser:
        return Browser(self.public_socket)


@asynccontextmanager
async def zygotes(*, both: bool = False) -> AsyncIterator[Sandbox]:
    """A sandbox with a real zygote for pictures and one for documents, each from its first file on, as a tenant has them.

    With `both` they are there at once and of this test alone: for tests that have the jail test itself, or measure.
    """
    started = [spawn_zygote(role) for role in ZygoteRole] if both else []
    channels = [channel for _process, channel in started] or [_nobody() for _role in ZygoteRole]
    brought: dict[int, Channel] = {}

    def bring(index: int) -> None:
        kept = kept_zygote(list(ZygoteRole)[index])
        sandbox.replace(index, kept.channel())
        brought[index] = sandbox._pool.channels[index]
        if kept.greet(brought[index]):
            asyncio.get_running_loop().call_soon(sandbox._pool._changed.set)

    sandbox = Sandbox(channels, on_demand=None if both else OnDemand(bring, lambda: STAYS_SECONDS))
    # As if they had been there and had gone.
    sandbox._pool._roles.update(() if both else enumerate(ZygoteRole))
    try:
        yield sandbox
    finally:
        for index, channel in brought.items():
            await kept_zygote(list(ZygoteRole)[index]).let_go(channel)
        sandbox.close()
        for process, _channel in started:
            await asyncio.to_thread(process.wait, 60)


def _nobody() -> socket.socket:
    nobody, gone = socket.socketpair()
    gone.close()
    return nobody


@asynccontextmanager
async def running_intake(
    folder: Path,
    made: MadeHome | None = None,
    *,
    sandbox: Sandbox | None = None,
    clock: SetClock | None = None,
    desk: bool = False,
    public_host: str = PUBLIC_HOST,
    connections: ConnectionLimits = CONNECTION_LIMITS,
    real_argon2: bool = False,
) -> AsyncIterator[RunningIntake]:
    """
    Serve an intake. Without `sandbox` there is none: fine for tests without files.

    One guess of a case code costs next to nothing, unless `real_argon2`: for what is measured, and for codes that are
    also used in another process. The cost itself is held by tests/trusted/receipt/test_receipt.py.
    """
    made = made or make_home(folder / "home")
    clock = clock or SetClock()
    async with AsyncExitStack() as stack:
        if not real_argon2:
            stack.enter_context(patch.multiple("trusted.receipt.keys", ARGON_OPS=1, ARGON_BYTES=8192))
        store = await Store.open(made.home.path, clock)
        # An open store has a thread of its own: left open, a failing test would hang instead of failing.
        stack.push_async_callback(store.close)
        services = compose(
            made.home,
            store,
            sandbox or Sandbox(()),
            Faults(),
            clock,
            hosts=Hosts(frozenset({public_host}), frozenset({DESK_HOST})),
        )
        stack.callback(services.argon2.close)
        stack.push_async_callback(services.held.close)
        public = folder / "public.sock"
        serving = await serve(public_app(services), _listener(public), connections)
        stack.push_async_callback(serving.close)
        desk_socket = None
        if desk:
            desk_socket = folder / "desk.sock"
            stack.push_async_callback((await serve(desk_app(services), _listener(desk_socket), connections)).close)
        yield RunningIntake(made, services, clock, public, desk_socket, serving)


def _listener(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path.unlink(missing_ok=True)
    listener.bind(str(path))
    listener.listen(64)
    return listener


@dataclass
class Form:
    """A form as a browser would fill it in: the values that stand there, ready to be changed."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    id: str = ""
    # The last box or button of each name, ticked or pressed or not.
    boxes: dict[str, str] = field(default_factory=dict)
    # The strong button of the form, or the one that sends it.
    button: tuple[str, str] | None = None
    # Where text browsers send it, which know no button outside of its form.
    otherwise: str = ""

    def with_(self, **values: str | Sequence[str]) -> list[tuple[str, str]]:
        """Return the fields with some replaced or added, and the strong button pressed unless another one is named."""
        kept = [(name, value) for name, value in self.fields if name not in values]
        for name, value in values.items():
            kept += [(name, value)] if isinstance(value, str) else [(name, one) for one in value]
        is_pressed = bool({"act", "switch", "before", "after"} & {name for name, _value in kept})
        return kept if is_pressed or self.button is None else [*kept, self.button]

    def as_it_is(self, **values: str | Sequence[str]) -> list[tuple[str, str]]:
        """The fields, and the button that leaves in the text what was found in it. Raises KeyError without one."""
        assert self.boxes["act"] == "keep"
        return self.with_(act="keep", **values)


@dataclass
class Page:
    """An answer, whole."""

    status: int
    headers: Mapping[str, str]
    raw_headers: bytes
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def travelled(self) -> int:
        """All that came down the line, but for the answer to our `close`, which no browser asks for."""
        return len(self.raw_headers) + len("\r\n\r\n") + len(self.body) - len("Connection: close\r\n")

    @property
    def plain(self) -> str:
        """The text as a person reads it."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.text)).split())

    @cached_property
    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.whole()

    def form(self, action: str, *, without: str = "", **having: str) -> Form:
        """The first form that posts to `action`, holds these hidden values and has no field named `without`.

        One that leads to another language is met with `switch`, or where there is no other.
        """
        for form in sorted(self.forms, key=lambda one: "switch" in dict(one.fields) and "switch" not in having):
            names = {name for name, _value in form.fields}
            if (
                action in {form.action, form.otherwise}
                and set(having.items()) <= set(form.fields)
                and without not in names
            ):
                return form
        message = f"no form to {action} with {having} on this page: {self.plain[:600]}"
        raise AssertionError(message)

    @property
    def receipt(self) -> Receipt:
        """The eight words on the page."""
        section = self.text.split('<section class="code"')[1].split("</section>")[0]
        return parse_receipt(" ".join(re.findall(r"<bdi>([a-z]+)</bdi>", section)))


def words_asked(page: Page) -> list[str]:
    """The words of the code on this page that a form on it asks for."""
    places = re.findall(r'name="asked" value="(\d+)"', page.text)
    return [page.receipt.words[int(place) - 1] for place in places]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        # Of fields and of buttons that lead elsewhere, the form that they name, or none for the one around them.
        self._outside: list[tuple[str, str, str]] = []
        self._with_button: list[Form] = []
        self._buttons: list[tuple[str, str, tuple[str, str], str]] = []
        self._textarea: str | None = None
        self._select: tuple[str, str | None] | None = None
        self._collected = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(re.split("[#?]", named["action"])[0], id=named.get("id", "")))
        elif tag == "input" and named.get("type") in {"checkbox", "radio"}:
            if self.forms:
                self.forms[-1].boxes[named["name"]] = named.get("value", "")
            if "checked" in named and "form" in named:
                self._outside.append((named["form"], named["name"], named.get("value", "")))
            elif "checked" in named:
                self._add(named["name"], named.get("value", ""))
        elif tag == "button" and "form" not in named and self.forms:
            self._button(named)
        elif tag == "button" and "form" in named and "disabled" not in named:
            value = (named.get("name", ""), named.get("value", ""))
            around = self.forms[-1].action if self.forms else ""
            if value[0] == "way":
                # As a text browser sends it: the page that it leads to is the same.
                self._with_button.append(self.forms[-1])
                around = ""
            self._buttons.append((named["form"], re.split("[#?]", named.get("formaction", ""))[0], value, around))
        elif tag == "input" and named.get("type") != "file":
            self._add(named["name"], named.get("value", ""))
        elif tag == "textarea":
            self._textarea, self._collected = named["name"], ""
        elif tag == "select":
            self._select = (named["name"], None)
        elif tag == "option" and self._select is not None and ("selected" in named or self._select[1] is None):
            self._select = (self._select[0], named.get("value", ""))

    def _button(self, named: dict[str, str]) -> None:
        self._with_button.append(self.forms[-1])
        if "name" in named:
            self.forms[-1].boxes[named["name"]] = named.get("value", "")
            if "main" in named.get("class", "").split() or named.get("value") == "send":
                self.forms[-1].button = (named["name"], named.get("value", ""))

    def whole(self) -> list[Form]:
        """The forms that have a button, and after them what each button sends that names another form than its own."""
        by_id = {form.id: form for form in self.forms if form.id}
        for form, name, value in self._outside:
            by_id[form].fields.append((name, value))
        pressed = [
            Form(
                action or by_id[form].action,
                [*([value] if value[0] else []), *by_id[form].fields],
                otherwise="" if around == by_id[form].action else around,
            )
            for form, action, value, around in self._buttons
        ]
        return [*(form for form in self.forms if form in self._with_button), *pressed]

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._collected += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea is not None:
            # A line end right after the tag is not a part of the value.
            self._add(self._textarea, self._collected.removeprefix("\n"))
            self._textarea = None
        elif tag == "select" and self._select is not None:
            self._add(self._select[0], self._select[1] or "")
            self._select = None

    def _add(self, name: str, value: str) -> None:
        if self.forms:
            self.forms[-1].fields.append((name, value))


class Browser:
    """Sends what a browser sends, one connection for each request, so that every byte is in the test's hands."""

    scheme = "http"

    def __init__(self, path: Path, host: str = PUBLIC_HOST) -> None:
        self.path = path
        self.host = host

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        """Ask for a page as one that was led to it, or loads it again."""
        return await self.typed(path, {"Referer": f"{self.scheme}://{self.host}/", **(headers or {})})

    async def typed(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        """Ask for a page by its address alone, as with a link from elsewhere."""
        return await self.request("GET", path, b"", headers or {})

    async def post(
        self,
        path: str,
        fields: Sequence[tuple[str, str]],
        files: Sequence[bytes] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """Send a multipart form and follow where it leads."""
        return await self.follow(await self.post_once(path, fields, files, headers))

    async def post_once(
        self,
        path: str,
        fields: Sequence[tuple[str, str]],
        files: Sequence[bytes] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """Send a multipart form; files go into the field of attachments, with a telling name and type."""
        boundary = "----" + secrets.token_hex(12)
        body = multipart(boundary, fields, files)
        sent = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Origin": f"{self.scheme}://{self.host}"}
        return await self.request_once("POST", path, body, {**sent, **(headers or {})})

    async def request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Page:
        """Send a request and follow where a form is sent on to, as browsers do."""
        return await self.follow(await self.request_once(method, path, body, headers))

    async def follow(self, answer: Page) -> Page:
        """The page that an answer leads to, or the answer itself when it leads nowhere."""
        return await self.get(answer.headers["location"]) if answer.status == SEE_OTHER else answer

    async def request_once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Page:
        lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
        named = {"Host": self.host, **({"Content-Length": str(len(body))} if body or method == "POST" else {})}
        lines += [f"{name}: {value}" for name, value in {**named, **headers}.items()]
        return await self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection for one request."""
        return await asyncio.open_unix_connection(str(self.path))

    async def raw(self, sent: bytes) -> Page:
        """Send bytes and read the answer to its end."""
        reader, writer = await self.connected()
        try:
            writing = asyncio.ensure_future(_send(writer, sent))
            answer = await _read_all(reader)
            await writing
        finally:
            writer.close()
        return read_answer(answer)


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    """What came before the end; the intake may close with our bytes unread, which shows as a reset."""
    got = b""
    try:
        while piece := await reader.read(65536):
            got += piece
    except ConnectionResetError:
        return got
    return got


async def _send(writer: asyncio.StreamWriter, sent: bytes) -> None:
    try:
        writer.write(sent)
        await writer.drain()
    except ConnectionError:
        # The server may answer and close before it has read everything.
        return


def read_answer(answer: bytes) -> Page:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    if headers.get("transfer-encoding") == "chunked":
        body = _dechunk(body)
    return Page(int(lines[0].split(" ")[1]), headers, head, body)


def _dechunk(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        whole += rest[:length]
        body = rest[length + 2 :]
    return whole


def multipart(boundary: str, fields: Sequence[tuple[str, str]], files: Sequence[bytes] = ()) -> bytes:
    """Return the body of a form. Browsers send fields where they stand: the button comes after the files."""
    parts, after = [], []
    for name, value in fields:
        one = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        (after if name == "act" else parts).append(one)
    for number, content in enumerate(files):
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="attachment"; filename="secret-name-{number}.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        parts.append(head.encode() + content + b"\r\n")
    return b"".join((*parts, *after)) + f"--{boundary}--\r\n".encode()


async def file_report(browser: Browser, text: str, files: Sequence[bytes] = (), **values: str | Sequence[str]) -> Page:
    """Fetch the form, fill it in, send it."""
    form = (await browser.get("/report")).form("/report")
    return await browser.post("/report", form.with_(text=text, **values), files)


async def two_words_back(browser: Browser, receipt: Page) -> Page:
    """The page after the one with the code: two words of it are written back as they stand."""
    return await browser.post("/receipt/check", receipt.form("/receipt/check").with_(word=words_asked(receipt)))


async def log_in(browser: Browser, receipt: Receipt) -> Page:
    form = (await browser.get("/return")).form("/return")
    return await browser.post("/return", form.with_(code=" ".join(receipt.words)))


async def report_form(browser: Browser, query: str = "", **values: str | Sequence[str]) -> Form:
    """The report form, filled in with these values, its button not pressed yet."""
    form = (await browser.get(f"/report{query}")).form("/report")
    form.fields = Form("/report", form.fields).with_(**{"text": "Before the files", **values})
    return form
