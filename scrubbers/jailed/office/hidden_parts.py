"""Reports what an office document holds beside what it shows, by kind, from the names of its parts and a few of them.

For the report alone: the clean copy is typeset from what was read as visible, so nothing of this can be in it.
"""

import re
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.xml import Node
from trusted.jail.stages import Damaged, TooLarge, What, Where

_PROPERTIES: Final = {
    "creator": What.PERSON, "lastmodifiedby": What.PERSON, "manager": What.PERSON, "company": What.PERSON,
    "initial-creator": What.PERSON, "printed-by": What.PERSON, "created": What.DATE, "modified": What.DATE,
    "lastprinted": What.DATE, "date": What.DATE, "creation-date": What.DATE, "print-date": What.DATE,
    "title": What.TITLE, "subject": What.TITLE, "keywords": What.TITLE, "keyword": What.TITLE,
    "category": What.TITLE, "description": What.COMMENT, "contentstatus": What.COMMENT,
    "application": What.SOFTWARE, "appversion": What.SOFTWARE, "generator": What.SOFTWARE,
    "template": What.SOFTWARE, "hyperlinkbase": What.LINK, "identifier": What.IDENTIFIER,
    "revision": What.EARLIER_VERSION, "totaltime": What.EARLIER_VERSION, "editing-cycles": What.EARLIER_VERSION,
    "editing-duration": What.EARLIER_VERSION, "user-defined": What.OTHER,
}  # fmt: skip
_PROPERTY_PARTS: Final = ("docprops/core.xml", "docprops/app.xml", "docprops/custom.xml", "meta.xml")
_PARTS: Final = (
    (re.compile(r"docprops/thumbnail|^thumbnails/"), What.THUMBNAIL, Where.DOCUMENT),
    (
        re.compile(r"vba|macros?/|^basic/|^scripts/|activex/|^(word|xl|ppt)/customui|userform"),
        What.SCRIPT,
        Where.DOCUMENT,
    ),
    (re.compile(r"/embeddings/|^object |^objectreplacements/"), What.EMBEDDED_FILE, Where.ATTACHMENTS),
    (re.compile(r"comments|threadedcomment|(^|/)people|persons/"), What.COMMENT, Where.DOCUMENT),
    (re.compile(r"^customxml/"), What.IDENTIFIER, Where.DOCUMENT),
    (re.compile(r"printersettings"), What.DEVICE, Where.DOCUMENT),
    (re.compile(r"/fonts/|^fonts/"), What.OTHER, Where.DOCUMENT),
    (re.compile(r"^_xmlsignatures/|meta-inf/documentsignatures"), What.PERSON, Where.DOCUMENT),
    (re.compile(r"/revisions/|^versions/|^versionlist"), What.EARLIER_VERSION, Where.DOCUMENT),
    (re.compile(r"externallinks/|/connections\.xml"), What.LINK, Where.DOCUMENT),
    (re.compile(r"pivotcache"), What.EMBEDDED_FILE, Where.DOCUMENT),
    (re.compile(r"/glossary/"), What.HIDDEN_TEXT, Where.DOCUMENT),
)
# The time that programs write which write none.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_MOST_CHILDREN: Final = 200


def collect(package: Package, findings: Findings) -> None:
    """Report parts, properties, addresses and the archive's own traces."""
    for pattern, what, where in _PARTS:
        if any(pattern.search(name) for name in package.members):
            findings.add(what, where)
    for part in filter(package.has, _PROPERTY_PARTS):
        _properties(_tree(package, part), findings)
    for name in (name for name in package.members if name.endswith(".rels")):
        _addresses(_tree(package, name), findings)
    if package.comment:
        findings.add(What.COMMENT, Where.DOCUMENT, package.comment)
    if any(member.date_time != _NO_TIME for member in package.members.values()):
        findings.add(What.DATE, Where.DOCUMENT)
    if any(member.comment for member in package.members.values()):
        findings.add(What.COMMENT, Where.DOCUMENT)


def _tree(package: Package, part: str) -> Node | None:
    try:
        return package.tree(part)
    except (Damaged, TooLarge):
        return None


def _properties(root: Node | None, findings: Findings) -> None:
    if root is None:
        findings.add(What.OTHER, Where.DOCUMENT_INFORMATION)
        return
    inside = root.find("office:meta") or root
    for place, each in enumerate(inside.elements()):
        if place >= _MOST_CHILDREN:
            return
        local = each.name.rpartition(":")[2].lower()
        value = each.text().strip()
        if local == "property":
            value = f"{each.get('name')}: {value}"
        if what := _PROPERTIES.get(local, What.OTHER if local == "property" else None):
            findings.add(what, Where.DOCUMENT_INFORMATION, value)


def _addresses(root: Node | None, findings: Findings) -> None:
    if root is None:
        return
    for each in root.elements():
        if each.get("TargetMode") == "External":
            findings.add(What.LINK, Where.DOCUMENT, each.get("Target"))
