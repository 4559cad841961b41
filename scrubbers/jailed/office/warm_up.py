"""A small document with a little of everything, so that all it needs is in memory before the locks go on."""

import io
import zipfile
from typing import Final

from PIL import Image

_TYPES: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS: Final = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/></Relationships>'
)
_DOCUMENT: Final = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:pic="http://schemas.'
    'openxmlformats.org/drawingml/2006/picture" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:body><w:p><w:r><w:rPr><w:b/>'
    "</w:rPr><w:t>Ett provå½☺ 😀</w:t></w:r><w:r><w:t> två</w:t><w:drawing><pic:pic><pic:blipFill><a:blip r:embed="
    '"r"/></pic:blipFill></pic:pic></w:drawing></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>Cell</w:t></w:r></w:p>'
    "</w:tc></w:tr></w:tbl></w:body></w:document>"
)


def sample_document() -> bytes:
    """Return a Word document with text, a table and a picture."""
    picture, made = io.BytesIO(), io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(picture, "JPEG")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS.format("officeDocument", "word/document.xml"))
        archive.writestr("word/document.xml", _DOCUMENT)
        archive.writestr("word/_rels/document.xml.rels", _RELATIONS.format("image", "media/picture.jpeg"))
        archive.writestr("word/media/picture.jpeg", picture.getvalue())
    return made.getvalue()
