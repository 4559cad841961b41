"""
The sentences that code chooses: two for every refusal, and names for kinds, places, states and dates.

The English here is the key of the catalogues in locale/. `N_` only marks a sentence to be found by the extraction; it
is translated where it is shown. tests/intake/report/test_reporter_texts.py asks for a sentence for every text key that
can reach a page.
"""

from dataclasses import dataclass
from typing import Final, Literal

from scrubbers.report_groups import Group
from scrubbers.stages import Lost, What, Where

Tone = Literal["good", "bad"]


def N_(english: str) -> str:  # noqa: N802 - the name that extraction tools look for
    """Mark a sentence for translation."""
    return english


@dataclass(frozen=True, slots=True)
class Said:
    """What happened, in one sentence, and what to do now, in one."""

    what: str
    do: str = ""
    tone: Tone = "bad"


_FORM: Final = {
    "form.refused": Said(
        N_("We could not receive that. Nothing was stored."), N_("Please try again; your text is below.")
    ),
    "form.not_a_form": Said(
        N_("What came was damaged or not one of our forms. Nothing was stored."),
        N_("Please send the form again; choose your files once more."),
    ),
    "form.nested": Said(
        N_("What came had a form within the form. Nothing was stored."),
        N_("Please send it with an ordinary browser, such as Tor Browser."),
    ),
    "form.old": Said(
        N_("The page had expired, or the service was restarted. Nothing was stored."),
        N_("Your text is below: choose your files once more and send again."),
    ),
    "form.empty": Said(
        N_("There was no text, so nothing was stored."),
        N_("Write a few words about what happened, choose your files once more and send again."),
    ),
    "form.text_too_long": Said(
        N_("The text is longer than the form can take. Nothing was stored."),
        N_("Please shorten it; you can send more afterwards with the case code."),
    ),
    "form.holds_the_code": Said(
        N_("Your message contains words from your case code, so it was not sent. Nothing was stored."),
        N_("Please remove them: whoever has the code can read and withdraw the report."),
    ),
    "form.too_much_data": Said(
        N_("More was sent than we can receive. Nothing was stored."),
        N_("Please send fewer or smaller files; you can add more afterwards with the case code."),
    ),
    "form.try_again_soon": Said(
        N_("Too many people are using the service right now. Nothing was stored."),
        N_("Please wait a minute and send again. Your text is below; choose your files once more."),
    ),
    "form.unknown_choice": Said(
        N_("Something you chose is no longer on the form. Nothing was stored."),
        N_("Please look through your choices and send again."),
    ),
    "form.stalled": Said(
        N_("The connection was silent for too long. Nothing was stored."),
        N_("Please send again; smaller files are quicker through Tor."),
    ),
    "form.case_full": Said(
        N_("The case has no room for more. Nothing was stored."),
        N_("Please write the rest as a new report, and say there that it belongs to an earlier one."),
    ),
}

