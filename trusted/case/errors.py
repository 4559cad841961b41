"""
Everything that cases/ raises on purpose.

CaseError                  the base; `code` and `text_key` say what a page or a desk shows
├── SealBroken        201  does not verify, decrypt or belong where it stands
├── NotARecipient     202  a post box item that is not for this member: the ordinary case, most items are
├── WrongReceipt      203  what was typed cannot be a receipt; says nothing about whether a case exists
├── WrongPassphrase   204  the member's key file does not open; KeyFileDamaged when it is no key file at all
├── RosterFault       205  the roster does not verify or does not allow this; text_key has the reason
├── NoEligibleReader  206  routing leaves no reader; nothing is stored
├── RequestRefused    207  a desk's request is unsigned, wrongly signed or replayed
└── StoreFault        210
    ├── Conflict      211  the stream moved meanwhile: read again, then try again
    ├── NotThere      212  unknown case, wrong MAC and erased case, all alike
    ├── NotAllowed    213  refused by timing or by a missing signature; text_key has the reason
    ├── Busy          214  the database is held; nothing was changed
    └── SettingLost   215  the connection does not have, or no longer has, what the store asks of it

No error ever carries bytes, names or paths: an error may end up on a page or in a traceback. `text_key` names a
sentence in sentences/. Where one class has several sentences the key is given at the raise, always as a literal.
"""

from collections.abc import Callable
from typing import ClassVar


class CaseError(Exception):
    """The base: a number for machines and the key of a sentence for people, nothing else."""

    code: int = 200
    text_key: str = "case.error"
    # Says a key in two sentences, at a terminal; handed in by `cases`.
    say: ClassVar[Callable[[str], str]] = str

    def __init__(self, text_key: str | None = None) -> None:
        """Keep `text_key`, a literal of our own, in the place of the class's key."""
        if text_key is not None:
            self.text_key = text_key
        super().__init__(self.code, self.text_key)

    def __str__(self) -> str:
        """Join the two sentences for a person: what happened, what to do next."""
        return type(self).say(self.text_key)


class SealBroken(CaseError):
    """Something sealed does not verify, does not decrypt or does not belong where it stands."""

    code = 201
    text_key = "seal.broken"


class NotARecipient(CaseError):
    """A grant that this key does not open."""

    code = 202
    text_key = "seal.not_a_recipient"


class WrongReceipt(CaseError):
    """What was typed cannot be a receipt: not eight words, a word not in the list, or check bits that do not fit."""

    code = 203
    text_key = "receipt.wrong"


class WrongPassphrase(CaseError):
    """The member's key file does not open with this passphrase, or what is sealed in it is damaged: both look alike."""

    code = 204
    text_key = "member.wrong_passphrase"


class KeyFileDamaged(WrongPassphrase):
    """The member's key file is no key file any more, so that no passphrase can open it.

    Damage to what is sealed in it is not told from another passphrase.
    """


class RosterFault(CaseError):
    """The roster, or a join file, does not verify or does not allow this."""

    code = 205
    text_key = "roster.broken"


class NoEligibleReader(CaseError):
    """No member is eligible to read the report."""

    code = 206
    text_key = "routing.no_eligible_reader"


class RequestRefused(CaseError):
    """A request of a desk that does not verify."""

    code = 207
    text_key = "request.refused"


class StoreFault(CaseError):
    """The base of what the store refuses."""

    code = 210
    text_key = "store.fault"


class Conflict(StoreFault):
    """Somebody wrote to the stream since it was read."""

    code = 211
    text_key = "store.conflict"


class NotThere(StoreFault):
    """No such case for this caller."""

    code = 212
    text_key = "store.not_there"


class NotAllowed(StoreFault):
    """The act is refused now; `text_key` has the reason."""

    code = 213
    text_key = "store.not_allowed"


class Busy(StoreFault):
    """The database is held by somebody else; nothing was changed."""

    code = 214
    text_key = "store.busy"


class SettingLost(StoreFault):
    """A PRAGMA does not hold on the connection. The process ends then: what follows would be kept in another way."""

    code = 215
    text_key = "store.pragma"
