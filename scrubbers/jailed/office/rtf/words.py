"""The control words of Rich Text Format that are read, by what is done with them (RTF 1.9.1)."""

# ruff: noqa: RUF001  quotation marks and dashes are meant
from typing import Final

from scrubbers.jailed.office import labels
from scrubbers.jailed.typeset.model import Align
from trusted.jail.stages import What

# What a font's character set is called in Python; of those that are not here no letter is in our faces.
CHARSETS: Final = {
    77: "mac_roman", 161: "cp1253", 162: "cp1254", 186: "cp1257", 204: "cp1251", 238: "cp1250", 254: "cp437",
    255: "cp850",
}  # fmt: skip
CODE_PAGES: Final = {437, 850, 1250, 1251, 1252, 1253, 1254, 1257}
ENCODINGS: Final = frozenset({"cp1252", *CHARSETS.values(), *(f"cp{page}" for page in CODE_PAGES)})
SIGNS: Final = 2  # a character set of signs
SIGN_FONTS: Final = ("symbol", "wingdings")
UNREADABLE_CHARSETS: Final = frozenset({128, 129, 130, 134, 136, 163, 177, 178, 222})
# Nothing in these is seen; what they tell is reported.
SKIPPED: Final = {
    "info": None, "fonttbl": None, "colortbl": None, "stylesheet": None, "fldinst": None, "pntxta": None, "sp": None,
    "pntxtb": None,
    "shprslt": None, "nonshppict": None, "bkmkstart": None, "bkmkend": None, "xe": None, "tc": None, "private": None,
    "annotation": What.COMMENT, "atnauthor": What.PERSON, "atnid": What.PERSON, "revtbl": What.PERSON,
    "rsidtbl": What.IDENTIFIER, "generator": What.SOFTWARE, "objdata": What.EMBEDDED_FILE, "datastore": What.IDENTIFIER,
    "themedata": None, "colorschememapping": None, "template": What.LINK, "userprops": What.OTHER, "xmlnstbl": None,
    "listtable": None, "listoverridetable": None, "filetbl": What.LINK, "passwordhash": None, "docvar": What.OTHER,
    "factoidname": None, "mmathPr": None, "latentstyles": None, "objclass": None, "objname": None, "blipuid": None,
    "atrfstart": None, "atrfend": None, "atnref": None, "atndate": What.DATE, "picprop": None, "falt": None,
    "panose": None,
}  # fmt: skip
INFO: Final = {
    "author": What.PERSON, "operator": What.PERSON, "manager": What.PERSON, "company": What.PERSON, "title": What.TITLE,
    "subject": What.TITLE, "keywords": What.TITLE, "category": What.TITLE, "doccomm": What.COMMENT,
    "creatim": What.DATE, "revtim": What.DATE, "printim": What.DATE, "buptim": What.DATE, "hlinkbase": What.LINK,
    "version": What.EARLIER_VERSION, "edmins": What.EARLIER_VERSION,
}  # fmt: skip
APART: Final = {
    "header": labels.HEADER, "headerl": labels.HEADER, "headerr": labels.HEADER, "headerf": labels.HEADER,
    "footer": labels.FOOTER, "footerl": labels.FOOTER, "footerr": labels.FOOTER, "footerf": labels.FOOTER,
    "footnote": labels.NOTES, "shptxt": labels.TEXT_BOX, "dptxbxtext": labels.TEXT_BOX,
}  # fmt: skip
# Destinations that may be left out, and are not.
KNOWN: Final = frozenset({"do", "shppict", "shpinst", "pict", "pn", *APART})
LETTERS: Final = {
    "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "tab": "\t", "line": "\n", "lbr": "\n", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
SYMBOLS: Final = {"~": " ", "_": "-", "\\": "\\", "{": "{", "}": "}", "\r": "", "\n": ""}
ALIGNED: Final = {"ql": Align.LEFT, "qj": Align.LEFT, "qc": Align.CENTRE, "qr": Align.RIGHT}
# Words that turn something on or off, and words with a number, by what of the state they set.
SWITCHES: Final = {
    "b": "bold", "i": "italic", "super": "raised", "v": "hidden", "deleted": "deleted", "revised": "inserted",
    "caps": "capitals",
    "strike": "struck", "striked": "struck_twice",
    **dict.fromkeys(("ul", "uld", "uldash", "uldashd", "uldashdd", "uldb", "ulth", "ulw", "ulwave"), "underlined"),
}  # fmt: skip
NUMBERS: Final = {
    "f": "font", "fs": "size", "cf": "colour", "highlight": "behind", "cb": "behind", "chcbpat": "behind",
    "uc": "fallback",
}  # fmt: skip
ENCODING_WORDS: Final = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
