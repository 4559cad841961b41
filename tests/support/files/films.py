"""Films as telephones, browsers and messengers write them, with a marker in every place that is not seen or heard."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from fractions import Fraction
from functools import cache

import av
from PIL import Image, ImageDraw

from files.recordings import marker, tone

SECONDS, RATE = 2, 30
WIDTH, HEIGHT = 160, 96
# Of the whole picture, by second; and of the upper left corner, so that turning shows.
COLOURS = ((200, 40, 40), (40, 170, 60))
CORNER = (30, 60, 200)
# Name of the file: coders of picture and sound, FFmpeg's writer.
FORMS: dict[str, tuple[str, str, str]] = {
    "film.mp4": ("libx264", "aac", "mp4"),
    "film.mov": ("libx265", "aac", "mov"),
    "film.3gp": ("mpeg4", "libopencore_amrnb", "3gp"),
    "film.webm": ("libvpx-vp9", "libopus", "webm"),
    "film8.webm": ("libvpx", "vorbis", "webm"),
    "film.mkv": ("libx264", "libopus", "matroska"),
    "camera.mov": ("mjpeg", "pcm_s16le", "mov"),
}
PLACES = (
    "title", "artist", "comment", "make", "model", "handler", "places by the second", "units", "compressor", "user data", "meta", "free",
    "uuid", "gap", "after the end", "attachment", "padding",
)  # fmt: skip


def picture(second: float, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image.Image:
    made = Image.new("RGB", size, COLOURS[min(int(second), len(COLOURS) - 1)])
    ImageDraw.Draw(made).rectangle((0, 0, size[0] // 4, size[1] // 4), fill=CORNER)
    return made


def filmed(
    name: str,
    *,
    tags: dict[str, str] | None = None,
    seconds: float = SECONDS,
    rate: int = RATE,
    sound: bool = True,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    sound_from: float = 0,
    pictures_from: float = 0,
    coded: str = "",
    subtitles: str = "",
    into: Callable[[bytes], bytes] = lambda packet: packet,
) -> bytes:
    """The film in the form of this name; `into` may add to the packets of the picture."""
    pictures, sounds, writer = FORMS[name]
    made = io.BytesIO()
    with av.open(made, "w", format=writer) as target:
        target.metadata.update(tags or {})
        stream = target.add_stream(pictures, rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if pictures == "mjpeg" else "yuv420p"
        stream.options = (
            {"x265-params": f"log-level=none:pools=1:frame-threads=1{coded}"} if pictures == "libx265" else {}
        )
        stream.time_base = Fraction(1, rate)
        stream.metadata["handler_name"] = (tags or {}).get("handler", "Core Media Video")
        heard = target.add_stream(sounds, rate=8_000 if "amr" in sounds else 48_000) if sound else None
        if heard is not None:
            heard.options = {"strict": "experimental"}
            heard.layout = "mono" if "amr" in sounds else "stereo"
            heard.bit_rate = 12_200 if "amr" in sounds else 64_000
        if subtitles:
            _write_subtitles(target, subtitles)
        for number in range(round(pictures_from * rate), round(seconds * rate)):
            frame = av.VideoFrame.from_image(picture(number / rate, size))
            frame.pts, frame.time_base = number, Fraction(1, rate)
            _write(target, stream, stream.encode(frame), into)
        _write(target, stream, stream.encode(None), into)
        if heard is not None:
            _write_sound(target, heard, seconds, sound_from)
    return made.getvalue()


def _write(target, stream, packets, into: Callable[[bytes], bytes]) -> None:
    for packet in packets:
        changed = av.Packet(into(bytes(packet)))
        changed.stream, changed.time_base, changed.duration = stream, packet.time_base, packet.duration
        changed.pts, changed.dts, changed.is_keyframe = packet.pts, packet.dts, packet.is_keyframe
        target.mux(changed)


def _write_subtitles(target, text: str) -> None:
    with av.open(io.BytesIO(f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n\n".encode()), format="srt") as source:
        stream = target.add_stream_from_template(source.streams[0])
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)


def _write_sound(target, stream, seconds: float, begin: float) -> None:
    with av.open(io.BytesIO(tone(seconds - begin))) as source:
        for frame in source.decode(audio=0):
            frame.pts += round(begin * frame.sample_rate)
            target.mux(stream.encode(frame))
    target.mux(stream.encode(None))


@cache
def marked(name: str) -> tuple[bytes, list[str]]:
    """This form with all its places filled, and the markers in it."""
    place = lambda where: marker(name, where)  # noqa: E731
    tags = {where: place(where) for where in ("title", "artist", "comment", "make", "model", "handler")}
    tags |= {"location": "+59.3293+018.0686/", "creation_time": "2026-11-01T10:00:00Z"}
    writer = FORMS[name][2]
    content = filmed(
        name,
        tags=tags,
        into=_with_units(place("units")) if FORMS[name][0] == "libx264" else lambda packet: packet,
    )
    if writer in {"mp4", "mov", "3gp"}:
        content = _boxes(content, place)
    elif writer in {"matroska", "webm"}:
        content += _element(0xEC, place("padding"))
    content += place("after the end").encode()
    return content, [place(where) for where in PLACES if place(where).encode() in content]


def _with_units(said: str) -> Callable[[bytes], bytes]:
    """Add what decoders step over to each picture: a note of the encoder's user, and filling."""
    note = b"\x06\x05" + bytes((16 + len(said),)) + bytes(range(1, 17)) + said.encode() + b"\x80"
    filling = b"\x0c" + said.encode() + b"\x80"

    def into(packet: bytes) -> bytes:
        return b"\0\0\0\1" + note + b"\0\0\0\1" + filling + packet

    return into


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def _boxes(content: bytes, place: Callable[[str], str]) -> bytes:
    """Fill the places of an ISO file, whose description stands behind its content: nothing has to move."""
    at = content.rindex(b"moov") - 4
    data, movie = content[:at], content[at:]
    start = data.index(b"mdat") - 4
    said = place("places by the second").encode()
    track = _data_track(len(data), len(said))
    data += said + place("gap").encode()
    data = data[:start] + struct.pack(">I", len(data) - start) + data[start + 4 :]
    # The name of the program that compressed it has 32 bytes in the description of each video.
    entry = next(movie.index(name) for name in (b"avc1", b"hev1", b"mp4v", b"jpeg") if name in movie) + 46
    name = place("compressor").encode()[:31]
    movie = movie[:entry] + bytes((len(name),)) + name.ljust(31, b"\0") + movie[entry + 32 :]
    more = track + box(b"udta", box(b"\xa9xyz", struct.pack(">HH", 30, 0) + place("user data").encode()))
    more += box(b"meta", bytes(4) + box(b"free", place("meta").encode()))
    movie = struct.pack(">I", len(movie) + len(more)) + movie[4:] + more
    return data + movie + box(b"free", place("free").encode()) + box(b"uuid", bytes(16) + place("uuid").encode())


