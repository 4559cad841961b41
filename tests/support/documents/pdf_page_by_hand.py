"""Pages in the words of our own writer, for tests of what looks at them."""

import io

import pypdfium2

from scrubbers.jailed.pdf.syntax.writer import Name, Node, Stream, Writer

HELVETICA = Node(
    {
        b"Type": Name(b"Font"),
        b"Subtype": Name(b"Type1"),
        b"BaseFont": Name(b"Helvetica"),
        b"Encoding": Name(b"WinAnsiEncoding"),
    }
)


def square_font():
    """A Type3 font whose A is a full square and whose space is nothing."""
    square = Node(Stream({}, b"1000 0 0 0 800 800 d1\n0 0 800 800 re\nf\n"))
    nothing = Node(Stream({}, b"500 0 0 0 0 0 d1\n"))
    return Node(
        {
            b"Type": Name(b"Font"),
            b"Subtype": Name(b"Type3"),
            b"FontBBox": [0, 0, 1000, 1000],
            b"FontMatrix": [0.001, 0, 0, 0.001, 0, 0],
            b"CharProcs": {b"a0": square, b"a1": nothing},
            b"Encoding": {b"Type": Name(b"Encoding"), b"Differences": [32, Name(b"a1"), 65, Name(b"a0")]},
            b"FirstChar": 32,
            b"LastChar": 65,
            b"Widths": [500, *[0] * 32, 1000],
            b"Resources": {},
        }
    )


def form(contents, box=(0, 0, 595, 842), matrix=None, **resources):
    entries = {b"Type": Name(b"XObject"), b"Subtype": Name(b"Form"), b"BBox": list(box)}
    if matrix is not None:
        entries[b"Matrix"] = list(matrix)
    entries[b"Resources"] = _resources(resources)
    return Node(Stream(entries, contents))


def picture(width, height, soft_mask=None):
    """A picture of three shades of grey, with a mask (mode L) if one is given."""
    entries = {b"Type": Name(b"XObject"), b"Subtype": Name(b"Image"), b"Width": width, b"Height": height}
    entries |= {b"ColorSpace": Name(b"DeviceGray"), b"BitsPerComponent": 8}
    mask = dict(entries)
    if soft_mask is not None:
        mask[b"Width"], mask[b"Height"] = soft_mask.size
        entries[b"SMask"] = Node(Stream(mask, soft_mask.tobytes()))
    return Node(Stream(entries, bytes((60 + 40 * ((x + y) % 3)) for y in range(height) for x in range(width))))


def stencil(width, height, rows):
    """A stencil mask; a bit that is 0 paints."""
    entries = {b"Type": Name(b"XObject"), b"Subtype": Name(b"Image"), b"Width": width, b"Height": height}
    return Node(Stream(entries | {b"ImageMask": True, b"BitsPerComponent": 1, b"Decode": [0, 1]}, rows))


def _resources(given):
    made = {b"Font": {b"F0": HELVETICA, b"F1": square_font()}}
    made |= {key.encode(): value for key, value in given.items()}
    return made


def document(contents, **how):
    """A document of one page with these contents."""
    return pypdfium2.PdfDocument(document_bytes(contents, **how))


def document_bytes(contents, *, box=(0, 0, 595, 842), **resources):
    made = io.BytesIO()
    writer = Writer(made)
    pages = Node()
    page = {b"Type": Name(b"Page"), b"Parent": pages, b"MediaBox": list(box)}
    page[b"Resources"] = _resources(resources)
    page[b"Contents"] = Node(Stream({}, contents))
    pages.value = {b"Type": Name(b"Pages"), b"Count": 1, b"Kids": [Node(page)]}
    writer.finish(Node({b"Type": Name(b"Catalog"), b"Pages": pages}))
    return made.getvalue()


def show(text):
    """The operator that shows a text."""
    return b"<%s> Tj\n" % text.encode("cp1252").hex().encode()


def text_at(x, y, *texts, size=12, font="F0"):
    """Texts one after the other, each shown with an operator of its own."""
    return b"BT\n/%s %g Tf\n%g %g Td\n" % (font.encode(), size, x, y) + b"".join(map(show, texts)) + b"ET\n"


def box_at(x, y, width, height, colour=b"0 g"):
    return b"%s\n%g %g %g %g re\nf\n0 g\n" % (colour, x, y, width, height)
