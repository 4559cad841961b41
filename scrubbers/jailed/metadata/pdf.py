"""Reports what a PDF holds besides the visible content of its pages, read with pypdf.

pypdf is pure Python: a hostile structure raises an exception and does not corrupt memory. Its limits are set low. What
it cannot follow is reported as "other".
"""

import contextlib
import itertools
import mmap
import re
from collections.abc import Iterator
from typing import IO, Any, Final, cast

import pypdf
import pypdf.errors
from PIL import Image
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from scrubbers.jailed.findings import MALFORMED, Findings, as_line
from scrubbers.jailed.metadata import exif
from scrubbers.jailed.metadata.xmp import collect_xmp
from scrubbers.sniff import PDF_WITHIN
from trusted.jail.stages import Lost, What, Where

# The report on a long document covers its first pages.
_PAGES_READ: Final = 200
_NODES_READ: Final = 500
_PICTURES_READ: Final = 50
_EXIF_BYTES: Final = 64 * 1024
_XMP_BYTES: Final = 256 * 1024
_LINEARIZED_WITHIN: Final = 1024

_INFORMATION: Final = {
    "/Author": What.PERSON,
    "/Title": What.TITLE,
    "/Subject": What.TITLE,
    "/Keywords": What.TITLE,
    "/Creator": What.SOFTWARE,
    "/Producer": What.SOFTWARE,
    "/CreationDate": What.DATE,
    "/ModDate": What.DATE,
    "/Company": What.PERSON,
}
_SIGNED: Final = {
    "/M": What.DATE,
    "/Location": What.PLACE,
    "/Reason": What.COMMENT,
    "/ContactInfo": What.PERSON,
}
_HARMLESS_ACTIONS: Final = {"/GoTo", "/Named"}
_ACTIONS_READ: Final = 8
_MEDIA: Final = {"/Sound", "/Movie", "/Screen", "/RichMedia", "/3D"}
_PICTURE_EXIF: Final = re.compile(rb"\xff\xe1..(?=Exif\0\0)", re.DOTALL)
_ID: Final = re.compile(rb"/ID\s*[\[%]")
_PACKET: Final = re.compile(rb"<\?xpacket begin")
_END: Final = b"%%EOF"
_NOTHING: Final = b"\0\r\n\t \xef\xbb\xbf"


def collect(reader: pypdf.PdfReader | None, untrusted: mmap.mmap, findings: Findings) -> None:
    """Report what the document holds. `reader`: of the document as PDFium rewrote it, None if pypdf cannot follow it.

    `untrusted`: the file as it came; of a document that nobody can follow what its bytes show.
    """
    if reader is not None:
        # PDFium gives every document an ID.
        if _ID.search(untrusted) is not None:
            findings.add(What.IDENTIFIER, Where.DOCUMENT)
        with _reading(findings):
            _information(reader, untrusted, findings)
        for collect_part in (_catalog, _pages):
            with _reading(findings):
                collect_part(reader, reader.root_object, findings)
    _raw(untrusted, findings)


@contextlib.contextmanager
def _reading(findings: Findings) -> Iterator[None]:
    """Wrap reading as `Findings.reading` does, for pypdf's own errors as well."""
    with findings.reading(Where.DOCUMENT):
        try:
            yield
        except pypdf.errors.PyPdfError:
            findings.add(What.OTHER, Where.DOCUMENT)


def _information(reader: pypdf.PdfReader, untrusted: mmap.mmap, findings: Findings) -> None:
    found = reader.metadata
    if found is None:
        # Where PDFium repaired a file's table it may have lost it.
        with contextlib.suppress(pypdf.errors.PyPdfError, *MALFORMED):
            found = pypdf.PdfReader(cast(IO[bytes], untrusted)).metadata
    for key, value in (found or {}).items():
        findings.add(_INFORMATION.get(key, What.OTHER), Where.DOCUMENT_INFORMATION, value)


