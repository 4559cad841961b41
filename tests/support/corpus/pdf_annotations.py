"""Documents with a marker in each place of annotations, form fields and signatures."""

from __future__ import annotations

from documents.pdf_by_hand import Pdf, PdfPlanter, document, line, string, xmp_with_thumbnail

from corpus.index import chunk

# Drawn by a viewer through their appearance, if at all; each kind with the words of its own.
_KINDS = (
    b"Text", b"FreeText", b"Line", b"Square", b"Circle", b"Polygon", b"PolyLine", b"Highlight", b"Underline", b"Squiggly",
    b"StrikeOut", b"Caret", b"Stamp", b"Ink", b"Popup", b"Watermark", b"PrinterMark", b"TrapNet", b"Redact", b"Projection",
)  # fmt: skip


def pdf_annotations(plant: PdfPlanter) -> bytes:
    """Every kind of note: its author, its words, its dates, and an appearance that shows something else."""
    made, s, notes = Pdf(), plant.string, []
    for number, kind in enumerate(_KINDS):
        text = kind.decode()
        appearance = _appearance(made, plant, text, 10 * (number + 1))
        notes.append(made.new(
            b"<</Type/Annot/Subtype/%s/F 4/Rect[20 %d 60 %d]/Contents%s/T%s/NM%s/Subj%s/RC%s/M%s/CreationDate%s/AP<</N %s>>"
            b"/DS%s/Name%s/State%s/StateModel%s/IT%s/OverlayText%s/DA%s/L[0 0 9 9]/C[1 0 0]/InkList[[0 0 9 9]]/Vertices[0 0 9 9]"
            b"/QuadPoints[0 9 9 9 0 0 9 0]/Lang%s/ExData<</Type/Markup3D/Text%s>>/P 3 0 R>>"
            % (kind, 12 * number, 12 * number + 8, s(f"{text} Contents"), s(f"{text} T author"), s(f"{text} NM"),
               s(f"{text} Subj"), s(f"{text} RC"), s(f"{text} M"), s(f"{text} CreationDate"), appearance, s(f"{text} DS"),
               plant.key(f"{text} Name"), s(f"{text} State"), s(f"{text} StateModel"), plant.key(f"{text} IT"),
               s(f"{text} OverlayText"), s(f"{text} DA"), s(f"{text} Lang"), s(f"{text} ExData"))
        ))  # fmt: skip
    return document(made, line(plant.shows("Syns anteckning"), 100, 200), page=b"/Annots[%s]" % b" ".join(notes))


def _appearance(made: Pdf, plant: PdfPlanter, kind: str, width: int) -> bytes:
    return made.new_stream(
        b"%% %s\n0.2 0.4 0.6 rg 0 0 %d 4 re f" % (plant(f"{kind} appearance comment"), width),
        b"/Type/XObject/Subtype/Form/BBox[0 0 200 4]/LastModified%s/PieceInfo<</A<</Private%s>>>>/Name%s"
        % (
            plant.string(f"{kind} appearance date"),
            plant.string(f"{kind} appearance PieceInfo"),
            plant.key(f"{kind} appearance Name"),
        ),
    )


