"""Films: what is seen and heard stays, and of what is written beside it nothing."""

from __future__ import annotations

import io
import json
import struct
import subprocess

import av
import pytest
from files.films import COLOURS, CORNER, FORMS, HEIGHT, SECONDS, WIDTH, box, cut, filmed, marked, turned
from files.media_jail import cleaned, hertz, refusals
from PIL import Image

from scrubbers.sniff import sniff_kind
from trusted.jail.stages import Kind, Lost, Refused, SoundOrFilm, TooManyPixels, What

SLACK_SECONDS = 0.15
ALIKE = 40  # of 255: a film keeps half of the colours' places


@pytest.fixture(scope="module")
def results() -> dict[str, tuple]:
    return dict(zip(FORMS, cleaned(*(marked(name)[0] for name in FORMS)), strict=True))


@pytest.mark.parametrize("name", FORMS)
def test_of_what_is_beside_pictures_and_sound_nothing_is_left(results, name) -> None:
    kind, content, preview, report = results[name]
    planted = marked(name)[1]

    assert kind is Kind.FILM
    assert len(planted) >= 4
    assert [one for one in planted if one.encode() in content + preview] == []
    assert report.lost == (Lost.FULL_FILM, Lost.FULL_SOUND)
    with Image.open(io.BytesIO(preview), formats=("JPEG",)) as picture:
        assert picture.size == (WIDTH, HEIGHT)


def test_every_place_of_a_film_of_a_telephone_was_filled() -> None:
    """A place that could not be filled would be counted as clean."""
    planted = {one.split("-")[2] for name in FORMS for one in marked(name)[1]}

    assert planted == {
        "title", "artist", "comment", "make", "model", "handler", "places by the second", "units", "compressor", "user data",
        "meta", "free", "uuid", "gap", "after the end", "padding",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["film.mov", "film.mkv"])
def test_the_report_names_what_was_beside_them(results, name) -> None:
    found = {one.what for one in results[name][3].removed}

    assert {What.TITLE, What.PERSON, What.COMMENT, What.DEVICE, What.PLACE, What.DATE} <= found


def test_the_names_that_an_iphone_gives_its_tags_are_told_apart() -> None:
    """All of them begin with the word time: an author was reported as a date."""
    tags = {f"com.apple.quicktime.{name}": "Anna" for name in ("author", "comment", "title", "make")}

    ((_, _, _, report),) = cleaned(filmed("film.mkv", seconds=0.1, sound=False, tags=tags))

    kinds = {one.what for one in report.removed}
    assert {What.PERSON, What.COMMENT, What.TITLE, What.DEVICE} <= kinds
    assert What.DATE not in kinds


def test_a_film_with_subtitles_comes_without_them() -> None:
    source = filmed("film.mkv", seconds=0.2, subtitles="MK-subtitles-KM")

    ((kind, content, _, report),) = cleaned(source)

    assert b"MK-subtitles-KM" in source
    assert kind is Kind.FILM
    assert b"MK-subtitles-KM" not in content
    assert What.EMBEDDED_FILE in {one.what for one in report.removed}


