"""The report names what a picture gives away wherever it stands: in XMP of any program, in old blocks, in any tag's type."""

from __future__ import annotations

import struct
import zlib

import pytest
from corpus.index import chunk, encoded, picture, with_chunks, with_segments
from corpus.media import Item, Media, full
from files.scrub_harness import arrived
from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures import scrub
from scrubbers.sniff import sniff_kind
from trusted.jail.memory_file import MemoryFile
from trusted.jail.stages import Lost, What, Where


def looked_into(content: bytes) -> Findings:
    findings = Findings()
    with arrived(content) as file, MemoryFile() as clean, MemoryFile() as preview:
        scrub.scrub_picture(sniff_kind(content), file.fileno(), clean.fileno(), preview.fileno(), findings)
    return findings


def found_in(content: bytes) -> dict[tuple[What, Where], list[str | None]]:
    findings = looked_into(content)
    found: dict[tuple[What, Where], list[str | None]] = {}
    for one in findings.removed():
        found.setdefault((one.what, one.where), []).append(one.example)
    return found


def with_xmp(properties: str) -> bytes:
    """A JPEG whose XMP names a program, and the rest that is given."""
    block = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description xmp:CreatorTool="Lightroom" '
        f"{properties}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    return with_segments(encoded(picture(), "JPEG"), [(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + block.encode())])


def listed(name: str, *values: str, kind: str = "Bag") -> str:
    items = "".join(f"<rdf:li>{value}</rdf:li>" for value in values)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"


LONG = "Anna and the others at the gate. " * 40
XMP = {
    "a long caption": (">" + listed("dc:description", LONG, kind="Alt"), What.COMMENT),
    "a long caption, short form": (f'dc:description="{LONG}">', What.COMMENT),
    "a preview": (f"><xmpGImg:image>{'iVBO' * 2000}</xmpGImg:image>", What.THUMBNAIL),
    "a face": ('><mwg-rs:RegionList><rdf:li mwg-rs:Name="Anna" mwg-rs:Type="Face"/></mwg-rs:RegionList>', What.PERSON),
    "a face, long form": ("><mwg-rs:Name>Anna</mwg-rs:Name>", What.PERSON),
    "a face, Windows": ('><rdf:li MPReg:PersonDisplayName="Anna"/>', What.PERSON),
    "who is in it": (">" + listed("Iptc4xmpExt:PersonInImage", "Anna"), What.PERSON),
    "how to reach somebody": ('><i:CreatorContactInfo Iptc4xmpCore:CiEmailWork="a@example.org"/>', What.PERSON),
    "a drone's place": ('drone-dji:GpsLatitude="+60.1" drone-dji:GpsLongitude="+15.1">', What.PLACE),
    "a place by name": ('><rdf:li Iptc4xmpExt:CountryName="Sverige"/>', What.PLACE),
    "a drone's number": ('drone-dji:DroneSerialNumber="1581F">', What.SERIAL),
    "a satellite's clock": ('exif:GPSTimeStamp="2026-03-14T10:00:00Z">', What.DATE),
    "words under others": (">" + listed("lr:hierarchicalSubject", "People|Anna"), What.TITLE),
    "the file's first name": ('crs:RawFileName="anna.CR2">', What.TITLE),
    "text of a layer": ('><rdf:li photoshop:LayerName="1" photoshop:LayerText="Anna"/>', What.HIDDEN_TEXT),
    "what it was made of": (">" + listed("photoshop:DocumentAncestors", "xmp.did:0F3A"), What.IDENTIFIER),
    "a map of depths": (f'GDepth:Mime="image/png" GDepth:Data="{"iVBO" * 500}">', What.EMBEDDED_FILE),
    "a sound": (f'GAudio:Data="{"AAAA" * 500}">', What.EMBEDDED_FILE),
}


@pytest.mark.parametrize("name", XMP)
def test_what_xmp_tells_is_named(name) -> None:
    properties, what = XMP[name]

    found = found_in(with_xmp(properties))

    assert (what, Where.XMP) in found
    assert found[What.SOFTWARE, Where.XMP] == ["Lightroom"]