_FILES: Final = {
    "file.refused": Said(N_("The file could not be received."), N_("Try again with the case code.")),
    "file.too_large": Said(
        N_("The file is larger than the form allows."),
        N_("Make it smaller or divide it, and add it with the case code."),
    ),
    "file.too_many": Said(
        N_("There were more files than the form allows."), N_("Add the rest afterwards with the case code.")
    ),
    "file.report_too_large": Said(
        N_("The files together are larger than the form allows."), N_("Add the rest afterwards with the case code.")
    ),
    "file.no_room": Said(
        N_("Too much is being received at the moment."), N_("Add the file a little later with the case code.")
    ),
    "refused": Said(N_("The file could not be cleaned."), N_("Try another kind, such as a PDF or a JPEG.")),
    "refused.empty": Said(N_("The file is empty."), N_("Check that it is the right file.")),
    "refused.office_document": Said(
        N_("Office documents cannot be cleaned safely."),
        N_("Save it as PDF, or take a screenshot, and send that."),
    ),
    "refused.drawn_picture": Said(
        N_("Vector drawings (SVG) cannot be cleaned safely."), N_("Take a screenshot and send that.")
    ),
    "refused.sound_or_film": Said(
        N_("Sound and video cannot be cleaned yet."), N_("Describe it in words, or send a still picture from it.")
    ),
    "refused.archive": Said(
        N_("Compressed archives (such as ZIP) are not accepted."), N_("Unpack it and send the files separately.")
    ),
    "refused.uncommon_picture": Said(
        N_("Pictures of this kind (such as JPEG XL) cannot be cleaned."),
        N_("Save it as JPEG, or take a screenshot, and send that."),
    ),
    "refused.camera_raw": Said(
        N_("Raw pictures from a camera cannot be cleaned."), N_("Save it as JPEG and send that.")
    ),
    "refused.unknown_kind": Said(
        N_("We do not know this kind of file."), N_("Make a PDF of it, or take a screenshot, and send that.")
    ),
    "refused.kinds_disagree": Said(
        N_("The file looks like two different kinds of file at once."),
        N_("Open it, save it again as PDF or JPEG, and send that."),
    ),
    "refused.locked": Said(
        N_("The PDF is locked with a password or with restrictions."),
        N_("Print it to a new PDF without a password and send that."),
    ),
    "refused.too_large": Said(
        N_("The file is larger than we can clean."), N_("Make it smaller or divide it, and add it with the case code.")
    ),
    "refused.too_many_pixels": Said(
        N_("The picture has more than 100 million pixels."), N_("Make it smaller and add it with the case code.")
    ),
    "refused.too_many_pages": Said(
        N_("The PDF has more than 2,000 pages."), N_("Divide it and add the parts with the case code.")
    ),
    "refused.too_many_frames": Said(
        N_("The picture has too many pages or frames."), N_("Divide it and add the parts with the case code.")
    ),
    "refused.result_too_large": Said(
        N_("The cleaned copy became too large."),
        N_("Make the file smaller or divide it, and add it with the case code."),
    ),
    "refused.too_much_to_hold": Said(
        N_("The picture is stored in a way that takes too much memory to clean."),
        N_(
            "Save it as an ordinary JPEG (not progressive), several pages as a PDF, or make it smaller, and add it with"
            " the case code."
        ),
    ),
    "refused.damaged": Said(
        N_("The file is damaged and cannot be read."), N_("Open it, save it again as PDF or JPEG, and send that.")
    ),
    "refused.letters_missing": Said(
        N_("Some letters of the PDF are not in the file, and they cannot be drawn here."),
        N_("Open it, print it to a new PDF or take a picture of the screen, and send that."),
    ),
    "refused.took_too_long": Said(
        N_("The cleaning took too long."), N_("Make the file simpler or smaller, and add it with the case code.")
    ),
    "refused.out_of_memory": Said(
        N_("The cleaning needed too much memory."), N_("Make the file smaller, and add it with the case code.")
    ),
    "refused.job_died": Said(
        N_("The cleaning was interrupted."), N_("Save the file again as PDF or JPEG, and add it with the case code.")
    ),
    "refused.no_jail": Said(
        N_("Cleaning is not available right now."), N_("Add the file in a few minutes with the case code.")
    ),
    "refused.would_not_vouch": Said(
        N_("After cleaning, something was left that we could not vouch for, so the file was not accepted."),
        N_("Take a screenshot and send that."),
    ),
}

SENTENCES: Final = {**_FORM, **_FILES}

