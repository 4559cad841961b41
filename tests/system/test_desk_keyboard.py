"""The keyboard alone, in both browsers: unlock, acknowledge, answer and close, from the passphrase to the last page."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.desk_served import DeskServed, desk_browser
from browsers.firefox import Firefox
from desks.harness import PASSPHRASE
from networks.conftest_tor import SHORT_FOLDER_PREFIX

from trusted.case.entry import Acknowledgement, Close, Message, Outcome

pytestmark = pytest.mark.live

LEAD, HANDLER = 0, 1
MOST_TABS = 120


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with DeskServed(folder) as served:
        yield served
    shutil.rmtree(folder, ignore_errors=True)


def tab_to(person: Chromium | Firefox, css: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(MOST_TABS):
        if person.evaluate(f"document.activeElement.matches({css!r})"):
            return
        person.key("Tab")
    pytest.fail(f"{css} is not reached with Tab on {person.address}")


def enter(person: Chromium | Firefox, css: str) -> None:
    """Go there with Tab and press Enter: another page comes."""
    tab_to(person, css)
    person._go(lambda: person.key("Enter"))


def written(person: Chromium | Firefox, text: str) -> None:
    """Write on the page that is shown, look at the preview, send."""
    tab_to(person, "textarea[name=text]")
    person.keys(text)
    enter(person, "button[name=do][value=preview]")
    assert person.has(".seen")
    enter(person, "button[name=do][value=send]")
    assert person.has(".good")


# An application holds its member's desk home until it is locked.
@pytest.mark.parametrize(("kind", "member"), [(Chromium, LEAD), (Firefox, HANDLER)])
def test_a_case_is_acknowledged_answered_and_closed_with_the_keyboard_alone(served, kind, member):
    reporter = served.call(served.desks.file, "Chefen anställde sin systerson.")
    served.call(served.desks.release)
    application = served.application(member)
    case = f"/case/{reporter.keys.case_id.hex()}"
    with desk_browser(kind) as person:
        person.open(application.opening)
        person.wait_for('input[name="passphrase"]')
        # The page puts the focus there by itself.
        person.wait_for("input[name=passphrase]:focus")
        person.keys(PASSPHRASE)
        person._go(lambda: person.key("Enter"))
        enter(person, f'a[href="{case}"]')
        enter(person, f'a[href="{case}/write"]')
        # The acknowledgement is chosen.
        written(person, "Tack. Vi har tagit emot den.")
        enter(person, f'a[href="{case}"]')
        enter(person, f'a[href="{case}/write"]')
        written(person, "Vi har pratat med personalchefen.")
        enter(person, f'a[href="{case}"]')
        enter(person, f'a[href="{case}/close"]')
        # Nothing is chosen.
        tab_to(person, "input[name=outcome]")
        person.key(" ")
        written(person, "Det var fel. Det är rättat.")
        bodies = served.call(served.desks.reporter_sees, reporter)

    assert [type(one) for one in bodies] == [Acknowledgement, Message, Outcome, Close]
    assert [one.text for one in bodies[:2]] == ["Tack. Vi har tagit emot den.", "Vi har pratat med personalchefen."]
