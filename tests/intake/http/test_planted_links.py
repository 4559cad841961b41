"""A page that a form was answered with opens for the browser that was led to it, and by no link from elsewhere.

Somebody could send a form, hand out the address of its answer as "report here", and wait: that page holds a draft's
number and a one-time token, and with them one comes to the case code of what is filed with them.
"""

import pytest
from visitors.intake_harness import PUBLIC_HOST, file_report, log_in, running_intake

OURS = f"http://{PUBLIC_HOST}"
# As browsers send them (measured): Firefox both on an onion; Chromium and w3m no Sec-Fetch-Site there.
LED_HERE = (
    {"Referer": f"{OURS}/report"},
    {"Referer": f"{OURS}/"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Referer": f"{OURS}/report"},
)
FROM_ELSEWHERE = (
    {},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Referer": f"{OURS}/"},
    {"Referer": "http://evil.example/"},
    {"Referer": f"{OURS}.evil.example/"},
    {"Referer": f"http://evil.example/{OURS}/"},
    {"Referer": OURS.removeprefix("http://")},
)


async def planted(browser, **fields: str) -> str:
    """Send a form and return the address of its answer, unseen."""
    form = (await browser.get("/report")).form("/report")
    led = await browser.post_once("/report", form.with_(**fields))
    return led.headers["location"]


async def test_a_browser_that_was_led_to_a_page_may_load_it_again(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        address = await planted(browser, text="Typed text", switch="en")
        pages = [await browser.typed(address, headers) for headers in LED_HERE]

    assert [dict(page.form("/report").fields)["text"].strip() for page in pages] == ["Typed text"] * len(LED_HERE)


async def test_an_address_that_comes_from_elsewhere_shows_nothing_of_a_form_or_a_case(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        inbox = await log_in(browser, (await file_report(browser, "Typed text")).receipt)
        led = await browser.post_once("/inbox", inbox.form("/inbox").fields)
        addresses = [led.headers["location"]]
        addresses += [await planted(browser, text="Typed text", **more) for more in ({"switch": "en"}, {"act": "edit"})]
        pages = [await browser.typed(address, headers) for address in addresses for headers in FROM_ELSEWHERE]

    assert {page.status for page in pages} == {400}
    assert not any("Typed text" in page.text for page in pages)
    assert {name for page in pages for form in page.forms for name, _value in form.fields} & {"handle", "text"} == set()


@pytest.mark.parametrize("fields", [{"switch": "en"}, {"act": "edit"}])
async def test_what_is_reported_from_a_planted_link_cannot_be_opened_by_who_planted_it(tmp_path, fields):
    async with running_intake(tmp_path) as intake:
        stranger, victim = intake.browser(), intake.browser()
        address = await planted(stranger, text="Planted", **fields)
        seen_by_stranger = await stranger.get(address)
        known = [form for form in seen_by_stranger.forms if "text" in dict(form.fields)]

        shown = await victim.typed(address, {"Sec-Fetch-Site": "none"})
        given = [form for form in shown.forms if "text" in dict(form.fields)]
        for form in given[:1]:
            await victim.post("/report", form.with_(text="Of the victim"))
        tried = [await stranger.get(address)]
        tried += [await stranger.post("/report", form.with_(text="Planted")) for form in known if given]

    assert known
    assert [form.action for page in tried for form in page.forms if form.action.startswith("/receipt")] == []
    assert given == []
