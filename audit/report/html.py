"""The page that is signed, one A4, and its annexes: one file that needs nothing else, in Swedish or English.

What it says is decided in `audit.report.certify`; here it gets its form. The annexes follow in `audit.report.annexes`.
"""

from __future__ import annotations

from html import escape

from audit.report.annexes import Annex, annexes_of, letter_of
from audit.report.certify import MIRROR, Examined, Outcome, Remark, decide, missing, remarks_on
from audit.report.claims import Claims
from audit.report.style import STYLE
from audit.report.text_table import UNMODIFIED
from audit.report.words import MIRROR_APART, WORDS
from audit.verdict import AuditReport, Language, Verdict

# More do not fit on the page; an annex has them all.
MOST_REMARKS = 3
_COLOURS = {Outcome.CERTIFIED: "", Outcome.REMARKS: "some", Outcome.CANNOT: "bad"}
_HEAD_DIGITS = 16
_IN_CODE = {"public", "desk", "digest"}


def as_html(examined: Examined, language: Language, claims: Claims) -> str:
    """Return the whole page. `claims` has what is certified and what is not covered, by proof."""
    words = WORDS[language]
    annexes = annexes_of(examined, language, claims, all_remarks(examined, language))
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(words["title"])} {examined.day}</title><style>{STYLE}</style></head><body><main>
<section class="sheet">
<div class="head"><h1>{escape(words["title"])}</h1></div>
{_facts(examined, words)}
{_verdict(examined, words)}
{_proofs(examined, words)}
{_remarks(examined, language, annexes)}
{_claims(examined, language, claims, annexes)}
{_signatures(words)}
</section>
<section class="annexes">
{"".join(annex.html for annex in annexes)}
</section></main></body></html>
"""


def _facts(examined: Examined, words: dict[str, str]) -> str:
    subject = examined.subject
    as_root = all(report.as_root for report in examined.proofs.values())
    facts = []
    if subject.owner:
        facts.append(("owner", subject.owner))
    facts += zip(("public", "desk"), subject.addresses, strict=False)
    facts.append(("mirror", subject.mirror or words["no_mirror"]))
    facts.append(("host", f"{subject.host} ({subject.system})"))
    if subject.program is not None:
        commit = subject.program.commit or words["no_commit"]
        facts.append(("program", words["program_is"].format(version=subject.program.version, commit=commit)))
        facts.append(("digest", subject.program.digest))
    facts.append(("day", examined.day))
    facts.append(("who", words["root" if as_root else "other"].format(account=subject.account)))
    lines = "".join(f"<dt>{escape(words[name])}</dt><dd>{_value(name, value)}</dd>" for name, value in facts)
    return f'<dl class="facts">{lines}</dl>'


def _value(name: str, value: str) -> str:
    return f"<code>{escape(value)}</code>" if name in _IN_CODE else escape(value)


def _verdict(examined: Examined, words: dict[str, str]) -> str:
    outcome, remarks, lacking = decide(examined), remarks_on(examined), missing(examined)
    grave = sum(remark.grave for remark in remarks)
    if outcome is Outcome.CERTIFIED:
        said = words["all_clean"]
    else:
        names = words["missing"].format(names=", ".join(lacking)) if lacking else words["nothing_missing"]
        may = words["sign_bad" if outcome is Outcome.CANNOT else "sign_some"]
        said = f"{may} {names} {words['reasons'].format(grave=grave, other=len(remarks) - grave)}"
    colour = f" {_COLOURS[outcome]}".rstrip()
    return f'<div class="verdict{colour}"><strong>{escape(words[outcome])}</strong>{escape(said)}</div>'


def _proofs(examined: Examined, words: dict[str, str]) -> str:
    names = [*examined.needed, *([MIRROR] if MIRROR not in examined.needed and _has_mirror(examined) else [])]
    rows = "".join(_proof(name, examined.proofs.get(name), words) for name in names)
    if "live" in examined.needed:
        rows += _chain(examined, words)
    head = "".join(f'<th scope="col">{escape(words[name])}</th>' for name in ("proof", "day", "outcome"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _has_mirror(examined: Examined) -> bool:
    return bool(examined.subject.mirror) or MIRROR in examined.proofs


def _proof(name: str, report: AuditReport | None, words: dict[str, str]) -> str:
    title = words["mirror_proof" if name == MIRROR else name]
    if report is None:
        return (
            f'<tr><th scope="row">{escape(title)}</th><td>-</td><td class="bad">{escape(words["is_missing"])}</td></tr>'
        )
    counted = [check for check in report.checks if check.id != UNMODIFIED]
    clean = sum(check.verdict is Verdict.CLEAN for check in counted)
    said = words["caught" if name == "selftest" else "rows"].format(clean=clean, all=len(counted))
    return f'<tr><th scope="row">{escape(title)}</th><td class="day">{report.day}</td><td>{escape(said)}</td></tr>'


def _chain(examined: Examined, words: dict[str, str]) -> str:
    chain = examined.chain
    day, said = "-", words["is_missing"]
    if chain is not None and not chain.holds:
        said = words["chain_broken"]
    elif chain is not None:
        day = chain.days[-1].day
        found = sum(bool(one.findings) for one in chain.days)
        said = words["chain_is"].format(days=len(chain.days), found=found, head=chain.head[:_HEAD_DIGITS])
    return f'<tr><th scope="row">{escape(words["chain"])}</th><td class="day">{day}</td><td>{escape(said)}</td></tr>'


def all_remarks(examined: Examined, language: Language) -> list[str]:
    """Return each remark as the inside of an item of a list, if there are more than the page has room for."""
    remarks = remarks_on(examined)
    return [remark_as_html(one, language) for one in remarks] if len(remarks) > MOST_REMARKS else []


def _remarks(examined: Examined, language: Language, annexes: list[Annex]) -> str:
    words = WORDS[language]
    remarks = remarks_on(examined)
    shown = "".join(f"<li>{remark_as_html(one, language)}</li>" for one in remarks[:MOST_REMARKS])
    body = f'<ol class="remarks">{shown}</ol>' if remarks else f"<p>{escape(words['no_remarks'])}</p>"
    if (more := len(remarks) - MOST_REMARKS) > 0:
        body += f"<p>{escape(words['more'].format(count=more, letter=letter_of(annexes, 'all_remarks')))}</p>"
    return f"<h2>{escape(words['remarks'])}</h2>{body}"


def remark_as_html(remark: Remark, language: Language) -> str:
    """Return the inside of an item of a list."""
    words = WORDS[language]
    colour = "bad" if remark.grave else "some"
    title = escape(remark.title[language])
    if remark.row:
        mark = escape(words[str(remark.mark)])
        head = f'<strong class="{colour}">{mark}</strong> {escape(words["check"])}: {title} <code>{remark.row}</code>'
    else:
        head = f'<strong class="{colour}">{title}</strong>'
    risk = f"<b>{escape(words['risk'])}:</b> {coded(remark.risk[language])}"
    remedy = f"<b>{escape(words['remedy'])}:</b> {coded(remark.remedy[language])}"
    seen = remark.seen[language]
    observed = f'<span class="more"><b>{escape(words["seen"])}:</b> {escape(seen)}</span>' if seen else ""
    return f'{head}{observed}<span class="more">{risk} {remedy}</span>'


def coded(text: str) -> str:
    """Return a sentence in which `…` is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def _claims(examined: Examined, language: Language, claims: Claims, annexes: list[Annex]) -> str:
    words, outcome = WORDS[language], decide(examined)
    used = [
        claims[name] for name in ("live", MIRROR) if name in claims and name in (*examined.needed, *examined.proofs)
    ]
    said = "".join(f'<p class="assertion">{escape(claim.assertion[language])}</p>' for claim in used)
    apart = MIRROR_APART[language] if MIRROR in examined.proofs else None
    uncovered = "".join(f"<li>{escape(one)}</li>" for one in used[0].not_covered[language] if one != apart)
    heading = words[{Outcome.CERTIFIED: "assertion", Outcome.REMARKS: "assertion_some"}.get(outcome, "assertion_bad")]
    by_hand = words["by_hand_short"].format(letter=letter_of(annexes, "by_hand"))
    return (
        f"<h2>{escape(heading)}</h2>{said}"
        f'<h2>{escape(words["not_covered"])}</h2><ul class="uncovered">{uncovered}</ul><p>{escape(by_hand)}</p>'
    )


def _signatures(words: dict[str, str]) -> str:
    fields = "".join(
        f"<div>{escape(words[name])}</div>"
        for name in ("auditor", "operator", "place", "place", "signature", "signature")
    )
    return f'<h2>{escape(words["sign"])}</h2><div class="signatures">{fields}</div>'
