"""
The sentences that code chooses, but for refusals (refusals.py); and names for kinds, places and what was lost.

The English here is the key of the catalogues in locale/. `N_` only marks a sentence to be found by the extraction; it
is translated where it is shown.
"""

from dataclasses import dataclass
from typing import Final, Literal

from scrubbers.report_groups import Group
from trusted.jail.stages import Lost, What, Where

Tone = Literal["good", "warn", "bad"]


def N_(english: str) -> str:  # noqa: N802 - the name that extraction tools look for
    """Mark a sentence for translation."""
    return english


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, in one sentence, and what to do now, in one."""

    what: str
    do: str = ""
    tone: Tone = "bad"


SENT_ALREADY: Final = Notice(
    N_("This form has already been sent."),
    N_("It was not sent twice. Log in with your case code to see the case."),
)
NOT_SENT_YET: Final = Notice(N_("Nothing has been sent yet."), tone="warn")
FILES_REMOVED: Final = Notice(N_("The files are removed. What you wrote is kept."), tone="good")
SESSION_OVER: Final = Notice(N_("You are logged out."), N_("Nothing was stored. Log in with your case code to go on."))
LEFT: Final = Notice(N_("Close this tab now."), N_("In Tor Browser, choose New Identity."))
LEFT_INBOX: Final = Notice(N_("You have left."), N_("Close the tab. In Tor Browser, choose New Identity."))
WRONG_HOST: Final = Notice(N_("This address is not ours."), N_("Use the address exactly as the municipality gives it."))
WRONG_ORIGIN: Final = Notice(
    N_("The form came from another page than ours. Nothing was stored."),
    N_("Open our first page in a new tab and begin there."),
)
NOT_FOUND: Final = Notice(N_("There is no such page here."), N_("Go to the first page."))
TAKEN_BACK: Final = Notice(
    N_("The report has been taken back. Nobody has seen it, and it is erased."),
    N_("The case code does not work any more. Close the tab."),
)
NONE_TAKEN: Final = Notice(
    N_("None of the files was accepted, so nothing was stored."),
    N_("Below you see why; choose other files and send again."),
)
SENT: Final = Notice(N_("Your message has been received."), "", "good")
FACTS_ADDED: Final = Notice(N_("What you ticked has been added as a message. You see it below."), "", "good")
NOTHING_TICKED: Final = Notice(N_("Nothing was ticked, so nothing was added."), "", "good")
FILE_TAKEN_BACK: Final = Notice(N_("The file has been taken back. Nobody has seen it."), "", "good")
FILE_WITHDRAWN: Final = Notice(N_("You have withdrawn the file. Those who handle the case will be told."), "", "good")
WITHDRAWN: Final = Notice(N_("You have withdrawn the report. Those who handle the case will be told."), "", "good")
ASK_TAKE_BACK: Final = Notice(
    N_("Take back the whole report?"),
    N_("Nobody has seen it. It is erased at once, and the case code stops working."),
)
ASK_TAKE_BACK_FILE: Final = Notice(N_("Take back this file?"), N_("Nobody has seen it. It is erased at once."))
ASK_WITHDRAW: Final = Notice(
    N_("Withdraw the report?"),
    N_("It may have been read already. Those who handle the case are told that you withdraw it, and they decide."),
)
ASK_WITHDRAW_FILE: Final = Notice(
    N_("Withdraw this file?"),
    N_("It may have been seen already. Those who handle the case are told that you withdraw it."),
)
NO_SUCH_FILE: Final = Notice(N_("There is no such file in the case."), N_("Go back to the case."))

GROUPS: Final = {
    Group.PLACE: N_("Place"),
    Group.DEVICE: N_("Device"),
    Group.PEOPLE: N_("People"),
    Group.DATES: N_("Dates"),
    Group.SOFTWARE: N_("Programs"),
    Group.EARLIER_VERSIONS: N_("Earlier versions"),
    Group.HIDDEN_TEXT: N_("Hidden text"),
    Group.FILES_INSIDE: N_("Files inside"),
    Group.OTHER: N_("Other"),
}
WHAT: Final = {
    What.PLACE: N_("place"),
    What.DEVICE: N_("camera or device"),
    What.SERIAL: N_("serial number"),
    What.PERSON: N_("name of a person"),
    What.DATE: N_("date and time"),
    What.SOFTWARE: N_("program"),
    What.TITLE: N_("title"),
    What.COMMENT: N_("comment"),
    What.THUMBNAIL: N_("small preview picture"),
    What.COLOUR_PROFILE: N_("colour profile"),
    What.EARLIER_VERSION: N_("earlier version"),
    What.HIDDEN_TEXT: N_("hidden text"),
    What.HIDDEN_DRAWING: N_("hidden drawing"),
    What.HIDDEN_COLOUR: N_("colours under transparent parts"),
    What.EMBEDDED_FILE: N_("file within the file"),
    What.SCRIPT: N_("program code"),
    What.FORM_FIELD: N_("form field"),
    What.ANNOTATION: N_("annotation"),
    What.LINK: N_("link"),
    What.IDENTIFIER: N_("identifying number"),
    What.ROUTE: N_("the e-mail's way from server to server"),
    What.ADDRESS: N_("address of a computer"),
    What.OTHER: N_("other hidden data"),
}
WHERE: Final = {
    Where.EXIF: "EXIF",
    Where.MAKER_NOTE: N_("maker's note"),
    Where.XMP: "XMP",
    Where.IPTC: "IPTC",
    Where.ICC: "ICC",
    Where.COMMENT_BLOCK: N_("comment block"),
    Where.TEXT_BLOCK: N_("text block"),
    Where.VENDOR_BLOCK: N_("vendor's block"),
    Where.SECOND_PICTURE: N_("second picture"),
    Where.TAGS: N_("tags"),
    Where.PIXELS: N_("pixels"),
    Where.PALETTE: N_("palette"),
    Where.AFTER_THE_END: N_("after the end"),
    Where.DOCUMENT_INFORMATION: N_("document information"),
    Where.DOCUMENT: N_("document"),
    Where.ATTACHMENTS: N_("attachments"),
    Where.PAGES: N_("pages"),
    Where.PICTURES_ON_PAGES: N_("pictures on pages"),
    Where.LAYERS: N_("layers"),
    Where.FORM: N_("form"),
    Where.MESSAGE_HEAD: N_("what stands unseen beside an e-mail"),
}
LOST: Final = {
    Lost.SELECTABLE_TEXT: N_("text that can be selected (pages became pictures)"),
    Lost.SHARPNESS: N_("some sharpness"),
    Lost.FULL_SOUND: N_("some quality of the sound: one channel remains"),
    Lost.FULL_FILM: N_("some quality of the film: smaller pictures, 25 a second"),
    Lost.ANIMATION: N_("animation (only the first picture is kept)"),
    Lost.COLOUR_DEPTH: N_("some depth of colour"),
    Lost.EXACT_COLOURS: N_("the exact look of the colours (they may look different)"),
    Lost.TRANSPARENCY: N_("transparent parts (they became white)"),
    Lost.SECOND_PICTURE: N_("a second picture in the file"),
    Lost.FORM: N_("form fields that can be filled in"),
    Lost.LINKS: N_("links that can be clicked"),
    Lost.LINK_FRAMES: N_("frames around links"),
    Lost.OUTLINE: N_("entries in the list of contents beside the pages"),
    Lost.SOUND_OR_FILM: N_("sound or film within the document"),
    Lost.LAYOUT: N_("the layout (typefaces, margins and page breaks are different)"),
    Lost.TEXT_COLOURS: N_("the colours of text and of cells in tables"),
    Lost.CHARTS: N_("how charts are drawn (their numbers are kept)"),
    Lost.CHANGES: N_("the marks of tracked changes (what was inserted is kept, what was deleted is not)"),
    Lost.VALUES: N_("results of formulas that are not in the file (open it in its program and save it to keep them)"),
}
