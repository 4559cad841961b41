"""How long a reporter waits for the answer to a report: on the unix socket, with real zygotes and a real store.

The best of a few runs counts: what else the machine does only adds.
"""

from __future__ import annotations

import asyncio
import io
import statistics
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from visitors.intake_harness import SHOWN, RunningIntake, file_report, running_intake, zygotes

RUNS = 3
TEXTS = 20
TEXT = "Text alone " * 200


def large_photograph() -> bytes:
    """About 3 MB of camera picture: 12 megapixels of noise, which compresses worse than any motif."""
    picture = Image.effect_noise((4000, 3000), 22).convert("RGB")
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=72)
    return kept.getvalue()


async def seconds_to_file(intake: RunningIntake, text: str, *files: bytes) -> float:
    began = time.perf_counter()
    page = await file_report(intake.browser(), text, files)
    took = time.perf_counter() - began
    assert page.status == SHOWN
    assert "Togs inte emot" not in page.plain
    return took


async def measured() -> dict[str, object]:
    photograph = large_photograph()
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        async with (
            zygotes(both=True) as sandbox,
            running_intake(Path(folder), sandbox=sandbox, real_argon2=True) as intake,
        ):
            await sandbox.self_test()
            with_photograph, text_alone = [], []
            for _ in range(RUNS):
                with_photograph.append(await seconds_to_file(intake, "With a photograph", photograph))
                texts = [await seconds_to_file(intake, TEXT) for _ in range(TEXTS)]
                text_alone.append(statistics.quantiles(texts, n=20)[-1])
    return {
        "photograph_bytes": len(photograph),
        "photograph_seconds": round(min(with_photograph), 3),
        "text_seconds_in_95_of_100": round(min(text_alone), 3),
        "runs": RUNS,
    }


def reports() -> dict[str, object]:
    """Measure: seconds for a text with a photograph of 3 MB, and for text alone in 95 of 100."""
    return asyncio.run(measured())


if __name__ == "__main__":
    print(reports())
