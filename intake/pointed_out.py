"""
What a writer was shown in the own text, and will have sent all the same.

A box that could be ticked before anything was found would switch the warning off. So what counts is no yes, but a seal
that only the page with the findings holds:

1. The seal of a finding is a keyed hash over the draft (or the session) and the words that were found. The key is in
   memory only; another draft, a text with something new in it, or a restart make another one, and the text is pointed
   out once more.
2. A plain page has the seals in the box that is ticked. Beside frames the form stays as it is, so there the answer has
   a button that brings them here, and they are remembered for that draft.
3. What was accepted does not stop the same draft twice; anything new in it does.
4. They are forgotten with the draft or the session, after a day, and, the oldest first, beyond `MOST_REMEMBERED`.
   Neither a draft nor what was found can be read out of them. Whoever is forgotten too early is warned once more.
"""

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from cases.clock import Clock
from intake.form import Form
from intake.marks import VALID_FOR
from intake.pointers import Pointer, pointers_in_form

LOOKED_FIELD: Final = "looked"
MOST_REMEMBERED: Final = 4096  # Drafts; some five megabytes.
_MOST_OF_ONE: Final = 64
_SEAL_BYTES: Final = 12
_SEAL: Final = re.compile(rf"[0-9a-f]{{{2 * _SEAL_BYTES}}}")


class PointedOut:
    """The seals of all drafts and sessions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._accepted: OrderedDict[str, tuple[datetime, tuple[str, ...]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accepted)

    def left_in(self, form: Form, owner: str, phone: str | None) -> tuple[Pointer, ...]:
        """Return what in the text of a form points to its writer and was not accepted yet.

        `owner` is its draft or session, `phone` the number of the service. What the form accepts is remembered.
        """
        accepted = set(self.accept(owner, form.all(LOOKED_FIELD)))
        return tuple(one for one in pointers_in_form(form, phone) if self._seal(owner, one) not in accepted)

    def seals(self, owner: str, pointers: Sequence[Pointer]) -> str:
        """Return what a form has to bring back for these to be accepted."""
        return " ".join(self._seal(owner, one) for one in pointers)

    def accept(self, owner: str, untrusted_values: Iterable[str]) -> tuple[str, ...]:
        """Remember what a form brought, and return all that is remembered. What was made up fits no finding."""
        name = self._name(owner)
        _since, before = self._accepted.get(name, (None, ()))
        brought = (seal for value in untrusted_values for seal in _SEAL.findall(value))
        accepted = tuple(dict.fromkeys((*before, *brought)))[-_MOST_OF_ONE:]
        if accepted:
            self._accepted[name] = (self._clock(), accepted)
            self._accepted.move_to_end(name)
            if len(self._accepted) > MOST_REMEMBERED:
                self._accepted.popitem(last=False)
        return accepted

    def forget(self, owner: str) -> None:
        """Let go of a draft or session that is over."""
        self._accepted.pop(self._name(owner), None)

    def prune(self) -> None:
        """Let go of what no form can bring any more; done by the clock, each minute."""
        now = self._clock()
        while self._accepted:
            name, (since, _seals) = next(iter(self._accepted.items()))
            if now - since <= VALID_FOR:
                break
            del self._accepted[name]

    def _seal(self, owner: str, pointer: Pointer) -> str:
        return self._hash(b"ks1-seal", f"{owner} {pointer.sort.name} {pointer.found}")

    def _name(self, owner: str) -> str:
        return self._hash(b"ks1-draft", owner)

    def _hash(self, person: bytes, text: str) -> str:
        return hashlib.blake2b(text.encode(), digest_size=_SEAL_BYTES, key=self._key, person=person).hexdigest()
