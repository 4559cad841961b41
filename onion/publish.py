"""Puts onion addresses up, keeps account of them, and takes them down, without ever stopping the event loop.

How it works
  1. stem blocks, so one thread makes every stem call, in order. Publishing two onions held the loop for 7 ms.
  2. What tor reports comes on stem's own thread, which does nothing but hand it to the loop.
  3. Nothing waits for tor without a time limit: a tor that hangs counts as gone.

`publish` promises that tor serves the address with exactly these settings when it returns; the directories know it
once `wait_published` has returned. tor forgets every onion when it ends, so `gone` is set then, and after the next
`connect` the same `publish` calls put up the same addresses. No key is kept once tor has it.

The onions of a home that is alone are detached: they outlive the control connection, so a keeper that is restarted
under a running tor loses no visitor. Those of a host's tenants are not (`onion.publisher.server`). `publish` first
takes down what a former keeper left under the same address, because tor would answer "collision" and its settings
cannot be read back. A client that connects in the two seconds of such an exchange may find the onion dead for a minute
or more, because it caches the old descriptor: so an unchanged onion is not exchanged, and `wait_published` counts only
directories that received the new descriptor.
"""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import stem

from onion.control import bootstrap_state, open_controller, running_version, socks_listener
from onion.errors import CommandRefused, NotPublished, TorGone
from onion.publisher.onion import BootstrapState, Onion, Published
from onion.socks import SocksAddress
from onion.stem_light import EventType, State

CONTROL_SECONDS = 20.0  # replies came within 0.03 s; a tor that needs longer has stopped
# The first directory to have the descriptor is not the one a client asks, so the others get this long to follow. On the
# private network all eight answered within 0.6 s.
FOLLOW_SECONDS = 3.0
_SYNTAX_ERRORS = {512, 513}  # control-spec: syntax error in argument, unrecognised argument
_UNKNOWN_ONION = 552
_UPLOADED = "UPLOADED"  # control-spec, HS_DESC

T = TypeVar("T")


class _Upload:
    """How many copies of the descriptor are on their way to each directory; two periods make two for each."""

    def __init__(self) -> None:
        self.on_their_way: Counter[str] = Counter()
        self.first = asyncio.Event()
        self.all = asyncio.Event()

    def note(self, action: str, directory: str) -> None:
        """One event of tor's. An answer to what was not sent since this onion was put up belongs to a former one."""
        if action == "UPLOAD":
            self.on_their_way[directory] += 1
        elif action in {"UPLOADED", "FAILED"} and self.on_their_way[directory]:
            self.on_their_way[directory] -= 1
            if action == _UPLOADED:
                self.first.set()
            if self.first.is_set() and not self.on_their_way.total():
                self.all.set()