def _catalog(_reader: pypdf.PdfReader, root: DictionaryObject, findings: Findings) -> None:
    metadata = _get(root, "/Metadata")
    if isinstance(metadata, StreamObject):
        collect_xmp(metadata.get_data()[:_XMP_BYTES], findings)
    names = _dictionary(root, "/Names")
    for name, target in _name_tree(_dictionary(names, "/EmbeddedFiles")):
        findings.add(What.EMBEDDED_FILE, Where.ATTACHMENTS, _file_name(target) or name)
    for name, _ in _name_tree(_dictionary(names, "/JavaScript")):
        findings.add(What.SCRIPT, Where.DOCUMENT, name)
    if _is_active(_get(root, "/OpenAction")) or _any_is_active(_get(root, "/AA")):
        findings.add(What.SCRIPT, Where.DOCUMENT)
    layers = _dictionary(root, "/OCProperties")
    if _array(_dictionary(layers, "/D"), "/OFF"):
        findings.add(What.HIDDEN_TEXT, Where.LAYERS)
    _form(_dictionary(root, "/AcroForm"), findings)
    for key in ("/Lang", "/StructTreeRoot", "/PieceInfo", "/Threads", "/Collection", "/PageLabels"):
        if key in root:
            findings.add(What.OTHER, Where.DOCUMENT)


def _pages(reader: pypdf.PdfReader, root: DictionaryObject, findings: Findings) -> None:
    for page in itertools.islice(reader.pages, _PAGES_READ):
        if "/PieceInfo" in page or "/Thumb" in page:
            findings.add(What.THUMBNAIL if "/Thumb" in page else What.OTHER, Where.PAGES)
        if _any_is_active(_get(page, "/AA")):
            findings.add(What.SCRIPT, Where.PAGES)
        for annotation in itertools.islice(_array(page, "/Annots"), _NODES_READ):
            with _reading(findings):
                _annotation(_resolve(annotation), findings, has_form="/AcroForm" in root)


def _annotation(annotation: Any, findings: Findings, *, has_form: bool) -> None:
    if not isinstance(annotation, DictionaryObject):
        return
    subtype = _get(annotation, "/Subtype")
    if subtype == "/Link":
        _link(annotation, findings)
    elif subtype == "/FileAttachment":
        findings.add(What.EMBEDDED_FILE, Where.PAGES, _file_name(_get(annotation, "/FS")))
    elif subtype == "/Widget":
        value = None
        if not has_form:
            findings.lose(Lost.FORM)
            value = f"{as_line(_get(annotation, '/T'))}: {as_line(_get(annotation, '/V'))}"
        findings.add(What.FORM_FIELD, Where.PAGES, value)
    elif subtype in _MEDIA:
        findings.lose(Lost.SOUND_OR_FILM)
        findings.add(What.EMBEDDED_FILE, Where.PAGES)
    else:
        findings.add(What.ANNOTATION, Where.PAGES, _get(annotation, "/Contents"))
        if "/T" in annotation:
            findings.add(What.PERSON, Where.PAGES, _get(annotation, "/T"))


def _link(link: DictionaryObject, findings: Findings) -> None:
    """Report what leads out of the document, and frames. What leads to its own pages: `pdf.pages.ways`."""
    if "/Contents" in link:
        findings.add(What.ANNOTATION, Where.PAGES, _get(link, "/Contents"))
    action = _dictionary(link, "/A")
    if action and _get(action, "/S") != "/GoTo":
        findings.lose(Lost.LINKS)
        findings.add(What.LINK, Where.PAGES, _get(action, "/URI") or _get(action, "/F"))
    border = [*map(_resolve, _array(link, "/Border"))]
    wide = _get(_dictionary(link, "/BS"), "/W") if "/BS" in link else border[2] if len(border) > 2 else 1  # noqa: PLR2004
    is_clear = "/C" in link and not _array(link, "/C")
    if "/AP" not in link and not is_clear and wide != 0:
        findings.lose(Lost.LINK_FRAMES)


def _form(form: DictionaryObject, findings: Findings) -> None:
    fields = _array(form, "/Fields")
    if fields or "/XFA" in form:
        findings.lose(Lost.FORM)
    for item in itertools.islice(_fields(fields), _NODES_READ):
        value, name = _get(item, "/V"), as_line(_get(item, "/T"))
        if isinstance(value, DictionaryObject):
            findings.add(What.FORM_FIELD, Where.FORM, name)
            _signature(value, findings)
        else:
            findings.add(What.FORM_FIELD, Where.FORM, f"{name}: {as_line(value)}")


