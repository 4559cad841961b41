"""Sixteen reports at once, on the unix socket with real zygotes and a real store."""

import asyncio
import time
from io import BytesIO

from PIL import Image
from visitors.intake_harness import SHOWN, file_report, running_intake, zygotes


async def test_sixteen_at_once_are_all_received(tmp_path):
    small = BytesIO()
    Image.effect_noise((1000, 700), 40).convert("RGB").save(small, "JPEG")
    async with zygotes(both=True) as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        await sandbox.self_test()
        began = time.perf_counter()
        pages = await asyncio.gather(
            *(file_report(intake.browser(), f"Report {number}", [small.getvalue()]) for number in range(16))
        )
        seconds = time.perf_counter() - began

    print(f"16 at once, each with a picture: {seconds:.2f} s in all")
    assert [page.status for page in pages] == [SHOWN] * 16
    assert len({page.receipt.words for page in pages}) == 16
    assert not any("Togs inte emot" in page.plain for page in pages)
