"""Layers (optional content, ISO 32000-1, 8.11): where any may be off, all pages become pixels.

Refused is what viewers read in different ways: PDFium believes a layer's own word (/ViewState) more than that of the
document, takes another configuration than the default one, shows what no list names, and asks one layer for no policy.
"""

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject

from scrubbers.jailed.pdf.syntax import access
from trusted.jail.stages import Damaged


def hides_layers(reader: pypdf.PdfReader) -> bool:
    """Whether a layer, or a membership of layers, may be off as the document opens. Raises Damaged."""
    properties = access.dictionary_in(reader.root_object, "/OCProperties")
    default = access.dictionary_in(properties, "/D")
    groups, on, off = _groups(properties, "/OCGs"), _groups(default, "/ON"), _groups(default, "/OFF")
    base = access.entry(default, "/BaseState") or "/ON"
    hidden = {key for key in groups if key in off or (base == "/OFF" and key not in on)}
    if (
        base not in ("/ON", "/OFF")
        or not off.keys() <= groups.keys()
        or any("/Intent" in each for each in _groups(properties, "/Configs").values())
        or any("/View" in each for each in _groups(default, "/AS").values())
        or any(_disagrees(group, is_off=key in hidden) for key, group in groups.items())
    ):
        raise Damaged
    found = (each for found in access.all_objects(reader) for each in access.dictionaries_in(found))
    about = [each for each in found if not {"/OC", "/OCGs", "/VE", "/Usage"}.isdisjoint(each)]
    if any(_disagrees(each, is_off=False) for each in about if access.key_of(each) not in groups):
        raise Damaged
    # Without a type it is a list of layers, and no membership to anybody.
    may_hide = [_may_hide(each) for each in about if "/Type" in each and not {"/OCGs", "/VE"}.isdisjoint(each)]
    if not hidden and not any(may_hide):
        return False
    # Where no layer is listed all are on to PDFium, and to others there is none; and it draws annotations in any layer.
    if not groups or any("/OC" in each and "/Rect" in each for each in about):
        raise Damaged
    return True


def _groups(source: DictionaryObject, key: str) -> dict[object, DictionaryObject]:
    """Return the dictionaries of an array."""
    found = access.entry(source, key)
    parts = list.__iter__(found) if isinstance(found, ArrayObject) else ()
    each = ((access.key_of(part), access.resolved(part)) for part in parts)
    return {key: part for key, part in each if isinstance(part, DictionaryObject)}


def _disagrees(group: DictionaryObject, *, is_off: bool) -> bool:
    """Whether a layer says otherwise of itself, or is off for something else than to be viewed."""
    usage = access.dictionary_in(access.dictionary_in(group, "/Usage"), "/View")
    state, intent = access.entry(usage, "/ViewState"), access.entry(group, "/Intent") or "/View"
    intents = access.array(intent) if isinstance(intent, ArrayObject) else [intent]
    return (state is not None and (str(state).lstrip("/") == "OFF") != is_off) or (
        is_off and {"/View", "/All"}.isdisjoint(intents)
    )


def _may_hide(membership: DictionaryObject) -> bool:
    """Whether it may hide what is in it though no layer is off; raises Damaged."""
    policy = access.entry(membership, "/P") or "/AnyOn"
    hides = policy in ("/AnyOff", "/AllOff") and isinstance(access.entry(membership, "/OCGs"), ArrayObject)
    if access.name_of(membership.get("/Type")) != "/OCMD" or not (hides or policy in ("/AnyOn", "/AllOn")):
        raise Damaged
    return hides or "/VE" in membership
