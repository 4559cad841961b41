"""Writing to the reporter and closing, in both browsers: a file goes along, Reload sends nothing twice, no script runs.

The pages that links lead to are looked at by test_desk_looks.py; here those that a form leads to.
"""

from __future__ import annotations

import pprint
import shutil
import tempfile
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.desk_served import DeskServed, desk_browser, unlocked_in
from browsers.firefox import Firefox
from browsers.looks import CONTRAST, CONTRAST_LARGE, TARGET_PIXELS, axe, change, measure
from networks.conftest_tor import SHORT_FOLDER_PREFIX

from kallskydd.demo.sample_files import sample_jpeg
from trusted.case.entry import Attachment, Close, CompletionRequest, Outcome, ScrubRecord

pytestmark = pytest.mark.live

LEAD, HANDLER = 0, 1
COMBINATIONS = ((1280, False), (1280, True), (320, False), (320, True))
TEXT = "Vet du vilken helg det var?\n\nLeta inte efter mer på jobbet."


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with DeskServed(folder) as served:
        yield served
    shutil.rmtree(folder, ignore_errors=True)


def look(person: Chromium | Firefox, found: dict[str, list[str]], page: str) -> None:
    """Look at the page that is shown, in Chromium, which axe runs in."""
    if not isinstance(person, Chromium):
        return
    for width, dark in COMBINATIONS:
        change(person, width=width, dark=dark)
        wrong = [*axe(person), *measure(person, "overflow()")]
        wrong += measure(person, f"contrast({CONTRAST}, {CONTRAST_LARGE})")
        wrong += measure(person, f"targets({TARGET_PIXELS})") if width == COMBINATIONS[-1][0] else []
        if wrong:
            found[f"{page} {width} {'dark' if dark else 'light'}"] = [str(one) for one in wrong]
    change(person, width=COMBINATIONS[0][0], dark=False)


# An application holds its member's desk home until it is locked.
@pytest.mark.parametrize(("kind", "member"), [(Chromium, LEAD), (Firefox, HANDLER)])
def test_a_question_with_a_picture_goes_out_once_and_the_case_is_closed(served, kind, member, tmp_path):
    reporter = served.call(served.desks.file, "Chefen anställde sin systerson.")
    served.call(served.desks.release)
    application = served.application(member)
    case = f"{application.origin}/case/{reporter.keys.case_id.hex()}"
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(sample_jpeg("desk-browser").content)
    wrong: dict[str, list[str]] = {}
    with desk_browser(kind) as person:
        if kind is Chromium:
            # Our pages forbid scripts; axe is one.
            person.do("Page.setBypassCSP", enabled=True)
        unlocked_in(person, application)
        person.open(f"{case}/write")
        person.switch("do", "preview")
        look(person, wrong, "refused")
        person.tick("act", "ask")
        person.fill("text", TEXT)
        person.unfold("details:has([name=file])")
        person.choose("file", picture)
        person.switch("do", "preview")
        person.wait_for(".seen .asked")
        person.wait_for(".box img")
        look(person, wrong, "preview")
        person.switch("do", "send")
        person.wait_for(".good")
        person.reload()
        look(person, wrong, "sent")
        person.open(f"{case}/close")
        person.tick("outcome", "substantiated")
        person.fill("text", "Klart.")
        person.switch("do", "preview")
        person.wait_for(".seen .outcome")
        look(person, wrong, "close")
        person.switch("do", "send")
        person.wait_for(".good")
        person.reload()
        look(person, wrong, "closed")
        bodies = served.call(served.desks.reporter_sees, reporter)

    assert [one.status for one in application.answered if one.path.startswith("/picture/cleaned/")] == [200]
    assert [type(one) for one in bodies] == [CompletionRequest, Attachment, ScrubRecord, Outcome, Close]
    assert bodies[0].text == TEXT
    assert not wrong, pprint.pformat(wrong, width=160)
