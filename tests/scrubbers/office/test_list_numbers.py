"""Items of lists in lists keep the numbers that the document gives them: "1.1", "a)", also where a style says the level."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import element, odf, paragraph, word


def level(at: int, kind: str, text: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'
    )


def listed(text: str, at: int | None, number: int = 1, style: str = "") -> str:
    place = "" if at is None else f'<w:ilvl w:val="{at}"/>'
    own = f"<w:numPr>{place}<w:numId w:val='{number}'/></w:numPr>" if not style else ""
    return paragraph(text, (f'<w:pStyle w:val="{style}"/>' if style else "") + own)


def document(body: str, levels: str, *, link: str = "", styles: str = "") -> bytes:
    linked = f'<w:abstractNum w:abstractNumId="7"><w:numStyleLink w:val="{link}"/></w:abstractNum>' if link else ""
    defines = f'<w:styleLink w:val="{link}"/>' if link else ""
    numbering = (
        f'<w:abstractNum w:abstractNumId="0">{defines}{levels}</w:abstractNum>{linked}<w:num w:numId="1"><w:abstractNumId w:val="0"/>'
        '</w:num><w:num w:numId="2"><w:abstractNumId w:val="7"/></w:num>'
    )
    parts = {"word/numbering.xml": element("w:numbering", numbering), "word/styles.xml": element("w:styles", styles)}
    return word(body, parts, ("n", "numbering", "numbering.xml"), ("s", "styles", "styles.xml"))


MIXED = level(0, "decimal", "%1.") + level(1, "decimal", "%1.%2") + level(2, "lowerLetter", "%3)")
SHOWN = ["1. Ett", "1.1 Inne", "a) Djupt", "b) Djupare", "1.2 Ute", "a) Om", "2. Två", "2.1 Sist"]
PLACES = (0, 1, 2, 2, 1, 2, 0, 1)
TEXTS = [line.partition(" ")[2] for line in SHOWN]


def lines(clean: bytes) -> list[str]:
    return text_of(clean).splitlines()


def test_items_on_each_level_have_their_numbers(jail):
    body = "".join(listed(text, at) for text, at in zip(TEXTS, PLACES, strict=True))

    clean, _ = cleaned(jail, document(body, MIXED))

    assert lines(clean) == SHOWN


def test_a_list_whose_levels_stand_with_a_style_has_its_numbers(jail):
    styles = (
        '<w:style w:type="numbering" w:styleId="Lista"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    body = "".join(listed(text, at, 2) for text, at in zip(TEXTS, PLACES, strict=True))

    clean, _ = cleaned(jail, document(body, MIXED, link="Lista", styles=styles))

    assert lines(clean) == SHOWN


def test_a_style_that_names_only_the_list_is_on_the_level_that_names_the_style(jail):
    levels = level(0, "decimal", "%1", '<w:pStyle w:val="Ett"/>') + level(
        1, "decimal", "%1.%2", '<w:pStyle w:val="Tva"/>'
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        for name in ("Ett", "Tva")
    )
    body = (
        listed("Bakgrund", None, style="Ett") + listed("Syfte", None, style="Tva") + listed("Metod", None, style="Tva")
    )

    clean, _ = cleaned(jail, document(body, levels, styles=styles))

    assert lines(clean) == ["1 Bakgrund", "1.1 Syfte", "1.2 Metod"]


def test_a_level_that_never_begins_again_goes_on(jail):
    levels = level(0, "decimal", "%1.") + level(1, "decimal", "%2)", '<w:lvlRestart w:val="0"/>')
    body = listed("A", 0) + listed("b", 1) + listed("C", 0) + listed("d", 1)

    clean, _ = cleaned(jail, document(body, levels))

    assert lines(clean) == ["1. A", "1) b", "2. C", "2) d"]


ODF_LEVELS = (
    '<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/><text:list-level-style-number '
    'text:level="2" style:num-format="1" text:display-levels="2"/><text:list-level-style-number text:level="3" '
    'style:num-format="a" style:num-suffix=")"/>'
)


@pytest.mark.parametrize("by", ["list", "paragraph"])
def test_open_document_lists_in_lists_have_their_numbers(jail, by):
    def item(text: str, *inside: str) -> str:
        deeper = f"<text:list>{''.join(inside)}</text:list>" if inside else ""
        return f'<text:list-item><text:p text:style-name="P">{text}</text:p>{deeper}</text:list-item>'

    first = item("Ett", item("Inne", item("Djupt"), item("Djupare")), item("Ute", item("Om")))
    named = ' text:style-name="L"' if by == "list" else ""
    body = f"<text:list{named}>{first}{item('Två', item('Sist'))}</text:list>"
    style = (
        '<style:style style:name="P" style:family="paragraph" style:list-style-name="L"/>' if by == "paragraph" else ""
    )

    clean, _ = cleaned(
        jail, odf("text", body, f'<text:list-style style:name="L">{ODF_LEVELS}</text:list-style>{style}')
    )

    assert lines(clean) == SHOWN