def _signature(signature: DictionaryObject, findings: Findings) -> None:
    """Report who signed the document, when, where and why; the name may stand in the certificate alone."""
    findings.add(What.PERSON, Where.FORM, _get(signature, "/Name"))
    for key, what in _SIGNED.items():
        if key in signature:
            findings.add(what, Where.FORM, _get(signature, key))


def _is_active(action: Any) -> bool:
    """Return whether an action does more than go to a place: a script, a link, sending a form, or unknown."""
    for _ in range(_ACTIONS_READ):
        if not isinstance(action, DictionaryObject):
            return False
        if _get(action, "/S") not in _HARMLESS_ACTIONS:
            return True
        action = _get(action, "/Next")
        if isinstance(action, ArrayObject):
            break
    return True


def _any_is_active(actions: Any) -> bool:
    """Return whether an additional-actions dictionary (event to action) has an active one."""
    return isinstance(actions, DictionaryObject) and any(_is_active(_get(actions, event)) for event in actions)


def _raw(untrusted: mmap.mmap, findings: Findings) -> None:
    """Report what shows in the bytes themselves, wherever the structure hides it."""
    # A linearized file has one more %%EOF, near its beginning.
    expected_ends = 2 if untrusted.find(b"/Linearized", 0, _LINEARIZED_WITHIN) >= 0 else 1
    if len(re.findall(_END, untrusted)) > expected_ends:
        findings.add(What.EARLIER_VERSION, Where.DOCUMENT)
    if untrusted[: max(0, untrusted.find(b"%PDF-", 0, PDF_WITHIN))].strip(_NOTHING):
        findings.add(What.OTHER, Where.DOCUMENT)
    end = untrusted.rfind(_END)
    if end >= 0 and untrusted[end + len(_END) :].strip(_NOTHING):
        findings.add(What.EMBEDDED_FILE, Where.AFTER_THE_END)
    for packet in itertools.islice(_PACKET.finditer(untrusted), _PICTURES_READ):
        collect_xmp(untrusted[packet.start() : packet.start() + _XMP_BYTES].partition(b"<?xpacket end")[0], findings)
    for block in itertools.islice(_PICTURE_EXIF.finditer(untrusted), _PICTURES_READ):
        with findings.reading(Where.PICTURES_ON_PAGES):
            tags = Image.Exif()
            tags.load(untrusted[block.end() : block.end() + _EXIF_BYTES])
            exif.collect(tags, Where.PICTURES_ON_PAGES, findings)


def _resolve(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value


def _get(dictionary: Any, key: str) -> Any:
    return _resolve(dictionary.get(key)) if isinstance(dictionary, DictionaryObject) else None


def _dictionary(parent: Any, key: str) -> DictionaryObject:
    found = _get(parent, key)
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def _array(parent: Any, key: str) -> ArrayObject:
    found = _get(parent, key)
    return found if isinstance(found, ArrayObject) else ArrayObject()


def _file_name(specification: Any) -> Any:
    specification = _resolve(specification)
    return _get(specification, "/UF") or _get(specification, "/F")


def _name_tree(root: DictionaryObject) -> Iterator[tuple[Any, Any]]:
    """Yield a name tree's names and values; the node limit ends a tree with cycles."""
    nodes: list[Any] = [root]
    for _ in range(_NODES_READ):
        if not nodes:
            return
        node = nodes.pop()
        pairs = _array(node, "/Names")
        yield from zip(map(_resolve, pairs[0::2]), map(_resolve, pairs[1::2]), strict=False)
        nodes += [_resolve(kid) for kid in itertools.islice(_array(node, "/Kids"), _NODES_READ)]


def _fields(fields: ArrayObject) -> Iterator[DictionaryObject]:
    """Yield form fields at every depth; the node limit ends a tree with cycles."""
    nodes = [_resolve(item) for item in itertools.islice(fields, _NODES_READ)]
    for _ in range(_NODES_READ):
        if not nodes:
            return
        node = nodes.pop()
        if isinstance(node, DictionaryObject):
            if "/T" in node or "/V" in node:
                yield node
            nodes += [_resolve(kid) for kid in itertools.islice(_array(node, "/Kids"), _NODES_READ)]
