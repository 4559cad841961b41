"""
What a writer was shown in the own text, and will have sent all the same.

A box that could be ticked before anything was found would switch the warning off. So what counts is no yes, but a tag
that only the page with the findings holds:

1. The tag of a finding is a keyed hash over the draft (or the session) and the words that were found. The key is in
   memory only; another draft, a text with something new in it, or a restart make another one, and the text is pointed
   out once more.
2. The page with the findings offers their tags (`OFFERED_FIELD`). The button that leaves the text as it is accepts
   them, and they go on in the hidden fields of whatever page comes next (`ACKNOWLEDGED_FIELD`). Nothing of it is kept
   here.
3. What was accepted does not stop the same draft twice; anything new in it does. What is more than one page shows comes
   in rounds, so that nothing goes unseen behind a long list.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import Final

from intake.identifiers.find import IdentifyingDetail, details_in_form, most_telling
from trusted.web.form import Form

ACKNOWLEDGED_FIELD: Final = "looked"
OFFERED_FIELD: Final = "offered"
_TAG_BYTES: Final = 12
_TAG: Final = re.compile(rf"[0-9a-f]{{{2 * _TAG_BYTES}}}")


class AcknowledgedDetails:
    """Makes the tags of all drafts and sessions, and knows them again."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def left_in(self, form: Form, owner: str, phone: str | None) -> tuple[IdentifyingDetail, ...]:
        """Return the identifying details in the text of a form that it does not accept, as many as are to be shown.

        `owner` is its draft or session, and `phone` the number of the service, which tells nothing of a writer.
        """
        accepted = {tag for value in form.all(ACKNOWLEDGED_FIELD) for tag in _TAG.findall(value)}
        return most_telling(one for one in details_in_form(form, phone) if self._tag(owner, one) not in accepted)

    def tags(self, owner: str, details: Sequence[IdentifyingDetail]) -> str:
        """Return what a form has to bring back for these to be accepted."""
        return " ".join(self._tag(owner, one) for one in details)

    def _tag(self, owner: str, detail: IdentifyingDetail) -> str:
        text = f"{owner} {detail.kind.name} {detail.found}"
        return hashlib.blake2b(text.encode(), digest_size=_TAG_BYTES, key=self._key, person=b"ks1-seal").hexdigest()
