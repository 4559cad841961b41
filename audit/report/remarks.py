"""Remarks that are of no single row: what is missing, old, or of another program. Each has title, risk and remedy."""

from __future__ import annotations

from typing import Final

_ALL: Final = "Run `sudo kallskydd audit all --report FILE.html`."

# Before the remedy of a row that was not seen: nobody knows yet whether it needs one.
FIRST_LOOK: Final = "Look by hand with the row's command (in the annex) and note the answer. If it is not in order:"

GENERAL: Final = {
    "missing live": (
        "The inspection of the running service (live) is missing",
        "Nobody has seen that the service is closed.",
        _ALL,
    ),
    "missing canary": (
        "The proof by a copy under watch (canary) is missing",
        "It has not been tried that a visit leaves no trace.",
        _ALL,
    ),
    "missing selftest": (
        "The proof by planted faults (selftest) is missing",
        "It has not been tried that the canary would notice a leak.",
        _ALL,
    ),
    "missing mirror": (
        "The mirror has not been examined",
        "The mirror's host could keep the addresses of those who come that way.",
        "On the mirror's host: `sudo python3 -m audit.mirror --key KEY --save m.json`; here: `--mirror m.json`.",
    ),
    "other service": (
        "The mirror's relay leads to {onion}, which is no address of this service",
        "Those who come through the mirror reach somebody else.",
        (
            "On the mirror's host: correct ONION in /etc/kallskydd-relay/mirror, `systemctl restart"
            " kallskydd-relay`, and audit the mirror again."
        ),
    ),
    "other program": (
        "{proof} was made of another program ({program}, {digest}) than the one that runs",
        "What it shows does not hold for the program that runs.",
        "Run it again with the program that is installed on the server, unchanged.",
    ),
    "old": (
        "{proof} is of {day}: not of the last {most} days",
        "The kernel, tor or settings could have changed since then.",
        "Run it again without giving a kept file.",
    ),
    "few runs": (
        "The canary ran {runs} times and not {most} times",
        "What one visit in ten shows could have been missed.",
        "`sudo kallskydd audit canary --key KEY --save FILE` until there are {most}; give each with `--canary FILE`.",
    ),
    "chain": (
        "The chain of daily verdicts was changed after day {days}",
        "Somebody has taken out or rewritten a daily verdict.",
        "Keep the file audit.chain of the home; ask the operator, and two members what their desks warn of.",
    ),
    "not compared": (
        "The program was compared with its own list alone",
        "That shows that nothing was changed since the installation, not that it is the reviewed program.",
        "`kallskydd audit manifest SOURCE > MANIFEST`, and run again with `--manifest MANIFEST`.",
    ),
    "trial": (
        "A trial: no real reports",
        (
            "A trial tolerates more: the kernel's settings as they come (`live.kernel`), a single reader, who may"
            " be the operator (`live.roster`), and a private Tor network (`live.torrc`). The certificate does not"
            " hold for a real service."
        ),
        "Make a real home with `kallskydd init`, and audit that.",
    ),
    "not root": (
        "audit {audit}: rows that root alone sees ({count}): {rows}",
        "What these rows would have shown has not been examined.",
        "Run it again as root: `sudo kallskydd audit {audit}`.",
    ),
}
