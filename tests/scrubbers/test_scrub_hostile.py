"""Files made to harm: each is refused for what it is, or comes out clean, and nothing else happens."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
import zlib

import pytest
from corpus.index import chunk, corpus, encoded, picture, riff, with_chunks, with_segments
from corpus.pdf import pdf_corpus
from hostile.files import PDF_CLASSES, PICTURE_CLASSES
from hostile.jail import MemoryWatch
from hostile.pdfs import document, pdfs
from hostile.pictures import nothing, pictures
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from processes.measured import quickest

from scrubbers.sniff import sniff_kind
from trusted.jail import stages
from trusted.jail.protocol import HEAD_BYTES, PREVIEW_BYTES, RESULT_BYTES
from trusted.jail.report_wire import decode_report, encode_report
from trusted.jail.stages import Kind, Lost, Refused, Removed, What, Where, WouldNotVouch

# Files that are refused before any decoder sees them.


@pytest.mark.parametrize(
    ("head", "refused"),
    [
        (b"", stages.Empty),
        (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zip", stages.OfficeDocument),
        (b"PK\x03\x04" + bytes(26) + b"Index/Document.iwa", stages.OfficeDocument),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", stages.OfficeDocument),
        (b"<?xml version='1.0'?>\n<svg xmlns=", stages.DrawnPicture),
        (b"\xef\xbb\xbf <SVG>", stages.DrawnPicture),
        (b"RIFF\0\0\0\0AVI LIST", stages.SoundOrFilm),
        (b"MThd\0\0\0\6", stages.SoundOrFilm),
        (b"FLV\1", stages.SoundOrFilm),
        (b"PK\x03\x04" + bytes(26) + b"bilder/1.jpg", stages.Archive),
        (b"\x1f\x8b\x08", stages.Archive),
        (b"7z\xbc\xaf\x27\x1c", stages.Archive),
        (bytes(257) + b"ustar", stages.Archive),
        (b"\0\0\0\x0cJXL \r\n\x87\n", stages.UncommonPicture),
        (b"\0\0\0\x14ftypmif1\0\0\0\0mif1", stages.UncommonPicture),
        (b"\0\0\0\x18ftypmif1\0\0\0\0heicavif", stages.KindsDisagree),
        (b"\0\0\0\x18ftypcrx ", stages.CameraRaw),
        (b"II*\0\x10\0\0\0CR\x02", stages.CameraRaw),
        (b"%!PS-Adobe-3.0", stages.UnknownKind),
        (b"\x7fELF", stages.UnknownKind),
        (b"Received: from a\r\n by b\r\nFrom: c <c@example.com>\r\n", stages.Email),
        (b"Note: of today\nReceived: from a by b\n", stages.Email),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "__substg1.0_001A".encode("utf-16-le"), stages.Email),
        (b"<?xml version='1.0'?><p>", stages.UnknownKind),
        (b"FORM\0\0\0\x0cAIFFCOMM", stages.SoundOrFilm),
        ((b"G" + 187 * b"\0") * 3, stages.SoundOrFilm),
        (b"just words\0", stages.UnknownKind),
        (b"just words\x1b[2J", stages.UnknownKind),
        (b"\xff\xfe<\0h\0", stages.UnknownKind),
        (b"PK\x03\x04" + bytes(26) + b"bilder/1.pdf %PDF-1.7", stages.Archive),
    ],
)
def test_what_cannot_be_cleaned_is_refused_with_the_advice_that_fits(head, refused) -> None:
    with pytest.raises(refused):
        sniff_kind(head)


@pytest.mark.parametrize("piece", [b"<!---->", b"<?xml>", b"<!-- -->\n", b"<!--", b"<", b"X-A: b\n", b"\nFrom 1:"])
def test_no_beginning_is_read_for_long(piece) -> None:
    """It is read by the process that takes reports, before any jail."""
    head = (piece * HEAD_BYTES)[: HEAD_BYTES - 1] + b"x"

    def kind() -> None:
        with contextlib.suppress(stages.NotCleanable):
            sniff_kind(head)

    assert quickest(kind, 1) < 0.2


@pytest.mark.parametrize("text", [b"FORMULAR 2024\nNamn: A\n", b"FORM;Namn;Belopp\n1;2;3\n"])
def test_a_text_is_not_taken_for_a_sound_by_its_first_letters(text) -> None:
    assert sniff_kind(text) in {Kind.TEXT, Kind.CSV}


@given(st.binary(max_size=400))
def test_any_beginning_is_a_kind_or_a_refusal(head) -> None:
    outcome: object
    try:
        outcome = sniff_kind(head)
    except stages.NotCleanable as refused:
        outcome = refused

    assert isinstance(outcome, Kind | stages.NotCleanable)


def test_every_refusal_has_a_number_and_a_text_of_its_own() -> None:
    assert len({leaf.code for leaf in stages.REFUSALS}) == len(stages.REFUSALS)
    assert len({leaf.text_key for leaf in stages.REFUSALS}) == len(stages.REFUSALS)
    assert type(stages.refusal(12345)) is stages.JobDied


# Files that a decoder would choke on, or be harmed by.


DOCUMENTS = pdfs()
HOSTILE = {**pictures(), **DOCUMENTS}
WORST = {"seconds": (0.0, ""), "MiB": (0, "")}
# Of the processor: the worst, a WebP of 3,000 frames, takes 4.2 s on a crowded machine, of the 20 a job may have.
# By the clock: the limits of a job and what it takes to end it.
MOST_SECONDS, MOST_CLOCK_SECONDS, MOST_MIB = 10, 35, 1536
MOST_MIB_OF_A_DOCUMENT = 1024


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_harm_is_refused_or_clean(jail, name) -> None:
    hostile = HOSTILE[name]
    clean, refused = b"", None
    started, cpu = time.monotonic(), jail.cpu_seconds()

    with MemoryWatch(jail) as watch:
        try:
            _, clean = jail.clean(hostile.content)
        except Refused as reason:
            refused = reason

    seconds, mib = jail.cpu_seconds() - cpu, watch.most >> 20
    for measured, value in (("seconds", seconds), ("MiB", mib)):
        WORST[measured] = max(WORST[measured], (value, name))
    assert seconds < MOST_SECONDS
    assert time.monotonic() - started < MOST_CLOCK_SECONDS
    assert mib < (MOST_MIB_OF_A_DOCUMENT if name in DOCUMENTS else MOST_MIB)
    assert jail.alive()
    if hostile.expected:
        assert isinstance(refused, hostile.expected)
    else:
        assert clean or type(refused) is not WouldNotVouch
    assert not [found for found in hostile.never if found in clean]


def test_two_documents_at_once_stay_under_two_gibibytes(jail) -> None:
    worst = ("forms that draw forms ten times over", "forty thousand marks within marks")

    async def both() -> list[object]:
        return await asyncio.gather(
            *(jail.clean_soon(DOCUMENTS[name].content) for name in worst), return_exceptions=True
        )

    with MemoryWatch(jail) as watch:
        outcomes = jail.loop.run_until_complete(both())

    assert all(isinstance(outcome, Refused) for outcome in outcomes)
    assert 2**29 < watch.most_of_two < 2 * 2**30


def test_every_class_of_attack_is_there_and_the_worst_of_them_is_told(capsys) -> None:
    assert {hostile.of_class for hostile in pictures().values()} == PICTURE_CLASSES
    assert {hostile.of_class for hostile in pdfs().values()} == PDF_CLASSES
    with capsys.disabled():
        print(f"\n{len(HOSTILE)} hostile files, at worst {WORST['seconds'][0]:.1f} s of a processor ({WORST['seconds'][1]})"
              f" and {WORST['MiB'][0]} MiB ({WORST['MiB'][1]})")  # fmt: skip


def test_after_all_of_them_the_jail_still_cleans(jail) -> None:
    kind, clean = jail.clean(encoded(picture(), "JPEG"))

    assert (kind, clean[:2]) == (Kind.JPEG, b"\xff\xd8")


def test_a_note_that_says_nothing_of_its_look_is_no_attack(jail) -> None:
    """PDFium then writes the document again, with a look that it makes."""
    notes = b"<</Type/Annot/Subtype/Square/Rect[20 20 90 90]/C[1 0 0]/Contents(Anna)>>" * 10

    kind, clean = jail.clean(document(page=b"/Annots[%s]" % notes))

    assert kind is Kind.PDF
    assert b"Anna" not in clean


def test_a_file_over_the_limit_is_refused_before_it_is_looked_at(jail, monkeypatch) -> None:
    monkeypatch.setattr("trusted.jail.sandbox.ATTACHMENT_BYTES", 1000)

    with pytest.raises(stages.TooLarge):
        jail.clean(encoded(picture((640, 480)), "PNG"))


# Any bytes at all.


SAMPLES = [sample.content for sample in corpus() + pdf_corpus()]


@pytest.mark.property
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=6)), max_size=8),
    st.integers(0, 400),
)
def test_any_bytes_come_out_clean_or_are_refused(jail, content, changes, cut) -> None:
    changed = bytearray(content)
    for place, letters in changes:
        at = place % len(changed)
        changed[at : at + len(letters)] = letters
    damaged = bytes(changed[: len(changed) - cut % len(changed)]) if cut % 3 == 0 else bytes(changed)

    refused = None
    try:
        kind, clean = jail.clean(damaged)
    except Refused as reason:
        refused = reason

    # It would mean that the second reading knows less than the first job writes.
    assert type(refused) is not WouldNotVouch
    assert refused or (kind in Kind and clean)


@pytest.mark.property
@given(
    st.sampled_from(
        [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"BM", b"%PDF-1.7\n", b"RIFF\x50\0\0\0WEBP"]
    ),
    st.binary(max_size=300),
)
def test_any_bytes_behind_a_known_beginning_come_out_clean_or_are_refused(jail, beginning, rest) -> None:
    refused = None
    try:
        jail.clean(beginning + rest)
    except Refused as reason:
        refused = reason

    assert refused is None or refused.text_key.startswith("refused.")


# The second reading.


@pytest.fixture(scope="module")
def results(jail) -> dict[Kind, bytes]:
    """A clean file of each kind that comes out."""
    small = Image.new("L", (32, 24), 90)
    sources = [*(encoded(picture(), kind) for kind in ("JPEG", "PNG", "WEBP")), encoded(small, "TIFF"), document()]
    return dict(jail.clean(source) for source in sources)


PREVIEW = encoded(picture(), "JPEG", quality=90, subsampling="4:2:0")


def test_the_second_reading_vouches_for_what_the_first_job_made(jail, results) -> None:
    assert set(results) == {Kind.JPEG, Kind.PNG, Kind.WEBP, Kind.TIFF, Kind.PDF}
    for kind, content in results.items():
        jail.vouch(kind, content, PREVIEW)


@pytest.mark.parametrize("kind", [Kind.JPEG, Kind.PNG, Kind.WEBP, Kind.TIFF, Kind.PDF])
def test_the_second_reading_refuses_every_original_of_the_corpus(jail, kind) -> None:
    for sample in corpus() + pdf_corpus():
        # Two hide something in pixels alone, which a reader of blocks cannot see; it is the first job that removes it.
        if sample.kind == kind and not sample.name.endswith("hidden_colour"):
            with pytest.raises(WouldNotVouch):
                jail.vouch(kind, sample.content, PREVIEW)


@pytest.mark.parametrize("kind", [Kind.JPEG, Kind.PNG, Kind.WEBP, Kind.TIFF, Kind.PDF])
def test_the_second_reading_refuses_a_byte_too_many_or_too_few(jail, results, kind) -> None:
    content = results[kind]

    for changed in (content + b"\0", content + b"Anna", content[:-1], content[: len(content) // 2], b"\0" + content):
        with pytest.raises(WouldNotVouch):
            jail.vouch(kind, changed, PREVIEW)


def test_the_second_reading_refuses_what_was_slipped_in(jail, results) -> None:
    jpeg, png, webp, tiff, document = (results[kind] for kind in (Kind.JPEG, Kind.PNG, Kind.WEBP, Kind.TIFF, Kind.PDF))
    rows = b"\0\1\2\3"
    slipped = [
        (Kind.JPEG, with_segments(jpeg, [(0xFE, b"Anna")])),
        (Kind.JPEG, with_segments(jpeg, [(0xE1, b"Exif\0\0II*\0")])),
        (Kind.JPEG, with_segments(jpeg, [(0xDB, b"\x03" + b"A" * 64)])),
        (Kind.JPEG, encoded(picture(), "JPEG", quality=90, subsampling="4:2:0", dpi=(72, 72))),
        (Kind.PNG, with_chunks(png, [chunk(b"tEXt", b"Author\0Anna")])),
        (Kind.PNG, with_chunks(png, [chunk(b"pHYs", bytes(9))])),
        (Kind.PNG, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows) + b"Anna") + chunk(b"IEND", b"")),
        (Kind.PNG, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows + b"Anna")) + chunk(b"IEND", b"")),
        (Kind.WEBP, webp[:4] + struct.pack("<I", len(webp) - 8 + 12) + webp[8:] + riff(b"XMP ", b"Anna")),
        (Kind.TIFF, encoded(picture(), "TIFF", compression="tiff_adobe_deflate", software="Anna")),
        (Kind.TIFF, tiff.replace(b"II*\0", b"II*\0", 1)[:8] + b"Anna" + tiff[8:]),
        (Kind.PDF, document.replace(b"/Type /Catalog", b"/Lang (sv)/Type /Catalog", 1)),
        (Kind.PDF, document.replace(b"\nendobj\n", b"\n%Anna\nendobj\n", 1)),
        (Kind.PDF, document.replace(b"trailer\n<<", b"trailer\n<</Info 1 0 R", 1)),
        (Kind.PDF, document.replace(b"/Resources <<>>", b"/Resources(an)", 1)),
        (Kind.PDF, document.replace(b"%\xe2\xe3\xcf\xd3", b"%Anna", 1)),
        (Kind.GIF, encoded(picture(), "GIF")),
    ]  # fmt: skip

    for kind, content in slipped:
        assert content not in results.values()
        with pytest.raises(WouldNotVouch):
            jail.vouch(kind, content, PREVIEW)


def test_pixels_that_inflate_to_something_else_are_not_vouched_for(jail, results) -> None:
    """The checksum of the chunk fits, the one inside the compressed pixels does not."""
    png = results[Kind.PNG]
    at = png.index(b"IDAT")
    end = at + 4 + int.from_bytes(png[at - 4 : at], "big")
    pixels = png[at + 4 : end - 1] + bytes([png[end - 1] ^ 1])

    with pytest.raises(WouldNotVouch):
        jail.vouch(Kind.PNG, png[: at - 4] + chunk(b"IDAT", pixels) + png[end + 4 :], PREVIEW)


def test_the_second_reading_reads_the_preview_too(jail, results) -> None:
    with pytest.raises(WouldNotVouch):
        jail.vouch(Kind.PNG, results[Kind.PNG], with_segments(PREVIEW, [(0xFE, b"Anna")]))


def test_one_reading_counts_what_inflates_and_stops(jail) -> None:
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", nothing(200 * 2**20))
        + chunk(b"IEND", b"")
    )

    def refused() -> None:
        with pytest.raises(WouldNotVouch):
            jail.vouch(Kind.PNG, bomb, PREVIEW)

    assert quickest(refused, 1) < 1


# The report, which a hostile job may write.


def test_a_report_comes_back_as_it_was_sent() -> None:
    removed = (Removed(What.PLACE, Where.EXIF, "60.1, 15.1"), Removed(What.OTHER, Where.XMP, None))

    read, lost = decode_report(encode_report(removed, (Lost.ANIMATION,)))

    assert [(found.what, found.where, found.example) for found in read] == [
        (What.PLACE, Where.EXIF, "60.1, 15.1"),
        (What.OTHER, Where.XMP, None),
    ]
    assert lost == (Lost.ANIMATION,)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_not_a_report(letters) -> None:
    try:
        removed, lost = decode_report(letters)
    except stages.JobDied:
        return
    assert all(isinstance(found.what, What) for found in removed)
    assert all(isinstance(item, Lost) for item in lost)


@pytest.mark.parametrize(
    "report",
    [
        [[["place", "EXIF", "x" * 161]], []],
        [[["place", "my own words", None]], []],
        [[["a secret", "EXIF", None]], []],
        [[["place", "EXIF", None]] * 121, []],
        [[["place", "EXIF", None, "more"]], []],
        [[], ["my own words"]],
        [[], [], []],
        {"removed": [], "lost": []},
    ],
)
def test_a_report_with_anything_of_its_own_is_refused(report) -> None:
    import msgspec

    with pytest.raises(stages.JobDied):
        decode_report(msgspec.msgpack.encode(report))


def test_a_report_whose_text_is_no_text_is_refused() -> None:
    letters = encode_report((Removed(What.PLACE, Where.EXIF, "Ludvika"),), ())

    with pytest.raises(stages.JobDied):
        decode_report(letters.replace(b"Ludvika", b"Ludvik\xff"))


def test_an_example_cannot_turn_a_page_around() -> None:
    (found,), _ = decode_report(encode_report((Removed(What.PERSON, Where.EXIF, "Anna\u202eegap\x1b[2J\n"),), ()))

    assert found.example == "Anna egap [2J "


def test_what_comes_back_is_bounded() -> None:
    assert PREVIEW_BYTES < 2**20
    assert RESULT_BYTES <= 150 * 2**20
