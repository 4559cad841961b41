"""The block for the municipality's own page: what the poster says, as a piece of HTML beside its pictures.

It is complete in itself: no script, no style, nothing from another site. Its classes begin with `kallskydd-`, so that
the page's own style can reach it. The mirror is a link that does not tell from where somebody came; the onion address
is none, since an ordinary browser would ask the network for it, and is one run of text that a double click marks.
"""

from __future__ import annotations

from html import escape
from typing import Final

from kallskydd.poster import qr
from kallskydd.poster.texts import (
    BEWARE,
    BEWARE_OF_THE_LINK,
    COVERS,
    LEAD,
    LINK,
    MIRROR,
    MIRROR_ALT,
    MIRROR_SEEN,
    ONION,
    ONION_ALT,
    ONION_BROWSER,
    ONION_COMPUTERS,
    ONION_HOW,
    ONION_IPHONE,
    PHONE,
    PHONE_HOW,
    TITLE,
    TOR_BROWSER,
    TRIAL,
    WARNINGS,
    Facts,
    PosterTexts,
)

MIRROR_PICTURE: Final = "qr-mirror.png"
ONION_PICTURE: Final = "qr-onion.png"


def block(words: PosterTexts, facts: Facts) -> str:
    """Return the fragment in one language."""
    lines = [
        f'<section class="kallskydd-block" lang="{words.language}" dir="ltr">',
        *([f'<p class="kallskydd-trial"><strong>{_text(words(TRIAL))}</strong></p>'] if facts.trial else []),
        f"<h2>{_text(words(TITLE))}</h2>",
        f"<p>{_text(words(LEAD))}</p>",
        *([_covers(words, facts)] if len(facts.organisations) > 1 else []),
        f"<h3>{_text(words(BEWARE_OF_THE_LINK if facts.mirror else BEWARE))}</h3>",
        '<ul class="kallskydd-beware">',
        *(f"<li>{_text(words(one))}</li>" for one in (LINK, *WARNINGS) if facts.mirror or one is not LINK),
        "</ul>",
        *(_mirror(words, facts.mirror) if facts.mirror else []),
        *_onion(words, facts.onion),
        *(_telephone(words, facts.phone) if facts.phone else []),
        "</section>",
    ]
    return "\n".join(lines) + "\n"


def pictures(facts: Facts) -> dict[str, bytes]:
    """Return the pictures that the block shows, by their file names; they are the same in every language."""
    made = {ONION_PICTURE: qr.png(facts.onion)}
    if facts.mirror:
        made[MIRROR_PICTURE] = qr.png(facts.mirror)
    return made


def _covers(words: PosterTexts, facts: Facts) -> str:
    return f"<p>{_text(words(COVERS, names=', '.join(facts.organisations)))}</p>"


def _mirror(words: PosterTexts, address: str) -> list[str]:
    return [
        f"<h3>{_text(words(MIRROR))}</h3>",
        f'<p><a class="kallskydd-mirror" href="{escape(address)}" rel="noreferrer">{_text(address)}</a></p>',
        _picture(MIRROR_PICTURE, address, words(MIRROR_ALT, address=address)),
        f"<p>{_text(words(MIRROR_SEEN))}</p>",
    ]


def _onion(words: PosterTexts, address: str) -> list[str]:
    return [
        f"<h3>{_text(words(ONION))}</h3>",
        "<ul>",
        f"<li>{_text(words(ONION_COMPUTERS, browser=TOR_BROWSER))}</li>",
        f"<li>{_text(words(ONION_IPHONE, browser=ONION_BROWSER))}</li>",
        "</ul>",
        f"<p>{_text(words(ONION_HOW))}</p>",
        f'<p><code class="kallskydd-address" translate="no">{_text(address)}</code></p>',
        _picture(ONION_PICTURE, address, words(ONION_ALT, address=address)),
    ]


def _telephone(words: PosterTexts, number: str) -> list[str]:
    return [f"<h3>{_text(words(PHONE, number=number))}</h3>", f"<p>{_text(words(PHONE_HOW))}</p>"]


def _picture(name: str, address: str, alt: str) -> str:
    side = qr.png_side(address)
    return f'<p><img class="kallskydd-code" src="{name}" width="{side}" height="{side}" alt="{escape(alt)}"></p>'


def _text(words: str) -> str:
    return escape(words, quote=False)
