"""Documents with a marker in each place outside the pages: the catalog and its trees, the file's own structure."""

from __future__ import annotations

import hashlib
import struct
import zlib

from documents.pdf_by_hand import HELVETICA, Pdf, PdfPlanter, document, line, string, xmp_with_thumbnail

from corpus.index import icc_profile


def pdf_catalog(plant: PdfPlanter) -> bytes:
    """Everything that hangs from the catalog and that no page shows."""
    made, s = Pdf(), plant.string
    file = made.new_stream(
        plant("catalog AF contents"),
        b"/Type/EmbeddedFile/Subtype%s/Params<</CheckSum%s>>"
        % (plant.key("embedded file Subtype"), s("embedded file CheckSum")),
    )
    specification = made.new(
        b"<</Type/Filespec/AFRelationship/Source/F%s/UF%s/Desc%s/DOS%s/ID[%s%s]/CI<</Text%s>>/EF<</F %s>>/RF<</F[%s %s]>>>>"
        % (s("catalog AF file name"), s("catalog AF UF"), s("catalog AF Desc"), s("filespec DOS"), s("filespec ID"),
           s("filespec ID second"), s("filespec CI"), file, s("related file name"), file)
    )  # fmt: skip
    other = made.new(b"<</Type/X/Text%s>>" % s("object in a names tree"))
    thread = made.new(b"<</Type/Thread/I<</Author%s/Title%s>>>>" % (s("Thread Author"), s("Thread Title")))
    layer = made.new(b"<</Type/OCG/Name%s/Intent%s/Usage<</CreatorInfo<</Creator%s/Subtype/A>>/User<</Type/Ind/Name%s>>"
                     b"/Language<</Lang%s>>/PageElement<</Subtype/HF>>>>>>"
                     % (s("OCG Name"), plant.key("OCG Intent"), s("OCG CreatorInfo"), s("OCG User"), s("OCG Language")))  # fmt: skip
    trees = b"".join(
        b"/%s<</Names[%s %s]>>" % (tree, s(f"{tree.decode()} name"), other)
        for tree in (b"IDS", b"URLS", b"AP", b"Templates", b"Pages", b"AlternatePresentations", b"Renditions")
    )
    kids = made.new(
        b"<</Limits[%s%s]/Names[%s[3 0 R/Fit]]>>"
        % (s("names tree Limits"), s("names tree Limits second"), s("named destination in a tree"))
    )
    catalog = b"".join((
        b"/Collection<</Type/Collection/D%s/View/D/Schema<</F1<</Type/CollectionField/Subtype/F/N%s>>>>>>"
        % (s("Collection D"), s("Collection field")),
        b"/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 3/URL%s>>>>" % s("Extensions URL"),
        b"/DSS<</Type/DSS/Certs[%s]/VRI<<%s<</TU%s>>>>>>"
        % (made.new_stream(plant("DSS Certs")), plant.key("DSS VRI name"), s("DSS VRI TU")),
        b"/Legal<</JavaScriptActions 0/Attestation%s>>" % s("Legal Attestation"),
        b"/Perms<</UR3<</Type/Sig/Filter/Adobe.PPKLite/Name%s/Contents<%s>>>>>"
        % (s("Perms UR3 Name"), plant("Perms UR3 Contents").hex().encode()),
        b"/Requirements[<</Type/Requirement/S/EnableJavaScripts/RH<</Type/ReqHandler/S/JS/Script%s>>>>]" % s("Requirements"),
        b"/SpiderInfo<</V 1.0/C[<</URL%s/S%s>>]>>" % (s("SpiderInfo URL"), s("SpiderInfo content set")),
        b"/Threads[%s]" % thread,
        b"/Names<<%s/Dests<</Kids[%s]>>>>" % (trees, kids),
        b"/AF[%s]" % specification,
        b"/AA<</WC<</S/JavaScript/JS%s>>/WP<</S/JavaScript/JS %s>>>>"
        % (s("catalog AA JS"), made.new_stream(plant("catalog AA JS stream"))),
        b"/PieceInfo<</App<</LastModified(D:20260314150926)/Private %s>>%s 7>>"
        % (made.new_stream(plant("catalog PieceInfo stream")), plant.key("catalog PieceInfo application")),
        b"/OCProperties<</OCGs[%s]/D<</Name%s/Creator%s/Order[%s[%s]]>>/Configs[<</Name%s>>]>>"
        % (layer, s("OC config Name"), s("OC config Creator"), s("OC Order label"), layer, s("OC other config Name")),
        b"/OutputIntents[<</S/GTS_PDFX/OutputConditionIdentifier%s/OutputCondition%s/RegistryName%s/DestOutputProfile %s>>]"
        % (s("OutputIntent id"), s("OutputIntent condition"), s("OutputIntent registry"),
           made.new_stream(icc_profile(plant), b"/N 3")),
        b"/MarkInfo<</Marked true/X%s>>" % s("MarkInfo private"),
        b"/Metadata %s" % made.new_stream(xmp_with_thumbnail(plant, "catalog XMP"), b"/Type/Metadata/Subtype/XML"),
        b"/StructTreeRoot %s" % _structure(made, plant),
        b"/Outlines %s" % _outlines(made, plant),
        b"/DPartRoot<</Type/DPartRoot/NodeNameList[%s]>>" % plant.key("DPartRoot node name"),
        b"%s%s" % (plant.key("private catalog name"), s("private catalog key")),
    ))  # fmt: skip
    return document(made, line(plant.shows("Syns katalog"), 20, 200), catalog=catalog)


