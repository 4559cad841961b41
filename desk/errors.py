"""What can go wrong at a member's desk.

    DeskError
    ├── NoKey                  701  no member.key in this desk home
    ├── KeyTaken               702  there is a member.key already; it is never overwritten
    ├── WrongPassphrase        703  the passphrase does not open member.key
    ├── WeakPassphrase         704  too short to protect a file that may be copied
    ├── NotJoined              705  the desk does not know the server's address yet
    ├── StateDamaged           706  desk.toml or the sealed list of cases does not read
    ├── DeskBusy               707  another command works in this desk home
    ├── NotReachable           708  no way to the server: tor, network, onion key or socket
    ├── StrangeAnswer          709  the server's answer is not one of ours
    ├── ServerRefused          n    the server said no; `code` and `text_key` are the server's
    ├── Unknown                710  no case of that name in the list, or several begin like that
    ├── Erased                 711  the case is erased; its tombstone verifies and is kept
    ├── NotNow                 712  the case's state does not allow the act
    ├── SaveRefused            713  a file of that name exists, or the folder is not there
    ├── NotVerified                 what the server shows cannot be right
    │   ├── RosterBroken       721  the chain does not verify, or does not continue the one this desk has pinned
    │   ├── WrongServer        722  the roster names another server than the one this desk has joined
    │   ├── CaseCut            723  entries this desk has seen are gone or changed
    │   ├── SealedToWrong      724  the case is sealed to others than the rules of routing say
    │   ├── CaseBroken         725  the case does not open with the key in its grant
    │   └── TombstoneBroken    726  the tombstone does not verify
    └── RosterOffered          730  a signature was asked for what is not on offer

An error carries a code and a text key, never bytes, names or paths; `desk.texts` has the two sentences for a person.
"""

# Named for what happened, as everywhere here: `raise NoKey` reads better than `raise NoKeyError`.


class DeskError(Exception):
    """Base of everything a desk can raise."""

    code = 700
    text_key = "desk.error"


class NoKey(DeskError):
    """There is no member.key in this desk home."""

    code = 701
    text_key = "desk.no_key"


class KeyTaken(DeskError):
    """There is a member.key already."""

    code = 702
    text_key = "desk.key_taken"


class WrongPassphrase(DeskError):
    """The passphrase does not open member.key."""

    code = 703
    text_key = "desk.wrong_passphrase"


class WeakPassphrase(DeskError):
    """The passphrase is shorter than `keyfile.PASSPHRASE_MIN_CHARACTERS`."""

    code = 704
    text_key = "desk.weak_passphrase"


class NotJoined(DeskError):
    """The desk does not know the server's address yet."""

    code = 705
    text_key = "desk.not_joined"


class StateDamaged(DeskError):
    """desk.toml or the sealed list of cases does not read."""

    code = 706
    text_key = "desk.state_damaged"


class DeskBusy(DeskError):
    """Another command works in this desk home."""

    code = 707
    text_key = "desk.busy"


class NotReachable(DeskError):
    """There is no way to the server."""

    code = 708
    text_key = "desk.not_reachable"

    def __init__(self, text_key: str | None = None) -> None:
        super().__init__()
        if text_key is not None:
            self.text_key = text_key


class StrangeAnswer(DeskError):
    """The server's answer is not one of ours."""

    code = 709
    text_key = "desk.strange_answer"


class ServerRefused(DeskError):
    """The server said no, with its own code and text key."""

    def __init__(self, status: int, code: int, text_key: str) -> None:
        super().__init__()
        self.status = status
        self.code = code
        self.text_key = text_key


class Unknown(DeskError):
    """No case of that name in the list, or several that begin like that."""

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


class SaveRefused(DeskError):
    """A file of that name exists, or the folder is not there."""

    code = 713
    text_key = "desk.save_refused"


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
    """The case is sealed to others than the rules of routing say."""

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


class RosterOffered(DeskError):
    """A signature was asked for a roster that is not on offer, or whose words differ."""

    code = 730
    text_key = "desk.roster_offered"
