"""What the keeper says on the terminal: addresses, a QR code, what it waits for; never anything of a request.

With `--json` every line on stdout is one object with a `event` key, for programs that start the keeper (the
demonstration, the tests, a service manager); prose goes to stderr and is the same with and without.
"""

from __future__ import annotations

import io
import json
import sys
from typing import TextIO

import segno


def qr_lines(text: str) -> str:
    """Return a QR code of `text` drawn with characters, for a terminal with any background."""
    drawn = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()


class Announcer:
    """One place where the keeper speaks."""

    def __init__(self, *, as_json: bool, results: TextIO = sys.stdout, prose: TextIO = sys.stderr) -> None:
        self._as_json = as_json
        self._results = results
        self._prose = prose
        self._last = ""

    def say(self, sentence: str) -> None:
        """Say one sentence; the same sentence twice in a row is said once."""
        if sentence == self._last:
            return
        self._last = sentence
        print(sentence, file=self._prose, flush=True)

    def event(self, event: str, **facts: str | float | bool) -> None:
        """Tell a program that started the keeper."""
        if self._as_json:
            print(json.dumps({"event": event, **facts}), file=self._results, flush=True)

    def addresses(self, public_address: str, desk_address: str, *, trial: bool) -> None:
        """Print where the service is now to be found."""
        self.event("published", public=f"{public_address}.onion", desk=f"{desk_address}.onion", trial=trial)
        if self._as_json:
            return
        out = self._results
        if trial:
            print("TRIAL: do not report here. A trial member's key is on this computer.\n", file=out)
        print(f"Reporters, in Tor Browser:  http://{public_address}.onion", file=out)
        print(f"Members' desks:             {desk_address}.onion\n", file=out)
        if out.isatty():
            print(qr_lines(f"http://{public_address}.onion"), file=out)
        out.flush()
