"""Reports what an EXIF block, or a TIFF's own tags in the same form, says about a person."""

from typing import Final

from PIL import ExifTags, Image

from scrubbers.jailed.findings import Findings
from trusted.jail.stages import What, Where

_TAGS: Final = {
    0x010F: What.DEVICE,  # Make
    0x0110: What.DEVICE,  # Model
    0x013C: What.DEVICE,  # HostComputer
    0xA433: What.DEVICE,  # LensMake
    0xA434: What.DEVICE,  # LensModel
    0xC614: What.DEVICE,  # UniqueCameraModel
    0xA431: What.SERIAL,  # BodySerialNumber
    0xA435: What.SERIAL,  # LensSerialNumber
    0xC62F: What.SERIAL,  # CameraSerialNumber
    0x013B: What.PERSON,  # Artist
    0x8298: What.PERSON,  # Copyright
    0xA430: What.PERSON,  # CameraOwnerName
    0x9C9D: What.PERSON,  # XPAuthor
    0x0132: What.DATE,  # DateTime
    0x9003: What.DATE,  # DateTimeOriginal
    0x9004: What.DATE,  # DateTimeDigitized
    0x000B: What.SOFTWARE,  # ProcessingSoftware
    0x0131: What.SOFTWARE,  # Software
    0x010D: What.TITLE,  # DocumentName
    0x011D: What.TITLE,  # PageName
    0x9C9B: What.TITLE,  # XPTitle
    0x9C9E: What.TITLE,  # XPKeywords
    0x9C9F: What.TITLE,  # XPSubject
    0x010E: What.COMMENT,  # ImageDescription
    0x9286: What.COMMENT,  # UserComment
    0x9C9C: What.COMMENT,  # XPComment
    0xA420: What.IDENTIFIER,  # ImageUniqueID
}
_USER_COMMENT, _ENCODING_NAME_BYTES = 0x9286, 8
_MAKER_NOTE: Final = 0x927C
# Tags for the layout of pixels, which every file of the kind needs.
_STRUCTURE: Final = {
    0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x010A, 0x0111, 0x0112, 0x0115, 0x0116, 0x0117, 0x011A,
    0x011B, 0x011C, 0x0128, 0x013D, 0x0140, 0x0142, 0x0143, 0x0144, 0x0145, 0x0152, 0x0153, 0x015B, 0x0211, 0x0212,
    0x0213, 0x0214, 0x8769, 0x8825, 0xA001, 0xA002, 0xA003, 0xA005, 0x9000, 0x9101, 0xA000,
    # read elsewhere: XMP, IPTC, Photoshop's blocks, colour profile
    0x02BC, 0x83BB, 0x8649, 0x8773,
}  # fmt: skip
_THUMBNAIL: Final = 0x0201
_GPS_AREA, _GPS_DATE, _GPS_TIME = 28, 29, 7
_HALF_CIRCLE: Final = 180


def collect(exif: Image.Exif, where: Where, findings: Findings) -> None:
    """Report what the block holds."""
    with findings.reading(where):
        _tags(dict(exif), where, findings)
    with findings.reading(where):
        _tags(exif.get_ifd(ExifTags.IFD.Exif), where, findings)
    with findings.reading(where):
        _place(exif.get_ifd(ExifTags.IFD.GPSInfo), where, findings)
    with findings.reading(where):
        if _THUMBNAIL in exif.get_ifd(ExifTags.IFD.IFD1):
            findings.add(What.THUMBNAIL, where)


def _tags(tags: dict[int, object], where: Where, findings: Findings) -> None:
    for tag, value in tags.items():
        if tag == _MAKER_NOTE:
            findings.add(What.SERIAL, Where.MAKER_NOTE)
        elif tag in _TAGS:
            findings.add(_TAGS[tag], where, _text(value) if tag == _USER_COMMENT else value)
        elif tag not in _STRUCTURE:
            findings.add(What.OTHER, where)


def _place(gps: dict[int, object], where: Where, findings: Findings) -> None:
    if not gps:
        return
    latitude, longitude = _degrees(gps, 1, "S"), _degrees(gps, 3, "W")
    point = None if latitude is None or longitude is None else f"{latitude:.5f}, {longitude:.5f}"
    findings.add(What.PLACE, where, point)
    findings.add(What.PLACE, where, _text(gps.get(_GPS_AREA)))
    if _GPS_DATE in gps or _GPS_TIME in gps:
        findings.add(What.DATE, where, gps.get(_GPS_DATE))


def _text(value: object) -> object:
    """Return the text of a tag that begins with the name of its encoding."""
    return value[_ENCODING_NAME_BYTES:] if isinstance(value, bytes) else value


def _degrees(gps: dict[int, object], reference_tag: int, negative: str) -> float | None:
    """Return degrees, minutes and seconds as one number; None if they are malformed."""
    parts = gps.get(reference_tag + 1)
    if not isinstance(parts, tuple) or not parts:
        return None
    value: float = sum(float(part) / 60**position for position, part in enumerate(parts[:3]))
    if not -_HALF_CIRCLE <= value <= _HALF_CIRCLE:
        return None
    return -value if str(gps.get(reference_tag, "")).upper().startswith(negative) else value
