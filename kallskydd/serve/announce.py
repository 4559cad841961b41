"""What the keeper says on the terminal: addresses, a QR code, what it waits for; never anything of a request.

With `--json` every line on stdout is one object with a `event` key, for programs that start the keeper (the
demonstration, the tests, a service manager); prose goes to stderr and is the same with and without. A reader that is
gone, or a terminal that was closed, does not end the service: from then on nothing is written there.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import suppress
from typing import TextIO


def qr_lines(text: str) -> str:
    """Return a QR code of `text` drawn with characters, for a terminal with any background."""
    # For a terminal alone; a keeper without one is the smaller by it.
    import segno  # noqa: PLC0415

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
        """Say one sentence; the same sentence twice in a row is written once."""
        if sentence == self._last:
            return
        self._last = sentence
        _write(sentence, self._prose)

    def event(self, event: str, **facts: str | float | bool) -> None:
        """Tell a program that started the keeper."""
        if self._as_json:
            _write(json.dumps({"event": event, **facts}), self._results)

    def addresses(self, public_address: str, desk_address: str, *, trial: bool) -> None:
        """Print where the service is now to be found."""
        self.event("published", public=f"{public_address}.onion", desk=f"{desk_address}.onion", trial=trial)
        if self._as_json:
            return
        lines = ["TRIAL: do not report here. A trial member's key is on this computer.\n"] if trial else []
        lines.append(f"Reporters, in Tor Browser:  http://{public_address}.onion")
        lines.append(f"Members' desks:             {desk_address}.onion\n")
        if self._results.isatty():
            lines.append(qr_lines(f"http://{public_address}.onion"))
        _write("\n".join(lines), self._results)


def _write(text: str, where: TextIO) -> None:
    try:
        print(text, file=where, flush=True)
    except OSError:
        # Broken pipe, closed terminal, full disk behind a redirection: none of them is a reason to stop serving. What
        # could not be written waits in the buffer and would fail once more when Python ends (exit code 120).
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, where.fileno())
            os.close(nowhere)
