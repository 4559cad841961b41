"""What XMP and IPTC blocks say about a person; for the report only.

XMP is XML, and a hostile one would attack an XML parser (entities that grow, depth). Only names and the values next to
them are wanted, so it is searched with bounded patterns and never parsed.
"""

import re
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.stages import What, Where

_MOST_BYTES: Final = 2**20

_NAMES: Final = {
    "creator": What.PERSON, "rights": What.PERSON, "OwnerName": What.PERSON, "CameraOwnerName": What.PERSON,
    "Author": What.PERSON, "Credit": What.PERSON, "CaptionWriter": What.PERSON, "Artist": What.PERSON,
    "CreatorTool": What.SOFTWARE, "Producer": What.SOFTWARE, "softwareAgent": What.SOFTWARE,
    "Software": What.SOFTWARE, "xmptk": What.SOFTWARE,
    "CreateDate": What.DATE, "ModifyDate": What.DATE, "MetadataDate": What.DATE, "DateCreated": What.DATE,
    "DateTimeOriginal": What.DATE, "when": What.DATE,
    "GPSLatitude": What.PLACE, "GPSLongitude": What.PLACE, "City": What.PLACE, "State": What.PLACE,
    "Country": What.PLACE, "Location": What.PLACE, "Sublocation": What.PLACE,
    "Make": What.DEVICE, "Model": What.DEVICE, "Lens": What.DEVICE, "LensModel": What.DEVICE,
    "SerialNumber": What.SERIAL, "BodySerialNumber": What.SERIAL, "LensSerialNumber": What.SERIAL,
    "title": What.TITLE, "Headline": What.TITLE, "subject": What.TITLE, "Keywords": What.TITLE,
    "description": What.COMMENT, "UserComment": What.COMMENT, "Instructions": What.COMMENT,
    "DocumentID": What.IDENTIFIER, "InstanceID": What.IDENTIFIER, "OriginalDocumentID": What.IDENTIFIER,
    "ImageUniqueID": What.IDENTIFIER,
    "image": What.THUMBNAIL,
}  # fmt: skip
# prefix:Name="value" or <prefix:Name>value<
_ATTRIBUTE: Final = re.compile(rb"[\w-]{1,40}:(\w{1,40})=[\"']([^\"'<]{1,400})[\"']")
_ELEMENT: Final = re.compile(rb"<[\w-]{1,40}:(\w{1,40})[^<>]{0,200}>([^<]{1,400})<")
# <prefix:Name><rdf:Seq><rdf:li>value<
_LIST: Final = re.compile(
    rb"<[\w-]{1,40}:(\w{1,40})>\s{0,40}<rdf:(?:Seq|Bag|Alt)>\s{0,40}<rdf:li[^<>]{0,100}>([^<]{1,400})<"
)

_IPTC: Final = {
    5: What.TITLE, 25: What.TITLE, 55: What.DATE, 60: What.DATE, 62: What.DATE, 65: What.SOFTWARE, 80: What.PERSON,
    90: What.PLACE, 92: What.PLACE, 95: What.PLACE, 101: What.PLACE, 105: What.TITLE, 110: What.PERSON,
    116: What.PERSON, 118: What.PERSON, 120: What.COMMENT, 122: What.PERSON,
}  # fmt: skip
# A record of the application part: mark, record 2, data set, length.
_IPTC_RECORD: Final = re.compile(rb"\x1c\x02(.)(..)", re.DOTALL)


def look_into_xmp(untrusted: bytes, findings: Findings, where: Where = Where.XMP) -> None:
    text = untrusted[:_MOST_BYTES]
    found = False
    for pattern in (_LIST, _ATTRIBUTE, _ELEMENT):
        for name, value in pattern.findall(text):
            what = _NAMES.get(name.decode("ascii", "replace"))
            if what is not None and value.strip():
                found = True
                # A thumbnail's value is a picture in letters, which tells nobody anything.
                findings.add(what, where, None if what is What.THUMBNAIL else value)
    if not found:
        findings.add(What.OTHER, where)


def look_into_iptc(untrusted: bytes, findings: Findings) -> None:
    findings.add(What.OTHER, Where.IPTC)
    for record in _IPTC_RECORD.finditer(untrusted[:_MOST_BYTES]):
        what = _IPTC.get(record[1][0])
        length = int.from_bytes(record[2], "big")
        if what is not None:
            findings.add(what, Where.IPTC, untrusted[record.end() : record.end() + length])
