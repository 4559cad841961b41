"""New objects behind a document that PDFium wrote (ISO 32000-1, 7.5.6, "Incremental updates")."""

from collections.abc import Mapping

import pypdf


def updated(written: bytes, reader: pypdf.PdfReader, bodies: Mapping[int, bytes]) -> bytes:
    """Return the document with these objects in the place of those of their numbers; `reader` is pypdf's of it."""
    if not bodies:
        return written
    before = int(written.rpartition(b"startxref")[2].split()[0])
    parts, table, place = [written], b"", len(written)
    for number, body in sorted(bodies.items()):
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        table += b"%d 1\n%010d 00000 n\r\n" % (number, place)
        place += len(parts[-1])
    size = max(reader.trailer.raw_get("/Size"), max(bodies) + 1)
    entries = table, size, reader.trailer.raw_get("/Root").idnum, before, place
    parts.append(b"xref\n%strailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % entries)
    return b"".join(parts)


def stream_body(data: bytes, entries: bytes = b"") -> bytes:
    """Return the body of a stream that is stored as it is."""
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data)
