"""What can go wrong at a member's desk.

    DeskError
    ├── Usage                       the member can put it right at once
    │   ├── NoKey              701  no member.key in this desk home
    │   ├── KeyTaken           702  there is a member.key already; it is never overwritten
    │   ├── PassphraseRefused  703  the passphrase does not open member.key
    │   ├── WeakPassphrase     704  too short to protect a file that may be copied
    │   ├── NotJoined          705  the desk does not know the server's address yet
    │   ├── UnknownCase        710  no case of that name in the list
    │   ├── SaveRefused        713  a file of that name exists, or the folder is not there
    │   ├── NoPassphrase       714  no terminal to ask on and no file named, or the two typed ones differ
    │   ├── NoText             715  nothing was written
    │   ├── MisprintedAddress  717  no v3 onion address, or one with a misprint
    │   ├── ReportersAddress   718  the address at which reporters find the service, and not the desks'
    │   ├── FileUnreadable     719  the file to send cannot be read, or is too large
    │   ├── DayTooSoon         735  the reporter would have too few days to answer in
    │   ├── MoveRefused        734  these members cannot be the readers of the case, or the file is none
    │   ├── BadBridges         741  what was pasted is no bridge line, or of a kind that this computer cannot use
    │   └── NoWords            732  a roster is to be signed, and nobody can be asked for its six words
    ├── PassphraseExposed      736  others on this computer can read the passphrase file
    ├── KeyDamaged             742  member.key is no key file any more
    ├── HomeSynced             743  the desk home lies in a folder that is copied to other computers
    ├── StateDamaged           706  desk.toml does not read
    ├── HomeUnusable           716  the desk home cannot be read or written
    ├── DeskBusy               707  another command works in this desk home
    ├── NotReachable           708  the server cannot be reached: tor, network, onion key or socket
    ├── StrangeAnswer          709  the server's answer is in no form that this desk knows
    ├── ServerRefused            n  the server said no; `code` and `text_key` are the server's
    ├── Erased                 711  the case is erased; its tombstone verifies and is kept
    ├── NothingOffered         730  a signature was asked for, and no roster waits for one
    ├── NotAgreed              731  the six words differ, or the member did not agree to what was shown
    ├── FetchBroken            751  a fault of this desk ended the fetching
    ├── NotShown           754  the browser would leave the file on the disk, or its form is not one that we write
    ├── NoPort             753  no port is free on both loopbacks of this computer
    ├── ProbeFailed            750  the reporters' site gave the test report another page than a reporter gets
    ├── OtherCertificate   752  the website on the open web shows a certificate that is not the server's
    ├── NotNow                 712  the case's state does not allow the act
    │   └── HeldBack           755  a signature waits in the case: nothing else is done until it is given or refused
    ├── NotRestored            737  the server was restored from a backup in which the case cannot be read
    └── NotVerified                 what the server shows cannot be right
        ├── RosterBroken       721  the chain does not verify, or does not continue the one this desk has pinned
        ├── WrongServer        722  the roster names another server than the one this desk has joined
        ├── CaseCut            723  entries this desk has seen are gone or changed
        ├── SealedToWrong      724  the report was not sealed to this member
        ├── CaseBroken         725  the case does not open with the key in its grant
        ├── MoveBroken         727  the move of a case does something else than it says
        └── TombstoneBroken    726  the tombstone does not verify, or has no signatures and the two years are not over

An error carries a code and a text key, never bytes, names or paths; `cases.sentences` has the two sentences for a
person.
"""

# Named for what happened, as everywhere here: `raise NoKey` reads better than `raise NoKeyError`.


class DeskError(Exception):
    """Base of everything a desk can raise."""

    code = 700
    text_key = "desk.error"

    def __init__(self, text_key: str | None = None) -> None:
        """Keep `text_key`, a literal of the desk's own, in the place of the class's own."""
        super().__init__()
        if text_key is not None:
            self.text_key = text_key


class Usage(DeskError):
    """Something the member can put right at once."""


class NoKey(Usage):
    """There is no member.key in this desk home."""

    code = 701
    text_key = "desk.no_key"


class KeyTaken(Usage):
    """There is a member.key already."""

    code = 702
    text_key = "desk.key_taken"


class PassphraseRefused(Usage):
    """The passphrase does not open member.key."""

    code = 703
    text_key = "desk.wrong_passphrase"


class WeakPassphrase(Usage):
    """The passphrase is shorter than `keyfile.PASSPHRASE_MIN_CHARACTERS`, or guessed early (`desk.keep.guessable`)."""

    code = 704
    text_key = "desk.weak_passphrase"


class NotJoined(Usage):
    """The desk does not know the server's address yet."""

    code = 705
    text_key = "desk.not_joined"


class StateDamaged(DeskError):
    """desk.toml does not read."""

    code = 706
    text_key = "desk.state_damaged"


class HomeUnusable(DeskError):
    """The desk home cannot be read or written: permissions, a full disk."""

    code = 716
    text_key = "desk.home_unusable"


class DeskBusy(DeskError):
    """Another command works in this desk home."""

    code = 707
    text_key = "desk.busy"


class NotReachable(DeskError):
    """The server cannot be reached."""

    code = 708
    text_key = "desk.not_reachable"


