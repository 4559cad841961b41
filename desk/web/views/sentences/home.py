"""The desk home: key, passphrase, folder, the address that was joined, bridges, and what a terminal gives."""

from collections.abc import Mapping
from typing import Final

from desk.web.views.pages import N_, Notice

_FOUR_WORDS: Final = N_("Choose a longer one, for example four words that do not belong together.")
_MOVE: Final = N_("Move it to an ordinary folder before you unlock.")

BROKEN: Final = Notice(
    N_("Something went wrong at this desk, and nothing was sent."),
    N_("Try again; if it happens again, call a colleague."),
)

HOME: Final[Mapping[str, Notice]] = {
    "desk.wrong_passphrase": Notice(
        N_("The passphrase is not right."),
        N_("Type it once more; capital and small letters matter. If you have forgotten it, call a colleague."),
    ),
    "desk.no_key": Notice(N_("There is no key on this computer yet."), N_("Make one under Become a member.")),
    "desk.not_joined": Notice(
        N_("This desk does not know its server yet."), N_("Paste the address that the operator gave you.")
    ),
    "desk.weak_passphrase": Notice(
        N_("The passphrase is shorter than 12 characters."),
        _FOUR_WORDS,
    ),
    "desk.guessable_word": Notice(
        N_("The passphrase is an ordinary word with a year or a few signs, and such are tried first."), _FOUR_WORDS
    ),
    "desk.guessable_keys": Notice(
        N_("The passphrase follows a row of keys or numbers, and such are tried first."), _FOUR_WORDS
    ),
    "desk.guessable_same": Notice(
        N_("The passphrase is the same over and over, and such are tried first."), _FOUR_WORDS
    ),
    "desk.passphrases_differ": Notice(N_("The two passphrases differ."), N_("Type the same one twice.")),
    "desk.no_role": Notice(N_("No role is chosen."), N_("Choose what you do in the group.")),
    "join.unreadable": Notice(
        N_("Your name, or what reporters see, cannot be used."), N_("Write 1 to 80 ordinary characters in each field.")
    ),
    "desk.key_taken": Notice(
        N_("There is a key on this computer already, and it was left as it is."), N_("Unlock it.")
    ),
    "desk.key_damaged": Notice(N_("The key file cannot be read."), N_("Put back your copy, or call a colleague.")),
    "desk.home_in_onedrive": Notice(N_("The folder lies in OneDrive."), _MOVE),
    "desk.home_in_dropbox": Notice(N_("The folder lies in Dropbox."), _MOVE),
    "desk.home_in_icloud": Notice(N_("The folder lies in iCloud."), _MOVE),
    "desk.home_in_nextcloud": Notice(N_("The folder lies in Nextcloud."), _MOVE),
    "desk.home_in_google": Notice(N_("The folder lies in Google Drive."), _MOVE),
    "desk.home_synced": Notice(N_("The folder is copied to other computers."), _MOVE),
    "desk.bad_address": Notice(
        N_("The address has a misprint."), N_("Copy it once more, all 56 characters before .onion.")
    ),
    "desk.reporters_address": Notice(
        N_("That is the address for reporters."), N_("Ask the operator for the members' address, and paste that one.")
    ),
    "desk.address_kept": Notice(
        N_("This computer has seen who reads at its server, so the address is kept."),
        N_("Call a colleague before you work with another server."),
    ),
    "bridges.unreadable": Notice(
        N_("One of the lines is no bridge."), N_("Copy each line whole, from the address to its end.")
    ),
    "bridges.too_many": Notice(N_("These are more bridges than needed."), N_("Paste ten at most.")),
    "bridges.no_transport": Notice(
        N_("Bridges that begin with obfs4 need a program that is not on this computer."),
        N_("Install obfs4proxy, or ask for bridges that begin with a number."),
    ),
    "desk.busy": Notice(N_("A command is at work with the same key."), N_("Wait until it has ended, and try again.")),
    "desk.state_damaged": Notice(
        N_("What this computer remembers of the server cannot be read."),
        N_("Put back the copy of the folder, or call a colleague."),
    ),
    "desk.list_damaged": Notice(
        N_("What this computer remembered of your cases was damaged, and was set aside."),
        N_("It is fetched again; nothing is gone at the server. Cases erased before may stand here as never opened."),
        "warn",
    ),
    "desk.home_unusable": Notice(
        N_("The folder of the desk cannot be read or written."), N_("Check that the disk is not full.")
    ),
    "desk.error": BROKEN,
    "desk.no_port": Notice(
        N_("Every port of this computer that was tried is taken, so the application was not opened."),
        N_("Restart the computer. If it happens again, another account may be doing it: call a colleague."),
    ),
    # At a terminal.
    "desk.swap": Notice(
        N_("Swap is on and not encrypted: this computer can write your key and what you read to its disk."),
        N_("Switch it off (`sudo swapoff -a`, and its line in /etc/fstab), or encrypt it."),
    ),
    "desk.no_passphrase": Notice(
        N_("There is no terminal to ask for the passphrase on."),
        N_("Use a terminal, or name a file with --passphrase-file."),
    ),
    "desk.passphrase_file": Notice(
        N_("The passphrase file cannot be read."), N_("Look at what stands behind --passphrase-file.")
    ),
    "desk.passphrase_exposed": Notice(
        N_("Others on this computer can read the passphrase file, so it was not used."),
        N_("Run `chmod 600` on it, and choose a new passphrase if somebody may have read it."),
    ),
    "show.not_ours": Notice(
        N_("The file is not shown: it has not the form of a cleaned file."),
        N_("It was cleaned by another version of the service, or never. Save a copy only if you know what it is."),
    ),
    "show.film_in_chromium": Notice(
        N_("The film is not shown: this browser would write one of its length to the disk."),
        N_("Open the application in Chromium, or save a copy."),
        "warn",
    ),
    "show.picture_in_firefox": Notice(
        N_("The picture is not shown: this browser would write one of its kind to the disk."),
        N_("Open the application in Firefox, or save a copy."),
        "warn",
    ),
    "desk.save_refused": Notice(
        N_("Nothing was saved: the folder is not there, or has a file of that name."), N_("Name another.")
    ),
    "usage.text_file": Notice(N_("The text is not in UTF-8."), N_("Save it as UTF-8, or give it with --text.")),
    "backup.no_words": Notice(
        N_("There is no terminal on which to ask you whether this backup may be opened."),
        N_("Use a terminal, or give the six words that the operator read to you with --words."),
    ),
    "backup.not_agreed": Notice(
        N_("You did not agree, so no answer was written."),
        N_("Compare the six words with the operator by telephone, and begin again."),
    ),
    "backup.other_words": Notice(
        N_("The six words are not those of this question, so the backup was not opened."),
        N_("Call the operator, and answer only the question whose words are the same."),
    ),
    "backup.ask_file": Notice(
        N_("The question cannot be read, or is larger than one can be."),
        N_("Ask the operator for the file ask.json of the restore once more."),
    ),
}
