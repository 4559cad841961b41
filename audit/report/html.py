"""A report as one page that needs nothing else, for a screen and for paper, in Swedish or English.

It carries a fixed sentence that an auditor can sign, and says what nobody's audit of this computer can cover.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from audit.live.table import TABLE, Row, first_lines, with_remarks
from audit.report.words import ASSERTION, NOT_COVERED, WORDS
from audit.verdict import AuditReport, Check, Evidence, Language, Verdict

_STYLE = """
:root { color-scheme: light; } * { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
color: #1a1a1a; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; } p { margin: .4rem 0; }
.assertion, .box { border: 2px solid #1a1a1a; padding: .8rem 1rem; margin: 1rem 0; break-inside: avoid; }
.box { border: 1px solid #777; background: #f6f5f1; } .box ul { margin: .3rem 0; padding-left: 1.2rem; }
.row { border-top: 1px solid #bbb; padding: .8rem 0; break-inside: avoid-page; }
.head { display: flex; gap: .8rem; align-items: baseline; } .head h3 { flex: 1; }
.mark { font-weight: 600; border: 1px solid; padding: 0 .5rem; white-space: nowrap; }
.clean { color: #14532d; } .finding, .void { color: #fff; background: #9f1239; border-color: #9f1239; }
.missed { color: #713f12; background: #fef3c7; }
ul.evidence { margin: .4rem 0; padding-left: 1.2rem; } li.bad { font-weight: 600; }
code, pre { font: 12px/1.4 ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0; background: #f3f3f3; padding: .4rem .6rem; }
li { overflow-wrap: anywhere; } .id { color: #555; }
.sign { margin-top: 3rem; border-top: 1px solid #1a1a1a; padding-top: .3rem; width: 60%; }
@page { margin: 18mm; }
@media print { body { font-size: 10.5px; margin: 0; max-width: none; } pre, code { font-size: 8.5px; } }
"""
_CLASSES = {
    Verdict.CLEAN: "clean",
    Verdict.FINDING: "finding",
    Verdict.NOT_SEEN: "missed",
    Verdict.VOID: "void",
}


@dataclass(frozen=True, slots=True)
class Printed:
    """What differs between the pages of two audits: rows, first lines of shell, the sentence to sign, what is left."""

    rows: tuple[Row, ...]
    first_lines: Callable[[Path, Language], str]
    assertion: Mapping[Language, str]
    not_covered: Mapping[Language, tuple[str, ...]]


LIVE = Printed(TABLE, first_lines, ASSERTION, NOT_COVERED)


def as_html(report: AuditReport, language: Language, printed: Printed = LIVE) -> str:
    """Return the whole page."""
    words = WORDS[language]
    summary = words["summary"].format(
        clean=len(report.of(Verdict.CLEAN)), all=len(report.checks), finding=len(report.of(Verdict.FINDING)),
        missed=len(report.of(Verdict.NOT_SEEN)),
    )  # fmt: skip
    account = words["root"] if report.as_root else words["other"]
    trial = f"<p><strong>{escape(words['trial'])}</strong></p>" if report.trial else ""
    uncovered = "".join(f"<li>{escape(one)}</li>" for one in printed.not_covered[language])
    short = "".join(_short(report, verdict, words) for verdict in (Verdict.FINDING, Verdict.NOT_SEEN))
    rows = "".join(_row(check, language, printed.rows) for check in report.checks)
    first = printed.first_lines(report.home, language)
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(words["title"])} {report.day}</title><style>{_STYLE}</style></head><body>
<h1>{escape(words["title"])}</h1>
<p>{escape(words["day"])}: {report.day}. {escape(words["account"])}: {escape(account)}.</p>{trial}
<p><strong>{escape(summary)}</strong></p>{short}
<div class="assertion"><h3>{escape(words["assertion"])}</h3><p>{escape(printed.assertion[language])}</p></div>
<div class="box"><h3>{escape(words["not_covered"])}</h3><ul>{uncovered}</ul></div>
<h2>{escape(words["evidence"])}</h2>{rows}
<h2>{escape(words["by_hand"])}</h2><p>{escape(words["first"])}</p><pre>{escape(first)}</pre>
<p class="sign">{escape(words["sign"])}</p></body></html>
"""


def title_of(check: Check, language: Language, rows: tuple[Row, ...] = TABLE) -> str:
    """Return the title of a row."""
    titles = {row.id: row.titel for row in rows}
    return titles.get(check.id, check.title) if language == "sv" else check.title


def _short(report: AuditReport, verdict: Verdict, words: dict[str, str]) -> str:
    names = ", ".join(f"<code>{escape(name)}</code>" for name in report.of(verdict))
    return f"<p>{escape(words[str(verdict)])}: {names}.</p>" if names else ""


def _row(check: Check, language: Language, rows: tuple[Row, ...]) -> str:
    words = WORDS[language]
    title = title_of(check, language, rows)
    evidence = "".join(_evidence_line(one, language) for one in check.evidence)
    return (
        f'<div class="row"><div class="head"><h3>{escape(title)} <span class="id">{escape(check.id)}</span></h3>'
        f'<span class="mark {_CLASSES[check.verdict]}">{escape(words[str(check.verdict)])}</span></div>'
        f'<ul class="evidence">{evidence}</ul><pre>{escape(with_remarks(check.by_hand, language))}</pre></div>'
    )


def _evidence_line(one: Evidence, language: Language) -> str:
    if one.verdict is Verdict.CLEAN:
        return f"<li>{escape(one.text(language))}</li>"
    return f"<li class=bad>{escape(WORDS[language][str(one.verdict)])}: {escape(one.text(language))}</li>"
