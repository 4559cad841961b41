"""What desks ask in a run: all they may know, what is no request, cases without their key, and released reports."""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import TYPE_CHECKING

from audit.canary.desk import CanaryDesk, to_clean
from audit.canary.judge import judge_texts
from audit.canary.material import picture
from audit.canary.opened import NotOpened, open_everything
from audit.canary.requests import SHORT, Exchange

if TYPE_CHECKING:
    from audit.canary.gathered import Run
    from audit.canary.http import Answer

# Of each short report the entry; of the one with two files the report, and for each file its entry, its record, the
# clean copy and the preview.
_OPENED_WITH_FILES = 1 + 2 * 4


def everything(run: Run, desk: CanaryDesk, when: str) -> dict[str, Answer]:
    """All that a member without a case in hand is told; with what a mirror adds, but for the first time."""
    carried = [*run.markers.headers(), *run.markers.forwarded()]
    answers = desk.everything(carried if when != "before" else ())
    run.answers += [(verb, answer) for verb, answer in answers.items()]
    return answers


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
            to_clean(run.markers["refused file"].encode()),
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


def open_reports(run: Run, desk: CanaryDesk) -> None:
    """Read what a member has of the urgent reports: texts, and clean copies, previews and records of two files."""
    with suppress(NotOpened):
        found = open_everything(desk)
        run.opened, run.places, run.grants = found.things, found.places, frozenset(found.grants)
        run.answers += found.answers
    typed = run.markers["text"].encode()
    right = _OPENED_WITH_FILES + SHORT
    if len(run.opened) != right or not any(typed in one.content for one in run.opened):
        run.void("a member opens {count} things and not {right}", count=len(run.opened), right=right)
    judge_texts(
        run.inspections["members"], run.opened, [f"I saw {one['text']}." for one in (run.markers, run.other_markers)]
    )
