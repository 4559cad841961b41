"""Opens a recording or film with one reader, and picks its sound. Of FFmpeg's 300 readers nine may be used."""

from contextlib import AbstractContextManager
from typing import IO, Final

import av

from scrubbers.stages import Damaged, SoundOrFilm

_HEAD_BYTES: Final = 12
# By the first bytes, FFmpeg's name of the reader.
_READERS: Final = (
    (b"RIFF", "wav"), (b"fLaC", "flac"), (b"OggS", "ogg"), (b"ID3", "mp3"), (b"\xff\xfb", "mp3"), (b"\xff\xf3", "mp3"),
    (b"\xff\xf2", "mp3"), (b"\xff\xfa", "mp3"), (b"\xff\xf1", "aac"), (b"\xff\xf9", "aac"), (b"#!AMR", "amr"),
    (b"\x1aE\xdf\xa3", "matroska"), (b"caff", "caf"),
)  # fmt: skip
_ISO_BOX_TYPE: Final = slice(4, 8)
_FIRST_BOXES: Final = frozenset((b"ftyp", b"moov", b"wide"))
# What telephones, recorders and messengers write.
_DECODERS: Final = frozenset((
    "aac", "alac", "amrnb", "amrwb", "flac", "libopencore_amrnb", "libopencore_amrwb", "libopus", "libvorbis", "mp3",
    "mp3float", "opus", "pcm_alaw", "pcm_f32le", "pcm_mulaw", "pcm_s16be", "pcm_s16le", "pcm_s24le", "pcm_s32le",
    "pcm_u8", "vorbis",
))  # fmt: skip
_MOST_STREAMS: Final = 16
_PROBED_BYTES: Final = 4 * 2**20


def opened(file: IO[bytes]) -> AbstractContextManager["av.container.InputContainer"]:
    """Return the container, read by the reader of its kind. Raises Damaged, or what the library raises."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    reader = (
        "mov"
        if head[_ISO_BOX_TYPE] in _FIRST_BOXES
        else next((name for sign, name in _READERS if head.startswith(sign)), None)
    )
    if reader is None:
        raise Damaged
    options = {"probesize": str(_PROBED_BYTES), "protocol_whitelist": "", "max_streams": str(_MOST_STREAMS)}
    return av.open(file, "r", format=reader, options=options, metadata_errors="replace")


def moving_picture_of(container: "av.container.InputContainer") -> "av.VideoStream | None":
    """Return the first that is no still picture which players show beside the sound."""
    covers = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & covers), None)


def sound_of(container: "av.container.InputContainer") -> "av.AudioStream":
    """Return the sound that a player plays. Raises SoundOrFilm without one, and for a coding that is not taken."""
    if not container.streams.audio:
        raise SoundOrFilm
    stream = container.streams.audio[0]
    if stream.codec_context is None or stream.codec_context.codec.name not in _DECODERS:
        raise SoundOrFilm
    # A job has no threads.
    stream.codec_context.thread_count = 1
    return stream
