"""Recordings as telephones, recorders and messengers write them, with a marker in every place that is not sound."""

from __future__ import annotations

import array
import io
import math
import struct
import wave
from collections.abc import Callable
from functools import cache

import av
from PIL import Image

SECONDS, RATE = 2, 48_000
# Name of the file: the coder, FFmpeg's writer, and how it is set.
FORMS: dict[str, tuple[str, str, dict[str, object]]] = {
    "memo.m4a": ("aac", "ipod", {}),
    "memo.mp3": ("libmp3lame", "mp3", {}),
    "memo.opus": ("libopus", "ogg", {}),
    "memo.flac": ("flac", "flac", {}),
    "memo.webm": ("libopus", "webm", {}),
    "memo.3gp": ("libopencore_amrnb", "3gp", {"rate": 8_000, "layout": "mono", "bits": 12_200}),
    "memo.amr": ("libopencore_amrnb", "amr", {"rate": 8_000, "layout": "mono", "bits": 12_200}),
    "memo.aac": ("aac", "adts", {}),
    "memo.ogg": ("vorbis", "ogg", {"strict": "experimental"}),
    "memo.caf": ("alac", "caf", {}),
    "memo.wav": ("pcm_s16le", "wav", {}),
}


def marker(name: str, place: str) -> str:
    return f"MK-{name}-{place}-KM"


@cache
def tone(seconds: float = SECONDS, hertz: float = 440.0) -> bytes:
    """Two channels of 16 bits as WAVE, the second softer."""
    samples = array.array("h")
    for at in range(round(RATE * seconds)):
        loud = round(8_000 * math.sin(2 * math.pi * hertz * at / RATE))
        samples.extend((loud, loud // 2))
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return made.getvalue()


def recorded(name: str, tags: dict[str, str] | None = None, content: bytes | None = None) -> bytes:
    """The tone in the form of this name."""
    codec, writer, how = FORMS[name]
    made = io.BytesIO()
    with av.open(io.BytesIO(content or tone())) as source, av.open(made, "w", format=writer) as target:
        target.metadata.update(tags or {})
        stream = target.add_stream(codec, rate=how.get("rate", RATE))
        stream.options = {"strict": how.get("strict", "normal")}
        stream.layout = how.get("layout", "stereo")
        if writer != "wav":
            stream.bit_rate = how.get("bits", 64_000)
        for frame in source.decode(audio=0):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return made.getvalue()


def marked() -> dict[str, tuple[bytes, list[str]]]:
    """Each form with all its places filled, and the markers in it."""
    return {name: _marked(name) for name in FORMS}


def _marked(name: str) -> tuple[bytes, list[str]]:
    place = lambda where: marker(name, where)  # noqa: E731
    tags = {
        "title": place("title"),
        "artist": place("artist"),
        "comment": place("comment"),
        "make": place("make"),
        "encoded_by": place("encoded_by"),
        "location": "+59.3293+018.0686/",
        "creation_time": "2026-11-01T10:00:00Z",
    }
    content = _MORE.get(name, lambda made, _: made)(recorded(name, tags), place)
    content += place("after the end").encode()
    return content, [place(where) for where in PLACES if place(where).encode() in content]


PLACES = (
    "title", "artist", "comment", "make", "encoded_by", "unknown chunk", "bext", "cover", "private", "user data",
    "free", "second sound", "application", "after the end",
)  # fmt: skip


def cover(text: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(made, "JPEG", comment=text.encode())
    return made.getvalue()


def _wav(content: bytes, place: Callable[[str], str]) -> bytes:
    body = content[12:]
    for name, where in ((b"bext", "bext"), (b"kall", "unknown chunk")):
        said = place(where).encode().ljust(602, b"\0")
        body = body + name + struct.pack("<I", len(said)) + said
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def _mp3(content: bytes, place: Callable[[str], str]) -> bytes:
    """Two more ID3 frames in front: a cover, and bytes of an owner's own."""
    frames = _id3(b"APIC", b"\0image/jpeg\0\3\0" + cover(place("cover")))
    frames += _id3(b"PRIV", b"owner\0" + place("private").encode())
    size = len(frames)
    length = bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
    return b"ID3\3\0\0" + length + frames + content


def _id3(name: bytes, said: bytes) -> bytes:
    return name + struct.pack(">I", len(said)) + b"\0\0" + said


def _iso(content: bytes, place: Callable[[str], str]) -> bytes:
    boxes = b""
    for name, where in ((b"free", "free"), (b"uuid", "user data")):
        said = bytes(16) + place(where).encode()
        boxes += struct.pack(">I", 8 + len(said)) + name + said
    return content + boxes


def _flac(content: bytes, place: Callable[[str], str]) -> bytes:
    """An application's own block behind the first one, which describes the stream."""
    said = b"kall" + place("application").encode()
    block = bytes((2,)) + len(said).to_bytes(3, "big") + said
    return content[:42] + block + content[42:]


_MORE: dict[str, Callable[[bytes, Callable[[str], str]], bytes]] = {
    "memo.wav": _wav,
    "memo.mp3": _mp3,
    "memo.m4a": _iso,
    "memo.3gp": _iso,
    "memo.flac": _flac,
}