class StrangeAnswer(DeskError):
    """The server's answer is in no form that this desk knows."""

    code = 709
    text_key = "desk.strange_answer"


class ServerRefused(DeskError):
    """The server said no, with its own code and text key."""

    def __init__(self, status: int, code: int, text_key: str) -> None:
        super().__init__(text_key)
        self.status = status
        self.code = code


class UnknownCase(Usage):
    """No case of that name in the list."""

    code = 710
    text_key = "desk.unknown_case"


class Erased(DeskError):
    """The case is erased; its tombstone verifies and is kept."""

    code = 711
    text_key = "desk.erased"


class NotNow(DeskError):
    """The state of the case does not allow the act."""

    code = 712
    text_key = "desk.not_now"


class HeldBack(NotNow):
    """A signature waits in the case: nothing else is done until it is given or refused."""

    code = 755
    text_key = "store.move_waits"


class NotRestored(DeskError):
    """The server was restored, and the case came after the backup, or its share was not in it."""

    code = 737
    text_key = "desk.not_restored"


class FetchBroken(DeskError):
    """A fault of this desk ended the fetching."""

    code = 751
    text_key = "desk.fetch_broken"


class NoPort(DeskError):
    """No port is free on both loopbacks of this computer: nothing was opened."""

    code = 753
    text_key = "desk.no_port"


class ProbeFailed(DeskError):
    """The reporters' site answered the test report with another page than a reporter gets; it may not be filed."""

    code = 750
    text_key = "probe.failed"


class OtherCertificate(DeskError):
    """The website on the open web shows a certificate that is not the one the server serves it by."""

    code = 752
    text_key = "probe.mirror_other"


class NotShown(DeskError):
    """The browser would leave the file on the disk, or its form is not one that we write."""

    code = 754
    text_key = "show.not_ours"


class SaveRefused(Usage):
    """A file of that name exists, or the folder is not there."""

    code = 713
    text_key = "desk.save_refused"


class NoPassphrase(Usage):
    """No terminal to ask on and no file named, or the two typed ones differ."""

    code = 714
    text_key = "desk.no_passphrase"


class NoText(Usage):
    """Nothing was written."""

    code = 715
    text_key = "usage.text"


class DayTooSoon(Usage):
    """The day by which an answer is wanted leaves the reporter too little time."""

    code = 735
    text_key = "timing.completion_too_soon"


class PassphraseExposed(DeskError):
    """Others on this computer can read the passphrase file."""

    code = 736
    text_key = "desk.passphrase_exposed"


class BadBridges(Usage):
    """What was pasted is no bridge line, or of a kind that this computer cannot use."""

    code = 741
    text_key = "bridges.unreadable"


class KeyDamaged(DeskError):
    """The file member.key is no key file any more, whatever the passphrase."""

    code = 742
    text_key = "desk.key_damaged"


class HomeSynced(DeskError):
    """The desk home lies in a folder that a program copies to other computers."""

    code = 743
    text_key = "desk.home_synced"


class MisprintedAddress(Usage):
    """No v3 onion address, or one with a misprint."""

    code = 717
    text_key = "desk.bad_address"


class ReportersAddress(Usage):
    """The address is the reporters': pages for browsers are behind it, and no desk."""

    code = 718
    text_key = "desk.reporters_address"


class FileUnreadable(Usage):
    """The file that is to be sent cannot be read, or is larger than the server takes."""

    code = 719
    text_key = "usage.file"


class NotVerified(DeskError):
    """What the server shows cannot be right."""

    code = 720
    text_key = "desk.not_verified"


class RosterBroken(NotVerified):
    """The roster chain does not verify, or does not continue the pinned one."""

    code = 721
    text_key = "desk.roster_broken"


class WrongServer(NotVerified):
    """The roster names another server than the one this desk has joined."""

    code = 722
    text_key = "desk.wrong_server"


class CaseCut(NotVerified):
    """Entries this desk has seen are gone or changed."""

    code = 723
    text_key = "desk.case_cut"


class SealedToWrong(NotVerified):
    """The report was not sealed to this member."""

    code = 724
    text_key = "desk.sealed_to_wrong"


class CaseBroken(NotVerified):
    """The case does not open with the key in its grant."""

    code = 725
    text_key = "desk.case_broken"


class TombstoneBroken(NotVerified):
    """The tombstone does not verify."""

    code = 726
    text_key = "desk.tombstone_broken"


class MoveBroken(NotVerified):
    """The move of a case to a new key does something else than it says."""

    code = 727
    text_key = "desk.move_broken"


class MoveRefused(Usage):
    """A case cannot be moved to these readers, or the file that was named is no move for this member."""

    code = 734
    text_key = "move.file"


class NothingOffered(DeskError):
    """A signature was asked for, and no roster waits for one."""

    code = 730
    text_key = "desk.roster_offered"


class NotAgreed(DeskError):
    """The six words differ, or the member did not agree to what was shown: nothing is signed or written."""

    code = 731
    text_key = "roster.not_agreed"


class NoWords(Usage):
    """A roster is to be signed, and there is neither a terminal to ask on nor the six words."""

    code = 732
    text_key = "roster.no_words"
