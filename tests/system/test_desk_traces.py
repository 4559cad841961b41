"""What a member types at the desk is nowhere in the files of her browser's profile: step by step, and after its end."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.desk_served import DeskServed, desk_browser, unlocked_in
from browsers.firefox import Firefox
from browsers.kept import EAGER, held
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from processes.service import new_marker

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with DeskServed(folder) as served:
        yield served
    shutil.rmtree(folder, ignore_errors=True)


def opened(kind: type[Chromium] | type[Firefox]) -> Chromium | Firefox:
    return desk_browser(kind, **({} if kind is Chromium else {"prefs": EAGER}))


# An application holds its member's desk home until it is locked.
@pytest.mark.parametrize(("kind", "member"), [(Chromium, 0), (Firefox, 1)])
def test_what_a_member_types_stays_out_of_the_browsers_profile(served, kind, member):
    reporter = served.call(served.desks.file, "Chefen anställde sin systerson.")
    served.call(served.desks.release)
    application, secret, found = served.application(member), {}, {}
    path = f"/case/{reporter.keys.case_id.hex()}"

    def typed(name: str) -> str:
        secret[name] = f"{name.replace(' ', '')}{new_marker()}"
        return secret[name]

    person = opened(kind)
    try:
        unlocked_in(person, application)
        for act, field in (("note", "text"), ("link", "words"), ("recuse", "text"), ("move", "reason")):
            person.open(f"{application.origin}{path}/{act}")
            person.fill(field, typed(act))
            found[act] = held(person, secret)
        person.open(f"{application.origin}{path}/meet")
        person.fill("text", typed("meet"))
        found["meet"] = held(person, secret)
        person.press(f"{path}/meet")
        assert secret["meet"] in person.source()
        found["meet, its preview"] = held(person, secret)
        person.open(f"{application.origin}{path}/write")
        person.tick("act", "ask")
        person.fill("text", typed("message"))
        person.switch("do", "preview")
        person.wait_for(".seen .asked")
        found["message, its preview"] = held(person, secret)
        person.open(f"{application.origin}/oral")
        person.tick("concerns", re.findall(r'name="concerns" value="(nobody)"', person.source())[0])
        person.press("/oral")
        person.fill("text", typed("call"))
        # The box is not ticked: the page comes again.
        person.press("/oral/code")
        assert secret["call"] in person.source()
        found["call, the page again"] = held(person, secret)
        person.press_at("button.lock")
        found["locked"] = held(person, secret)
        person.stop()
        found["ended"] = held(person, secret)
    finally:
        person.quit()
    assert len(secret) == 7
    assert {step: kept for step, kept in found.items() if kept} == {}
