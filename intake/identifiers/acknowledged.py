"""
What a writer was shown in the own text, and will have sent all the same.

A box that could be ticked before anything was found would switch the warning off. So what counts is no yes, but a tag
that only the page with the findings holds:

1. The tag of a finding is a keyed hash over the draft (or the session) and the words that were found. The key is in
   memory only; another draft, a text with something new in it, or a restart make another one, and the text is pointed
   out once more.
2. A plain page has the tags in the box that is ticked. Beside frames the form stays as it is, so there the answer has
   a button that brings them here, and they are remembered for that draft.
3. What was accepted does not stop the same draft twice; anything new in it does. What is more than one page shows comes
   in rounds, so that nothing goes unseen behind a long list.
4. Only a draft or session that something was shown to is remembered. It is forgotten with the text that was sent, with
   the draft or the session, after a day, and, the oldest first, beyond `MOST_REMEMBERED`. Neither a draft nor what was
   found can be read out of it. A writer who is forgotten too early is warned once more.
"""

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from cases.clock import Clock
from intake.http.form import Form
from intake.http.form_tokens import VALID_FOR
from intake.identifiers.find import MOST_FOUND, IdentifyingDetail, details_in_form, most_telling

ACKNOWLEDGED_FIELD: Final = "looked"
MOST_REMEMBERED: Final = 4096  # Drafts: one megabyte, and 14 where each has accepted as much as it may.
_TAG_BYTES: Final = 12
_TAG: Final = re.compile(rf"[0-9a-f]{{{2 * _TAG_BYTES}}}")


class AcknowledgedDetails:
    """The tags of all drafts and sessions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        # The accepted tags of each one, the oldest first, in one piece: a set would take ten times the memory.
        self._accepted: OrderedDict[bytes, tuple[datetime, bytes]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accepted)

    def left_in(self, form: Form, owner: str, phone: str | None) -> tuple[IdentifyingDetail, ...]:
        """Return the identifying details in the text of a form that were not accepted yet, as much as is to be shown.

        `owner` is its draft or session, which is remembered with what it accepts once it is shown anything, and
        `phone` the number of the service.
        """
        found = self._found(form, owner, phone)
        brought = (tag for tag in _tags_in(form.all(ACKNOWLEDGED_FIELD)) if tag in found)
        accepted = list(dict.fromkeys((*self._before(owner), *brought)))
        left = _left(found, accepted)
        if len(accepted) + len(left) > MOST_FOUND:
            # What the text says no longer makes room, or who has accepted much would be asked without end.
            accepted = [tag for tag in accepted if tag in found]
        if left or self._is_known(owner):
            self._remember(owner, accepted)
        return left

    def shown_again(self, form: Form, owner: str, phone: str | None) -> tuple[tuple[IdentifyingDetail, ...], bool]:
        """Return what `left_in` left, for the same page once more, and whether all of that is ticked in the form.

        Nothing is accepted by this.
        """
        found = self._found(form, owner, phone)
        left = _left(found, self._before(owner))
        brought = set(_tags_in(form.all(ACKNOWLEDGED_FIELD)))
        return left, bool(left) and all(self._tag(owner, one) in brought for one in left)

    def tags(self, owner: str, details: Sequence[IdentifyingDetail]) -> str:
        """Return what a form has to bring back for these to be accepted."""
        return " ".join(self._tag(owner, one).hex() for one in details)

    def accept(self, owner: str, untrusted_values: Iterable[str]) -> None:
        """Remember what a form brought, if anything was shown to its owner. What was made up fits no finding."""
        if self._is_known(owner):
            self._remember(owner, tuple(dict.fromkeys((*self._before(owner), *_tags_in(untrusted_values)))))

    def forget(self, owner: str) -> None:
        """Let go of a draft or session that is over, or whose text was sent."""
        self._accepted.pop(self._name(owner), None)

    def prune(self) -> None:
        """Let go of what no form can bring any more; done by the clock, each minute."""
        now = self._clock()
        while self._accepted:
            name, (since, _seals) = next(iter(self._accepted.items()))
            if now - since <= VALID_FOR:
                break
            del self._accepted[name]

    def _found(self, form: Form, owner: str, phone: str | None) -> dict[bytes, IdentifyingDetail]:
        return {self._tag(owner, one): one for one in details_in_form(form, phone)}

    def _is_known(self, owner: str) -> bool:
        return self._name(owner) in self._accepted

    def _before(self, owner: str) -> tuple[bytes, ...]:
        _since, tags = self._accepted.get(self._name(owner), (None, b""))
        return tuple(tags[at : at + _TAG_BYTES] for at in range(0, len(tags), _TAG_BYTES))

    def _remember(self, owner: str, accepted: Sequence[bytes]) -> None:
        name = self._name(owner)
        self._accepted[name] = (self._clock(), b"".join(accepted[-MOST_FOUND:]))
        self._accepted.move_to_end(name)
        if len(self._accepted) > MOST_REMEMBERED:
            self._accepted.popitem(last=False)

    def _tag(self, owner: str, detail: IdentifyingDetail) -> bytes:
        return self._hash(b"ks1-seal", f"{owner} {detail.kind.name} {detail.found}")

    def _name(self, owner: str) -> bytes:
        return self._hash(b"ks1-draft", owner)

    def _hash(self, person: bytes, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), digest_size=_TAG_BYTES, key=self._key, person=person).digest()


def _left(found: Mapping[bytes, IdentifyingDetail], accepted: Iterable[bytes]) -> tuple[IdentifyingDetail, ...]:
    known = frozenset(accepted)
    return most_telling(one for tag, one in found.items() if tag not in known)


def _tags_in(untrusted_values: Iterable[str]) -> Iterator[bytes]:
    return (bytes.fromhex(tag) for value in untrusted_values for tag in _TAG.findall(value))
