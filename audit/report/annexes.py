"""The annexes of the page: how to repeat a check, all remarks, the rows by groups, planted faults, the daily audits."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from audit.language import Language, in_language, with_remarks
from audit.observe.installed import OURS
from audit.report import blocks
from audit.report.certify import Examined
from audit.report.chain import Chain
from audit.report.claims import Claim, Claims
from audit.report.summary import summarised
from audit.report.text_table import NO_FAULTS
from audit.report.words import TERMS, words_in
from audit.row import Group
from audit.verdict import AuditReport, Check, Evidence, Verdict

# In the order of `audit.observe.installed.own_files`: a folder before a file whose name goes on where it ends.
_DIGEST_BY_HAND = (
    f"for p in {' '.join(OURS)}; do find $p -xtype f -not -path '*/__pycache__/*' | tr / '\\1' | LC_ALL=C sort"
    " | tr '\\1' / | xargs -d '\\n' sha256sum; done | sha256sum\n"
)
_TONES = {
    Verdict.CLEAN: blocks.Tone.GOOD,
    Verdict.FINDING: blocks.Tone.BAD,
    Verdict.NOT_SEEN: blocks.Tone.SOME,
    Verdict.VOID: blocks.Tone.BAD,
}
_NAMES = {
    Group.PROGRAM: "program_group",
    Group.MIRROR: "mirror_group",
    Group.CANARY: "canary_group",
    Group.SELFTEST: "selftest_group",
}


def annexes_of(
    examined: Examined, language: Language, claims: Claims, remarks: Sequence[tuple[blocks.Line, ...]]
) -> tuple[blocks.Annex, ...]:
    """Return all annexes in their order. `remarks` are all, where the first page has no room for them."""
    words = words_in(language)
    bodies: dict[str, list[blocks.Block]] = {"by_hand": _by_hand(examined, language, claims)}
    if remarks:
        bodies["all_remarks"] = [blocks.Numbered(tuple(remarks))]
    for group in Group:
        if body := _group(examined, group, language):
            if group is Group.MIRROR and "live" in examined.needed:
                body += _not_covered(claims["mirror"], language)
            bodies[_NAMES.get(group, group.value)] = body
    if "live" in examined.needed:
        bodies["days"] = _days(examined, words)
    return tuple(
        blocks.Annex(name, letter, (blocks.Heading(2, f"{words['annex']} {letter}. {words[name]}"), *body))
        for letter, (name, body) in zip(ascii_uppercase, bodies.items(), strict=False)
    )


def letter_of(annexes: Sequence[blocks.Annex], name: str) -> str:
    """Return the letter of an annex that is there."""
    return next(annex.letter for annex in annexes if annex.name == name)


def _by_hand(examined: Examined, language: Language, claims: Claims) -> list[blocks.Block]:
    homes = {report.name: report.home for report in examined.proofs.values()}
    lines = [claims[name].first_lines(home, language) for name, home in homes.items() if name in claims]
    words = words_in(language)
    said: list[blocks.Block] = [blocks.Paragraph(words["by_hand_is"])]
    if "live" in examined.needed:
        terms = blocks.Bullets(tuple(blocks.Item(blocks.plain(in_language(one, language))) for one in TERMS))
        said = [
            blocks.Heading(3, words["terms"]),
            terms,
            blocks.Heading(3, words["by_hand"]),
            *said,
            blocks.Paragraph(words["tools"]),
        ]
    said += map(blocks.Commands, lines)
    if "live" in examined.proofs:
        said += [
            blocks.Heading(3, words["digest"]),
            blocks.Paragraph(words["digest_is"]),
            blocks.Commands(_DIGEST_BY_HAND),
        ]
    return said


def _not_covered(claim: Claim, language: Language) -> list[blocks.Block]:
    items = tuple(blocks.Item(blocks.plain(in_language(one, language))) for one in claim.not_covered)
    return [blocks.Heading(3, words_in(language)["not_covered"]), blocks.Bullets(items)]


def _group(examined: Examined, group: Group, language: Language) -> list[blocks.Block]:
    rows = [
        (report, check) for report in examined.proofs.values() for check in report.checks if check.row.group is group
    ]
    caught = [check for _, check in rows if group is Group.SELFTEST and check.verdict is Verdict.CLEAN]
    shown = [(report, check) for report, check in rows if check not in caught or check.id in NO_FAULTS]
    return [*(_row(report, check, language) for report, check in shown), *_caught(caught, language)]


def _row(report: AuditReport, check: Check, language: Language) -> blocks.CheckBlock:
    words = words_in(language)
    bad = [one for one in check.evidence if one.verdict is not Verdict.CLEAN]
    few = [_item(one, language) for one in bad]
    few += [blocks.Item(blocks.plain(text)) for text in summarised(check.evidence, language)]
    count = len(check.evidence)
    full = blocks.Folded(words["full"].format(count=count), tuple(_item(one, language) for one in check.evidence))
    return blocks.CheckBlock(
        title=in_language(check.row.title, language),
        name=f"{report.name}.{check.id.removeprefix(f'{report.name}.')}",
        mark=words[str(check.verdict)],
        tone=_TONES[check.verdict],
        few=tuple(few),
        by_hand=with_remarks(check.row.by_hand, language),
        full=full if len(few) != count else None,
    )


def _item(one: Evidence, language: Language) -> blocks.Item:
    if one.verdict is Verdict.CLEAN:
        return blocks.Item(blocks.plain(one.text(language)))
    return blocks.Item(blocks.plain(f"{words_in(language)[str(one.verdict)]}: {one.text(language)}"), worse=True)


def _caught(checks: Sequence[Check], language: Language) -> list[blocks.Block]:
    planted = [check for check in checks if check.id not in NO_FAULTS]
    if not planted:
        return []
    items = tuple(
        blocks.Item((blocks.Span(f"{check.row.title} "), blocks.Span(check.id, code=True)), language="en")
        for check in planted
    )
    return [blocks.Folded(words_in(language)["full_faults"].format(count=len(planted)), items)]


def _days(examined: Examined, words: dict[str, str]) -> list[blocks.Block]:
    if not isinstance(examined.chain, Chain):
        return [blocks.Paragraph(words[examined.chain])]
    rows = tuple(
        (
            blocks.Cell(one.day, "day"),
            blocks.Cell(str(one.clean)),
            blocks.Cell(", ".join(one.findings) or "-"),
            blocks.Cell(", ".join(one.not_seen) or "-"),
        )
        for one in reversed(examined.chain.days)
    )
    head = tuple(words[name] for name in ("day", "clean", "finding", "not seen"))
    return [blocks.Paragraph(words["days_are"].format(head=examined.chain.head)), blocks.Table(head, rows)]
