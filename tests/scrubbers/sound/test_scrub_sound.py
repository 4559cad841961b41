"""Recordings: what is heard stays, and of what is written beside it nothing."""

from __future__ import annotations

import array
import io
import json
import math
import subprocess
import wave
from fractions import Fraction

import av
import pytest
from files.media_jail import cleaned, hertz, refusals
from files.recordings import SECONDS, marked, recorded, tone
from PIL import Image

from second_reader.sound import is_clean_sound
from trusted.jail.stages import Kind, Lost, Refused, SoundOrFilm, What

RECORDINGS = marked()
FRAME_BYTES = 288
# Of the encoder and its first frame; and one frame is 36 milliseconds.
SLACK_SECONDS = 0.15


@pytest.fixture(scope="module")
def results() -> dict[str, tuple]:
    return dict(zip(RECORDINGS, cleaned(*(content for content, _ in RECORDINGS.values())), strict=True))


@pytest.mark.parametrize("name", RECORDINGS)
def test_of_what_is_beside_the_sound_nothing_is_left(results, name) -> None:
    kind, content, preview, report = results[name]
    planted = RECORDINGS[name][1]

    assert kind is Kind.SOUND
    assert planted
    assert [one for one in planted if one.encode() in content + preview] == []
    assert report.lost == (Lost.FULL_SOUND,)
    with Image.open(io.BytesIO(preview), formats=("JPEG",)) as picture:
        assert picture.size == (320, 96)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("memo.m4a", {What.TITLE, What.PERSON, What.COMMENT, What.PLACE, What.DATE}),
        ("memo.mp3", {What.TITLE, What.PERSON, What.COMMENT, What.DEVICE, What.PLACE, What.DATE, What.THUMBNAIL}),
        ("memo.opus", {What.TITLE, What.PERSON, What.COMMENT, What.DEVICE, What.PLACE, What.DATE}),
        ("memo.flac", {What.TITLE, What.PERSON, What.COMMENT, What.DEVICE, What.PLACE, What.DATE}),
        ("memo.wav", {What.TITLE, What.PERSON, What.COMMENT}),
    ],
)
def test_the_report_names_what_was_beside_it(results, name, told) -> None:
    found = {one.what for one in results[name][3].removed}

    assert told <= found


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_is_heard_stays_by_the_hand_of_another_decoder(results, name, tmp_path) -> None:
    """FFmpeg of the wheel reads it back: as long as it was, and the tone is at its place."""
    seconds, pitch = heard(results[name][1])

    assert abs(seconds - SECONDS) < SLACK_SECONDS
    assert abs(pitch - 440) < 10


def heard(content: bytes) -> tuple[float, float]:
    """Seconds, and how often a second the sound goes up through zero, in its middle."""
    values: list[int] = []
    with av.open(io.BytesIO(content), format="mp3") as container:
        rate = container.streams.audio[0].rate
        resampler = av.AudioResampler("s16", "mono", rate)
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                values += memoryview(bytes(piece.planes[0])[: 2 * piece.samples]).cast("h")
    return len(values) / rate, hertz(values, rate)


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_mp3_frames_of_each_version_are_taken_without_a_tag(rate) -> None:
    """MPEG 2.5, which dictation machines and messages write, MPEG 2 and MPEG 1 begin with other bytes."""
    codec = av.CodecContext.create("libmp3lame", "w")
    codec.sample_rate, codec.layout, codec.format, codec.time_base = rate, "mono", "s16p", Fraction(1, rate)
    resampler = av.AudioResampler("s16p", "mono", rate, frame_size=1152 if rate > 24_000 else 576)
    with av.open(io.BytesIO(tone())) as source:
        pieces = [piece for frame in [*source.decode(audio=0), None] for piece in resampler.resample(frame)]
    frames = b"".join(bytes(packet) for piece in [*pieces, None] for packet in codec.encode(piece))

    ((_, content, _, _),) = cleaned(frames)

    # With the silence at both ends that an encoder adds, three frames of up to 72 milliseconds.
    assert SECONDS <= heard(content)[0] < SECONDS + 2 * SLACK_SECONDS


@pytest.mark.parametrize("name", ["memo.flac", "memo.aac", "memo.mp3"])
def test_a_tag_in_front_of_any_recording_is_stepped_over(name) -> None:
    """Programs that tag put ID3 in front of FLAC and AAC, too."""
    said = b"\0MK-tag-KM"
    frame = b"TIT2" + len(said).to_bytes(4, "big") + b"\0\0" + said
    source = b"ID3\3\0\0\0\0\0" + bytes((len(frame),)) + frame + recorded(name)

    ((_, content, _, _),) = cleaned(source)

    assert abs(heard(content)[0] - SECONDS) < SLACK_SECONDS
    assert b"MK-tag-KM" not in content


