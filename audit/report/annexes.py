"""The annexes of the page: how to repeat a check, all remarks, the rows by groups, planted faults, the daily audits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import ascii_uppercase

from audit.advice import Group, advice_of
from audit.live.table import with_remarks
from audit.report.certify import Examined, title_of
from audit.report.claims import Claim, Claims
from audit.report.summary import summarised
from audit.report.text_table import UNMODIFIED
from audit.report.words import WORDS
from audit.verdict import AuditReport, Check, Evidence, Language, Verdict

_CLASSES = {Verdict.CLEAN: "clean", Verdict.FINDING: "bad", Verdict.NOT_SEEN: "some", Verdict.VOID: "bad"}
_NAMES = {
    Group.PROGRAM: "program_group",
    Group.MIRROR: "mirror_group",
    Group.CANARY: "canary_group",
    Group.SELFTEST: "selftest_group",
}


@dataclass(frozen=True, slots=True)
class Annex:
    """One, by the name of its heading in WORDS, with its letter."""

    name: str
    letter: str
    html: str


def annexes_of(examined: Examined, language: Language, claims: Claims, remarks: Sequence[str]) -> list[Annex]:
    """Return all annexes in their order. `remarks` are those that the first page has no room for."""
    words = WORDS[language]
    bodies = {"by_hand": _by_hand(examined, language, claims)}
    if remarks:
        bodies["all_remarks"] = f'<ol class="remarks">{"".join(f"<li>{one}</li>" for one in remarks)}</ol>'
    for group in Group:
        if body := _group(examined, group, language):
            if group is Group.MIRROR and "live" in examined.needed:
                body += _not_covered(claims["mirror"], language)
            bodies[_NAMES.get(group, group.value)] = body
    if "live" in examined.needed:
        bodies["days"] = _days(examined, words)
    return [
        Annex(name, letter, f"<h2>{escape(words['annex'])} {letter}. {escape(words[name])}</h2>\n{body}\n")
        for letter, (name, body) in zip(ascii_uppercase, bodies.items(), strict=False)
    ]


def letter_of(annexes: Sequence[Annex], name: str) -> str:
    """Return the letter of an annex that is there."""
    return next(annex.letter for annex in annexes if annex.name == name)


def _by_hand(examined: Examined, language: Language, claims: Claims) -> str:
    homes = {report.name: report.home for report in examined.proofs.values()}
    blocks = "".join(
        f"<pre>{escape(claims[name].first_lines(home, language))}</pre>"
        for name, home in homes.items()
        if name in claims
    )
    return f"<p>{escape(WORDS[language]['by_hand_is'])}</p>{blocks}"


def _not_covered(claim: Claim, language: Language) -> str:
    items = "".join(f"<li>{escape(one)}</li>" for one in claim.not_covered[language])
    return f"<h3>{escape(WORDS[language]['not_covered'])}</h3><ul>{items}</ul>"


def _group(examined: Examined, group: Group, language: Language) -> str:
    rows = [
        (report, check)
        for report in examined.proofs.values()
        for check in report.checks
        if advice_of(report.name, check.id).group is group
    ]
    caught = [check for _, check in rows if group is Group.SELFTEST and check.verdict is Verdict.CLEAN]
    shown = [(report, check) for report, check in rows if check not in caught or check.id == UNMODIFIED]
    return "".join(_row(report, check, language) for report, check in shown) + _caught(caught, language)


def _row(report: AuditReport, check: Check, language: Language) -> str:
    words = WORDS[language]
    bad = [one for one in check.evidence if one.verdict is not Verdict.CLEAN]
    few = [_line(one, language) for one in bad]
    few += [f"<li>{escape(text)}</li>" for text in summarised(check.evidence, language)]
    full = "".join(_line(one, language) for one in check.evidence)
    count = len(check.evidence)
    details = _folded(words["full"].format(count=count), full) if len(few) != count else ""
    name = check.id.removeprefix(f"{report.name}.")
    return (
        f'<div class="row"><div class="title"><h3>{escape(title_of(report.name, check, language))}'
        f' <code class="id">{escape(f"{report.name}.{name}")}</code></h3>'
        f'<span class="mark {_CLASSES[check.verdict]}">{escape(words[str(check.verdict)])}</span></div>'
        f"<ul>{''.join(few)}</ul><pre>{escape(with_remarks(check.by_hand, language))}</pre>{details}</div>\n"
    )


def _folded(said: str, items: str) -> str:
    """Return a list that is folded on a screen and open on paper: browsers print what is folded as folded."""
    head = f"<details><summary>{escape(said)}</summary><ul>{items}</ul></details>"
    return f'{head}<div class="paper"><p>{escape(said)}:</p><ul>{items}</ul></div>'


def _line(one: Evidence, language: Language) -> str:
    if one.verdict is Verdict.CLEAN:
        return f"<li>{escape(one.text(language))}</li>"
    return f'<li class="worse">{escape(WORDS[language][str(one.verdict)])}: {escape(one.text(language))}</li>'


def _caught(checks: Sequence[Check], language: Language) -> str:
    planted = [check for check in checks if check.id != UNMODIFIED]
    if not planted:
        return ""
    items = "".join(f'<li lang="en">{escape(check.title)} <code>{escape(check.id)}</code></li>' for check in planted)
    return _folded(WORDS[language]["full_faults"].format(count=len(planted)), items)


def _days(examined: Examined, words: dict[str, str]) -> str:
    if examined.chain is None:
        return f"<p>{escape(words['no_days'])}</p>"
    head = "".join(f'<th scope="col">{escape(words[name])}</th>' for name in ("day", "clean", "finding", "not seen"))
    rows = "".join(
        f'<tr><th scope="row">{one.day}</th><td>{one.clean}</td><td>{escape(", ".join(one.findings)) or "-"}</td>'
        f"<td>{escape(', '.join(one.not_seen)) or '-'}</td></tr>"
        for one in reversed(examined.chain.days)
    )
    said = escape(words["days_are"].format(head=examined.chain.head))
    return f"<p>{said}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
