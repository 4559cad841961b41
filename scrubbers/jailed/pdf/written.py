"""A document as PDFium writes it, into memory, by no code but PDFium's and the C library's.

PDFium hands what it writes to a C function, with the address of the struct that names the function as first argument. A
function in Python would need a closure: a page of machine code that libffi makes, which is of no file and which, under
a unit that forbids pages both written and run, every fork shares. So the function is the C library's own
`_IO_default_xsputn(FILE *, const void *, size_t)`, which copies into the buffer of a stream, and our struct is both.
PDFium's begins with a number and the function, a FILE with its flags and a place for reading, which writing leaves
alone. The layout of a FILE and both names are the C library's binary interface, the same since 2.2.5.
"""

import ctypes
import io
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from trusted.jail.stages import Damaged

# Of libio.h. With the first, a full buffer is an error that sets the second, and no call to the system.
_NO_WRITES, _ERROR_SEEN = 0x8, 0x20
# What PDFium writes is most often as long as what it read; packed objects become up to some four times as long.
_SPARE_BYTES: Final = 64 * 2**10
_TIMES_MORE: Final = 4  # the next time


class _Stream(ctypes.Structure):
    """`struct _IO_FILE` with its table of functions, and FPDF_FILEWRITE at its beginning."""

    _fields_ = (
        ("flags", ctypes.c_int),
        ("function", ctypes.c_void_p),
        ("read_end", ctypes.c_void_p),
        ("read_base", ctypes.c_void_p),
        ("write_base", ctypes.c_void_p),
        ("write_at", ctypes.c_void_p),
        ("write_end", ctypes.c_void_p),
        ("rest", ctypes.c_byte * 160),
        ("table", ctypes.c_void_p),
    )


_LIBC: Final = ctypes.CDLL(None)
_FUNCTION: Final = ctypes.cast(_LIBC["_IO_default_xsputn"], ctypes.c_void_p).value
_TABLE: Final = ctypes.addressof(ctypes.c_byte.in_dll(_LIBC, "_IO_file_jumps"))


def as_written(document: pypdfium2.PdfDocument, source_bytes: int) -> bytes:
    """Return the document without encryption; raises Damaged. MemoryError if there is no room for it."""
    size = source_bytes + _SPARE_BYTES
    while True:
        # Its bytes become the result: no second copy of a large document.
        room = io.BytesIO()
        room.seek(size - 1)
        room.write(b"\0")
        with room.getbuffer() as view:
            place = ctypes.c_char.from_buffer(view)
            start = ctypes.addressof(place)
            stream = _Stream(flags=_NO_WRITES, function=_FUNCTION, write_base=start, write_at=start,
                             write_end=start + size, table=_TABLE)  # fmt: skip
            target = ctypes.cast(ctypes.pointer(stream), ctypes.POINTER(pdfium.FPDF_FILEWRITE))
            is_written = pdfium.FPDF_SaveAsCopy(document, target, pdfium.FPDF_REMOVE_SECURITY)
            # The view is let go of once nothing points into it.
            del place
        if not stream.flags & _ERROR_SEEN:
            if not is_written:
                raise Damaged
            room.truncate(stream.write_at - start)
            return room.getvalue()
        size *= _TIMES_MORE
