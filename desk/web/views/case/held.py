"""What holds a case back or is to be done to its key, in words: who has signed, who must, who has left with the key."""

from dataclasses import dataclass
from datetime import datetime

from cases.case.timeline import DeadlineKind
from desk.web.views.case.moving import (
    FIRST_DO,
    SIGN_SENT,
    STILL_HAS_KEY,
    first_to_do,
    in_words,
    in_words_or,
    needs_relock,
)
from desk.web.views.case_line import case_path
from desk.web.views.pages import N_, Language
from desk.web.views.written import inert_line
from desk.work.case.claims import refusal_of
from desk.work.case.held import ERASURE
from desk.work.case.opened import DeskCase, Held
from desk.work.case.readers import signers_of_lock_out


@dataclass(frozen=True, slots=True, repr=False)
class HeldShown:
    """What waits and who must sign, what follows, where to sign, and whether it can be refused."""

    what: str
    do: str
    # The addresses and names of the pages on which this member ends it.
    links: tuple[tuple[str, str], ...] = ()
    # Whether it can be refused with a reason, or taken back.
    may_refuse: bool = False
    may_take_back: bool = False


def held_shown(case: DeskCase, language: Language) -> HeldShown | None:
    """Return what waits in a case; nothing when nothing does."""
    if case.held is None:
        return None
    shown = _erasure if case.held.kind == ERASURE else _move
    return shown(case, case.held, language)


def relock_shown(case: DeskCase, now: datetime, language: Language) -> HeldShown | None:
    """Return who has left and still has the key, and where she is locked out; nothing for who cannot do that."""
    if case.held is not None or not signers_of_lock_out(case):
        return None
    translate, path, first = language.translate, case_path(case.known.case_id), first_to_do(case, now)
    links = [(f"{path}/write?act={first}", N_("Write to the reporter"))] if first else []
    links += [(f"{path}/move", N_("Lock again"))]
    names = in_words(needs_relock(case), language)
    return HeldShown(
        translate(STILL_HAS_KEY, names=names),
        translate(
            FIRST_DO[DeadlineKind(first)] if first else N_("Lock the case with a new key. A colleague signs with you.")
        ),
        tuple((where, translate(name)) for where, name in links),
    )


def _move(_case: DeskCase, held: Held, language: Language) -> HeldShown:
    translate = language.translate
    if held.to_sign:
        what = N_("%(names)s has sent you a move of the case to sign, so nothing else is done in it until you have.")
        return HeldShown(
            translate(what, names=_names(held.by, language)),
            translate(N_("Look at it and sign, or refuse.")),
            ((SIGN_SENT, translate(N_("Look at it"))),),
            may_refuse=True,
        )
    if held.is_own:
        what = N_(
            "Your move of the case waits for the signature of %(name)s, so nothing else is done in it until then."
        )
        return HeldShown(
            translate(what, name=in_words_or([inert_line(one) for one in held.waits_for], language)),
            translate(N_("It waits for a day at most. You can take it back.")),
            may_take_back=True,
        )
    return HeldShown(
        translate(
            N_("A move of the case waits for a colleague's signature, so nothing else is done in it until then.")
        ),
        translate(N_("It waits for a day at most. Ask the others who of them is to sign.")),
    )


def _erasure(case: DeskCase, held: Held, language: Language) -> HeldShown:
    translate, path = language.translate, case_path(case.known.case_id)
    if held.to_sign:
        what = N_("%(names)s has signed that the case is to be erased, and it waits for the second signature.")
        refused = refusal_in_words(case, language) if refusal_of(case)[0] == case.own_id else ""
        links = [("/erase", N_("To the signature")), (f"{path}/hold", N_("Keep it for now"))]
        links += [(f"{path}/reopen", N_("Open it again"))]
        do = N_(
            "Nothing else is done in it until it is signed. If you do not agree, say why, keep it or open it again."
        )
        return HeldShown(
            translate(what, names=_names(held.by, language)),
            refused or translate(do),
            tuple((where, translate(name)) for where, name in links),
            may_refuse=not refused,
        )
    waits_for = in_words_or([inert_line(one) for one in held.waits_for], language)
    do = N_("Waits for %(names)s. No message is sent, so call. You can take your signature back under Erase.")
    if not held.is_own:
        what = N_("%(names)s has signed that the case is to be erased, so nothing else is done in it until it is.")
        do = N_("Waits for %(names)s.")
        return HeldShown(
            translate(what, names=_names(held.by, language)), translate(do, names=waits_for) if waits_for else ""
        )
    return HeldShown(
        translate(N_("You have signed that the case is to be erased, so nothing else is done in it until it is.")),
        refusal_in_words(case, language) or (translate(do, names=waits_for) if waits_for else ""),
        (("/erase", translate(N_("Erase"))),),
    )


def refusal_in_words(case: DeskCase, language: Language) -> str:
    """Return who has refused the erasure that waits, and why; nothing where nobody has."""
    by, why = refusal_of(case)
    name = language.translate(N_("You")) if by == case.own_id else inert_line(case.name_of(by))
    sentence = N_("%(name)s did not sign, because: %(why)s")
    return language.translate(sentence, name=name, why=inert_line(why)) if by else ""


def _names(names: tuple[str, ...], language: Language) -> str:
    return in_words([inert_line(one) for one in names], language)