def _structure(made: Pdf, plant: PdfPlanter) -> bytes:
    s = plant.string
    element = made.new(
        b"<</Type/StructElem/S%s/Alt%s/ActualText%s/T%s/E%s/ID%s/Lang%s/A<</O/UserProperties/P[<</N%s/V%s/F%s>>]>>/C%s>>"
        % (plant.key("StructElem S"), s("StructElem Alt"), s("StructElem ActualText"), s("StructElem T"), s("StructElem E"),
           s("StructElem ID"), s("StructElem Lang"), s("user property N"), s("user property V"), s("user property F"),
           plant.key("StructElem class"))
    )  # fmt: skip
    return made.new(
        b"<</Type/StructTreeRoot/K %s/RoleMap<<%s/P>>/ClassMap<<%s<</O/Layout>>>>/IDTree<</Names[%s %s]>>/Namespaces[<</NS%s>>]>>"
        % (element, plant.key("RoleMap"), plant.key("ClassMap"), s("IDTree name"), element, s("structure namespace"))
    )


def _outlines(made: Pdf, plant: PdfPlanter) -> bytes:
    s = plant.string
    entry = made.new(
        b"<</Title%s/A<</S/GoToR/F%s/D%s/Next<</S/Launch/Win<</F%s/P%s/D%s>>>>>>>>"
        % (s("outline item Title"), s("outline GoToR file"), s("outline GoToR destination"), s("Launch Win file"),
           s("Launch Win parameters"), s("Launch Win folder"))
    )  # fmt: skip
    return made.new(b"<</Type/Outlines/First %s/Last %s/Count 1>>" % (entry, entry))


def pdf_trailer(plant: PdfPlanter) -> bytes:
    """What stands between and behind objects, in tables and in the trailer; objects that nothing refers to."""
    made, s = Pdf(), plant.string
    made.content += b"%" + plant("comment behind the header") + b"\r"
    made.new(s("object that nothing refers to"))
    made.new_stream(plant("stream that nothing refers to"))
    made.new_stream(plant("stream in ASCII hex").hex().encode() + b">", b"/Filter/ASCIIHexDecode", deflate=False)
    made.new_stream(b"\x0c" + plant("stream in run lengths") + b"\x80", b"/Filter/RunLengthDecode", deflate=False)
    made.new_stream(
        zlib.compress(zlib.compress(plant("stream deflated twice"))),
        b"/Filter[/FlateDecode/FlateDecode]",
        deflate=False,
    )
    made.content += b"%" + plant("comment among objects") + b"\n" + plant("bytes among objects") + b"\n"
    made.add(50, b"<</A 1/A%s>>" % s("key given twice"))
    made.content += b"51 0 obj\n" + s("object left out of the table") + b"\nendobj\n"
    made.add(30, b"<</Title%s/Author%s/Subject%s/Keywords%s/Creator%s/Producer%s/Company%s/SourceModified%s/Manager%s/Trapped%s"
             b"%s(x)>>" % (*(s(f"Info {key}") for key in ("Title", "Author", "Subject", "Keywords", "Creator", "Producer",
             "Company", "SourceModified", "Manager")), plant.key("Info Trapped"), plant.key("Info private name")))  # fmt: skip
    entries = b"/Info 30 0 R/ID[%s%s]/Priv%s%s 1" % (
        s("trailer ID, first"),
        s("trailer ID, second"),
        s("private key of the trailer"),
        plant.key("private name in the trailer"),
    )
    whole = document(made, line(plant.shows("Syns svans"), 20, 200), trailer=entries)
    whole = whole.replace(b"startxref", b"%" + plant("comment before startxref") + b"\nstartxref")
    return whole + b"\n" + plant("text behind the end of file")


