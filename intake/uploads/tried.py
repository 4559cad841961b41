"""What a report says of files that were refused: that something was tried and of which kind, and no more."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from trusted.case.entry import TRIED_MOST, TriedKind
from trusted.jail.stages import (
    Archive,
    CameraRaw,
    Damaged,
    DrawnPicture,
    Email,
    KindsDisagree,
    LettersMissing,
    Locked,
    OfficeDocument,
    SoundOrFilm,
    TextUnreadable,
    UncommonPicture,
    UnknownKind,
    WouldNotVouch,
)

# One that was empty, or for which there was no room, is none that members could ask for in another form.
_KINDS: Final[Mapping[str, TriedKind]] = {
    OfficeDocument.text_key: "office",
    Email.text_key: "e-mail",
    TextUnreadable.text_key: "text",
    SoundOrFilm.text_key: "sound or film",
    Archive.text_key: "archive",
    DrawnPicture.text_key: "drawing",
    UncommonPicture.text_key: "picture",
    CameraRaw.text_key: "picture",
    **{one.text_key: "other" for one in (UnknownKind, KindsDisagree, Locked, Damaged, LettersMissing, WouldNotVouch)},
}


def tried_kinds(refused: Mapping[str, int]) -> tuple[tuple[TriedKind, int], ...]:
    """Return the kinds of refused files with their counts, in an order that says nothing of which came first.

    `refused` counts the keys of the refusals.
    """
    counts: Counter[TriedKind] = Counter()
    for text_key, count in refused.items():
        if text_key in _KINDS:
            counts[_KINDS[text_key]] += count
    return tuple(sorted((kind, min(count, TRIED_MOST)) for kind, count in counts.items()))
