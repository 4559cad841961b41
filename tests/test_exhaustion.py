"""One visitor, or a few, who try to take a room or a queue from everybody else."""

import asyncio
import time

from intake_harness import SHOWN, file_report, running_intake

from cases.receipt import new_receipt


async def test_a_crowd_at_the_log_in_keeps_nobody_from_filing(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        forms = [(await browser.get("/return")).form("/return") for _ in range(80)]
        guesses = [form.with_(code=" ".join(new_receipt().words)) for form in forms]
        alone = await _seconds_to_file(intake)

        guessing = []
        for guess in guesses:
            guessing.append(asyncio.create_task(browser.post("/return", guess)))
            # The test's listener takes no more than 64 in one go.
            await asyncio.sleep(0.005)
        under_way = sum(not one.done() for one in guessing)
        beside = await _seconds_to_file(intake)
        answers = await asyncio.gather(*guessing)

    print(f"filing: {alone:.2f} s alone, {beside:.2f} s beside {under_way} log-ins")
    assert under_way > 10
    assert any("Många är här samtidigt" in page.plain for page in answers)
    assert beside < 5


async def _seconds_to_file(intake) -> float:
    began = time.perf_counter()
    page = await file_report(intake.browser(), "Filed")
    assert page.status == SHOWN, page.plain[:300]
    return time.perf_counter() - began
