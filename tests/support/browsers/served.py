"""A whole service in a thread beside the test, so that browsers, which block, and the service, which must not, go together.

The home is the example's, with every language that there is and a roster of a lead, a handler and counsel; files go
through real zygotes; members work at real desks.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from desks.harness import RunningDesks, running_with_pages
from visitors.intake_harness import MadeHome, zygotes

from cases.home import read_home
from cases.languages import LANGUAGES
from cases.roster.chain import add_signature, read_chain, sign_roster
from cases.roster.member import new_member_keys
from kallskydd.commands.init import example_config
from kallskydd.commands.init import make_home as init_home
from trusted.case.clock import today, utc_now

ROLES = ("lead", "handler", "counsel")
PEOPLE = tuple((f"Person {number}", f"{role.capitalize()} {number}") for number, role in enumerate(ROLES, start=1))
SECONDS = 120.0


def example_home(
    folder: Path, *, opened: bool = True, settings: str = "", people: Sequence[tuple[str, str]] = PEOPLE
) -> MadeHome:
    """A real home as `init` makes it of the example; unless `opened`, its members have not signed yet.

    `people` are their names, and what reporters see.
    """
    codes = ", ".join(f'"{code}"' for code in LANGUAGES)
    text, count = re.subn(r"(?m)^languages = .*$", f"languages = [{codes}]\n{settings}", example_config())
    assert count == 1
    keys = tuple(new_member_keys() for _ in ROLES)
    joins = [one.public(name, role, label) for one, role, (name, label) in zip(keys, ROLES, people, strict=True)]
    init_home(folder, text, joins, trial=False)
    roster = read_chain(folder / "roster", today(utc_now)).proposal
    for one in keys if opened else ():
        add_signature(folder / "roster", 1, sign_roster(roster, one), today(utc_now))
    return MadeHome(read_home(folder), roster.home_id, roster.members, keys)


class Served:
    """`with Served(folder) as served:` — then `served.desks`, and `served.call` for what has to be awaited."""

    def __init__(self, folder: Path, made: MadeHome | None = None, **more: Any) -> None:
        self._folder = folder
        self.made = made or example_home(folder / "home")
        self._more = more
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._failure: BaseException | None = None
        self.desks: RunningDesks

    def __enter__(self) -> Served:
        self._thread.start()
        self._ready.wait(SECONDS)
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(SECONDS)
        if self._failure is not None:
            raise self._failure

    @property
    def socket(self) -> Path:
        """Where reporters' requests go."""
        return self.desks.intake.public_socket

    def call(self, function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Await something on the service's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(function(*arguments), self._loop).result(SECONDS)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with (
                zygotes() as sandbox,
                running_with_pages(self._folder, self.made, sandbox=sandbox, **self._more) as self.desks,
            ):
                self._ready.set()
                await self._end.wait()
        except BaseException as failure:  # noqa: BLE001  # handed to the test, in whose thread it belongs
            self._failure = failure
            self._ready.set()
