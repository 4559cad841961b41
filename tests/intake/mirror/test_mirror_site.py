"""The mirror's entrance: who is let in, and what its answers carry that the onion's do not."""

from __future__ import annotations

import pytest
from networks.mirror_harness import NAME, SETTINGS, running_mirror
from visitors.intake_harness import PUBLIC_HOST, file_report, log_in, make_home, multipart

from intake.views.information_index import INFORMATION_PAGES
from trusted.web.padding import SIZES


async def test_a_report_is_filed_and_read_again_over_tls(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        page = await file_report(mirror.browser(), "Planted words at the mirror")
        inbox = await log_in(mirror.browser(), page.receipt)

    assert len(page.receipt.words) == 8
    assert "Planted words at the mirror" in inbox.plain


async def test_a_case_that_was_reported_at_the_mirror_can_be_read_at_the_onion(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        page = await file_report(mirror.browser(), "Reported at work, read at home")
        inbox = await log_in(mirror.intake.browser(), page.receipt)

    assert "Reported at work, read at home" in inbox.plain


@pytest.mark.parametrize("host", [PUBLIC_HOST, "other.example", f"{NAME}.", f"{NAME}:80", ""])
async def test_another_host_than_the_mirrors_is_misdirected(tmp_path, host):
    async with running_mirror(tmp_path) as mirror:
        page = await mirror.browser().get("/", {"Host": host})

    assert page.status == 421


async def test_the_mirrors_name_is_misdirected_at_the_onion(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        page = await mirror.intake.browser().get("/", {"Host": NAME})

    assert page.status == 421


@pytest.mark.parametrize("origin", [f"http://{NAME}", f"http://{PUBLIC_HOST}", f"https://{PUBLIC_HOST}", "null"])
async def test_a_form_from_another_origin_than_the_mirror_by_https_is_refused(tmp_path, origin):
    async with running_mirror(tmp_path) as mirror:
        form = (await mirror.browser().get("/report")).form("/report")
        page = await mirror.browser().post("/report", form.with_(text="x"), headers={"Origin": origin})

    assert page.status == 403


async def test_every_answer_at_the_mirror_is_by_https_alone_unlisted_and_not_kept_and_none_at_the_onion(
    tmp_path, monkeypatch
):
    # The page of a progress goes on until it has nothing to wait for.
    monkeypatch.setattr("intake.report.progress_page.WAIT_SECONDS", 0.0)
    async with running_mirror(tmp_path) as mirror:
        browser, onion = mirror.browser(), mirror.intake.browser()
        paths = ["/", "/report", "/return", "/protect", "/nowhere", "/style.css", "/icon.png", "/page/" + "0" * 32]
        there = [await browser.get(path) for path in paths]
        there.append(await browser.get(f"/progress/{'0' * 32}"))
        form = there[2].form("/return")
        there.append(await browser.request_once("POST", "/return", b"", {"Origin": f"https://{NAME}"}))
        there.append(await browser.post("/return", form.with_(code="abakus")))
        here = [await onion.get(path) for path in paths]
        here.append(await onion.post("/return", (await onion.get("/return")).form("/return").with_(code="abakus")))

    for page in there:
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert page.headers["x-robots-tag"] == "noindex"
        assert page.headers["cache-control"] == "no-store"
    for page in here:
        assert "strict-transport-security" not in page.headers
        assert "onion-location" not in page.headers
        assert "x-robots-tag" not in page.headers


async def test_the_onion_is_named_on_pages_that_anybody_may_know_and_on_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.report.progress_page.WAIT_SECONDS", 0.0)
    async with running_mirror(tmp_path) as mirror:
        browser = mirror.browser()
        named = {
            path: (await browser.get(path)).headers.get("onion-location")
            for path in (
                "/", "/report", "/return?lang=en", "/report?lang=en", "/?lang=xx", "/?from=marker",
                *(page.path for page in INFORMATION_PAGES), "/nowhere", "/page/" + "0" * 32, "/leave",
                "/progress/" + "0" * 32, "/style.css",
            )
        }  # fmt: skip
        received = await file_report(browser, "Planted words")
        again = await log_in(browser, received.receipt)

    onion = f"http://{PUBLIC_HOST}"
    assert named.pop("/return?lang=en") == f"{onion}/return?lang=en"
    assert named.pop("/report?lang=en") == f"{onion}/report?lang=en"
    assert named.pop("/?lang=xx") == named.pop("/?from=marker") == named["/"] == f"{onion}/"
    for path in ("/", "/report", *(page.path for page in INFORMATION_PAGES)):
        assert named.pop(path) == f"{onion}{path}"
    assert set(named.values()) == {None}
    assert "onion-location" not in received.headers
    assert "onion-location" not in again.headers


async def test_pages_are_of_the_same_few_sizes_at_the_mirror(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        pages = [await mirror.browser().get(path) for path in ("/", "/report", "/return", "/nowhere", "/style.css")]

    assert {page.travelled for page in pages} <= set(SIZES)


async def test_a_page_that_was_kept_at_the_mirror_brings_nothing_of_it_to_the_onion(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        form = (await mirror.browser().get("/return")).form("/return")
        body = multipart("b", form.with_(code="abakus"))
        sent = {"Content-Type": "multipart/form-data; boundary=b", "Origin": f"https://{NAME}"}
        sent_on = await mirror.browser().request_once("POST", "/return", body, sent)
        page = await mirror.intake.browser().get(sent_on.headers["location"])

    assert sent_on.status == 303
    assert page.status == 400  # a code of one word, as it was answered
    assert "strict-transport-security" not in page.headers


async def test_at_a_trials_mirror_the_host_has_its_port(tmp_path):
    made = make_home(tmp_path / "home", trial=True, settings=f"{SETTINGS}port = 8443\n")
    async with running_mirror(tmp_path, made=made) as mirror:
        here = {"Host": f"{NAME}:8443"}
        form = (await mirror.browser().get("/return", here)).form("/return")
        asked = [
            await mirror.browser().post("/return", form.fields, headers={**here, "Origin": origin})
            for origin in (f"https://{NAME}:8443", f"https://{NAME}")
        ]
        without = await mirror.browser().get("/", {"Host": NAME})

    assert asked[0].status != 403
    assert [asked[1].status, without.status] == [403, 421]
