"""Writes documents that carry a marker in each place where something can hide. A script to be read."""

from __future__ import annotations

from documents.pdf_by_hand import Pdf, PdfPlanter, PdfSample, planted_documents, string

from corpus import pdf_annotations as of_annotations
from corpus import pdf_document as of_document
from corpus import pdf_fonts as of_fonts
from corpus import pdf_hidden as hidden
from corpus import pdf_pages as of_pages
from corpus import pdf_pictures as of_pictures
from corpus.index import encoded, exif_block, icc_profile, picture, with_segments, xmp_block


def pdf_corpus() -> list[PdfSample]:
    """Every document that comes out clean. The same each time."""
    return planted_documents(
        (
            pdf_everything, pdf_revised, pdf_form,
            of_document.pdf_catalog, of_document.pdf_trailer, of_document.pdf_object_streams, of_document.pdf_open_password,
            of_document.pdf_revised_twice,
            of_annotations.pdf_annotations, of_annotations.pdf_annotation_media, of_annotations.pdf_annotation_states,
            of_annotations.pdf_fields, of_annotations.pdf_signature,
            of_pages.pdf_page_keys, of_pages.pdf_contents, of_pages.pdf_resources,
            of_pictures.pdf_picture_keys, of_pictures.pdf_picture_data, of_pictures.pdf_picture_masks,
            of_fonts.pdf_font_truetype, of_fonts.pdf_font_cid_truetype, of_fonts.pdf_font_type1, of_fonts.pdf_font_cff,
            of_fonts.pdf_font_type3,
            hidden.pdf_hidden_text, hidden.pdf_hidden_words, hidden.pdf_hidden_forms, hidden.pdf_hidden_patterns,
            hidden.pdf_hidden_pictures, hidden.pdf_hidden_speck, hidden.pdf_scan, hidden.pdf_hidden_cid_text, hidden.pdf_visible,
            hidden.pdf_visible_in_a_form,
        )
    )  # fmt: skip


