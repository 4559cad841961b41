"""What several tests of the reporter's pages start from: photographs, a case opened by its words, boxes on a page."""

import html
import re
import sqlite3
from io import BytesIO

from PIL import ExifTags, Image

from intake.inbox.case import find_case, open_case
from trusted.receipt.keys import receipt_keys


def photograph(side: int = 64, maker: str = "Planted maker") -> bytes:
    picture = Image.effect_noise((side, side), 60).convert("RGB")
    exif = picture.getexif()
    exif[0x010F] = maker
    kept = BytesIO()
    picture.save(kept, "JPEG", exif=exif)
    return kept.getvalue()


def rows(intake, table: str) -> int:
    with sqlite3.connect(f"file:{intake.made.home.path}/kallskydd.db?mode=ro", uri=True) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return found


MAKER, OWNER = "Planted-maker-7f1c", "Planted-owner-7f1c"


def telling_photograph() -> bytes:
    """A photograph with a maker, an owner, a day and a place."""
    picture = Image.effect_noise((64, 64), 60).convert("RGB")
    exif = picture.getexif()
    exif[0x010F], exif[0x013B], exif[0x0132] = MAKER, OWNER, "2026:03:14 10:11:12"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps.update({1: "N", 2: (60.0, 8.0, 56.4), 3: "E", 4: (15.0, 11.0, 16.08)})
    kept = BytesIO()
    picture.save(kept, "JPEG", exif=exif)
    return kept.getvalue()


def offered(page) -> list[str]:
    """The values of the boxes on a page, as a browser would send them when they are ticked."""
    boxes = re.findall(r'<input type="checkbox" name="fact" value="([^"]*)"([^>]*)>', page.text)
    assert all("checked" not in rest for _value, rest in boxes), "a box is ticked before anybody ticked it"
    return [html.unescape(value) for value, _rest in boxes]


async def session_of(intake, page):
    keys = receipt_keys(page.receipt, intake.services.store.salt)
    return await find_case(intake.services, page.receipt, keys)


async def opened(intake, page):
    return await open_case(intake.services, await session_of(intake, page))


def without_marks(page):
    body = re.sub(rb'name="(mark|draft)" value="[^"]*"', b"", page.body)
    return page.status, page.raw_headers, body, len(page.body)
