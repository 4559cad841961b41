"""What the tests of the jail share: files sent through it, and what an outsider finds in the results."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from corpus.index import Sample
from PIL import Image
from processes.kept_zygotes import kept_zygote

from scrubbers.jailed.pdf.bitmap import in_colours
from scrubbers.jailed.pdf.visibility.visual_diff import differing
from scrubbers.sniff import sniff, sniff_kind
from scrubbers.spawn import spawn_zygote
from scrubbers.version import scrubber_version
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import HEAD_BYTES, ROLES, How, Role
from trusted.jail.sandbox import Sandbox, scrub, verify
from trusted.jail.stages import Kind, Lost, Refused, ScrubReport, What, Where


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


async def clean(sandbox: Sandbox, content: bytes, how: How = How.PLAIN) -> tuple[Kind, bytes, bytes, ScrubReport]:
    verified = await verify(await scrub(sniff(arrived(content)), sandbox, how), sandbox)
    with verified.clean, verified.preview:
        return verified.kind, verified.clean.read(), verified.preview.read(), verified.report


async def clean_all(
    contents: list[bytes],
    roles: Collection[Role] = tuple(Role),
    kinds: Collection[Kind] = (),
    *,
    how: How = How.PLAIN,
    fresh: bool = False,
) -> list[tuple[Kind, bytes, bytes, ScrubReport]]:
    """All of them through zygotes: kept ones, or fresh ones that are warm for these kinds alone, as `kallskydd scrub` has them."""
    async with _sandbox_for(contents, roles, kinds, fresh=fresh) as sandbox:
        return [await clean(sandbox, content, how) for content in contents]


async def outcomes_of(contents: list[bytes]) -> list[tuple[Kind, bytes, bytes, ScrubReport] | Refused]:
    """The same, with the refusal in the place of what is not taken."""

    async def outcome(sandbox: Sandbox, content: bytes) -> tuple[Kind, bytes, bytes, ScrubReport] | Refused:
        try:
            return await clean(sandbox, content)
        except Refused as reason:
            return reason

    async with _sandbox_for(contents, tuple(Role), ()) as sandbox:
        return [await outcome(sandbox, content) for content in contents]


@contextlib.asynccontextmanager
async def _sandbox_for(
    contents: list[bytes], roles: Collection[Role], kinds: Collection[Kind], *, fresh: bool = False
) -> AsyncIterator[Sandbox]:
    by_role = _kinds_by_role(contents, kinds)
    needed = [role for role in roles if role in by_role]
    if not fresh:
        kept = [kept_zygote(role) for role in needed]
        sandbox = Sandbox([one.channel() for one in kept], version=scrubber_version())
        pairs = list(zip(kept, sandbox._pool.channels, strict=True))
        try:
            has_greeted = [one.greet(channel) for one, channel in pairs]
            if not all(has_greeted):
                await sandbox.self_test(needed)
            yield sandbox
        finally:
            for one, channel in pairs:
                await one.let_go(channel)
            sandbox.close()
        return
    zygotes = [spawn_zygote(role, by_role[role]) for role in needed]
    sandbox = Sandbox([channel for _, channel in zygotes], version=scrubber_version())
    try:
        await sandbox.self_test(needed)
        yield sandbox
    finally:
        sandbox.close()
        for process, _ in zygotes:
            process.wait(10)


def _kinds_by_role(contents: list[bytes], kinds: Collection[Kind]) -> dict[Role, set[Kind]]:
    """The kinds of these files, or those that are given, by the role that cleans them."""
    found: defaultdict[Role, set[Kind]] = defaultdict(set)
    for kind in kinds or [sniff_kind(content[:HEAD_BYTES]) for content in contents]:
        found[ROLES.get(kind, Role.PICTURES)].add(kind)
    return found


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


def first_page_text(content: bytes) -> str:
    """The text of a document's first page that a viewer copies."""
    with contextlib.closing(pypdfium2.PdfDocument(content)) as opened:
        return str(opened[0].get_textpage().get_text_bounded())


def same_look(source: Image.Image, rebuilt: Image.Image, *, nearby: bool = False) -> bool:
    """Whether a person would call two drawings the same page; sizes that differ never are."""
    drawn = [(in_colours(each) if each.mode == "RGBX" else each).convert("RGBX") for each in (source, rebuilt)]
    return source.size == rebuilt.size and not differing(*drawn, nearby=nearby)


def became_pictures(report: ScrubReport) -> bool:
    """Whether any page of the document did."""
    return bool({Lost.SELECTABLE_TEXT, Lost.SHARPNESS} & set(report.lost))


def found_in(result: Cleaned) -> set[tuple[What, Where]]:
    return {(found.what, found.where) for found in result.report.removed}
