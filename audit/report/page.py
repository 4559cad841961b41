"""The page that is signed, one A4, and its annexes, in Swedish or English, as blocks.

What it says is decided in `audit.report.certify`; here it gets its order and its words. The annexes are made in
`audit.report.annexes`.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.language import Language, in_language
from audit.report.annexes import annexes_of, letter_of
from audit.report.blocks import (
    Annex,
    Block,
    Bullets,
    Cell,
    Facts,
    Heading,
    Item,
    Line,
    Numbered,
    Page,
    Paragraph,
    Ruling,
    Signatures,
    Span,
    Table,
    Tone,
    coded,
    plain,
)
from audit.report.certify import MIRROR, OLDEST_DAYS, Examined, Outcome, Remark, decide, is_trial, missing, remarks_on
from audit.report.chain import Chain
from audit.report.claims import MIRROR_APART, Claims
from audit.report.text_table import NO_FAULTS, SELECTION
from audit.report.words import words_in
from audit.verdict import AuditReport, Verdict

# More do not fit on the page; an annex has them all.
MOST_REMARKS = 3
_TONES = {Outcome.CERTIFIED: Tone.GOOD, Outcome.REMARKS: Tone.SOME, Outcome.CANNOT: Tone.BAD}
_HEAD_DIGITS = 16
_FOOT_DIGITS = 12
# The supplier of the host, and a proxy that ends TLS: the first of what the mirror's audit does not cover.
_OF_MIRROR = 2
_SIGN = {Outcome.CERTIFIED: "sign_clean", Outcome.REMARKS: "sign_some", Outcome.CANNOT: "sign_bad"}
_IN_CODE = {"public", "desk", "digest"}


def page_of(examined: Examined, language: Language, claims: Claims) -> Page:
    """Return the whole page. `claims` has what is certified and what is not covered, by proof."""
    words = words_in(language)
    remarks = [_remark(one, language) for one in remarks_on(examined)]
    annexes = annexes_of(examined, language, claims, remarks if len(remarks) > MOST_REMARKS else ())
    sheet: list[Block] = [
        Heading(1, words["title"]),
        _facts(examined, words),
        _ruling(examined, words),
        Paragraph(_rule(examined, words)),
        _proofs(examined, words),
        *_remarks(remarks, words, annexes),
        _next(examined, words),
        *_claims(examined, language, claims, annexes),
        Heading(2, words["sign"]),
        Signatures(tuple(words[name] for name in ("auditor", "operator", "place", "place", "signature", "signature"))),
    ]
    return Page(f"{words['title']} {examined.day}", language, _foot(examined, words), tuple(sheet), annexes)


def _rule(examined: Examined, words: dict[str, str]) -> str:
    said = words["rule"].format(days=OLDEST_DAYS, needed=_listed(examined.needed, words["or"]))
    return f"{said} {words['sealed'].format(key=examined.key)}" if examined.key else said


def _facts(examined: Examined, words: dict[str, str]) -> Facts:
    subject = examined.subject
    as_root = all(report.as_root for report in examined.proofs.values())
    facts = []
    if subject.owner:
        facts.append(("owner", subject.owner))
    facts += zip(("public", "desk"), subject.addresses, strict=False)
    facts.append(("mirror", subject.mirror or words["no_mirror"]))
    facts.append(("host", f"{subject.host} ({subject.system})"))
    if "live" in examined.proofs and MIRROR in examined.proofs:
        facts.append(("mirror_host", examined.proofs[MIRROR].host))
    if subject.program is not None:
        commit = subject.program.commit or words["no_commit"]
        facts.append(("program", words["program_is"].format(version=subject.program.version, commit=commit)))
        facts.append(("digest", subject.program.digest))
    facts.append(("day", examined.day))
    facts.append(("who", words["root" if as_root else "other"].format(account=subject.account)))
    return Facts(tuple((words[name], Span(value, code=name in _IN_CODE)) for name, value in facts))


def _ruling(examined: Examined, words: dict[str, str]) -> Ruling:
    outcome, remarks, lacking = decide(examined), remarks_on(examined), missing(examined)
    grave = sum(remark.grave for remark in remarks)
    there = list(examined.proofs)
    if "live" in examined.needed:
        if isinstance(examined.chain, Chain):
            there.append(words["chain_name"])
        else:
            lacking.append(words["chain_lacks"])
    proofs = words["proofs_lack" if lacking else "proofs"].format(names=", ".join(there), lacking=", ".join(lacking))
    said = [words[_SIGN[outcome]], proofs, words["reasons"].format(grave=grave, other=len(remarks) - grave)]
    if is_trial(examined):
        said.append(words["is_trial"])
    return Ruling(words[outcome], " ".join(said), _TONES[outcome])


def _listed(names: Sequence[str], word: str) -> str:
    *others, last = names
    return f"{', '.join(others)} {word} {last}" if others else last


def _next(examined: Examined, words: dict[str, str]) -> Paragraph:
    """Return what to do now, in a line."""
    if decide(examined) is Outcome.CERTIFIED:
        said = words["next_sign"].format(days=OLDEST_DAYS)
    else:
        command = f"`{examined.command}`" if examined.command else words["same_command"]
        said = f"{words['next_mend'].format(remake=_remake(examined, words))} {command} {words['new_name']}"
    return Paragraph(f"{words['next']}: {said}")


def _remake(examined: Examined, words: dict[str, str]) -> str:
    """Return which kept results are not in order and to be made again, and how; nothing where there is none."""
    bad = {Verdict.FINDING, Verdict.VOID}
    found = [
        f"`kallskydd audit {name}`{words['on_mirror'] if name == MIRROR else ''}"
        for name, report in examined.proofs.items()
        if name != "live" and any(check.verdict in bad for check in report.checks)
    ]
    return words["remake"].format(proofs=", ".join(found)) if found else ""


def _foot(examined: Examined, words: dict[str, str]) -> str:
    """Return what stands below each page, so that all of one certificate are known by it."""
    program = examined.subject.program
    digest = "-" if program is None else program.digest[:_FOOT_DIGITS]
    return words["foot"].format(title=words["title"], day=examined.day, digest=digest)


def _proofs(examined: Examined, words: dict[str, str]) -> Table:
    names = [*examined.needed, *([MIRROR] if MIRROR not in examined.needed and _has_mirror(examined) else [])]
    here = examined.subject.host
    rows = [_proof(name, examined.proofs.get(name), here, words) for name in names]
    if "live" in examined.needed:
        rows.append(_chain(examined, words))
    return Table(tuple(words[name] for name in ("proof", "day", "outcome")), tuple(rows))


def _has_mirror(examined: Examined) -> bool:
    return bool(examined.subject.mirror) or MIRROR in examined.proofs


def _proof(name: str, report: AuditReport | None, here: str, words: dict[str, str]) -> tuple[Cell, ...]:
    title = Cell(words["mirror_proof" if name == MIRROR else name])
    if report is None:
        return title, Cell("-"), Cell(words["is_missing"], "bad")
    return title, Cell(report.day, "day"), Cell(f"{_outcome(report, words)}{_made(report, here)}")


def _made(report: AuditReport, here: str) -> str:
    """Return on which computer a kept result was made, if not on the one examined, and of which files it was read."""
    elsewhere = f" {report.host}:" if report.host != here else ""
    return f";{elsewhere} {', '.join(report.sources)}" if report.sources else ""


def _outcome(report: AuditReport, words: dict[str, str]) -> str:
    """Return how many rows are clean, and of how many that are not which kind."""
    counted = [check for check in report.checks if check.id not in NO_FAULTS]
    clean = sum(check.verdict is Verdict.CLEAN for check in counted)
    if report.name == "selftest":
        some = any(check.id == SELECTION for check in report.checks)
        return words["caught_some" if some else "caught"].format(clean=clean, all=len(counted))
    counts = {one: len(report.of(one)) for one in (Verdict.VOID, Verdict.FINDING, Verdict.NOT_SEEN)}
    bad = ", ".join(f"{words[str(one)].lower()} {count}" for one, count in counts.items() if count)
    return words["rows"].format(clean=clean, all=len(counted)) + (f"; {bad}" if bad else "")


def _chain(examined: Examined, words: dict[str, str]) -> tuple[Cell, ...]:
    chain = examined.chain
    day = "-"
    if not isinstance(chain, Chain):
        said = words[f"{chain}_short"]
    elif not chain.holds:
        said = words["chain_broken"]
    else:
        day = chain.days[-1].day
        found = sum(bool(one.findings) for one in chain.days)
        said = words["chain_is"].format(days=len(chain.days), found=found, head=chain.head[:_HEAD_DIGITS])
    return Cell(words["chain"]), Cell(day, "day"), Cell(said)


def _remarks(remarks: Sequence[tuple[Line, ...]], words: dict[str, str], annexes: Sequence[Annex]) -> list[Block]:
    shown = remarks[:MOST_REMARKS]
    body: list[Block] = [Numbered(tuple(shown)) if shown else Paragraph(words["no_remarks"])]
    if (more := len(remarks) - MOST_REMARKS) > 0:
        body.append(Paragraph(words["more"].format(count=more, letter=letter_of(annexes, "all_remarks"))))
    return [Heading(2, words["remarks"]), *body]


def _remark(remark: Remark, language: Language) -> tuple[Line, ...]:
    words = words_in(language)
    tone = Tone.BAD if remark.grave else Tone.SOME
    title = remark.title[language]
    lines: list[Line] = []
    mark = Span(words["finding" if remark.grave else "remark"], tone=tone)
    if remark.row:
        lines.append((mark, Span(f" {words['check']}: {title} "), Span(remark.row, code=True)))
    else:
        lines.append((mark, Span(f" {title}")))
    if seen := remark.seen[language]:
        label = words["seen"] if remark.mark is Verdict.FINDING else words[str(remark.mark)]
        lines.append((_label(label), Span(f" {seen}")))
    risk, remedy = coded(remark.risk[language]), coded(remark.remedy[language])
    lines.append((_label(words["risk"]), Span(" "), *risk, Span(" "), _label(words["remedy"]), Span(" "), *remedy))
    return tuple(lines)


def _label(text: str) -> Span:
    return Span(f"{text}:", label=True)


def _claims(examined: Examined, language: Language, claims: Claims, annexes: Sequence[Annex]) -> list[Block]:
    words, outcome = words_in(language), decide(examined)
    used = [
        claims[name] for name in ("live", MIRROR) if name in claims and name in (*examined.needed, *examined.proofs)
    ]
    apart = MIRROR_APART if MIRROR in examined.proofs else None
    lines = [one for one in used[0].not_covered if one != apart]
    if MIRROR in claims and MIRROR not in examined.needed and _has_mirror(examined):
        lines += claims[MIRROR].not_covered[:_OF_MIRROR]
    uncovered = tuple(Item(plain(in_language(one, language))) for one in lines)
    heading = words[{Outcome.CERTIFIED: "assertion", Outcome.REMARKS: "assertion_some"}.get(outcome, "assertion_bad")]
    return [
        Heading(2, heading),
        *(Paragraph(in_language(claim.assertion, language), framed=True) for claim in used),
        Heading(2, words["not_covered"]),
        Bullets(uncovered, columns=2),
        Paragraph(words["by_hand_short"].format(letter=letter_of(annexes, "by_hand"))),
    ]
