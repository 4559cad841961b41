"""Opens a recording or film with one reader, picks its sound, and decodes. Of FFmpeg's 300 readers nine may be used."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import IO, Final, TypeVar

import av

# PyAV imports it when a file has subtitles, and a job can open no file.
import av.subtitles.codeccontext

from trusted.jail.stages import Damaged, SoundOrFilm

_HEAD_BYTES: Final = 12
# By the first bytes, FFmpeg's name of the reader.
_READERS: Final = (
    (b"RIFF", "wav"), (b"fLaC", "flac"), (b"OggS", "ogg"), (b"ID3", "mp3"), (b"\xff\xfb", "mp3"), (b"\xff\xf3", "mp3"),
    (b"\xff\xf2", "mp3"), (b"\xff\xfa", "mp3"), (b"\xff\xe3", "mp3"), (b"\xff\xe2", "mp3"), (b"\xff\xf1", "aac"),
    (b"\xff\xf9", "aac"), (b"#!AMR", "amr"), (b"\x1aE\xdf\xa3", "matroska"), (b"caff", "caf"),
)  # fmt: skip
# A tag that says how long it is, seven bits to the byte, and stands in front of MP3, FLAC or AAC.
_TAG: Final = b"ID3"
_TAG_HEAD_BYTES: Final = 10
_BEHIND_TAGS: Final = frozenset(("flac", "aac"))
_ISO: Final = "mov"
_ISO_BOX_TYPE: Final = slice(4, 8)
_FIRST_BOXES: Final = frozenset((b"ftyp", b"moov", b"wide"))
# What telephones, recorders and messengers write.
_DECODERS: Final = frozenset((
    "aac", "alac", "amrnb", "amrwb", "flac", "libopencore_amrnb", "libopencore_amrwb", "libopus", "libvorbis", "mp3",
    "mp3float", "opus", "pcm_alaw", "pcm_f32le", "pcm_mulaw", "pcm_s16be", "pcm_s16le", "pcm_s24le", "pcm_s32le",
    "pcm_u8", "vorbis",
))  # fmt: skip
_Stream = TypeVar("_Stream", av.VideoStream, av.AudioStream)
_MOST_STREAMS: Final = 16
_FEWEST_GOOD: Final = 0.95  # of the packets: a telephone that was switched off leaves broken ones
_PROBED_BYTES: Final = 4 * 2**20


def opened(file: IO[bytes]) -> AbstractContextManager["av.container.InputContainer"]:
    """Return the container, read by the reader of its kind. Raises Damaged, or what the library raises."""
    reader = _reader_of(file)
    if reader is None:
        raise Damaged
    options = {"probesize": str(_PROBED_BYTES), "protocol_whitelist": "", "max_streams": str(_MOST_STREAMS)}
    return av.open(file, "r", format=reader, options=options, metadata_errors="replace")


def _reader_of(file: IO[bytes]) -> str | None:
    """Return the reader for the container of a file, and leave the file at its beginning."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    reader = _ISO if head[_ISO_BOX_TYPE] in _FIRST_BOXES else _reader_by(head)
    if head.startswith(_TAG) and len(head) == _HEAD_BYTES:
        length = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(head[6:_TAG_HEAD_BYTES])))
        file.seek(_TAG_HEAD_BYTES + length)
        behind = _reader_by(file.read(_HEAD_BYTES))
        reader = behind if behind in _BEHIND_TAGS else reader
    file.seek(0)
    return reader


def _reader_by(head: bytes) -> str | None:
    return next((name for sign, name in _READERS if head.startswith(sign)), None)


def moving_picture_of(container: "av.container.InputContainer") -> "av.VideoStream | None":
    """Return the one that players show, if any; covers do not move. Raises SoundOrFilm where it is not certain."""
    covers = av.stream.Disposition.attached_pic
    return _played(container, [stream for stream in container.streams.video if not stream.disposition & covers])


def sound_of(container: "av.container.InputContainer") -> "av.AudioStream":
    """Return the sound that players play. Raises SoundOrFilm without one, where it is not certain, or too rare."""
    stream = _played(container, container.streams.audio)
    if stream is None or stream.codec_context is None or stream.codec_context.codec.name not in _DECODERS:
        raise SoundOrFilm
    # A job has no threads.
    stream.codec_context.thread_count = 1
    return stream


def decoded(
    container: "av.container.InputContainer", *streams: "av.VideoStream | av.AudioStream"
) -> "Iterator[av.VideoFrame | av.AudioFrame]":
    """Yield the pictures and pieces of sound of these streams in order. Raises Damaged where too many do not decode."""
    packets = broken = 0
    for packet in container.demux(*streams):
        packets += 1
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            broken += 1
            continue
        yield from (frame for frame in frames if isinstance(frame, av.VideoFrame | av.AudioFrame))
    if broken > max(1, (1 - _FEWEST_GOOD) * packets):
        raise Damaged


def _played(container: "av.container.InputContainer", streams: Sequence[_Stream]) -> _Stream | None:
    """Return the only one that the file says to play. Raises SoundOrFilm where it says so of none or of several."""
    if not streams:
        return None
    if len(streams) == 1 and not container.format.name.startswith(_ISO):
        # Elsewhere the mark chooses among several; in an ISO file it says whether a track is played at all.
        return streams[0]
    said = [stream for stream in streams if stream.disposition & av.stream.Disposition.default]
    if len(said) != 1:
        raise SoundOrFilm
    return said[0]