def pdf_everything(plant: PdfPlanter) -> bytes:
    """Two pages with text, a picture and every hiding place that a document has."""
    made = Pdf(b"%PDF-1.7\n%" + plant("comment line") + b"\n")
    s = lambda place: string(plant(place))  # noqa: E731
    made.add(1, b"<</Type/Catalog/Pages 2 0 R/Metadata 10 0 R/Lang%s/Names<</EmbeddedFiles<</Names[%s 11 0 R]>>/JavaScript"
             b"<</Names[%s 12 0 R]>>>>/OpenAction 12 0 R/AcroForm<</Fields[13 0 R]>>/Outlines 14 0 R/StructTreeRoot 16 0 R"
             b"/OCProperties<</OCGs[18 0 R]/D<</OFF[18 0 R]/Order[18 0 R]>>>>/PieceInfo<</App<</Private%s>>>>/URI<</Base%s>>"
             b"/PageLabels<</Nums[0<</P%s>>]>>/Priv%s/Dests<</%s[3 0 R/Fit]>>/ViewerPreferences<</X%s>>"
             b"/OutputIntents[<</S/GTS_PDFA1/Info%s/DestOutputProfile 19 0 R>>]>>"
             % (s("catalog Lang"), s("embedded file tree name"), s("JavaScript name"), s("catalog PieceInfo"), s("catalog URI Base"),
                s("PageLabels prefix"), s("private catalog key"), plant("named destination"), s("ViewerPreferences"),
                s("OutputIntent Info")))  # fmt: skip
    made.add(2, b"<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>")
    resources = (
        b"/Resources<</Font<</F1 6 0 R>>/XObject<</Im0 7 0 R/Fm0 8 0 R>>/Properties<</P0 18 0 R/%s 18 0 R>>/ColorSpace"
        b"<</C0[/ICCBased 19 0 R]>>>>" % plant("Properties resource name")
    )
    made.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/CropBox[0 0 300 300]/Contents 5 0 R%s/Annots[20 0 R 21 0 R"
             b" 22 0 R 23 0 R 24 0 R 13 0 R]/PieceInfo<</App<</Private%s>>>>/Thumb 25 0 R/Metadata 26 0 R/ID%s/Priv%s"
             b"/AA<</O<</S/JavaScript/JS%s>>>>>>"
             % (resources, s("page PieceInfo"), s("page Web Capture ID"), s("private page key"), s("page AA script")))  # fmt: skip
    made.add(4, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 9 0 R%s>>" % resources)
    made.stream(
        5,
        b"%% %s\nq 0 0 1 rg 20 20 60 60 re f Q\nBT /F1 20 Tf 20 200 Td (Allt syns inte) Tj ET\n"
        b"/Span<</ActualText(%s)>>BDC BT /F1 12 Tf 20 180 Td (x) Tj ET EMC\n"
        b"BT /F1 12 Tf 3 Tr 20 160 Td (%s) Tj ET\nBT 0 Tr 1 1 1 rg /F1 12 Tf 20 140 Td (%s) Tj ET\n"
        b"BT /F1 12 Tf 0 g 320 140 Td (%s) Tj ET\nBT /F1 0.01 Tf 0 g 20 120 Td (%s) Tj ET\n"
        b"/OC/P0 BDC BT /F1 12 Tf 20 100 Td (%s) Tj ET EMC\n"
        b"BT 0 g /F1 12 Tf 20 60 Td (%s) Tj ET 0 g 10 55 200 20 re f\nq 50 0 0 40 200 20 cm /Im0 Do Q /Fm0 Do\n"
        % tuple(
            plant(place)
            for place in ("content comment", "BDC ActualText", "invisible text Tr 3", "white text", "text outside the CropBox",
                          "tiny text", "text in an OFF layer", "text under a black box")
        ),
    )  # fmt: skip
    made.add(
        6,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FontDescriptor<</Type/FontDescriptor/FontName/%s>>>>"
        % plant("FontName"),
    )
    photo = with_segments(
        encoded(picture(), "JPEG"), [(0xE1, b"Exif\0\0" + exif_block(plant)), (0xFE, plant("DCT COM"))]
    )
    made.stream(
        7,
        photo + plant("DCT behind the end"),
        b"/Type/XObject/Subtype/Image/Width 96/Height 64/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode/Name/%s"
        b"/Metadata 26 0 R/PieceInfo<</App<</Private%s>>>>" % (plant("image Name"), s("image PieceInfo")),
        deflate=False,
    )
    made.stream(
        8,
        b"0 1 0 rg 150 20 20 20 re f",
        b"/Type/XObject/Subtype/Form/BBox[0 0 300 300]/PieceInfo<</A%s>>" % s("form PieceInfo"),
    )
    made.stream(9, b"BT /F1 30 Tf 20 200 Td (Sida 2) Tj ET")
    made.stream(10, xmp_block(plant), b"/Type/Metadata/Subtype/XML", deflate=False)
    made.add(
        11,
        b"<</Type/Filespec/F%s/UF%s/Desc%s/EF<</F 27 0 R>>>>"
        % (s("embedded file F"), s("embedded file UF"), s("embedded file Desc")),
    )
    made.add(12, b"<</S/JavaScript/JS%s>>" % s("JavaScript code"))
    made.add(13, b"<</Type/Annot/Subtype/Widget/FT/Tx/T%s/TU%s/V%s/DV%s/Rect[0 0 1 1]>>"
             % (s("field T"), s("field TU"), s("field V"), s("field DV")))  # fmt: skip
    made.add(14, b"<</First 15 0 R/Last 15 0 R/Count 1>>")
    made.add(15, b"<</Title%s/Parent 14 0 R/Dest[3 0 R/Fit]>>" % s("outline Title"))
    made.add(16, b"<</Type/StructTreeRoot/K 17 0 R/RoleMap<</%s/P>>>>" % plant("RoleMap"))
    made.add(
        17,
        b"<</Type/StructElem/S/P/P 16 0 R/Alt%s/T%s/E%s/ID%s>>"
        % (s("Struct Alt"), s("Struct T"), s("Struct E"), s("Struct ID")),
    )
    made.add(
        18, b"<</Type/OCG/Name%s/Usage<</CreatorInfo<</Creator%s>>>>>>" % (s("layer Name"), s("layer CreatorInfo"))
    )
    made.stream(19, icc_profile(plant), b"/N 3")
    made.add(20, b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI%s>>>>" % s("link URI"))
    made.add(21, b"<</Type/Annot/Subtype/Text/Rect[500 500 510 510]/T%s/Contents%s/Subj%s/NM%s/RC%s>>"
             % (s("annotation author"), s("annotation Contents"), s("annotation Subj"), s("annotation NM"), s("annotation RC")))  # fmt: skip
    made.add(22, b"<</Type/Annot/Subtype/FileAttachment/Rect[500 0 509 9]/T%s/FS 11 0 R>>" % s("FileAttachment T"))
    made.add(23, b"<</Type/Annot/Subtype/Sound/Rect[500 0 509 9]/T%s/Sound 28 0 R>>" % s("Sound T"))
    made.add(24, b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F%s>>>>" % s("Launch file"))
    made.stream(25, with_segments(encoded(picture((8, 8)), "JPEG"), [(0xFE, plant("page thumbnail COM"))]),
                b"/Width 8/Height 8/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode", deflate=False)  # fmt: skip
    made.stream(26, xmp_block(plant, "page XMP"), b"/Type/Metadata/Subtype/XML")
    made.stream(27, plant("embedded file contents"), b"/Type/EmbeddedFile")
    made.stream(28, plant("Sound stream"), b"/R 8000")
    made.stream(29, plant("orphan stream"))
    made.content += b"%" + plant("comment between objects") + b"\n"
    made.add(30, b"<</Title%s/Author%s/Subject%s/Keywords%s/Creator%s/Producer%s/Company%s/CreationDate(D:20260314150926)>>"
             % tuple(s(f"Info {key}") for key in ("Title", "Author", "Subject", "Keywords", "Creator", "Producer", "Company")))  # fmt: skip
    made.add(31, s("orphan object"))
    made.end(
        b"/Root 1 0 R/Info 30 0 R/ID[%s%s]/Priv%s" % (s("trailer ID"), s("trailer ID second"), s("private trailer key"))
    )
    return bytes(made.content) + plant("behind the end")


def pdf_revised(plant: PdfPlanter) -> bytes:
    """A document that was saved twice: what the first version said is still in the file."""
    made = Pdf()
    made.add(1, b"<</Type/Catalog/Pages 2 0 R>>")
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    made.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>")
    made.stream(4, b"BT /F 12 Tf 20 100 Td (%s) Tj ET" % plant("text of the earlier version"))
    made.add(5, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    made.add(6, b"<</Author(%s)>>" % plant("Author of the earlier version"))
    table = made.end(b"/Root 1 0 R/Info 6 0 R")
    made.stream(4, b"BT /F 12 Tf 20 100 Td (ny text) Tj ET")
    made.add(6, b"<</Author()>>")
    made.end(b"/Root 1 0 R/Info 6 0 R", table)
    return bytes(made.content)


def pdf_form(plant: PdfPlanter) -> bytes:
    """A filled form whose fields have appearance streams, and whose private values do not show."""
    made = Pdf()
    made.add(1, b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/XFA[(datasets) 6 0 R]>>>>")
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    made.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Annots[4 0 R]>>")
    made.add(4, b"<</Type/Annot/Subtype/Widget/F 4/FT/Tx/T(%s)/V(%s)/Rect[20 20 180 60]/AP<</N 5 0 R>>>>"
             % (plant("form field name"), plant("form field value")))  # fmt: skip
    made.stream(5, b"0 0 0 rg 0 0 160 40 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]")
    made.stream(6, b"<xfa>%s</xfa>" % plant("XFA datasets"))
    made.end(b"/Root 1 0 R")
    return bytes(made.content)
