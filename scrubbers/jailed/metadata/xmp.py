"""Reports what XMP and IPTC blocks say about a person.

XMP is XML, and a hostile one would attack an XML parser (entity expansion, depth). Only names and the values next to
them are wanted, so bounded patterns search it and nothing parses it.
"""

import re
from typing import Final

from scrubbers.jailed.findings import Findings
from trusted.jail.stages import What, Where

_MOST_BYTES: Final = 2**20

# By local name, in lower case: programs differ in their prefixes and in how they write GPS.
_NAMES: Final = {
    "creator": What.PERSON, "contributor": What.PERSON, "rights": What.PERSON, "owner": What.PERSON,
    "ownername": What.PERSON, "cameraownername": What.PERSON, "author": What.PERSON, "credit": What.PERSON,
    "captionwriter": What.PERSON, "artist": What.PERSON, "personinimage": What.PERSON,
    "persondisplayname": What.PERSON, "ciemailwork": What.PERSON, "citelwork": What.PERSON, "ciurlwork": What.PERSON,
    "creatortool": What.SOFTWARE, "producer": What.SOFTWARE, "softwareagent": What.SOFTWARE,
    "software": What.SOFTWARE, "xmptk": What.SOFTWARE,
    "createdate": What.DATE, "modifydate": What.DATE, "metadatadate": What.DATE, "datecreated": What.DATE,
    "datetimeoriginal": What.DATE, "datetimedigitized": What.DATE, "datetime": What.DATE, "when": What.DATE,
    "gpstimestamp": What.DATE, "gpsdatetime": What.DATE,
    "gpslatitude": What.PLACE, "gpslongitude": What.PLACE, "gpslongtitude": What.PLACE, "city": What.PLACE,
    "state": What.PLACE, "country": What.PLACE, "location": What.PLACE, "sublocation": What.PLACE,
    "countryname": What.PLACE, "provincestate": What.PLACE, "locationname": What.PLACE, "ciadrextadr": What.PLACE,
    "ciadrcity": What.PLACE, "ciadrregion": What.PLACE, "ciadrpcode": What.PLACE, "ciadrctry": What.PLACE,
    "make": What.DEVICE, "model": What.DEVICE, "lens": What.DEVICE, "lensmodel": What.DEVICE,
    "dronemodel": What.DEVICE,
    "serialnumber": What.SERIAL, "bodyserialnumber": What.SERIAL, "lensserialnumber": What.SERIAL,
    "cameraserialnumber": What.SERIAL, "droneserialnumber": What.SERIAL,
    "title": What.TITLE, "headline": What.TITLE, "subject": What.TITLE, "keywords": What.TITLE,
    "hierarchicalsubject": What.TITLE, "tagslist": What.TITLE, "lastkeywordxmp": What.TITLE,
    "rawfilename": What.TITLE, "preservedfilename": What.TITLE,
    "description": What.COMMENT, "usercomment": What.COMMENT, "instructions": What.COMMENT,
    "layertext": What.HIDDEN_TEXT,
    "documentid": What.IDENTIFIER, "instanceid": What.IDENTIFIER, "originaldocumentid": What.IDENTIFIER,
    "documentancestors": What.IDENTIFIER, "imageuniqueid": What.IDENTIFIER, "burstid": What.IDENTIFIER,
    "image": What.THUMBNAIL,
}  # fmt: skip
# With their prefix, because the local name alone means other things: detected faces, and files in Base64.
_FULL_NAMES: Final = {
    "mwg-rs:name": What.PERSON, "gimage:data": What.EMBEDDED_FILE, "gdepth:data": What.EMBEDDED_FILE,
    "gaudio:data": What.EMBEDDED_FILE,
}  # fmt: skip
# Base64 is no useful example.
_NO_EXAMPLE: Final = {What.THUMBNAIL, What.EMBEDDED_FILE}
# prefix:Name="value" or <prefix:Name>value; the first letters of a value are enough.
_ATTRIBUTE: Final = re.compile(rb"([\w-]{1,40}:\w{1,40})=[\"']([^\"'<]{1,400})")
_ELEMENT: Final = re.compile(rb"<([\w-]{1,40}:\w{1,40})[^<>]{0,200}>([^<]{1,400})")
# <prefix:Name><rdf:Seq><rdf:li>value
_LIST: Final = re.compile(
    rb"<([\w-]{1,40}:\w{1,40})>\s{0,40}<rdf:(?:Seq|Bag|Alt)>\s{0,40}<rdf:li[^<>]{0,100}>([^<]{1,400})"
)

# By the number of the data set.
_IPTC: Final = {
    5: What.TITLE, 25: What.TITLE, 26: What.PLACE, 27: What.PLACE, 55: What.DATE, 60: What.DATE, 62: What.DATE,
    65: What.SOFTWARE, 80: What.PERSON, 90: What.PLACE, 92: What.PLACE, 95: What.PLACE, 100: What.PLACE,
    101: What.PLACE, 105: What.TITLE, 110: What.PERSON, 116: What.PERSON, 118: What.PERSON, 120: What.COMMENT,
    122: What.PERSON,
}  # fmt: skip
# Photoshop's thumbnail of the picture as last saved: the newer and the older resource number.
_PHOTOSHOP_THUMBNAIL: Final = re.compile(rb"8BIM\x04[\x09\x0c]")
# An IPTC application record: tag marker, record 2, data set, length.
_IPTC_RECORD: Final = re.compile(rb"\x1c\x02(.)(..)", re.DOTALL)


def collect_xmp(untrusted: bytes, findings: Findings, where: Where = Where.XMP) -> None:
    text = untrusted[:_MOST_BYTES]
    found = False
    for pattern in (_LIST, _ATTRIBUTE, _ELEMENT):
        for name, value in pattern.findall(text):
            full = name.decode("ascii", "replace").lower()
            what = _FULL_NAMES.get(full) or _NAMES.get(full.partition(":")[2])
            if what is not None and value.strip():
                found = True
                findings.add(what, where, None if what in _NO_EXAMPLE else value)
    if not found:
        findings.add(What.OTHER, where)


def collect_iptc(untrusted: bytes, findings: Findings) -> None:
    """Report an IPTC block, or Photoshop's resources with one in them."""
    findings.add(What.OTHER, Where.IPTC)
    if _PHOTOSHOP_THUMBNAIL.search(untrusted):
        findings.add(What.THUMBNAIL, Where.IPTC)
    for header in _IPTC_RECORD.finditer(untrusted[:_MOST_BYTES]):
        data_set, length = header[1][0], int.from_bytes(header[2], "big")
        if data_set in _IPTC:
            findings.add(_IPTC[data_set], Where.IPTC, untrusted[header.end() : header.end() + length])
