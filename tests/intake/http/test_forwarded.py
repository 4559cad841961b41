"""A request that brings somebody's address is refused at both entrances, counted, and nothing of it is stored."""

from __future__ import annotations

import pytest
from intake_harness import file_report, running_intake
from mirror_harness import running_mirror
from service import copies, new_marker

from intake.http.silence import FIXED_BODY

HEADERS = (
    "X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "CF-Connecting-IP", "True-Client-IP", "X-Forwarded-Host",
    "X-Forwarded-Proto", "x-forwarded-for", "X_Forwarded_For", "X-Client-IP", "X-Cluster-Client-IP", "Fastly-Client-IP",
    "X-Originating-IP", "CF-IPCountry", "X-Tor2web", "X-Original-Forwarded-For",
    "Forwarded-For", "X-Forward-For", "X-Original-For",
)  # fmt: skip


@pytest.mark.parametrize("entrance", ["onion", "mirror"])
async def test_a_forwarded_address_is_refused_with_the_fixed_page_counted_and_not_kept(tmp_path, entrance):
    marker = new_marker()
    async with running_mirror(tmp_path) as mirror:
        browser = mirror.browser() if entrance == "mirror" else mirror.intake.browser()
        pages = [await browser.get("/", {name: marker}) for name in HEADERS]
        form = (await browser.get("/report")).form("/report")
        sent = await browser.post("/report", form.with_(text=f"Text {marker}"), headers={"X-Forwarded-For": marker})
        counted: list[int] = []
        mirror.intake.services.forwarded_addresses.listener = counted.append
        mirror.intake.services.forwarded_addresses.tell()
        mirror.intake.services.forwarded_addresses.tell()
        received = await file_report(browser, "Without one")
        stored = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())

    for page in (*pages, sent):
        assert page.status == 403
        assert page.body.startswith(FIXED_BODY)
        assert marker.encode() not in page.raw_headers + page.body
    assert counted == [len(HEADERS) + 1]
    assert len(received.receipt.words) == 8
    assert not any(form in stored for form in copies(marker))


async def test_headers_that_browsers_send_are_no_forwarded_addresses(tmp_path):
    sent = {
        "User-Agent": "x", "Accept": "*/*", "Accept-Language": "sv", "DNT": "1", "Upgrade-Insecure-Requests": "1",
        "Sec-Fetch-Dest": "document", "Sec-GPC": "1", "Priority": "u=0", "Origin-Agent-Cluster": "?1", "TE": "trailers",
    }  # fmt: skip
    async with running_intake(tmp_path) as intake:
        page = await intake.browser().get("/", sent)

    assert page.status == 200
