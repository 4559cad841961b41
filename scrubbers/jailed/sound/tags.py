"""Reports what a recording or film says beside what is played: tags, covers, chapters, streams. Nothing of it stays."""

import re
from collections.abc import Collection
from typing import Final

import av

from scrubbers.jailed.findings import Findings
from trusted.jail.stages import What, Where

# Names of tags in lower case, across ID3, iTunes, QuickTime, Vorbis comments, RIFF and Matroska, as FFmpeg gives them.
_MEANINGS: Final[tuple[tuple[re.Pattern[str], What], ...]] = tuple(
    (re.compile(pattern), what)
    for pattern, what in (
        (r"location|gps|\bxyz\b|place|city|country", What.PLACE),
        (r"serial|imei|uuid|\buid\b|identifier|isrc|umid", What.SERIAL),
        (r"make|model|device|camera|phone|android", What.DEVICE),
        (r"date|time|year", What.DATE),
        (r"artist|author|composer|performer|owner|copyright|contact|person|originator", What.PERSON),
        (
            r"encoder|encoded|software|firmware|handler|vendor|version|major_brand|compatible_brands|tool|writing",
            What.SOFTWARE,
        ),
        (r"title|album|show|track", What.TITLE),
        (r"comment|description|synopsis|lyrics|keyword|note", What.COMMENT),
    )
)
# An iPhone's names begin so, and there is a time in it.
_APPLE: Final = "com.apple.quicktime."
# Said of nearly every file, by the format and not by a person.
_OF_THE_FORMAT: Final = frozenset(
    ("major_brand", "minor_version", "compatible_brands", "language", "vendor_id", "duration")
)


def collect(container: "av.container.InputContainer", played: Collection[int], findings: Findings) -> None:
    """Add all that is found beside the streams of these indices."""
    with findings.reading(Where.TAGS):
        _collect_tags(container.metadata, findings)
        for stream in container.streams:
            _collect_tags(stream.metadata, findings)
            if stream.index in played:
                continue
            if stream.type == "video":
                findings.add(What.THUMBNAIL, Where.TAGS)
            else:
                # Another sound, subtitles, or data by the second: places, as some telephones and cameras write them.
                findings.add(What.EMBEDDED_FILE, Where.ATTACHMENTS)
        for chapter in container.chapters():
            _collect_tags(chapter.get("metadata", {}), findings)


def _collect_tags(tags: dict[str, str], findings: Findings) -> None:
    for name, value in tags.items():
        if name.lower() not in _OF_THE_FORMAT:
            findings.add(_meaning(name.lower()), Where.TAGS, value)


def _meaning(name: str) -> What:
    name = name.removeprefix(_APPLE)
    return next((what for pattern, what in _MEANINGS if pattern.search(name)), What.OTHER)
