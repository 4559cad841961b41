"""What desks ask in a run: all they may know, what is no request, cases without their key, and released reports."""

from __future__ import annotations

import base64
from contextlib import suppress

from audit.canary.gathered import Run
from audit.canary.judge import judge_texts
from audit.canary.opened import Granted, NotOpened, items_that_open, open_everything
from audit.canary.visits.desk import SYNC_PLACES, CanaryDesk, to_clean
from audit.canary.visits.http import Answer
from audit.canary.visits.material import NO_KIND, picture
from audit.canary.visits.requests import AT_ONCE
from audit.canary.visits.visitor import Exchange
from audit.verdict import Inspection

# Of each short report the entry; of the one with three files the report, and for each file its entry, its record, the
# clean copy and the preview.
_OPENED_WITH_FILES = 1 + 3 * 4
_NAMING = 1  # of the urgent reports
Desks = tuple[CanaryDesk, CanaryDesk]  # one who is named in some reports is the second


def everything(run: Run, desks: Desks, when: str) -> dict[str, Answer]:
    """All that members without a case in hand are told; with what a mirror adds, but for the first time."""
    more = [*run.markers.headers(), *run.markers.forwarded()] if when != "before" else []
    cases = [row["case_id"] for row in run.rows.get("cases", [])[:SYNC_PLACES]]
    several = [desk.everything([one for one in cases if isinstance(one, bytes)], more) for desk in desks]
    run.answers += [(verb, answer) for answers in several for verb, answer in answers.items()]
    first, second = several
    return first | {f"{verb}, the other's": answer for verb, answer in second.items()}


def ask_oddly(run: Run, desk: CanaryDesk) -> None:
    """Send a member's files, malformed requests, and requests for cases to which this member has no key.

    Answers bring nothing back, and a case that is there is refused like one that never was.
    """
    marker = run.markers["desk request"]
    painted = picture(run.markers["exif"], run.markers["picture comment"], texts=1)
    # One that waits and, later on, one that was released: of the two the second has a key that others hold.
    cases = {row["released"]: row["case_id"] for row in run.rows.get("cases", [])}.values()
    files = [row["file_id"] for row in run.rows.get("files", [])[:1]]
    keyless = [
        (f"a desk's request for a case without its key: {verb}", verb, {**asked, "case_id": _text(case_id)}, (404, 403))
        for case_id in (bytes(16), *cases)
        for verb, asked in (
            ("case", {"mac": _text(bytes(32))}),
            ("tombstone", {"mac": _text(bytes(32))}),
            ("file", {"mac": _text(bytes(32)), "file_id": _text(files[0] if files else bytes(16))}),
            ("statement", {"mac": _text(bytes(32)), "statement": _text(bytes(99)), "seal_key": _text(bytes(32))}),
        )
    ]
    for name, verb, asked, right in (
        ("a member's picture, to be cleaned", "scrub", to_clean(painted), (200,)),
        (
            "a member's file that is no picture",
            "scrub",
            to_clean(run.markers["refused file"].encode() + NO_KIND),
            (422, 400, 403),
        ),
        ("a desk's request that is none", "box", marker, (403, 422, 400)),
        ("a desk's request for what is not there", marker, {"after": 0}, (404,)),
        *keyless,
        ("a member's picture, to be cleaned", "scrub", to_clean(painted), (200,)),
    ):
        before = run.clock()
        answer = desk.ask(verb, asked, [("X-Marker", marker)])
        run.exchanges.append(
            Exchange(name, answer, frozenset(right), frozenset(), run=run.number, visitor="desk", before=before,
                     after=run.clock())
        )  # fmt: skip


def _text(raw: object) -> str:
    return base64.b64encode(raw if isinstance(raw, bytes) else b"").decode()


def check_excluded(inspection: Inspection, named: CanaryDesk, reports: int) -> list[Granted]:
    """Require that nothing of a report opens for the member whom it names; return what opens of the others."""
    items = items_that_open(named)
    inspection.require(
        len(items) == reports - _NAMING,
        "of {reports} reports, {naming} of which names a member, {opened} open for that one",
        reports=reports, naming=_NAMING, opened=len(items),
    )  # fmt: skip
    return items


def open_reports(run: Run, desks: Desks) -> None:
    """Read what a member has of the urgent reports: texts, and clean copies, previews and records of three files."""
    desk, named = desks
    with suppress(NotOpened):
        found = open_everything(desk)
        run.opened, run.grants, run.keys = found.things, [found.grants], found.keys
        run.answers += found.answers
        run.inspections["members"].require(
            not found.unsigned, "entries that are not what their reporter's key signed: {what}",
            what=", ".join(found.unsigned) or "0",
        )  # fmt: skip
    run.grants.append(check_excluded(run.inspections["members"], named, sum(map(len, run.grants))))
    typed = run.markers["text"].encode()
    right = _OPENED_WITH_FILES + AT_ONCE + _NAMING
    if len(run.opened) != right or not any(typed in one.content for one in run.opened):
        run.void("a member opens {count} things and not {right}", count=len(run.opened), right=right)
    judge_texts(
        run.inspections["members"], run.opened, [f"I saw {one['text']}." for one in (run.markers, run.other_markers)]
    )