def _data_track(at: int, size: int) -> bytes:
    """A track of data in time, as telephones write where and how they were held."""
    word = lambda *numbers: struct.pack(f">{len(numbers)}I", *numbers)  # noqa: E731
    table = box(b"stsd", word(0, 1) + box(b"mebx", bytes(6) + b"\0\1" + box(b"keys", word(0)))) + b"".join(
        box(name, word(0, *numbers))
        for name, numbers in (
            (b"stts", (1, 1, 1000)),
            (b"stsc", (1, 1, 1, 1)),
            (b"stsz", (size, 1)),
            (b"stco", (1, at)),
        )
    )
    here = box(b"dinf", box(b"dref", word(0, 1) + box(b"url ", word(1))))
    media = box(b"mdhd", word(0, 0, 0, 1000, 1000, 0x55C40000)) + box(b"hdlr", word(0, 0) + b"meta" + bytes(13))
    media += box(b"minf", box(b"nmhd", word(0)) + here + box(b"stbl", table))
    return box(b"trak", box(b"tkhd", word(3, 0, 0, 9, 0, 1000) + bytes(60)) + box(b"mdia", media))


def _element(name: int, said: str) -> bytes:
    return bytes((name, 0x80 | len(said))) + said.encode()


def turned(content: bytes, quarter_turns: int) -> bytes:
    """The film with the matrix of a telephone that was held otherwise."""
    one, minus = 1 << 16, -(1 << 16)
    numbers = ((one, 0, 0, one), (0, one, minus, 0), (minus, 0, 0, minus), (0, minus, one, 0))[quarter_turns]
    matrix = struct.pack(">9i", numbers[0], numbers[1], 0, numbers[2], numbers[3], 0, 0, 0, 1 << 30)
    at = content.index(b"tkhd") + 44
    return content[:at] + matrix + content[at + 36 :]


def cut(content: bytes, seconds: int) -> bytes:
    """The film as a telephone cuts it: the beginning is in it still, and a list says that it is not shown."""
    at = content.index(b"elst") + 12
    length, begin, speed = struct.unpack(">IiI", content[at : at + 12])
    scale = struct.unpack(">I", content[content.index(b"mvhd") + 16 :][:4])[0]
    media = struct.unpack(">I", content[content.index(b"mdhd") + 16 :][:4])[0]
    entry = struct.pack(">IiI", length - seconds * scale, begin + seconds * media, speed)
    return content[:at] + entry + content[at + 12 :]
