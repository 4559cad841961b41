"""
A prepared move that waits for the second member: what her colleague's desk hands in, and what hers gets.

Contract (docs/FORMATS.md §9, docs/decisions/desk/0031). The offer is sealed to the second member; the server holds it
in memory and never on a disk. Who hands one in shows the case's key. The answer is filled up to one size, with an offer
in it or none; a larger one has the size classes of every answer.
"""

from typing import Annotated, Final, TypeAlias

import msgspec

from cases.wire.messages import OfCase, Wire
from trusted.case.entry import Hex16

# In base64, with what stands beside it, below what a request may have (1 MiB). A larger one goes by hand.
OFFER_BYTES_MAX: Final = 720 * 2**10
# An offer of a case with some hundred entries.
ANSWER_BYTES: Final = 2**16
# All cases of a member who leaves wait for one colleague.
HELD_MAX: Final = 64

Offer: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=1, max_length=OFFER_BYTES_MAX)]


class OfferRequest(OfCase, frozen=True):
    """Verb `offer-move`: an offer for this member, in the place of an earlier one of the case; answered by state."""

    signer: Hex16
    offer: Offer


class OffersRequest(Wire, frozen=True):
    """Verb `offered-moves`."""


class OffersAnswer(Wire, frozen=True):
    """The answer to `offered-moves`: what waits for this member."""

    offers: Annotated[tuple[Offer, ...], msgspec.Meta(max_length=HELD_MAX)]
