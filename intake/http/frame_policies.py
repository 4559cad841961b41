"""
The policies of the three pages that have to do with frames; every other page has none and stands in none.

The report form holds two frames of our own: one for the answer, so that the text and the chosen files stay where they
are when something must be mended, and one that shows how far the sending has come, without any script.
"""

from typing import Final

_ALWAYS: Final = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
# The page around the frames.
HOLDS_FRAMES: Final = {"Content-Security-Policy": f"{_ALWAYS}; frame-src 'self'; frame-ancestors 'none'"}
# What is shown in one; only our own pages may do so.
IN_A_FRAME: Final = {"Content-Security-Policy": f"{_ALWAYS}; frame-ancestors 'self'"}
FRAMES_FIELD: Final = "frames"
PLAIN_FIELD: Final = "plain"
YES: Final = "yes"
