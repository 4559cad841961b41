"""Who may read, as a member looks at it: what a proposed list changes, what may be signed, and the signature."""

from dataclasses import dataclass
from datetime import date

from cases.roster.chain import Chain, Member, Roster, concerned, sign_roster
from cases.roster.member import Join
from cases.wire.messages import SignRosterRequest, StateAnswer
from desk.errors import NotAgreed, NothingOffered
from desk.work.case.casebook import Casebook


@dataclass(frozen=True, slots=True)
class Change:
    """What one version of the list does to the one before; a first one adds everybody."""

    added: tuple[Member, ...]
    removed: tuple[Member, ...]
    # The same person, before and after: another name, role or label.
    altered: tuple[tuple[Member, Member], ...]
    organisations: bool

    @property
    def concerned(self) -> frozenset[str]:
        """The ids of those who have no say in it."""
        return frozenset(
            member.id for member in (*self.added, *self.removed, *(after for _before, after in self.altered))
        )


def change_between(before: Roster | None, after: Roster) -> Change:
    """Return what `after` changes."""
    if before is None:
        return Change(after.members, (), (), organisations=False)
    touched = concerned(before, after)
    pairs = [(before.member(one), after.member(one)) for one in sorted(touched)]
    return Change(
        added=tuple(new for old, new in pairs if old is None and new is not None),
        removed=tuple(old for old, new in pairs if old is not None and new is None),
        altered=tuple((old, new) for old, new in pairs if old is not None and new is not None),
        organisations=before.organisations != after.organisations,
    )


def introduction_of(member: Member | Join) -> bytes:
    """Return the hash of name, role, label and keys of a member: the same for the join file and the row in a list."""
    return Join(member.name, member.role, member.label, member.sign, member.box, member.onion, b"").digest


def may_sign(chain: Chain, own_id: str) -> bool:
    """Whether this member's signature under the proposal is still missing, and has a say in it."""
    if chain.proposal is None or own_id in chain.signed_by:
        return False
    if chain.current is None:
        return chain.proposal.member(own_id) is not None
    in_force = chain.current.member(own_id) is not None
    return in_force and own_id not in change_between(chain.current, chain.proposal).concerned


async def sign_proposal(book: Casebook, digest: bytes) -> str:
    """Sign the proposal whose words were compared; return "done" when it is in force by it. Takes the list again.

    Raises NothingOffered, NotAgreed when another proposal stands there by now, and what the server refuses.
    """
    proposal = None if book.chain is None else book.chain.proposal
    if proposal is None:
        raise NothingOffered
    if proposal.digest != digest:
        raise NotAgreed("roster.other_words")
    signature = bytes.fromhex(sign_roster(proposal, book.keys).split()[1])
    request = SignRosterRequest(proposal.version, proposal.digest, signature)
    answer = await book.client.ask("sign-roster", lambda _: request, StateAnswer)
    await book.sync_roster()
    return answer.state


def is_clock_wrong(book: Casebook, today: date) -> bool:
    """Whether this computer's clock and the server's differ by a day or more, in whichever direction.

    The server names its day, and no time. Days stand in lists and in its daily audits as well: one that this computer
    has not reached is seen without asking.
    """
    if book.clock_differs:
        return True
    versions = (
        [*book.shown] if book.chain is None or book.chain.proposal is None else [*book.shown, book.chain.proposal]
    )
    days = [version.proposed for version in versions]
    days += [None if book.audits.last is None else book.audits.last.day]
    return any(day is not None and day > today for day in days)