@pytest.mark.parametrize("name", FORMS)
def test_what_is_seen_and_heard_stays_by_the_hand_of_another_reader(results, name) -> None:
    pictures, seconds, pitch = played(results[name][1])

    assert len(pictures) == SECONDS * 25
    for second, colour in enumerate(COLOURS):
        middle = pictures[25 * second + 12]
        assert middle.size == (WIDTH, HEIGHT)
        assert alike(middle.getpixel((WIDTH // 2, HEIGHT // 2)), colour)
        assert alike(middle.getpixel((WIDTH // 8, HEIGHT // 8)), CORNER)
    assert abs(seconds - SECONDS) < SLACK_SECONDS
    assert abs(pitch - 440) < 10


def alike(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return max(abs(one - other) for one, other in zip(found, wanted, strict=True)) < ALIKE


def played(content: bytes) -> tuple[list[Image.Image], float, float]:
    """The pictures, seconds of sound, and how often a second it goes up through zero."""
    with av.open(io.BytesIO(content), format="mp4") as container:
        pictures = [frame.to_image() for frame in container.decode(video=0)]
    values = heard(content)
    return pictures, len(values) / 32_000, hertz(values, 32_000)


def test_an_outside_reader_finds_nothing_but_the_form(results, tmp_path) -> None:
    for name, (_, content, _, _) in results.items():
        (tmp_path / f"{name}.mp4").write_bytes(content)
    said = subprocess.run(
        ["exiftool", "-json", "-a", "-u", "-ee", "-G1", "-s", "--System:all", "--ExifTool:all", tmp_path],
        capture_output=True,
        check=True,
    )
    entries = json.loads(said.stdout)

    assert len({frozenset(entry) for entry in entries}) == 1
    assert {value for key, value in entries[0].items() if "Date" in key} == {"0000:00:00 00:00:00"}
    assert {key.partition(":")[0] for key in entries[0]} == {
        "SourceFile", "File", "QuickTime", "Track1", "Track2", "Composite"
    }  # fmt: skip


def test_a_film_is_turned_as_it_was() -> None:
    upright = filmed("film.mp4", seconds=0.2, sound=False)
    sources = [turned(upright, quarter_turns) for quarter_turns in range(4)]

    for quarter_turns, (source, result) in enumerate(zip(sources, cleaned(*sources), strict=True)):
        assert rotation(result[1]) == rotation(source)
        with Image.open(io.BytesIO(result[2]), formats=("JPEG",)) as picture:
            assert picture.size == ((WIDTH, HEIGHT) if quarter_turns % 2 == 0 else (HEIGHT, WIDTH))
            wide, high = picture.size
            x, y = ((0, 0), (1, 0), (1, 1), (0, 1))[quarter_turns]
            assert alike(picture.getpixel((wide // 8 + x * wide * 3 // 4, high // 8 + y * high * 3 // 4)), CORNER)


def rotation(content: bytes) -> int:
    with av.open(io.BytesIO(content)) as container:
        return next(container.decode(video=0)).rotation


def test_what_was_cut_off_before_is_not_in_it() -> None:
    ((_, content, preview, _),) = cleaned(cut(filmed("film.mp4", sound=False), 1))

    pictures, _, _ = played(content)

    assert 24 <= len(pictures) <= 26
    assert alike(pictures[0].getpixel((WIDTH // 2, HEIGHT // 2)), COLOURS[1])
    with Image.open(io.BytesIO(preview), formats=("JPEG",)) as picture:
        assert alike(picture.getpixel((WIDTH // 2, HEIGHT // 2)), COLOURS[1])


def test_a_large_film_becomes_smaller_and_a_slow_one_keeps_its_time() -> None:
    large, slow, wide = cleaned(
        filmed("camera.mov", seconds=0.1, size=(1920, 1080), sound=False),
        filmed("film.mp4", seconds=2, rate=10, sound=False),
        filmed("film.mov", seconds=0.1, sound=False, coded=":colormatrix=bt2020nc"),
    )

    assert played(large[1])[0][0].size == (1280, 720)
    pictures, _, _ = played(slow[1])
    assert len(pictures) == 2 * 25 - 1  # the last one stands for itself
    assert alike(pictures[12].getpixel((80, 48)), COLOURS[0])
    assert alike(pictures[37].getpixel((80, 48)), COLOURS[1])
    assert slow[3].lost == (Lost.FULL_FILM,)
    assert wide[3].lost == (Lost.FULL_FILM, Lost.EXACT_COLOURS)


def test_a_film_of_an_old_camera_has_no_brand_and_a_text_with_such_a_word_is_a_text() -> None:
    film = filmed("camera.mov", seconds=0.2, sound=False)
    size = int.from_bytes(film[:4], "big")
    movie = film.rindex(b"moov")
    # Its description stands behind its content, whose place it tells.
    without = film[size : movie - 4] + moved(film[movie - 4 :], -size)

    ((kind, content, _, _),) = cleaned(without)

    assert without[4:8] == b"wide"
    assert kind is Kind.FILM
    assert len(played(content)[0]) == 5
    assert sniff_kind(b"The wide road is open.\n") is Kind.TEXT


def moved(movie: bytes, by: int) -> bytes:
    at = movie.index(b"stco") + 8
    (count,) = struct.unpack(">I", movie[at : at + 4])
    places = struct.unpack(f">{count}I", movie[at + 4 : at + 4 + 4 * count])
    return movie[: at + 4] + struct.pack(f">{count}I", *(one + by for one in places)) + movie[at + 4 + 4 * count :]


def heard(content: bytes) -> list[float]:
    """The sound, 32,000 numbers a second."""
    values: list[float] = []
    with av.open(io.BytesIO(content), format="mp4") as container:
        for frame in container.decode(audio=0) if container.streams.audio else ():
            values += memoryview(bytes(frame.planes[0])[: 4 * frame.samples]).cast("f")
    return values


def test_a_sound_that_begins_later_is_heard_later() -> None:
    for _, content, _, _ in cleaned(filmed("film.mp4", sound_from=1), filmed("film.mkv", sound_from=1)):
        values = heard(content)
        begin = next(at for at, value in enumerate(values) if abs(value) > 0.05) / 32_000

        assert abs(begin - 1) < SLACK_SECONDS
        assert abs(len(values) / 32_000 - SECONDS) < SLACK_SECONDS


def test_the_same_film_gives_the_same_bytes_and_a_clean_copy_can_be_cleaned_again(results) -> None:
    again, copy = cleaned(marked("film.mp4")[0], results["film.mp4"][1])

    assert again[1:3] == results["film.mp4"][1:3]
    assert copy[3].removed == ()


def hostile() -> dict[str, bytes]:
    film = filmed("film.mp4", seconds=0.2)
    at = film.index(b"stts")
    many = film[: at + 12] + struct.pack(">I", 2**31) + film[at + 16 :]
    movie = film.rindex(b"moov")
    tracks = film[movie + 4 :] * 1000
    return {
        "only a brand and a picture": box(b"ftyp", b"mp42" + bytes(4))
        + box(b"moov", box(b"trak", box(b"tkhd", bytes(84)))),
        "cut in its description": film[: movie + 300],
        "without its description": film[: movie - 4],
        "tables of no end": many,
        "a thousand tracks": film[: movie - 4] + box(b"moov", tracks),
        "a box of no end": film[: movie - 4] + b"\xff\xff\xff\xff" + film[movie:],
        "boxes in boxes": film[: movie - 4] + nested(2000),
        "noise as Matroska": b"\x1aE\xdf\xa3" + bytes(range(256)) * 8,
    }


def nested(depth: int) -> bytes:
    made = b""
    for _ in range(depth):
        made = box(b"moov", made)
    return made


def test_what_cannot_be_played_is_refused() -> None:
    files = hostile()
    refused = dict(zip(files, refusals(list(files.values())), strict=True))

    # What stands in front of a table or a box of no end can be played, and its copy was vouched for.
    assert {name for name, reason in refused.items() if reason is None} <= {"tables of no end", "a box of no end"}


def test_pictures_without_end_and_rare_codings_are_refused() -> None:
    large = filmed("camera.mov", seconds=0.04, rate=25, size=(4112, 2304), sound=False)
    rare = filmed("film.mp4", seconds=0.1, sound=False).replace(b"avc1", b"drac")
    none = b"".join(filmed("film.mp4", seconds=0.1, sound=False).partition(b"mdat")[:2]) + bytes(500)

    reasons = refusals([large, rare, none])

    assert [type(reason) for reason in reasons[:2]] == [TooManyPixels, SoundOrFilm]
    assert isinstance(reasons[2], Refused)
