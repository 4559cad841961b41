"""Who reads, what is about to change, and what is missing: as a member's page says it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from cases.roster.chain import Chain, Member, Roster
from desk.web.views.group.word_picture import WordPicture, word_picture
from desk.web.views.pages import N_, Language, Notice
from desk.work.case.waiting import Unripe
from desk.work.membership import Change, change_between, introduction_of, may_sign

READERS_NEEDED: Final = 2
ONE_COUNSEL: Final = Notice(
    N_("There is one external lawyer alone"),
    N_(
        "A report about any of you, when its reporter will not say whom, is read by that person only. Nobody can take"
        " it over or erase it before you have taken in a second; then the first hands it on."
    ),
    "warn",
)
ROLES: Final = {"handler": N_("Case handler"), "lead": N_("Convenor"), "counsel": N_("External lawyer")}
CLOCK: Final = Notice(N_("This computer's clock is wrong by about a day."), N_("Set it right and try again."), "warn")
NOT_LET_IN: Final = Notice(
    N_("The others have not let you in yet."),
    N_("Two of them compare your six words with you by telephone, and sign. There is nothing to fetch until then."),
    "warn",
)


@dataclass(frozen=True, slots=True)
class PersonView:
    """One member: as others call her, what she may do, and her words and picture."""

    name: str
    label: str
    role: str
    since: str
    shown: WordPicture
    digest: str
    is_self: bool
    # By which day this member has compared the words; nothing for not yet.
    compared: str


@dataclass(frozen=True, slots=True)
class PendingView:
    """A change that waits for signatures."""

    heading: str
    changes: tuple[str, ...]
    # With whom the words are compared, and of whom words and picture are shown.
    compare_with: str
    people: tuple[PersonView, ...]
    list_shown: WordPicture
    digest: str
    signed: str
    needs: str
    can_sign: bool
    # Why there is nothing to sign here.
    why_not: str


@dataclass(frozen=True, slots=True)
class MembersView:
    """The whole page."""

    lead: str
    missing: Notice | None
    warnings: tuple[Notice, ...]
    pending: PendingView | None
    people: tuple[PersonView, ...]
    list_shown: WordPicture | None
    trial: bool


@dataclass(frozen=True, slots=True, repr=False)
class PeopleWords:
    """What it takes to put members into words."""

    language: Language
    own_id: str
    compared: Mapping[str, date]

    def view(
        self, chain: Chain | None, unripe: Unripe | None, shown: tuple[Roster, ...], *, clock_wrong: bool
    ) -> MembersView:
        """Return the page; `shown` are all versions that verify, taken or not."""
        current = None if chain is None else chain.current
        members = () if current is None else current.members
        return MembersView(
            lead=self._lead(len(members)),
            missing=None if chain is None else self._missing(current),
            warnings=tuple(self._warnings(chain, unripe, shown, clock_wrong=clock_wrong)),
            pending=None if chain is None else self._pending(chain),
            people=tuple(self._person(member, self._since(chain, member)) for member in members),
            list_shown=None if current is None else word_picture(current.digest),
            trial=current is not None and current.trial,
        )

    def _lead(self, count: int) -> str:
        if not count:
            return self.language.translate(N_("Nobody reads reports yet."))
        if count == 1:
            return self.language.translate(N_("One member reads the reports, and nobody else."))
        sentence = N_("These %(count)s read the reports, and nobody else. Not the operator, not the IT department.")
        return self.language.translate(sentence, count=count)

    def _missing(self, current: Roster | None) -> Notice | None:
        """Return what is missing to two who read and an external lawyer, in red."""
        translate = self.language.translate
        readers = 0 if current is None else len(current.readers)
        lacking = []
        if readers < READERS_NEEDED:
            one = readers == READERS_NEEDED - 1
            lacking.append(translate(N_("one more who reads") if one else N_("two who read")))
        if current is None or not current.counsel:
            lacking.append(translate(N_("an external lawyer")))
        if not lacking:
            return None
        open_now = current is not None and current.is_open
        return Notice(
            translate(N_("Your group is not complete yet") if open_now else N_("You cannot receive reports yet")),
            translate(
                N_("It takes at least two who read and one external lawyer. Missing: %(lacking)s."),
                lacking=translate(N_(" and ")).join(lacking),
            ),
        )

    def _warnings(
        self, chain: Chain | None, unripe: Unripe | None, shown: tuple[Roster, ...], *, clock_wrong: bool
    ) -> Iterable[Notice]:
        translate = self.language.translate
        if unripe is not None and chain is not None:
            changes = " ".join(self._changes(change_between(chain.current, unripe.roster)))
            yield Notice(
                translate(N_("One member alone has changed who reads")),
                translate(
                    N_("%(changes)s It counts here from %(day)s. Call the others today, on numbers you already have."),
                    changes=changes,
                    day=self.language.day(unripe.from_day),
                ),
            )
        for number in () if chain is None else chain.by_waiting:
            after = next((version for version in shown if version.version == number), None)
            before = next((version for version in shown if version.version == number - 1), None)
            changes = "" if after is None else " ".join(self._changes(change_between(before, after)))
            yield Notice(
                translate(N_("A change came about by one signature and fourteen days of waiting")),
                translate(N_("%(changes)s Ask the one who signed, by telephone."), changes=changes),
            )
        if chain is not None and chain.current is not None and len(chain.current.counsel) == 1:
            yield self.language.notice(ONE_COUNSEL)
        if clock_wrong:
            yield self.language.notice(CLOCK)

    def _pending(self, chain: Chain) -> PendingView | None:
        proposal = chain.proposal
        if proposal is None:
            return None
        translate = self.language.translate
        change = change_between(chain.current, proposal)
        compared = self._to_compare(chain, change)
        can_sign = may_sign(chain, self.own_id)
        changes = self._changes(change)
        first = chain.current is None
        return PendingView(
            heading=translate(
                N_("Waits for you: %(change)s") if can_sign else N_("Waits for signatures: %(change)s"),
                change=translate(N_("the first list of who reads")) if first else _after_a_colon(changes[0]),
            ),
            changes=() if first else tuple(changes),
            compare_with=self._names(compared),
            people=tuple(self._person(member, "") for member in (proposal.members if first else change.added)),
            list_shown=word_picture(proposal.digest),
            digest=proposal.digest.hex(),
            signed=self._signed(chain, proposal),
            needs=self._needs(chain, proposal),
            can_sign=can_sign,
            why_not="" if can_sign else self._why_not(chain, proposal),
        )

    def _to_compare(self, chain: Chain, change: Change) -> list[Member]:
        """Return with whom the words are compared: the new one, or else another who reads."""
        if chain.current is None or change.added:
            return [one for one in change.added if one.id != self.own_id]
        return [one for one in chain.current.members if one.id != self.own_id and one not in change.removed]

    def _changes(self, change: Change) -> list[str]:
        translate = self.language.translate
        said = [translate(N_("Add %(person)s."), person=self._named(one)) for one in change.added]
        said += [translate(N_("Remove %(person)s."), person=self._named(one)) for one in change.removed]
        said += [
            translate(N_("Change %(before)s to %(after)s."), before=self._named(old), after=self._named(new))
            for old, new in change.altered
        ]
        said += [translate(N_("Change the organisations behind the channel."))] if change.organisations else []
        return said or [translate(N_("Nothing in who reads."))]

    def _signed(self, chain: Chain, proposal: Roster) -> str:
        signers = [
            proposal.member(one) or (chain.current.member(one) if chain.current else None)
            for one in sorted(chain.signed_by)
        ]
        known = [one for one in signers if one is not None and one.id != self.own_id]
        said = [self.language.translate(N_("You have signed."))] if self.own_id in chain.signed_by else []
        if known:
            sentence = N_("%(names)s has signed.") if len(known) == 1 else N_("%(names)s have signed.")
            said.append(self.language.translate(sentence, names=self._names(known)))
        return " ".join(said) or self.language.translate(N_("Nobody has signed yet."))

    def _needs(self, chain: Chain, proposal: Roster) -> str:
        translate = self.language.translate
        if chain.current is None:
            left = [one for one in proposal.members if one.id not in chain.signed_by]
            return translate(N_("Everybody on the first list signs it. Missing: %(names)s."), names=self._names(left))
        partial = change_between(chain.current, proposal).concerned
        readers = [one for one in chain.current.readers if one.id not in partial]
        # The rules stand in cases/roster/rules.py.
        if chain.current.trial or not any(version.is_open for version in chain.all):
            return translate(N_("It takes one whom the change does not concern."))
        if len(readers) >= READERS_NEEDED:
            return translate(N_("It takes two who read and whom the change does not concern."))
        if readers:
            sentence = N_(
                "It takes %(name)s and an external lawyer. Without one it counts in fourteen days, and is red."
            )
            return translate(sentence, name=readers[0].name)
        return translate(N_("It takes the external lawyers and fourteen days, and is red."))

    def _why_not(self, chain: Chain, proposal: Roster) -> str:
        translate = self.language.translate
        if self.own_id in chain.signed_by:
            return translate(N_("You are done; the others are not yet."))
        if self.own_id in change_between(chain.current, proposal).concerned:
            return translate(N_("It concerns you, so the others decide. Read your words to them when they call."))
        return translate(N_("You are not on the list. Give the operator your join file."))

    def _since(self, chain: Chain | None, member: Member) -> str:
        """Return since which list, without a break, a member has been on it."""
        first = None
        for version in reversed(() if chain is None else chain.all):
            if version.member(member.id) is None:
                break
            first = version
        if first is None or first.proposed is None:
            return self.language.translate(N_("A member from the beginning"))
        return self.language.translate(N_("A member since the list of %(day)s"), day=self.language.day(first.proposed))

    def _person(self, member: Member, since: str) -> PersonView:
        digest = introduction_of(member)
        day = self.compared.get(digest.hex())
        return PersonView(
            name=member.name,
            label=member.label,
            role=self.language.translate(ROLES[member.role]),
            since=since,
            shown=word_picture(digest),
            digest=digest.hex(),
            is_self=member.id == self.own_id,
            compared="" if day is None else self.language.day(day),
        )

    def _named(self, member: Member) -> str:
        return f"{member.name}, {member.label}"

    def _names(self, members: Iterable[Member]) -> str:
        names = [member.name for member in members]
        if len(names) < 2:  # noqa: PLR2004 - one name has no "and"
            return "".join(names)
        return ", ".join(names[:-1]) + self.language.translate(N_(" and ")) + names[-1]


def _after_a_colon(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].removesuffix(".")