class Publisher:
    """The control connection of a keeper or of a host's publisher; made and used in one event loop."""

    def __init__(
        self,
        *,
        on_gone: Callable[[], None] | None = None,
        on_uploaded: Callable[[str], None] | None = None,
        detached: bool = True,
    ) -> None:
        """`detached`: whether the onions outlive the control connection. Both functions are called in the loop.

        `on_gone` when the connection to tor ends without having been closed, `on_uploaded` with the address when a
        directory has taken a descriptor of it: tor gives them a new one every hour or two.
        """
        self._on_gone = on_gone
        self._on_uploaded = on_uploaded
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tor-control")
        self._detached = detached
        self._controller: Any = None
        # Of each onion that is up, a digest of how it is served: whether it is asked for again, or with other settings.
        self._settings: dict[str, bytes] = {}
        self._published: dict[str, Published] = {}
        self._uploads: dict[str, _Upload] = {}
        self.gone = asyncio.Event()

    async def connect(self, control_socket: Path) -> None:
        """Open a tor's control socket, again after tor was restarted; raises ControlMissing or ControlRefused."""
        await self._disconnect()
        self._controller = await self._call(open_controller, control_socket)
        self._settings.clear()
        self._published.clear()
        self._uploads.clear()
        self.gone.clear()
        await self._call(self._listen, self._controller, asyncio.get_running_loop())

    async def publish(self, onion: Onion) -> Published:
        """Make tor serve this onion with exactly these settings; raises TorGone or CommandRefused."""
        address = onion.key.address
        settings = hashlib.sha256(onion.command(with_pow=onion.pow, detached=self._detached).encode()).digest()
        if self._settings.get(address) == settings and address in self._published:
            return self._published[address]
        self._settings[address] = settings
        self._published.pop(address, None)
        with_pow = await self._call(_add_onion, self._connected(), onion, self._detached)
        # tor gives the descriptor to directories a second later, so no event of this onion's can be lost here.
        self._uploads[address] = _Upload()
        self._published[address] = Published(address, with_pow)
        return self._published[address]

    async def wait_published(self, address: str, *, within: float) -> None:
        """Return when the directories have the descriptor: all of them, or one and a little time for the others.

        Raises NotPublished or TorGone, and NotPublished also for an address that was never put up.
        """
        upload = self._uploads.get(address)
        if upload is None:
            raise TorGone if self.gone.is_set() else NotPublished
        await self._wait_for(upload.first, within)
        if upload.first.is_set() and not self.gone.is_set():
            await self._wait_for(upload.all, min(within, FOLLOW_SECONDS))
        if self.gone.is_set():
            raise TorGone
        if not upload.first.is_set():
            raise NotPublished

    async def take_down(self, address: str) -> None:
        """Make tor forget the onion. Does nothing if tor does not have it; raises TorGone or CommandRefused."""
        self._settings.pop(address, None)
        self._published.pop(address, None)
        self._uploads.pop(address, None)
        await self._call(_delete_onion, self._connected(), address)

    async def bootstrap(self) -> BootstrapState:
        """Return how far tor is, and what it waits for; raises TorGone."""
        return await self._call(bootstrap_state, self._connected())

    async def version(self) -> str:
        """Return the version of the tor that runs; raises TorGone."""
        return await self._call(running_version, self._connected())

    async def socks(self) -> SocksAddress:
        """Return where tor listens for SOCKS; raises SocksMissing or TorGone."""
        return await self._call(socks_listener, self._connected())

    async def close(self) -> None:
        """Close the control connection. Detached onions stay up as long as tor runs, others go."""
        await self._disconnect()
        self._thread.shutdown(wait=False)

    async def _wait_for(self, event: asyncio.Event, within: float) -> None:
        """Return when the event is set, tor is gone, or the time is over."""
        waits = [asyncio.ensure_future(one.wait()) for one in (event, self.gone)]
        try:
            await asyncio.wait(waits, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _connected(self) -> Any:
        if self._controller is None or self.gone.is_set():
            raise TorGone
        return self._controller

    async def _call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a stem call in its thread, with stem's errors as ours."""
        call = asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)
        try:
            # Not wait_for: on Python 3.11 it swallows a cancellation that comes as the call ends, and the task
            # would go on for ever.
            async with asyncio.timeout(CONTROL_SECONDS):
                return await call
        except TimeoutError:
            # The old thread sits in stem until this tor's socket closes; the next tor must not queue behind it.
            self._thread.shutdown(wait=False)
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="tor-control")
            self._set_gone(self._controller)
            raise TorGone from None
        except stem.ControllerError:
            raise TorGone from None

    async def _disconnect(self) -> None:
        controller, self._controller = self._controller, None
        if controller is not None:
            # Not in the thread of calls: closing is what frees a call that tor never answers.
            await asyncio.to_thread(controller.close)

    def _listen(self, controller: Any, loop: asyncio.AbstractEventLoop) -> None:
        def on_descriptor(event: Any) -> None:
            upload = (str(event.address), str(event.action), str(event.directory_fingerprint))
            _hand_over(loop, self._note_upload, *upload)

        def on_state(_controller: Any, state: Any, _time: float) -> None:
            if state == State.CLOSED:
                _hand_over(loop, self._set_gone, controller)

        controller.add_status_listener(on_state)
        controller.add_event_listener(on_descriptor, EventType.HS_DESC)

    def _note_upload(self, address: str, action: str, directory: str) -> None:
        # An onion that is not ours, or was taken down meanwhile, has no account here.
        if address in self._uploads:
            self._uploads[address].note(action, directory)
            if action == _UPLOADED and self._on_uploaded is not None:
                self._on_uploaded(address)

    def _set_gone(self, controller: Any) -> None:
        if controller is None or controller is not self._controller or self.gone.is_set():
            return  # we closed it ourselves, or have another by now, or know already
        self._published.clear()
        self.gone.set()
        if self._on_gone is not None:
            self._on_gone()


def _hand_over(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: Any) -> None:
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        return  # the loop has ended, and nobody waits for this any more


def _add_onion(controller: Any, onion: Onion, detached: bool) -> bool:
    """Add the onion, afresh if tor has it already; whether with puzzles."""
    _delete_onion(controller, onion.key.address)
    if onion.pow:
        # tor before 0.4.9.2 does not know the keyword, and one built without the module refuses it.
        reply = _reply(controller, onion.command(with_pow=True, detached=detached))
        if reply not in _SYNTAX_ERRORS:
            _demand(reply)
            return True
    _demand(_reply(controller, onion.command(with_pow=False, detached=detached)))
    return False


def _delete_onion(controller: Any, address: str) -> None:
    # Asking first: adding an onion that is there makes tor write a page of backtrace to its log.
    listed = controller.get_info("onions/current", "") + "\n" + controller.get_info("onions/detached", "")
    if address in re.split(r"\s+", listed):
        reply = _reply(controller, f"DEL_ONION {address}")
        if reply != _UNKNOWN_ONION:
            _demand(reply)


def _reply(controller: Any, command: str) -> int:
    """Tor's number for a raw command; its text is dropped, since it can repeat the key."""
    return int(controller.msg(command).content()[-1][0])


def _demand(reply: int) -> None:
    if not 200 <= reply < 300:  # noqa: PLR2004 - control-spec: 2yz is a positive answer
        raise CommandRefused(reply)