def test_an_outside_reader_finds_nothing_but_the_form(results, tmp_path) -> None:
    for name, (_, content, _, _) in results.items():
        (tmp_path / f"{name}.mp3").write_bytes(content)
    said = subprocess.run(
        ["exiftool", "-json", "-a", "-u", "-G1", "-s", "--System:all", "--ExifTool:all", "--File:all", tmp_path],
        capture_output=True,
        check=True,
    )
    names = {key for entry in json.loads(said.stdout) for key in entry} - {"SourceFile"}

    assert names == {
        "MPEG:MPEGAudioVersion", "MPEG:AudioLayer", "MPEG:AudioBitrate", "MPEG:SampleRate", "MPEG:ChannelMode",
        "MPEG:CopyrightFlag", "MPEG:OriginalMedia", "MPEG:Emphasis", "MPEG:MSStereo", "MPEG:IntensityStereo",
        "Composite:Duration",
    }  # fmt: skip


def test_the_same_recording_gives_the_same_bytes() -> None:
    first, second = cleaned(RECORDINGS["memo.m4a"][0], RECORDINGS["memo.m4a"][0])

    assert first[1:3] == second[1:3]


def test_a_clean_copy_can_be_cleaned_again(results) -> None:
    ((_, content, _, report),) = cleaned(results["memo.m4a"][1])

    assert content
    assert report.removed == ()


NOT_HEARD = {
    "only a brand": b"\0\0\0\x18ftypmp42" + bytes(200),
    "only a tag": b"ID3\x03" + bytes(200),
    "cut": recorded("memo.m4a")[:300],
    "empty pages": b"OggS" + bytes(500),
    "empty Matroska": b"\x1aE\xdf\xa3" + bytes(500),
    "cut wave": recorded("memo.wav")[:60],
    "noise as AMR": b"#!AMR\n" + b"\xff" * 400,
    "a table of no end": b"\0\0\0\x18ftypM4A " + bytes(12) + b"\x7f\xff\xff\xffmoov" + bytes(4_000),
}


def test_what_cannot_be_heard_is_refused() -> None:
    refused = dict(zip(NOT_HEARD, refusals(list(NOT_HEARD.values())), strict=True))

    assert [name for name, reason in refused.items() if not isinstance(reason, Refused)] == []


def test_a_recording_that_was_cut_off_keeps_what_is_there() -> None:
    whole = recorded("memo.mp3")

    ((_, content, _, _),) = cleaned(whole[: len(whole) * 3 // 4])

    assert SECONDS / 2 < heard(content)[0] < SECONDS


@pytest.mark.parametrize(
    "change",
    [
        lambda clean: clean + b"x",
        lambda clean: clean[:-1],
        lambda clean: b"ID3\3\0\0\0\0\0\0" + clean,
        lambda clean: clean + b"TAG" + bytes(125),
        lambda clean: clean + clean[:FRAME_BYTES].replace(b"\xff\xfb\x58", b"\xff\xfb\x59"),
        lambda clean: clean[:5] + bytes((clean[5] | 0x7C,)) + clean[6:],
        lambda clean: clean[: FRAME_BYTES - 8] + b"a secret" + clean[FRAME_BYTES:],
        lambda _: b"",
    ],
    ids=[
        "a byte more",
        "a byte less",
        "a tag in front",
        "a tag behind",
        "private bit",
        "private bits",
        "filling",
        "none",
    ],
)
def test_the_second_reader_refuses_any_other(change) -> None:
    clean = SILENCE[0]

    assert is_clean_sound(clean)
    assert not is_clean_sound(change(clean))


# Frames that are mostly filling: silence takes few bits.
SILENCE: list[bytes] = []


@pytest.fixture(autouse=True, scope="module")
def silence() -> None:
    wave_file = tone(0.5, 0.0)
    SILENCE.append(cleaned(wave_file)[0][1])


def two_channels(right: float, seconds: float = 2) -> bytes:
    """A tone on the left, and so much of it on the right."""
    samples = array.array("h")
    for at in range(round(48_000 * seconds)):
        loud = 8_000 * math.sin(2 * math.pi * 440 * at / 48_000)
        samples.extend((round(loud), round(right * loud)))
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(samples.tobytes())
    return made.getvalue()


@pytest.mark.parametrize("right", [-1, -0.9])
def test_a_recording_of_which_the_copy_would_be_silent_is_refused(right) -> None:
    with pytest.raises(SoundOrFilm):
        cleaned(two_channels(right))


@pytest.mark.parametrize("right", [1, 0, -0.3])
def test_a_recording_with_two_channels_that_differ_is_taken(right) -> None:
    ((_, content, _, _),) = cleaned(two_channels(right))

    with av.open(io.BytesIO(content)) as copy:
        assert max(max(bytes(frame.planes[0])) for frame in copy.decode(audio=0)) > 0
