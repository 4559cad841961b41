"""Documents with a marker in each place of pages, their contents and their resources, as far as it is never drawn."""

from __future__ import annotations

import zlib

from documents.pdf_by_hand import Pdf, PdfPlanter, dct, document, jpeg_with_comment, line, string, xmp_with_thumbnail

from corpus.index import icc_profile


def pdf_page_keys(plant: PdfPlanter) -> bytes:
    """What hangs from a page without being on it."""
    made, s = Pdf(), plant.string
    points = b"/PtData[<</Type/PtData/Subtype/Cloud/Names[%s]/XPTS[[1 2]]>>]" % plant.key("DP point dict")
    measure = b"<</Type/Measure/Subtype/GEO/GCS<</Type/PROJCS/WKT%s/EPSG 3006>>/DCS<</WKT%s>>/PDU[/M/SQM/DEG]/Bounds[0 0 1 1]>>" % (
        s("geospatial WKT"), s("geospatial display WKT"))  # fmt: skip
    page = b"".join((
        b"/LastModified%s" % s("page LastModified"),
        b"/PieceInfo<<%s<</LastModified(D:20260314)/Private %s>>/B<</Private%s>>>>"
        % (plant.key("page PieceInfo application"), made.new_stream(plant("page PieceInfo stream")), s("page PieceInfo")),
        b"/Metadata %s" % made.new_stream(xmp_with_thumbnail(plant, "page XMP"), b"/Type/Metadata/Subtype/XML"),
        b"/Thumb %s" % made.new_stream(jpeg_with_comment(plant, "page Thumb JPEG COM"), dct(), deflate=False),
        b"/ID%s" % s("page Web Capture ID"),
        b"/AA<</O<</S/SubmitForm/F<</FS/URL/F%s>>>>/C<</S/JavaScript/JS%s>>>>" % (s("page AA SubmitForm URL"), s("page AA script")),
        b"/SeparationInfo<</Pages[3 0 R]/DeviceColorant%s/ColorSpace[/Separation%s/DeviceCMYK 7 0 R]>>"
        % (plant.key("SeparationInfo"), plant.key("SeparationInfo colour")),
        b"/VP[<</Type/Viewport/BBox[0 0 9 9]/Name%s/Measure%s%s>>]" % (s("Viewport Name"), measure, points),
        b"/TemplateInstantiated%s" % plant.key("TemplateInstantiated"),
        b"/Trans<</S/Fly/Priv%s>>/PresSteps<</NA<</S/URI/URI%s>>>>" % (s("Trans private"), s("PresSteps action")),
        b"/B[%s]" % made.new(b"<</Type/Bead/Priv%s>>" % s("bead private key")),
        b"/AF[<</Type/Filespec/F%s>>]" % s("page AF file name"),
        b"/BoxColorInfo<</CropBox<</C[1 0 0]/Priv%s>>>>" % s("BoxColorInfo private"),
        b"/Group<</S/Transparency/CS/DeviceRGB/Priv%s>>" % s("page group private"),
        b"%s%s" % (plant.key("private page name"), s("private page key")),
    ))  # fmt: skip
    made.add(7, _tint(plant, "SeparationInfo function"))
    return document(made, line(plant.shows("Syns sida"), 20, 200), page=page)


def _tint(plant: PdfPlanter, place: str) -> bytes:
    code = b"{dup 0 mul exch dup 0 mul exch dup 0 mul exch 0.5 mul %% %s\n}" % plant(f"{place} comment")
    return b"<</FunctionType 4/Domain[0 1]/Range[0 1 0 1 0 1 0 1]/Priv%s/Length %d>>\nstream\n%s\nendstream" % (
        plant.string(f"{place} private key"), len(code), code)  # fmt: skip


def pdf_contents(plant: PdfPlanter) -> bytes:
    """What stands among the operators of a page and draws nothing."""
    small = jpeg_with_comment(plant, "inline image JPEG COM")
    packed = zlib.compress(b"\x00\xff" * 8) + plant("inline image data behind its end")
    pieces = [
        b"%% %s\n" % plant("content stream comment"),
        b"/Span<</ActualText%s/Alt%s/E%s/Lang%s/MCID 0>>BDC %s EMC\n"
        % (
            *(plant.string(f"BDC {key}") for key in ("ActualText", "Alt", "E", "Lang")),
            line(plant.shows("Syns innehåll"), 20, 200),
        ),
        b"%s BMC %s EMC\n" % (plant.key("BMC tag"), line(plant.shows("Syns märkt"), 20, 180)),
        b"%s MP /X<</Text%s>>DP\n" % (plant.key("MP tag"), plant.string("DP property")),
        b"BX %s nosuchoperator /%s nosuchthing EX\n"
        % (plant.string("unknown operator string"), plant("unknown operator name")),
        b"%s ri\n" % plant.key("rendering intent"),
        b"q 8 0 0 8 20 20 cm BI/W 8/H 8/CS/RGB/BPC 8/F/DCT ID %s EI Q\n" % small,
        b"q 8 0 0 8 40 20 cm BI/W 4/H 4/CS/G/BPC 8/F/Fl/L %d/Priv%s ID %s EI Q\n"
        % (len(packed), plant.string("inline image private key"), packed),
        b"%s pop\n" % plant.string("string that no operator takes"),
        b"/Artifact<</Attached[/Top]/Contents%s>>BDC EMC\n" % plant.string("Artifact property"),
        b"/P /%s BDC EMC\n" % plant("Properties resource name in contents"),
        b"q Q Q Q\n%s\n" % line(plant.shows("Syns efter"), 20, 160),
        b"BT /F0 12 Tf %s" % plant.string("string at the end of the contents"),
    ]
    return document(Pdf(), b"".join(pieces))


