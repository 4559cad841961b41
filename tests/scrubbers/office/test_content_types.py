"""Which family of documents a package says that its main part is of: by the part's name, or by its ending."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import WORD_TYPE, paragraph, types, word

from trusted.jail.stages import OfficeDocument

WORD_BY_ENDING = types("word/other.xml", "x").replace("application/xml", f"{WORD_TYPE}.document.main+xml")


@pytest.mark.parametrize("said", [WORD_BY_ENDING, WORD_BY_ENDING.replace('"xml"', '"XML"')])
def test_the_ending_of_the_main_part_tells_the_family(jail, said):
    # System.IO.Packaging says it so, with which programs for .NET write documents (ECMA-376, part 2, 6.2.3).
    clean, _ = cleaned(jail, word(paragraph("Avtal"), {"[Content_Types].xml": said}))

    assert "Avtal" in text_of(clean)


@pytest.mark.parametrize(
    "said",
    [
        WORD_BY_ENDING.replace("word/other.xml", "word/document.xml"),
        WORD_BY_ENDING.replace('"xml"', '""'),
        WORD_BY_ENDING.replace('"xml"', '"rels"'),
    ],
)
def test_what_the_name_says_goes_before_the_ending_and_another_ending_says_nothing(jail, said):
    with pytest.raises(OfficeDocument):
        cleaned(jail, word(paragraph("Avtal"), {"[Content_Types].xml": said}))
