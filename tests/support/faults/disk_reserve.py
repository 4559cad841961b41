"""
Run in a mount namespace of its own: an intake with its home on a small tmpfs, of which the reserve is kept for text.

`unshare -m python disk_reserve.py FOLDER` mounts FOLDER and sends reports with room, without, and with room again. It
prints one JSON object: what each report was answered, and what of it is in the store.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from visitors.intake_harness import Page, RunningIntake, log_in, make_home, report_form, running_intake, zygotes
from visitors.samples import photograph, rows

MIB = 2**20
DISK_MIB = 400
RESERVE_MIB = 64


async def main(folder: Path) -> dict[str, object]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "none", folder], check=True)
    ballast = folder / "ballast"
    found: dict[str, object] = {}
    limits = f"[limits]\ndisk_reserve_mib = {RESERVE_MIB}"
    made = make_home(folder / "home", trial=True, settings=limits)
    async with zygotes() as sandbox, running_intake(folder, made, sandbox=sandbox) as intake:
        browser = intake.browser()
        found["with room"] = await _report(intake, "med plats")
        with ballast.open("wb") as file:
            # A few pages less than the reserve are left.
            os.posix_fallocate(file.fileno(), 0, _free(folder) - RESERVE_MIB * MIB + 16 * 4096)
        refused = await browser.post("/report", (await report_form(browser)).with_(text="utan plats"), [photograph()])
        found["refused"] = [refused.status, refused.plain, rows(intake, "files")]
        code = await browser.post("/report", refused.form("/report").with_())
        found["text alone"] = [code.status, rows(intake, "cases"), rows(intake, "files")]
        inbox = await log_in(browser, code.receipt)
        message = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="och mer"), [photograph()])
        found["message"] = [message.plain, rows(intake, "files")]
        ballast.unlink()
        found["until the clock"] = await _report(intake, "strax")
        await intake.services.disk.decide()
        found["with room again"] = await _report(intake, "med plats igen")
    return found


async def _report(intake: RunningIntake, text: str) -> list[int]:
    browser = intake.browser()
    page: Page = await browser.post("/report", (await report_form(browser)).with_(text=text), [photograph()])
    return [page.status, rows(intake, "cases"), rows(intake, "files")]


def _free(folder: Path) -> int:
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1])))))
