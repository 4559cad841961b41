"""Reporters in a rehearsal: the mirror's host beside the server, a report and its answer at both doors, a cut while they file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.hands import HOME, let_a_night_pass
from rehearsal.server import CHECKOUT, PROJECT
from rehearsal.visits import TEXT, Code, Door, Filing, mirror_door

from kallskydd.demo.sample_files import sample_jpeg

if TYPE_CHECKING:
    from rehearsal.rehearse import Rehearsal
    from rehearsal.server import Server

PAGE: Final = "OPERATING.md"
MIRROR: Final = "visselblas.example"
ANSWER: Final = "Tack. Vi har fått rapporten och tittar på fakturan."
MEMBER: Final = "Handler 2"
ACKNOWLEDGED: Final = 6  # codes before the power goes
_WHOLE: Final = (
    "import sqlite3, sys; print(sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True).execute("
    "'PRAGMA integrity_check').fetchall())"
)


def open_mirror(at: Rehearsal, host: Server, place: Path) -> Door:
    """Install the relay on `host` by the box of OPERATING, and hand the home a certificate of an authority made here."""
    door, pem = mirror_door(place, MIRROR)
    at.internet.join(host)
    (box,) = re.findall(r"```\n(apt-get install[^`]+make install-relay[^`]+)```", (PROJECT / "docs" / PAGE).read_text())
    *lines, last = [line for line in box.splitlines() if not line.startswith("apt-get")]
    host.must(f"cd {CHECKOUT} && " + " && ".join(line.partition("#")[0] for line in lines))
    onion = at.words["REPORTERS"]
    host.must(f"sed -i -e 's/^ONION=.*/ONION={onion}:443/' -e 's/^NAME=.*/NAME={MIRROR}/' /etc/kallskydd-relay/mirror")
    host.must(last)
    at.hold("the relay is installed on a host of its own", holds=True, page=PAGE)
    lines = f'[mirror]\\nname = "{MIRROR}"\\ncertificates = "by hand"'
    at.server.must(f"printf '\\n{lines}\\n' >>{HOME}/config.toml; systemctl restart kallskydd")
    # As the service's account reads it, and no other.
    at.server.must("install -m 0600 -o kallskydd /dev/stdin /run/mirror.pem", typed=pem.decode())
    at.server.must(f"runuser -u kallskydd -- kallskydd mirror certificate /run/mirror.pem --home {HOME}")
    door.wait()
    at.hold("the mirror answers, with the home's certificate", holds=True, page=PAGE)
    return door


def close_mirror(at: Rehearsal) -> None:
    """Take it away from the home again: nobody can look at it from an exit here, and `status` wants somebody to."""
    at.server.must(f"sed -i '/^.mirror.$/,$d' {HOME}/config.toml; rm -r {HOME}/mirror; systemctl restart kallskydd")
    at.door.wait()


def both_doors(at: Rehearsal, doors: dict[str, Door]) -> dict[str, Code]:
    """File a report with a photograph at each, answer it the next day, and read the answer; return the codes."""
    before = _cases(at)
    codes = {}
    for way, door in doors.items():
        codes[way] = door.file(f"{TEXT} {way}", [sample_jpeg("rehearsal")])
        at.hold(f"{way}: a report with a photograph is acknowledged", holds=True)
    let_a_night_pass(at)
    new = _cases(at) - before
    at.hold("the next morning a member sees the new cases, and no more", len(new) == len(doors), new)
    for case in sorted(new):
        code, said = at.type(MEMBER, f"kallskydd desk read {case}")
        at.hold("she reads text and photograph", code == 0 and TEXT in said and ".jpg" in said, said)
        code, said = at.type(MEMBER, f'kallskydd desk reply {case} --text "{ANSWER}"')
        at.hold("she answers", code == 0, said)
    for way, door in doors.items():
        shown = door.inbox(codes[way])
        at.hold(f"{way}: the answer is read with the code", ANSWER in shown, shown[-2000:])
    return codes


def _cases(at: Rehearsal) -> set[str]:
    _, said = at.type(MEMBER, "kallskydd desk list --json")
    found = re.search(r"\{.*\}", said, re.DOTALL)
    if found is None:
        raise ValueError(said)
    return {one["case"] for one in json.loads(found[0])["cases"]}


def cut_while_filing(at: Rehearsal) -> None:
    """Take the power while reporters file; those who had their code are counted."""
    with Filing(at.door) as filing:
        filing.wait(ACKNOWLEDGED)
        at.server.power_cut()
        codes = list(filing.codes)
    at.codes += codes
    at.hold(f"the power went while reporters filed; {len(codes)} had their code", holds=True)


def hold_nothing_lost(at: Rehearsal) -> None:
    """Every code that came opens its case, and SQLite finds the database whole."""
    at.door.wait()
    lost = [code for code in at.codes if not at.door.opens(code)]
    at.hold(f"all {len(at.codes)} reports are there", not lost, lost)
    said = at.server.tell(f'runuser -u kallskydd -- /opt/kallskydd/bin/python -I -c "{_WHOLE}" {HOME}/kallskydd.db')
    at.hold("SQLite finds the database whole", "[('ok',)]" in said, said)
