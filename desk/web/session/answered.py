"""The pages that answered forms, in memory: a few, each at an address of 128 random bits, until the lock."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

# Back goes so far; an older page leads to the overview.
_KEPT: Final = 8
_NAME_BYTES: Final = 16


@dataclass(slots=True, repr=False)
class AnsweredForms:
    """The last answers, by name."""

    _answers: dict[str, web.Response] = field(default_factory=dict)

    def keep(self, answer: web.Response) -> str:
        """Keep an answer in the place of the oldest; return its name."""
        while len(self._answers) >= _KEPT:
            del self._answers[next(iter(self._answers))]
        name = secrets.token_urlsafe(_NAME_BYTES)
        self._answers[name] = answer
        return name

    def find(self, untrusted_name: str) -> web.Response | None:
        """Return the answer of this name as one that was not sent yet; None when it is no longer kept."""
        kept = self._answers.get(untrusted_name)
        return None if kept is None else web.Response(status=kept.status, body=kept.body, headers=kept.headers.copy())

    def clear(self) -> None:
        """Let go of all: the desk locks."""
        self._answers.clear()