NOT_OPEN: Final = Said(
    N_("The service is not open yet."),
    N_("There is nobody who may read a report. Nothing was stored. Turn to one of the authorities below instead."),
)
NOBODY_LEFT: Final = Said(
    N_("With what you marked, nobody is left who may read the report. Nothing was stored."),
    N_("Turn to one of the authorities below, which do not belong to the municipality."),
)
SENT_ALREADY: Final = Said(
    N_("This form has already been sent."),
    N_("Nothing was done a second time. Log in with your case code to see the case."),
)
SESSION_OVER: Final = Said(N_("You are logged out."), N_("Nothing was stored. Log in with your case code to go on."))
LEFT: Final = Said(N_("Close this tab now."), N_("In Tor Browser, choose New Identity."))
LEFT_INBOX: Final = Said(N_("You are logged out."), N_("Close the tab. In Tor Browser, choose New Identity."))
WRONG_HOST: Final = Said(N_("This address is not ours."), N_("Use the address exactly as the municipality gives it."))
WRONG_ORIGIN: Final = Said(
    N_("The form came from another page than ours. Nothing was stored."),
    N_("Open our first page in a new tab and begin there."),
)
NOT_FOUND: Final = Said(N_("There is no such page here."), N_("Go to the first page."))
TAKEN_BACK: Final = Said(
    N_("The report has been taken back. Nobody has seen it, and it is erased."),
    N_("The case code does not work any more. Close the tab."),
)
NONE_TAKEN: Final = Said(
    N_("None of the files was accepted, so nothing was stored."),
    N_("Below you see why; choose other files and send again."),
)
SENT: Final = Said(N_("Your message has been received."), "", "good")
FACTS_ADDED: Final = Said(N_("What you ticked has been added as a message. You see it below."), "", "good")
NOTHING_TICKED: Final = Said(N_("Nothing was ticked, so nothing was added."), "", "good")
FILE_UNSAFE: Final = Said(
    N_("The file is not shown: it is not as our cleaning would have made it, and could give you away."),
    N_("Write to those who handle the case that you could not open it."),
)
FILE_TAKEN_BACK: Final = Said(N_("The file has been taken back. Nobody has seen it."), "", "good")
FILE_WITHDRAWN: Final = Said(N_("You have withdrawn the file. Those who handle the case will be told."), "", "good")
WITHDRAWN: Final = Said(N_("You have withdrawn the report. Those who handle the case will be told."), "", "good")
TOO_LATE: Final = Said(
    N_("In the meantime it has become visible to those who read it, so it can no longer be taken back unseen."),
    N_("You can withdraw it instead."),
)
TRY_AGAIN: Final = Said(
    N_("That could not be done right now. Nothing was stored."), N_("Please try again in a minute.")
)
ASK_TAKE_BACK: Final = Said(
    N_("Take back the whole report?"),
    N_("Nobody has seen it. It is erased at once, and the case code stops working."),
)
ASK_TAKE_BACK_FILE: Final = Said(N_("Take back this file?"), N_("Nobody has seen it. It is erased at once."))
ASK_WITHDRAW: Final = Said(
    N_("Withdraw the report?"),
    N_("It may have been read already. Those who handle the case are told that you withdraw it, and they decide."),
)
ASK_WITHDRAW_FILE: Final = Said(
    N_("Withdraw this file?"),
    N_("It may have been seen already. Those who handle the case are told that you withdraw it."),
)
NO_SUCH_FILE: Final = Said(N_("There is no such file in the case."), N_("Go back to the case."))

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
}
LOST: Final = {
    Lost.SELECTABLE_TEXT: N_("text that can be selected (pages became pictures)"),
    Lost.SHARPNESS: N_("some sharpness (pages became coarser pictures)"),
    Lost.ANIMATION: N_("animation (only the first picture is kept)"),
    Lost.COLOUR_DEPTH: N_("some depth of colour"),
    Lost.EXACT_COLOURS: N_("the exact look of the colours (they may look different)"),
    Lost.TRANSPARENCY: N_("transparent parts (they became white)"),
    Lost.SECOND_PICTURE: N_("a second picture in the file"),
    Lost.FORM: N_("form fields that can be filled in"),
    Lost.LINKS: N_("links that can be clicked"),
    Lost.SOUND_OR_FILM: N_("sound or video within the document"),
}
