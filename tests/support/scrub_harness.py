"""What the tests of the jail share: files sent through it, and what an outsider finds in the results."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from corpus.index import Sample

from scrubbers.memory_file import MemoryFile
from scrubbers.protocol import Role
from scrubbers.sandbox import Sandbox, scrub, verify
from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from scrubbers.stages import Kind, Lost, ScrubReport, What, Where
from scrubbers.version import scrubber_version


@dataclass
class Cleaned:
    """One sample after its way through the jail."""

    sample: Sample
    kind: Kind
    content: bytes
    preview: bytes
    report: ScrubReport


def arrived(content: bytes) -> MemoryFile:
    """A file as it comes from the reporter: not sealed yet, so that a job can give its memory back."""
    file = MemoryFile()
    file.write(content)
    return file


async def clean(
    sandbox: Sandbox, content: bytes, *, against_marks: bool = False
) -> tuple[Kind, bytes, bytes, ScrubReport]:
    verified = await verify(await scrub(sniff(arrived(content)), sandbox, against_marks=against_marks), sandbox)
    with verified.clean, verified.preview:
        return verified.kind, verified.clean.read(), verified.preview.read(), verified.report


async def clean_all(
    contents: list[bytes],
    roles: Collection[Role] = tuple(Role),
    kinds: Collection[Kind] = (),
    *,
    against_marks: bool = False,
) -> list[tuple[Kind, bytes, bytes, ScrubReport]]:
    """All of them through fresh zygotes; the one for documents takes a while to warm up, and pictures need it not."""
    zygotes = [spawn_zygote(role, kinds) for role in roles]
    sandbox = Sandbox([channel for _, channel in zygotes], version=scrubber_version())
    try:
        await sandbox.self_test(roles)
        return [await clean(sandbox, content, against_marks=against_marks) for content in contents]
    finally:
        sandbox.close()
        for process, _ in zygotes:
            process.wait(10)


def clean_samples(samples: list[Sample]) -> dict[str, Cleaned]:
    """Each of the samples by its name, after its way through the jail."""
    results = asyncio.run(clean_all([sample.content for sample in samples]))
    return {sample.name: Cleaned(sample, *result) for sample, result in zip(samples, results, strict=True)}


def exiftool_tags(folder: Path) -> dict[str, set[str]]:
    """The names of all tags that ExifTool finds in each file of the folder, its own and the file system's left out."""
    said = subprocess.run(
        ["exiftool", "-json", "-a", "-u", "-U", "-G3", "-s", "-ee", "--ExifTool:all", "--System:all", "-r", folder],
        capture_output=True,
        check=True,
    )
    return {
        entry["SourceFile"].rpartition("/")[2]: {key.rpartition(":")[2] for key in entry} - {"SourceFile"}
        for entry in json.loads(said.stdout)
    }


def became_pictures(report: ScrubReport) -> bool:
    """Whether any page of the document did."""
    return bool({Lost.SELECTABLE_TEXT, Lost.SHARPNESS} & set(report.lost))


def found_in(result: Cleaned) -> set[tuple[What, Where]]:
    return {(found.what, found.where) for found in result.report.removed}