def test_what_is_named_for_its_values_shows_them_and_a_preview_does_not() -> None:
    assert found_in(with_xmp(XMP["a face"][0]))[What.PERSON, Where.XMP] == ["Anna"]
    assert found_in(with_xmp(XMP["a long caption"][0]))[What.COMMENT, Where.XMP][0].startswith("Anna and the others")
    assert found_in(with_xmp(XMP["a preview"][0]))[What.THUMBNAIL, Where.XMP] == [None]
    assert found_in(with_xmp(XMP["a sound"][0]))[What.EMBEDDED_FILE, Where.XMP] == [None]


def test_the_name_of_a_look_is_nobodys() -> None:
    found = found_in(with_xmp('><crs:Look><rdf:Description crs:Name="Adobe Color"/></crs:Look>'))

    assert set(found) == {(What.SOFTWARE, Where.XMP)}


def iptc(number: int, value: bytes) -> bytes:
    return b"\x1c\x02" + bytes([number]) + len(value).to_bytes(2, "big") + value


def tiff_with(tag: int, kind: int, size: int, content: bytes, order: str) -> bytes:
    """A TIFF of one grey square, with a tag of any type, in either order of bytes."""
    tags = {256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: 8, 279: 64}
    count = len(tags) + 1
    pixels_at = 8 + 2 + 12 * count + 4
    tags[273] = pixels_at
    entries = [(number, 4, 1, value) for number, value in tags.items()]
    entries.append((tag, kind, len(content) // size, pixels_at + 64))
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}IH", 8, count)
    directory = b"".join(struct.pack(f"{order}HHII", *entry) for entry in sorted(entries))
    return head + directory + bytes(4) + bytes(range(64)) + content


# The library knows of one number there. In a job it warns nobody.
@pytest.mark.filterwarnings("ignore:Metadata Warning")
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "size"), [(1, 1), (7, 1), (4, 4)], ids=["bytes", "undefined", "long, as Photoshop"])
def test_iptc_of_a_tiff_is_named_whatever_its_type(kind, size, order) -> None:
    records = iptc(80, b"Anna Andersson") + iptc(90, b"Falun")

    found = found_in(tiff_with(33723, kind, size, records + bytes(-len(records) % 4), order))

    assert found[What.PERSON, Where.IPTC] == ["Anna Andersson"]
    assert found[What.PLACE, Where.IPTC] == ["Falun"]


@pytest.mark.parametrize("number", [0x0409, 0x040C])
def test_the_preview_that_photoshop_keeps_is_named(number) -> None:
    """It shows the picture as it was when it was last kept by that program."""
    small = bytes(28) + encoded(picture((16, 12)), "JPEG")
    block = b"Photoshop 3.0\0" + b"8BIM" + number.to_bytes(2, "big") + b"\0\0" + len(small).to_bytes(4, "big") + small

    assert (What.THUMBNAIL, Where.IPTC) in found_in(with_segments(encoded(picture(), "JPEG"), [(0xED, block)]))


def test_blocks_of_a_jpeg_that_a_png_keeps_in_letters_are_read() -> None:
    tags = Image.Exif()
    tags.get_ifd(0x8825).update({1: "N", 2: (60.0, 8.0, 56.4), 3: "E", 4: (15.0, 11.0, 16.2)})
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:Description xmp:CreatorTool="Lightroom"/></x:xmpmeta>'
    found = [
        found_in(
            with_chunks(
                encoded(picture(), "PNG"),
                [
                    chunk(
                        b"zTXt",
                        b"Raw profile type APP1\0\0"
                        + zlib.compress(b"\ngeneric profile\n%8d\n%s\n" % (len(block), block.hex().encode())),
                    )
                ],
            )
        )
        for block in (tags.tobytes(), xmp)
    ]

    assert found[0][What.PLACE, Where.EXIF] == ["60.14900, 15.18783"]
    assert found[1][What.SOFTWARE, Where.XMP] == ["Lightroom"]


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_things_beside_a_phone_picture_that_are_no_picture_are_named(kind) -> None:
    plain, more = Media(kind), Media(kind)
    plain.add_picture(picture())
    first = more.add_picture(picture())
    more.refer(b"cdsc", more.add(Item(b"uri ", b"something else", more=b"urn:example\0")), first)

    assert found_in(plain.write()) == {}
    assert (What.OTHER, Where.VENDOR_BLOCK) in found_in(more.write())


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_another_picture_in_the_file_of_a_phone_picture_is_named_and_reported_as_lost(kind) -> None:
    """Whichever of them is the first, and whether or not the decoder knows of the other."""
    made = Media(kind)
    made.add_picture(picture((128, 64)))
    made.add_picture(picture((128, 64)).rotate(180))
    content = made.write()
    at = content.index(b"pitm") + 8

    for first in (1, 2):
        findings = looked_into(content[:at] + bytes([0, first]) + content[at + 2 :])
        assert [(one.what, one.where) for one in findings.removed()] == [(What.EMBEDDED_FILE, Where.SECOND_PICTURE)]
        assert findings.lost() == (Lost.SECOND_PICTURE,)


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_parts_of_a_phone_picture_and_what_belongs_to_it_are_no_other_picture(kind) -> None:
    """A thumbnail, a mask, and the alpha of a see-through one."""
    made = Media(kind)
    first = made.add_picture(picture((128, 64)))
    made.refer(b"thmb", made.add_picture(picture((64, 64)), hidden=True), first)
    for urn in (b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth\0", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"):
        of_sort = made.add_property(full(b"auxC", urn))
        made.refer(b"auxl", made.add_picture(picture((128, 64)), of_sort, hidden=True), first)

    assert Lost.SECOND_PICTURE not in looked_into(made.write()).lost()


