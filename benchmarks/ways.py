"""The ways of cleaning that are compared. Each takes one file and says how long it took and how much came out.

jailed         ours: sniffed, scrubbed in one jailed job, verified in another, as in the service
bare           Pillow decodes and encodes in this process with our settings: what the pixels alone cost. Where the
               colour has to be converted it converts; it protects from nothing and vouches for nothing
command        `kallskydd scrub` of an installation, a process for each file, started cold
mat2           Debian's libmat2 in a process that is warm
mat2 command, exiftool, qpdf    a process for each file, as a person runs them
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

import pillow_heif
from audits.installation import OURS, make_installation
from PIL import Image, ImageCms, ImageSequence

from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import Role
from trusted.jail.sandbox import Sandbox
from trusted.jail.stages import Refused

JPEG = {"quality": 90, "subsampling": "4:2:0"}
PATIENCE_SECONDS = 180
ENDING_SECONDS = 0.05  # more than any job takes for it
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's libmat2 is installed for


@dataclass(frozen=True)
class Ran:
    """One run; bytes is None when nothing came out. What the processor did is less at the mercy of other work."""

    seconds: float
    bytes: int | None
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Way:
    """A name, which endings it is for, and what runs it."""

    name: str
    endings: tuple[str, ...]
    run: Callable[[Path, bytes], Ran]


PICTURES = (".jpg", ".png", ".heic", ".tiff")
EVERYTHING = (*PICTURES, ".pdf")


class Jail:
    """Zygotes of both roles, and a loop of their own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.zygotes = [spawn_zygote(role) for role in Role]
        self.sandbox = Sandbox([channel for _, channel in self.zygotes])
        self.loop.run_until_complete(self.sandbox.self_test())

    def run(self, _path: Path, content: bytes) -> Ran:
        return self.loop.run_until_complete(self._run(content))

    async def _run(self, content: bytes) -> Ran:
        untrusted = MemoryFile()
        cpu = self._cpu_seconds()
        started = time.perf_counter()
        untrusted.write(content)
        try:
            verified = await self.sandbox.verify(await self.sandbox.scrub(sniff(untrusted)))
        except Refused:
            return Ran(time.perf_counter() - started, None)
        seconds = time.perf_counter() - started
        # What a job does after its answer, which is taking its memory down, counts as work of the processor.
        await asyncio.sleep(ENDING_SECONDS)
        with verified.clean, verified.preview:
            return Ran(seconds, verified.clean.size, self._cpu_seconds() - cpu)

    def _cpu_seconds(self) -> float:
        """Return the processor seconds of this process, zygotes and ended jobs, in ticks of ten milliseconds."""
        ticks = 0
        for zygote, _ in self.zygotes:
            # After the name in brackets: utime, stime, cutime, cstime are the 12th to the 15th.
            ticks += sum(map(int, Path(f"/proc/{zygote.pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        async def end() -> None:
            self.sandbox.close()

        self.loop.run_until_complete(end())
        for process, _ in self.zygotes:
            process.wait(10)
        self.loop.close()


def bare(path: Path) -> dict[str, float]:
    """The pixels alone; what a loop in a process of its own says about it."""
    content, output = path.read_bytes(), io.BytesIO()
    started, cpu = time.perf_counter(), time.process_time()
    _encode_again(path, content, output)
    return {
        "seconds": time.perf_counter() - started,
        "bytes": output.tell(),
        "cpu_seconds": time.process_time() - cpu,
    }


def _encode_again(path: Path, content: bytes, output: io.BytesIO) -> None:
    if path.suffix == ".heic":
        pillow_heif.open_heif(content).to_pillow().save(output, "JPEG", **JPEG)
        return
    with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "TIFF"]) as picture:
        if path.suffix == ".jpg":
            profile = picture.info.get("icc_profile")
            upright = picture.convert("RGB")
            if profile:
                source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
                upright = ImageCms.profileToProfile(upright, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            upright.save(output, "JPEG", icc_profile=None, **JPEG)
        elif path.suffix == ".png":
            picture.save(output, "PNG", compress_level=4)
        else:
            pages = [page.copy() for page in ImageSequence.Iterator(picture)]
            pages[0].save(output, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_adobe_deflate")


class Loop:
    """A warm process that takes a path on a line and answers with one JSON object."""

    def __init__(self, python: str, script: Path) -> None:
        self.process = subprocess.Popen(
            [python, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, path: Path, _content: bytes) -> Ran:
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return Ran(**json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)


class Installation:
    """The program as it is installed, compiled, and not the editable one of a clone."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="kb-")
        self.python = str(make_installation(Path(self._folder) / "there"))
        packages = next(Path(self._folder).glob("there/lib/python3*/site-packages"))
        ours = [str(packages / name) for name in OURS]
        subprocess.run([sys.executable, "-m", "compileall", "-q", *ours], check=True, stdout=subprocess.DEVNULL)

    def close(self) -> None:
        shutil.rmtree(self._folder)


def command(
    make: Callable[[Path, Path], list[str]], output_name: Callable[[Path], str]
) -> Callable[[Path, bytes], Ran]:
    """A way that starts a process for a file; it writes into an empty folder, or beside a copy of the file there."""

    def run(path: Path, _content: bytes) -> Ran:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / f"source{path.suffix}"
            shutil.copyfile(path, source)
            output = Path(folder) / output_name(source)
            started = time.perf_counter()
            with subprocess.Popen(
                make(source, output),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ) as process:
                _wait(process)
            seconds = time.perf_counter() - started
            return Ran(seconds, output.stat().st_size if output.exists() else None)

    return run


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Return as soon as the process ends: subprocess's own wait sleeps up to 50 ms between two checks."""
    handle = os.pidfd_open(process.pid)
    try:
        ended, _, _ = select.select([handle], [], [], PATIENCE_SECONDS)
    finally:
        os.close(handle)
    if not ended:
        process.kill()


def all_ways(jail: Jail) -> tuple[list[Way], list[Loop | Installation], dict[str, str]]:
    """The ways that can be had here, what has to be closed, and the versions; a program that is missing is left out."""
    # In a process that has done nothing else: one that made the samples has memory at hand that a job has to ask for.
    closing = [Loop(sys.executable, Path(__file__))]
    ways = [Way("jailed", EVERYTHING, jail.run), Way("bare", PICTURES, closing[0].run)]
    closing.append(installation := Installation())
    ours = command(
        lambda source, output: [
            installation.python,
            "-m",
            "kallskydd",
            "scrub",
            str(source),
            "--out",
            str(output.parent),
        ],
        lambda source: f"clean/{source.name}{'.jpg' if source.suffix == '.heic' else ''}",
    )
    ways.append(Way("command", EVERYTHING, ours))
    versions = {}
    if shutil.which("mat2"):
        closing.append(Loop(SYSTEM_PYTHON, Path(__file__).with_name("peers") / "mat2_loop.py"))
        ways.append(Way("mat2", EVERYTHING, closing[-1].run))
        mat2 = command(lambda source, _: ["mat2", str(source)], lambda source: f"{source.stem}.cleaned{source.suffix}")
        ways.append(Way("mat2 command", EVERYTHING, mat2))
        versions["mat2"] = said(["mat2", "--version"])
    if shutil.which("exiftool"):
        exiftool = command(
            lambda source, output: ["exiftool", "-q", "-all=", "-o", str(output), str(source)],
            lambda source: f"out{source.suffix}",
        )
        ways.append(Way("exiftool", EVERYTHING, exiftool))
        versions["exiftool"] = said(["exiftool", "-ver"])
    if shutil.which("qpdf"):
        qpdf = command(
            lambda source, output: [
                "qpdf", "--remove-info", "--remove-metadata", "--remove-structure", str(source), str(output),
            ],
            lambda _: "out.pdf",
        )  # fmt: skip
        ways.append(Way("qpdf", (".pdf",), qpdf))
        versions["qpdf"] = said(["qpdf", "--version"])
    return ways, closing, versions


def said(words: list[str]) -> str:
    lines = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False).stdout.splitlines()
    return lines[0].strip() if lines else ""


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(bare(Path(line.rstrip("\n")))), flush=True)
