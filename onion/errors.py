"""What can go wrong between us and tor.

    OnionError
    ├── BadKey                  801  a key file or a key's text is not one of tor's v3 keys
    ├── BadAddress              802  56 characters that are no v3 onion address, or its checksum is wrong
    ├── KeyExists               803  a key file is there already; an address is never overwritten
    ├── NoAuthorizedClient      804  an onion closed to everybody: client authorisation with no key at all
    ├── PathUnusable            805  too long for a unix socket, not absolute, or with characters a torrc cannot carry
    ├── TorProgramMissing       811  no tor program on this computer
    ├── TorDidNotStart          812  tor ended before it was of any use; `TorProcess.last_words` has its own reason
    ├── TorNotReady             813  tor runs but has not reached the network in the time given
    ├── PublicTorRefused        814  a test was about to start a tor that can reach the public network
    ├── PrivateNetworkFailed    815  the private network did not come up, also not from scratch
    ├── NoPrivateNetwork        816  the folder that was named has no private network that is up
    ├── NetworkForTrialsOnly    817  lines of a private network, or others that no tor of a home may have
    ├── BadBridge               818  not a bridge line of the two kinds that we give to tor
    ├── ControlMissing          821  nobody listens on the control socket
    ├── ControlRefused          822  tor would not let us in: permission or cookie
    ├── TorGone                 823  the control connection ended, most likely with tor itself
    ├── CommandRefused          824  tor refused a command; `reply` is its three-digit number
    ├── NotPublished            825  no directory took the onion's descriptor in the time given
    └── SocksFailed                  no way through tor to an address; `reply` is the SOCKS number
        ├── SocksMissing        831  nobody listens on tor's SOCKS socket, or it speaks something else
        ├── OnionUnknown        832  no directory knows such an onion: not published, or taken down
        ├── OnionUnreachable    833  the onion is known and does not answer
        ├── KeyMissing          834  the onion wants a client key, and this tor has none
        ├── KeyWrong            835  the onion wants a client key, and this tor has another
        ├── SocksTimeout        836  no answer in the time given
        ├── NothingServed       837  the onion is up, and no server is behind the port
        └── SocksRefused        839  any other refusal

An error carries a code, a text key and, where tor gave one, a number; never bytes, names or paths. `happened` and
`to_do` are its two plain sentences for the operator; text keys are for translations.
"""


class OnionError(Exception):
    """Base of everything this package raises on purpose."""

    code: int = 800
    text_key: str = "onion.error"
    happened: str = "Something between Källskydd and tor went wrong."
    to_do: str = "Run the command again; if it stays, see docs/OPERATING.md."

    def __str__(self) -> str:
        """Return the two sentences."""
        return f"{self.happened} {self.to_do}"


class BadKey(OnionError):
    """A key file or a key's text is not one of tor's v3 keys."""

    code = 801
    text_key = "onion.bad_key"
    happened = "An onion key does not read as one."
    to_do = "Restore the key file from the backup: without it the address is lost."


class BadAddress(OnionError):
    """Not a v3 onion address, or its checksum is wrong."""

    code = 802
    text_key = "onion.bad_address"
    happened = "The onion address is not whole: its own checksum says so."
    to_do = "Copy it again, all 56 characters before .onion."


class KeyExists(OnionError):
    """A key file is there already."""

    code = 803
    text_key = "onion.key_exists"
    happened = "There is an onion key in that place already, and an address is never overwritten."
    to_do = "Use another folder, or move the old key away yourself."


class NoAuthorizedClient(OnionError):
    """Client authorisation was asked for, with no key at all.

    tor takes an empty list of client keys to mean an onion open to everybody, so this must stop before tor.
    """

    code = 804
    text_key = "onion.nobody_may_enter"
    happened = "An onion for members only was to be published, and no member has a key for it."
    to_do = "Enrol a member first."


class PathUnusable(OnionError):
    """A path that is too long for a unix socket, not absolute, or has characters a torrc cannot carry."""

    code = 805
    text_key = "onion.path_unusable"
    happened = (
        "The folder's path is too long for a socket inside it, or has characters tor's configuration cannot carry."
    )
    to_do = "Choose a folder with a shorter path of plain characters, without a space."


class TorProgramMissing(OnionError):
    """No tor program on this computer."""

    code = 811
    text_key = "onion.tor_missing"
    happened = "The program tor is not installed on this computer."
    to_do = "Install it with: apt-get install -y tor"


class TorDidNotStart(OnionError):
    """Tor ended before it was of any use; `TorProcess.last_words` has its own reason."""

    code = 812
    text_key = "onion.tor_did_not_start"
    happened = "tor ended right after it was started."
    to_do = "Its own last lines say why."


class TorNotReady(OnionError):
    """Tor runs but has not reached the network in the time given."""

    code = 813
    text_key = "onion.tor_not_ready"
    happened = "tor runs but has not reached the network yet."
    to_do = "Check this computer's network and clock; tor keeps trying by itself."


class PublicTorRefused(OnionError):
    """A test was about to start a tor that can reach the public network."""

    code = 814
    text_key = "onion.public_tor_refused"
    happened = "This run may not start a tor that can reach the public network."
    to_do = "Give it the lines of a private network, or DisableNetwork 1."