def pdf_object_streams(plant: PdfPlanter) -> bytes:
    """Objects in a compressed stream, with gaps between them, and a table that is a stream."""
    made, s = Pdf(b"%PDF-1.5\n"), plant.string
    made.stream(4, line(plant.shows("Syns packat"), 20, 200))
    inside = {
        1: b"<</Type/Catalog/Pages 2 0 R/Lang%s>>" % s("Lang in an object stream"),
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents 4 0 R/Resources<</Font<</F0 6 0 R>>>>/Priv%s>>"
        % s("private page key in an object stream"),
        6: HELVETICA,
        7: b"<</Author%s/Producer%s>>" % (s("Info Author in an object stream"), s("Info Producer in an object stream")),
        8: s("orphan in an object stream"),
    }
    body, places = b"", {}
    for number, content in inside.items():
        places[number] = len(body)
        body += content + b" %" + plant(f"gap behind object {number} in its stream") + b"\n"
    head = b" ".join(b"%d %d" % place for place in places.items()) + b" "
    made.stream(9, head + body, b"/Type/ObjStm/N %d/First %d" % (len(inside), len(head)))
    table_at = len(made.content)
    rows = b"".join(_row(number, inside, made.offsets, table_at) for number in range(11))
    made.stream(10, rows, b"/Type/XRef/Size 11/W[1 4 2]/Root 1 0 R/Info 7 0 R/Priv%s/ID[%s%s]"
                % (s("private key of the table stream"), s("ID of the table stream"), s("second ID of the table stream")))  # fmt: skip
    made.content += b"startxref\n%d\n%%%%EOF\n" % table_at
    return bytes(made.content)


def _row(number: int, inside: dict[int, bytes], offsets: dict[int, int], table_at: int) -> bytes:
    if number in inside:
        return struct.pack(">BIH", 2, 9, list(inside).index(number))
    if number == 10:
        return struct.pack(">BIH", 1, table_at, 0)
    return struct.pack(">BIH", 1, offsets[number], 0) if number in offsets else struct.pack(">BIH", 0, 0, 65535)


def pdf_revised_twice(plant: PdfPlanter) -> bytes:
    """Three savings: a page that was deleted, contents and a picture that were replaced."""
    made = Pdf()
    made.add(1, b"<</Type/Catalog/Pages 2 0 R/Lang%s>>" % plant.string("Lang of the first version"))
    made.add(2, b"<</Type/Pages/Count 2/Kids[3 0 R 7 0 R]>>")
    made.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents 4 0 R/Resources 5 0 R>>")
    made.stream(4, line(string(plant("text of the first version")), 20, 100))
    made.add(5, b"<</Font<</F0 6 0 R>>>>")
    made.add(6, HELVETICA)
    made.add(7, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents 8 0 R/Resources 5 0 R>>")
    made.stream(8, line(string(plant("text of a page that was deleted")), 20, 100))
    first = made.end(b"/Root 1 0 R")
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]/Priv%s>>" % plant.string("page tree of the second version"))
    made.stream(4, line(string(plant("text of the second version")), 20, 100))
    second = made.end(b"/Root 1 0 R/Priv%s" % plant.string("trailer of the second version"), first)
    made.add(1, b"<</Type/Catalog/Pages 2 0 R>>")
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    made.stream(4, line(plant.shows("Syns sist"), 20, 100))
    made.end(b"/Root 1 0 R", second)
    return bytes(made.content)


def pdf_open_password(plant: PdfPlanter) -> bytes:
    """Encrypted, but with an empty password: every viewer opens it. The owner's half of the lock is free to hold a text."""
    padding = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    owner, identity = plant("owner string of the encryption").ljust(32, b"-"), b"0123456789abcdef"
    key = hashlib.md5(padding + owner + struct.pack("<i", -4) + identity, usedforsecurity=False).digest()[:5]
    made = Pdf()

    def locked(number: int, data: bytes) -> bytes:
        salted = key + number.to_bytes(3, "little") + b"\0\0"
        return rc4(hashlib.md5(salted, usedforsecurity=False).digest()[:10], data)

    made.add(1, b"<</Type/Catalog/Pages 2 0 R/Lang<%s>>>" % locked(1, plant("Lang under encryption")).hex().encode())
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    made.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents 4 0 R/Resources<</Font<</F0 6 0 R>>>>>>")
    contents = b"%" + plant("comment under encryption") + b"\n" + line(plant.shows("Syns upplåst"), 20, 200)
    made.stream(4, locked(4, contents), deflate=False)
    made.add(6, HELVETICA)
    made.add(7, b"<</Author<%s>>>" % locked(7, plant("Info Author under encryption")).hex().encode())
    made.add(8, b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>/Priv<%s>>>"
             % (owner.hex().encode(), rc4(key, padding).hex().encode(), plant("private key of the encryption").hex().encode()))  # fmt: skip
    made.end(b"/Root 1 0 R/Info 7 0 R/Encrypt 8 0 R/ID[<%s><%s>]" % (identity.hex().encode(), identity.hex().encode()))
    return bytes(made.content)


def rc4(key: bytes, data: bytes) -> bytes:
    """The old cipher of PDF."""
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    output, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        output.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(output)
