"""The way to the server in plain words: connected, being made, blocked, nobody at its end; and what to do."""

from dataclasses import dataclass
from typing import Final

from desk.web.views.pages import N_, Language, Notice

_NO_TOR: Final = Notice(
    N_("Tor is not running on this computer."), N_("Close the page and start the application again.")
)
_NOT_INSTALLED: Final = Notice(
    N_("The program tor is not on this computer."), N_("Install it, and start the application again.")
)
_BLOCKED: Final = Notice(
    N_("The network does not let Tor through."),
    N_("Change to another network, or paste bridges under If it does not work."),
    "warn",
)
_UNKNOWN_KEY: Final = Notice(
    N_("The server does not know your key yet."),
    N_("Give the operator your join file; if you have done that, ask whether the others have signed."),
    "warn",
)
_BAD_BRIDGES: Final = Notice(
    N_("The bridges that were kept cannot be used."), N_("Paste them again under If it does not work."), "warn"
)
_AWAY: Final = Notice(
    N_("Tor is connected, but the server does not answer."), N_("Try again in a few minutes."), "warn"
)
_STATES: Final = {
    "CLOSED": Notice(N_("The way is opened when you unlock."), tone=""),
    "STARTING": Notice(
        N_("The way is being opened through Tor."),
        N_("That takes half a minute, and some minutes on a slow network. You can go on meanwhile."),
        "",
    ),
    "UP": Notice(N_("Connected through Tor."), N_("Your computer's address cannot be seen there."), "good"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """What the page says of the way, and what stands in the field for bridges."""

    notice: Notice
    bridges: str = ""
    # The details lie open: something does not work, or bridges are in use.
    is_open: bool = False
    bad_bridges: bool = False


def way_in_words(
    state: str, reason: str, unanswered: str, bridges: str, language: Language, *, bad_bridges: bool = False
) -> Way:
    """Return the way as a page shows it: the link's state, why there is none, why the last request got no answer."""
    if state == "UP" and unanswered:
        notice = why_in_words(unanswered, _AWAY)
    elif state == "DOWN":
        notice = why_in_words(reason, _BLOCKED)
    else:
        notice = _STATES[state]
    is_open = bool(bridges) or bad_bridges or notice.tone in {"warn", "bad"}
    return Way(language.notice(notice), bridges, is_open, bad_bridges)


def why_in_words(text_key: str, otherwise: Notice) -> Notice:
    """Return what an error on the way means for the member."""
    if text_key == "onion.tor_not_ready":
        return _BLOCKED
    if text_key == "onion.tor_missing":
        return _NOT_INSTALLED
    if text_key.startswith(("bridges.", "onion.bad_bridge")):
        return _BAD_BRIDGES
    if text_key.startswith(("onion.", "reach.no_tor")):
        return _NO_TOR
    return _UNKNOWN_KEY if text_key.startswith("reach.key_") else otherwise
