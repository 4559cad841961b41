"""Whether CAA lets nobody but our own account, by our own way of proving the name, get a certificate.

The relay's host carries the mirror's connections, so it could prove the name to an authority as well as we can. What
stops it is a CAA record with `accounturi` and `validationmethods` (RFC 8657): an authority that obeys it issues to our
account alone, by tls-alpn-01 alone. That it obeys is the authority's promise; that the record stands there is looked at
here. One resolver could be made to lie: two are asked, on circuits of their own, and only two that agree are green.

RFC 8659: the first set of records found, climbing from the name to the root, decides. Of it every `issue` and every
`issuewild` must forbid all (`;`) or be exactly ours; wildcards are judged as the name itself, since a record for them
that names somebody else has no place in this zone. Parameters are read as they are written: what an authority might
read more generously is not green.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

METHOD: Final = "tls-alpn-01"
ISSUING: Final = ("issue", "issuewild")


class Caa(StrEnum):
    """What one look at CAA came to; every value but OURS is red."""

    OURS = "ours"
    NONE = "none"
    OTHER_ISSUER = "other-issuer"
    NO_ACCOUNT = "no-account"
    OTHER_ACCOUNT = "other-account"
    WIDER_METHOD = "wider-method"
    DISAGREE = "disagree"
    UNREACHABLE = "unreachable"


CAA_WORDS: Final = {
    Caa.OURS: "Our account alone may order, by our way of proving the name alone; both resolvers say so.",
    Caa.NONE: "The name has no CAA record `issue`: whoever runs the relay's host could order a certificate.",
    Caa.OTHER_ISSUER: "A CAA record lets another authority issue, or does not name ours.",
    Caa.NO_ACCOUNT: "CAA names no account: whoever runs the relay's host could order with one of their own.",
    Caa.OTHER_ACCOUNT: "CAA names an account that is not ours.",
    Caa.WIDER_METHOD: f"CAA lets the name be proved in other ways than {METHOD}.",
    Caa.DISAGREE: "The two resolvers say different things of CAA: one of them lies, or the record was just changed.",
    Caa.UNREACHABLE: "CAA could not be looked up at both resolvers, so nothing is known of it.",
}


@dataclass(frozen=True, slots=True)
class CaaRecord:
    """One record as DNS has it; the tag in small letters."""

    tag: str
    value: str


def caa_value(issuer: str, account: str) -> str:
    """Return what the record must say."""
    return f"{issuer}; accounturi={account}; validationmethods={METHOD}"


def caa_line(name: str, issuer: str, account: str) -> str:
    """Return the record as a zone file has it."""
    return f'{name}. IN CAA 0 issue "{caa_value(issuer, account)}"'


def deciding_records(name: str, ask: Callable[[str], Sequence[CaaRecord]]) -> Sequence[CaaRecord]:
    """Return the records that decide for `name`: the first set on the way to the root."""
    labels = name.split(".")
    for at in range(len(labels)):
        found = ask(".".join(labels[at:]))
        if found:
            return found
    return ()


def judge(records: Iterable[CaaRecord], issuer: str, account: str) -> Caa:
    """Return what one resolver's answer comes to: the worst of its records, or OURS."""
    issuing = [(record.tag, _read(record.value)) for record in records if record.tag in ISSUING]
    if not any(tag == "issue" for tag, _ in issuing):
        return Caa.NONE
    permitting = [(tag, read) for tag, read in issuing if read != ("", ())]
    if not any(tag == "issue" for tag, _ in permitting):
        return Caa.OTHER_ISSUER
    verdicts = {_judge_one(read, issuer, account) for _, read in permitting}
    return next((one for one in _WORST_FIRST if one in verdicts), Caa.OURS)


def agreed(verdicts: Sequence[Caa]) -> Caa:
    """Return what the resolvers come to together: their verdict if it is one and the same."""
    if Caa.UNREACHABLE in verdicts or not verdicts:
        return Caa.UNREACHABLE
    return verdicts[0] if len(set(verdicts)) == 1 else Caa.DISAGREE


_WORST_FIRST: Final = (Caa.OTHER_ISSUER, Caa.NO_ACCOUNT, Caa.OTHER_ACCOUNT, Caa.WIDER_METHOD)
_Read = tuple[str, tuple[tuple[str, str], ...]]


def _judge_one(read: _Read | None, issuer: str, account: str) -> Caa:
    if read is None or read[0] != issuer:
        return Caa.OTHER_ISSUER
    accounts = [value for key, value in read[1] if key == "accounturi"]
    methods = [value for key, value in read[1] if key == "validationmethods"]
    if not accounts:
        return Caa.NO_ACCOUNT
    if accounts != [account]:
        return Caa.OTHER_ACCOUNT
    return Caa.OURS if methods == [METHOD] else Caa.WIDER_METHOD


def _read(value: str) -> _Read | None:
    """Issuer and parameters of a property; None for one that does not read as one."""
    issuer, *parts = [part.strip(" \t") for part in value.split(";")]
    parameters: list[tuple[str, str]] = []
    for part in parts:
        key, equals, content = part.partition("=")
        if part and not equals:
            return None
        if part:
            parameters.append((key.strip(" \t"), content.strip(" \t")))
    return issuer.lower(), tuple(parameters)
