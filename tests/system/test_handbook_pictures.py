"""The pictures of the handbook show the application as it is: they are made again, and compared with those that stand there."""

from __future__ import annotations

import io

import pytest
from browsers.handbook import FOLDER, pictures
from PIL import Image, ImageChops, ImageStat

pytestmark = pytest.mark.live

# Numbers of cases are others each time, and another computer has other fonts; a page that changed differs by more.
HEIGHT_APART, GREY_APART = 0.1, 6.0


@pytest.fixture(scope="module")
def made():
    return pictures()


def apart(one: bytes, other: bytes) -> tuple[float, float]:
    """How far two pictures are from each other: in their heights, and in grey on a coarse grid."""
    first, second = (Image.open(io.BytesIO(each)).convert("L") for each in (one, other))
    grids = [each.resize((48, 48), Image.Resampling.BOX) for each in (first, second)]
    return abs(first.height / second.height - 1), ImageStat.Stat(ImageChops.difference(*grids)).mean[0]


def test_the_pictures_that_stand_there_are_those_of_the_application_today(made):
    stored = {one.name: one.read_bytes() for one in FOLDER.iterdir()}

    found = {name: apart(picture, stored[name]) for name, picture in made.items()}

    print(found)
    assert made.keys() == stored.keys()
    assert {name: one for name, one in found.items() if one[0] > HEIGHT_APART or one[1] > GREY_APART} == {}


def test_another_page_is_seen_as_another(made):
    names = sorted(made)

    for name in names:
        for other in names:
            height, grey = apart(made[name], made[other])
            assert name == other or height > HEIGHT_APART or grey > GREY_APART, (name, other, height, grey)