class PrivateNetworkFailed(OnionError):
    """The private network did not come up, also not from scratch."""

    code = 815
    text_key = "onion.private_network_failed"
    happened = "The private Tor network did not come up."
    to_do = "Try again when the computer has less to do."


class NoPrivateNetwork(OnionError):
    """The folder that was named has no private network that is up."""

    code = 816
    text_key = "onion.no_private_network"
    happened = "There is no private Tor network in the folder of --tor-network, or it is not up."
    to_do = "Name the folder in which network.torrc lies."


class NetworkForTrialsOnly(OnionError):
    """Lines for tor that this home may not have: a private network is for trials, and anything else for nobody."""

    code = 817
    text_key = "onion.network_for_trials_only"
    happened = "The network.torrc in the folder of --tor-network asks tor for more than this home may have."
    to_do = (
        "Serve a trial on a private network of `python -m onion.private_network`; a real home needs no --tor-network."
    )


class BadBridge(OnionError):
    """Not a bridge line of the two kinds that we give to tor, or without the program that it needs."""

    code = 818
    text_key = "onion.bad_bridge"
    happened = "A line of the file bridges is none that tor can be given."
    to_do = "Paste the bridges again, each on a line of its own, or remove the file."


class ControlMissing(OnionError):
    """Nobody listens on the control socket."""

    code = 821
    text_key = "onion.control_missing"
    happened = "No tor listens on the control socket."
    to_do = "Start tor, or correct the path of the control socket."


class ControlRefused(OnionError):
    """Tor would not let us in: permission or cookie."""

    code = 822
    text_key = "onion.control_refused"
    happened = "tor does not let us use its control socket."
    to_do = "Let this program's account read tor's cookie file and write to the socket."


class TorGone(OnionError):
    """The control connection ended, most likely with tor itself."""

    code = 823
    text_key = "onion.tor_gone"
    happened = "The connection to tor is gone, so the addresses are down."
    to_do = "The keeper starts tor again and publishes the same addresses."


class CommandRefused(OnionError):
    """Tor refused a command; `reply` is its three-digit number."""

    code = 824
    text_key = "onion.tor_said_no"
    happened = "tor refused a command."
    to_do = "This tor may be too old; version 0.4.8 or later is needed."

    def __init__(self, reply: int = 0) -> None:
        """`reply` is tor's own number, 0 where there was none."""
        super().__init__(reply)
        self.reply = reply


class NotPublished(OnionError):
    """No directory took the onion's descriptor in the time given."""

    code = 825
    text_key = "onion.not_published"
    happened = "The onion address is set up, but no directory of the Tor network has taken it yet."
    to_do = "tor keeps trying; check this computer's network and clock if it lasts."


class SocksFailed(OnionError):
    """No way through tor to an address; `reply` is the SOCKS number, 0 where there was none."""

    code = 830
    text_key = "onion.socks_failed"
    happened = "There is no way through tor to the address."
    to_do = "Try again in a minute."

    def __init__(self, reply: int = 0) -> None:
        """`reply` is the number in the SOCKS answer."""
        super().__init__(reply)
        self.reply = reply


class SocksMissing(SocksFailed):
    """Nobody listens on tor's SOCKS socket, or it speaks something else."""

    code = 831
    text_key = "onion.socks_missing"
    happened = "No tor listens on the SOCKS socket."
    to_do = "Start tor, or correct the socket's address."


class OnionUnknown(SocksFailed):
    """No directory knows such an onion."""

    code = 832
    text_key = "onion.unknown"
    happened = "The Tor network knows no onion of this address: it is not published now."
    to_do = "Check the address; if it is right, the server is down or has just started."


class OnionUnreachable(SocksFailed):
    """The onion is known and does not answer."""

    code = 833
    text_key = "onion.unreachable"
    happened = "The onion is known to the Tor network, but it does not answer."
    to_do = "Try again in a minute; if it stays, the server is down."


class KeyMissing(SocksFailed):
    """The onion wants a client key, and this tor has none."""

    code = 834
    text_key = "onion.key_missing"
    happened = "The onion lets in only those with a key, and this tor has no key for it."
    to_do = "Give this tor the member's key."


class KeyWrong(SocksFailed):
    """The onion wants a client key, and this tor has another."""

    code = 835
    text_key = "onion.key_wrong"
    happened = "The onion lets in only those with a key, and the key this tor has is not among them."
    to_do = "Ask the server's operator whether the member is still enrolled with this key."


class SocksTimeout(SocksFailed):
    """No answer in the time given."""

    code = 836
    text_key = "onion.socks_timeout"
    happened = "There was no answer through tor in the time given."
    to_do = "Try again; the Tor network is slow at times."


class NothingServed(SocksFailed):
    """The onion is up, and no server is behind the port."""

    code = 837
    text_key = "onion.nothing_served"
    happened = "The onion is up, but no server answers behind it at this port."
    to_do = "Start the server, or check the port."


class SocksRefused(SocksFailed):
    """Any other refusal."""

    code = 839
    text_key = "onion.socks_refused"
    happened = "tor refused to connect to the address."
    to_do = "Check the address and the port."