def pdf_annotation_media(plant: PdfPlanter) -> bytes:
    """Notes that carry files, films, sounds and actions."""
    made, s = Pdf(), plant.string
    file = made.new(
        b"<</Type/Filespec/F%s/UF%s/Desc%s/EF<</F %s>>>>"
        % (s("FileAttachment annot file name"), s("FileAttachment annot UF"), s("FileAttachment annot Desc"),
           made.new_stream(plant("FileAttachment annot contents"), b"/Type/EmbeddedFile"))
    )  # fmt: skip
    rich = made.new(
        b"<</Type/Filespec/F%s/UF%s/Desc%s/EF<</F %s>>>>"
        % (s("RichMedia file name"), s("RichMedia UF"), s("RichMedia Desc"),
           made.new_stream(plant("RichMedia contents"), b"/Type/EmbeddedFile"))
    )  # fmt: skip
    rendition = b"<</Type/Rendition/S/MR/N%s/C<</Type/MediaClip/S/MCD/N%s/CT%s/Alt[%s%s]/D %s>>>>" % (
        *(s(f"Rendition {key}") for key in ("N", "clip N", "CT", "Alt language", "Alt")), file)  # fmt: skip
    notes = [
        b"/FileAttachment/T%s/FS %s" % (s("FileAttachment T"), file),
        b"/Sound/T%s/Sound %s" % (s("Sound T"), made.new_stream(plant("Sound stream"), b"/Type/Sound/R 8000")),
        b"/Movie/T%s/Movie<</F%s/Poster %s>>" % (s("Movie T"), s("Movie F"), made.new_stream(plant("Movie poster"))),
        b"/Screen/T%s/MK<</CA%s>>/A<</S/Rendition/OP 0/R%s/JS%s>>" % (s("Screen T"), s("Screen MK"), rendition, s("Rendition JS")),
        b"/RichMedia/RichMediaContent<</Assets<</Names[%s %s]>>/Configurations[<</Name%s/Instances[<</Params<</FlashVars%s>>>>]>>]>>"
        % (s("RichMedia name"), rich, s("RichMedia configuration"), s("RichMedia FlashVars")),
        b"/3D/3DD %s/3DV<</XN%s/IN%s>>"
        % (made.new_stream(plant("3D stream"), b"/Type/3D/Subtype/U3D/OnInstantiate %s" % made.new_stream(plant("3D script"))),
           s("3D view XN"), s("3D view IN")),
    ]  # fmt: skip
    actions = [
        b"/S/URI/URI%s" % s("link URI"),
        b"/S/GoToR/F%s/D%s" % (s("GoToR file"), s("GoToR destination")),
        b"/S/GoToE/F%s/T<</R/C/N%s>>" % (s("GoToE file"), s("GoToE target")),
        b"/S/Launch/F%s/Mac%s/Unix%s" % (s("Launch file"), s("Launch Mac"), s("Launch Unix")),
        b"/S/JavaScript/JS %s" % made.new_stream(plant("link script")),
        b"/S/SubmitForm/F<</FS/URL/F%s>>/Fields[%s]" % (s("SubmitForm URL"), s("SubmitForm field")),
        b"/S/ImportData/F%s" % s("ImportData file"),
        b"/S/Named/N%s" % plant.key("Named action"),
        b"/S/Hide/T%s" % s("Hide target"),
        b"/S/Thread/D%s/F%s" % (s("Thread action D"), s("Thread action F")),
        b"/S/SetOCGState/State[/ON %s]" % s("SetOCGState"),
        b"/S/GoTo/D[3 0 R/XYZ 1 2 3]/Priv%s/Next[<</S/URI/URI%s>>]" % (s("action private key"), s("next action URI")),
    ]
    links = [
        b"/Link/H/I/PA<</S/URI/URI%s>>/A<<%s>>" % (s(f"link PA {number}"), action)
        for number, action in enumerate(actions)
    ]
    all_notes = b" ".join(
        made.new(b"<</Type/Annot/Subtype%s/Rect[500 0 510 9]/P 3 0 R>>" % note) for note in notes + links
    )
    return document(made, line(plant.shows("Syns medier"), 100, 200), page=b"/Annots[%s]" % all_notes)


def pdf_annotation_states(plant: PdfPlanter) -> bytes:
    """Appearances that are not shown: of other states, for the mouse, of hidden notes."""
    made = Pdf()
    looks = {
        "the box is not ticked": b"/FT/Btn/AS/Off/AP<</N<</Off %s/On %s>>>>",
        "the mouse is over it": b"/FT/Tx/AP<</N %s/R %s>>",
        "the mouse presses it": b"/FT/Tx/AP<</N %s/D %s>>",
    }
    notes = []
    for number, (place, look) in enumerate(looks.items()):
        shown, hidden = (_text_form(made, text) for text in (string(b"Syns ruta %d" % number), _hidden(plant, place)))
        notes.append(b"<</Type/Annot/Subtype/Widget/F 4/T(x%d)/Rect[20 %d 200 %d]%s>>"
                     % (number, 40 * number, 40 * number + 30, look % (shown, hidden)))  # fmt: skip
    for number, (place, flag) in enumerate({"the note is hidden": 2, "the note is not for viewing": 32}.items()):
        notes.append(b"<</Type/Annot/Subtype/Stamp/F %d/Rect[20 %d 200 %d]/AP<</N %s>>>>"
                     % (flag, 200 + 40 * number, 230 + 40 * number, _text_form(made, _hidden(plant, place))))  # fmt: skip
    references = b" ".join(map(made.new, notes))
    return document(made, line(plant.shows("Syns tillstånd"), 220, 200), page=b"/Annots[%s]" % references,
                    catalog=b"/AcroForm<</Fields[%s]>>" % references)  # fmt: skip


def _hidden(plant: PdfPlanter, place: str) -> bytes:
    return string(plant(f"appearance text while {place}"))


def _text_form(made: Pdf, text: bytes) -> bytes:
    return made.new_stream(
        b"BT /F0 12 Tf 2 8 Td %s Tj ET" % text,
        b"/Type/XObject/Subtype/Form/BBox[0 0 180 30]/Resources<</Font<</F0 6 0 R>>>>",
    )