def tiffs() -> dict[str, bytes]:
    """Each in both orders of bytes, of one page or of three, with and without blocks of tags of their own."""
    tags = Image.Exif()
    tags[0x13B] = "Anna Andersson, who is named at some length"
    tags.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + b"a comment" * 20
    pages = {"save_all": True, "append_images": [picture(mode="L"), picture(mode="1")]}
    return {
        "plain": encoded(picture(), "TIFF"),
        "one byte too many for pairs": encoded(picture((7, 7), "L"), "TIFF"),
        "deflated": encoded(picture(), "TIFF", compression="tiff_adobe_deflate"),
        "JPEG": encoded(picture((96, 64)), "TIFF", compression="jpeg"),
        "tags": encoded(picture(), "TIFF", exif=tags),
        "pages": encoded(picture(), "TIFF", **pages),
        "Motorola": tiff_with(33723, 7, 1, iptc(80, b"Anna Andersson"), ">"),
    }


@pytest.mark.parametrize("name", tiffs())
def test_what_stands_behind_a_tiff_is_named_and_nothing_where_nothing_does(name) -> None:
    content = tiffs()[name]
    behind = (What.EMBEDDED_FILE, Where.AFTER_THE_END)

    assert behind not in found_in(content)
    # As some programs fill up what they write.
    assert behind not in found_in(content + bytes(37))
    assert behind in found_in(content + b"PK\3\4 another file")


WORDS = b"words that are none of what the block is for"
MISUSED = {
    "EXIF of a JPEG": (with_segments(encoded(picture(), "JPEG"), [(0xE1, b"Exif\0\0" + WORDS)]), Where.EXIF),
    "EXIF of a PNG": (with_chunks(encoded(picture(), "PNG"), [chunk(b"eXIf", WORDS)]), Where.EXIF),
    "profile of a JPEG": (with_segments(encoded(picture(), "JPEG"), [(0xE2, b"ICC_PROFILE\0" + WORDS)]), Where.ICC),
    "profile of a PNG": (with_chunks(encoded(picture(), "PNG"), [chunk(b"iCCP", b"x\0\0" + WORDS)]), Where.ICC),
}


@pytest.mark.parametrize("name", MISUSED)
def test_a_block_that_no_decoder_can_read_is_named_all_the_same(name) -> None:
    content, where = MISUSED[name]

    assert where in {place for _, place in found_in(content)}


@pytest.mark.parametrize("progressive", [False, True])
def test_what_stands_between_and_behind_the_scans_of_a_jpeg_is_named(progressive) -> None:
    plain = encoded(picture(), "JPEG", progressive=progressive, restart_marker_blocks=3)
    # With the mark of an end in it, which is none.
    comment = b"\xff\xfe\0\x12between \xff\xd9 scans"
    last_scan = plain.rindex(b"\xff\xda")
    segment = (What.COMMENT, Where.COMMENT_BLOCK)
    behind = (What.EMBEDDED_FILE, Where.AFTER_THE_END)

    assert found_in(plain) == {}
    assert set(found_in(plain[:-2] + comment + plain[-2:])) == {segment}
    assert set(found_in(plain[:last_scan] + comment + plain[last_scan:])) == {segment}
    assert set(found_in(plain[:-2] + comment + plain[-2:] + b"more")) == {segment, behind}