def pdf_resources(plant: PdfPlanter) -> bytes:
    """Names of resources, resources that nothing uses, and the private corners of those that are used."""
    made, s = Pdf(), plant.string
    state = made.new(b"<</Type/ExtGState/LW 2/Priv%s/HT<</Type/Halftone/HalftoneType 1/HalftoneName%s/Frequency 60/Angle 45"
                     b"/SpotFunction/Round>>/TR %s/Font[6 0 R 9]>>"
                     % (s("graphics state private key"), s("HalftoneName"), made.new(_curve(plant, "transfer function"))))  # fmt: skip
    spot = made.new(_tint(plant, "Separation function"))
    spaces = b"".join((
        b"%s[/Separation%s/DeviceCMYK %s]" % (plant.key("colour space resource name"), plant.key("Separation colorant"), spot),
        b"/C1[/DeviceN[%s]/DeviceCMYK %s<</Subtype/NChannel/Colorants<<%s[/Separation%s/DeviceCMYK %s]>>/Process<</Components[%s]>>>>]"
        % (plant.key("DeviceN colorant"), spot, plant.key("DeviceN Colorants key"), plant.key("DeviceN Colorants name"), spot,
           plant.key("DeviceN process component")),
        b"/C2[/ICCBased %s]" % made.new_stream(icc_profile(plant), b"/N 3/Metadata %s" % made.new_stream(plant("ICC stream XMP"))),
        b"/C3[/CalRGB<</WhitePoint[0.95 1 1.09]/Priv%s>>]" % s("CalRGB private key"),
        b"/C4[/Indexed/DeviceRGB 255 %s]" % made.new_stream(bytes(6) + plant("unused palette entries").ljust(762, b"\0")),
    ))  # fmt: skip
    form = made.new_stream(
        b"%% %s\n0 0.5 0 rg 0 0 20 20 re f" % plant("form XObject comment"),
        b"/Type/XObject/Subtype/Form/BBox[0 0 20 20]/Name%s/LastModified%s/PieceInfo<</A<</Private %s>>/B<</Private%s>>>>/Metadata %s"
        b"/OPI<</2.0<</Version 2.0/F%s>>>>/Ref<</F%s/Page 0/ID[%s%s]>>/StructParent 0/Group<</S/Transparency/Priv%s>>/Priv%s"
        % (plant.key("form XObject Name"), s("form XObject LastModified"), made.new_stream(plant("form XObject PieceInfo stream")),
           s("form XObject PieceInfo"), made.new_stream(xmp_with_thumbnail(plant, "form XObject XMP")), s("form OPI file name"),
           s("form Ref file"), s("form Ref ID"), s("form Ref ID second"), s("form group private"), s("form private key")),
    )  # fmt: skip
    unused = made.new_stream(jpeg_with_comment(plant, "unused XObject JPEG COM"), dct(), deflate=False)
    unused_form = made.new_stream(
        line(string(plant("text of a form that is not drawn")), 2, 2), b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
    )
    script = made.new_stream(plant("PostScript XObject"), b"/Type/XObject/Subtype/PS")
    pattern = made.new_stream(
        b"%% %s\n1 0 0 rg 0 0 2 2 re f" % plant("pattern comment"),
        b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 4 4]/XStep 4/YStep 4/Resources<</X%s>>/Priv%s"
        % (s("pattern resources private"), s("pattern private key")),
    )
    unused_pattern = made.new_stream(
        line(string(plant("text of a pattern that is not used")), 1, 1),
        b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 99 9]/XStep 99/YStep 9/Resources 5 0 R",
    )
    shading = made.new(
        b"<</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 50 0]/Priv%s/Function<</FunctionType 2/Domain[0 1]/N 1/C0[1 0 0]/C1[0 0 1]"
        b"/Priv%s>>>>" % (s("shading private key"), s("function private key"))
    )
    resources = (
        b"/Font<</F0 6 0 R%s 6 0 R>>/XObject<<%s %s/X1 %s/X2 %s/X3 %s>>/ExtGState<<%s %s>>/ColorSpace<<%s>>/Pattern<<%s %s/P1 %s>>"
        b"/Shading<<%s %s>>/Properties<<%s<</Type/X/Text%s>>>>/ProcSet[/PDF%s]/Priv%s"
        % (plant.key("font resource name"), form_name := plant.key("form resource name"), form, unused, unused_form, script,
           state_name := plant.key("state resource name"), state, spaces, pattern_name := plant.key("pattern resource name"),
           pattern, unused_pattern, shading_name := plant.key("shading resource name"), shading,
           plant.key("Properties resource name"), s("Properties resource"), plant.key("ProcSet name"), s("private resource key"))
    )  # fmt: skip
    contents = line(plant.shows("Syns resurser"), 20, 300) + (
        b"q %s gs 1 0 0 1 20 20 cm %s Do Q q 1 0 0 1 60 20 cm 0 0 40 40 re W n %s sh Q\n"
        b"q /Pattern cs %s scn 120 20 40 40 re f Q q /C1 cs 0.5 scn 180 20 40 40 re f Q q /C2 cs 0 0 1 scn 240 20 40 40 re f Q\n"
        % (state_name, form_name, shading_name, pattern_name)
    )
    return document(made, contents, resources=resources)


def _curve(plant: PdfPlanter, place: str) -> bytes:
    code = b"{1 mul %% %s\n}" % plant(f"{place} comment")
    return b"<</FunctionType 4/Domain[0 1]/Range[0 1]/Length %d>>\nstream\n%s\nendstream" % (len(code), code)