def pdf_fields(plant: PdfPlanter) -> bytes:
    """A form: what its fields are called, hold and do, beside what they show."""
    made, s = Pdf(), plant.string
    widgets = []
    for number, kind in enumerate((b"Tx", b"Ch", b"Btn")):
        text = kind.decode()
        actions = b"".join(
            b"/%s<</S/JavaScript/JS%s>>" % (key, s(f"{text} AA {key.decode()}"))
            for key in (b"K", b"F", b"V", b"C", b"E", b"Bl")
        )
        options = b"/Opt[[%s%s]]/TI 0" % (s("Ch Opt export"), s("Ch Opt shown")) if kind == b"Ch" else b""
        widgets.append(made.new(
            b"<</Type/Annot/Subtype/Widget/F 4/FT/%s/Rect[20 %d 200 %d]/T%s/TU%s/TM%s/V%s/DV%s/RV%s/DA%s/DS%s/MK<</CA%s/RC%s/AC%s>>"
            b"/AA<<%s>>%s/AP<</N %s>>/A<</S/ResetForm/Fields[%s]>>/Lock<</Fields[%s]>>>>"
            % (kind, 40 * number, 40 * number + 30, *(s(f"{text} {key}") for key in ("T", "TU", "TM", "V", "DV", "RV", "DA", "DS",
               "MK CA", "MK RC", "MK AC")), actions, options, _text_form(made, string(b"Syns " + kind)),
                s(f"{text} ResetForm field"), s(f"{text} Lock field"))
        ))  # fmt: skip
    widgets.append(made.new(
        b"<</Type/Annot/Subtype/Widget/F 4/FT/Btn/Rect[220 20 240 40]/T%s/AS/Off/AP<</N<<%s %s>>>>>>"
        % (s("check box T"), plant.key("check box state"), _text_form(made, string(plant("text of a state of a check box"))))
    ))  # fmt: skip
    invisible = made.new(b"<</FT/Tx/T%s/V%s/Kids[]>>" % (s("field without widget T"), s("field without widget V")))
    packets = b"".join(
        b"(%s)%s" % (part, made.new_stream(b"<x>" + plant(f"XFA {part.decode()}") + b"</x>"))
        for part in (b"template", b"datasets", b"config", b"localeSet", b"xdp:xdp")
    )
    catalog = b"/AcroForm<</Fields[%s %s]/CO[%s]/XFA[%s]/DA%s/DR<</Font<<%s 6 0 R>>>>%s%s>>" % (
        b" ".join(widgets), invisible, widgets[0], packets, s("form DA"), plant.key("form font name"),
        plant.key("form private name"), s("form private key"))  # fmt: skip
    return document(
        made, line(plant.shows("Syns formulär"), 220, 200), page=b"/Annots[%s]" % b" ".join(widgets), catalog=catalog
    )


def pdf_signature(plant: PdfPlanter) -> bytes:
    """A signed field: who, where, why, with what, and the certificate's bytes."""
    made, s = Pdf(), plant.string
    certificate = b"\x30\x82\x01\x00" + plant("signature Contents") + bytes(40)
    signature = made.new(
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Name%s/Reason%s/Location%s/ContactInfo%s/M%s"
        b"/Contents<%s>/Cert%s/Changes[1 2 3]/ByteRange[0 1 2 3]/Prop_Build<</Filter<</Name%s/Date%s/OS[%s]>>/App<</Name%s/REx%s>>>>"
        b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/DigestValue%s/TransformParams<</Msg%s>>>>]>>"
        % (s("signature Name"), s("signature Reason"), s("signature Location"), s("signature ContactInfo"), s("signature M"),
           certificate.hex().encode(), s("signature Cert"), plant.key("Prop_Build filter"), s("Prop_Build date"),
           plant.key("Prop_Build system"), plant.key("Prop_Build program"), s("Prop_Build version"), s("signature DigestValue"),
           s("signature message"))
    )  # fmt: skip
    picture = b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt", b"Author\0" + plant("PNG in a private stream"))
    field = made.new(
        b"<</Type/Annot/Subtype/Widget/FT/Sig/F 132/Rect[20 20 200 50]/T%s/V %s/AP<</N %s>>/SV<</Reasons[%s]/Cert<</Issuer[%s]/URL%s>>>>"
        b"/Metadata %s/Priv %s>>"
        % (s("signature field T"), signature, _text_form(made, string(b"Syns underskrift")), s("seed value reason"),
           s("seed value issuer"), s("seed value URL"),
           made.new_stream(xmp_with_thumbnail(plant, "field XMP"), b"/Type/Metadata/Subtype/XML"), made.new_stream(picture))
    )  # fmt: skip
    return document(made, line(plant.shows("Syns signerad"), 220, 200), page=b"/Annots[%s]" % field,
                    catalog=b"/AcroForm<</SigFlags 3/Fields[%s]>>" % field)  # fmt: skip
