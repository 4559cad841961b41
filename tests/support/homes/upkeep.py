"""Homes with real onion keys, their desks, and the commands of upkeep as an operator and two members run them."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from desks.harness import CHEAP, PASSPHRASE
from visitors.intake_harness import MadeHome

from cases.home import as_declared, read_home
from cases.roster.chain import add_signature, read_chain, sign_roster
from cases.roster.member import new_member_keys, seal_member_keys
from desk.keep.keyfile import DeskHome
from desk.keep.state import join_server
from kallskydd.__main__ import build_parser
from kallskydd.commands import desk as desk_command
from kallskydd.commands import serve as serve_command
from kallskydd.commands.init import example_config, make_home
from onion.address import address_from_public
from trusted.case.clock import today, utc_now

LABELS = ("Lead 1", "Handler 2", "Handler 3")
ROLES = ("lead", "handler", "handler")

# No core and all memory locked: in the process of the tests it would bind those that follow. Others try it with real
# processes (tests/system/test_desk_memory.py).
desk_command.close_memory = serve_command.no_core_dump = serve_command.make_undumpable = lambda: None


def kallskydd(*words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, in a thread of its own: some begin an event loop, and a start takes a second."""
    out, err = io.StringIO(), io.StringIO()
    texts = [str(word) for word in words]

    def run() -> int:
        args = build_parser(texts[0]).parse_args(texts)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            return args.run(args)

    with ThreadPoolExecutor(1) as pool:
        code = pool.submit(run).result()
    assert not check or code == 0, err.getvalue()
    return subprocess.CompletedProcess(texts, code, out.getvalue(), err.getvalue())


def real_home(folder: Path) -> MadeHome:
    """A home as `init` makes it, with three members who have all signed."""
    keys = tuple(new_member_keys() for _ in ROLES)
    joins = [one.public(label, role, label) for one, role, label in zip(keys, ROLES, LABELS, strict=True)]
    make_home(folder, as_declared(example_config()), joins, trial=False)
    day = today(utc_now)
    for one in keys:
        add_signature(folder / "roster", 1, sign_roster(read_chain(folder / "roster", day).proposal, one), day)
    roster = read_chain(folder / "roster", day).current
    return MadeHome(read_home(folder), bytes(16), roster.members, keys)


def member_desk(folder: Path, made: MadeHome, number: int) -> DeskHome:
    """The desk home of a member, with the passphrase in a file beside the key."""
    home = DeskHome(folder)
    if not folder.exists():
        folder.mkdir(mode=0o700)
        home.key.write_bytes(seal_member_keys(made.keys[number], PASSPHRASE, CHEAP))
        join_server(home.settings, address_from_public(made.home.server_key))
    passphrase = folder / "passphrase"
    passphrase.write_text(PASSPHRASE + "\n")
    passphrase.chmod(0o600)
    return home


def backup(made: MadeHome, out: Path, *more: str | Path, verb: str = "backup", check: bool = True):
    """`kallskydd backup` (or `move`), sealed to the first two members unless others are named."""
    to = [] if "--to" in more else ["--to", LABELS[0], "--to", LABELS[1]]
    return kallskydd(verb, "--home", made.home.path, "--out", out, *to, *more, check=check)


def asked(home: Path, source: Path, *more: str | Path) -> str:
    """The first go of a restore; returns the six words."""
    done = kallskydd("restore", "--home", home, "--from", source, *more, "--json")
    return json.loads(done.stdout)["words"]


def answered(desk: DeskHome, home: Path, words: str, out: Path, *, check: bool = True):
    """`kallskydd desk open-backup` at one desk."""
    return kallskydd(
        "desk", "open-backup", home / "ask.json", "--out", out, "--words", words,
        "--desk-home", desk.folder, "--passphrase-file", desk.folder / "passphrase", check=check,
    )  # fmt: skip


def both_answers(home: Path, source: Path, desks: list[DeskHome], *more: str | Path) -> list[str | Path]:
    """The first go, and an answer of each desk; returns the options for the second."""
    words = asked(home, source, *more)
    answers: list[str | Path] = []
    for number, desk in enumerate(desks):
        out = home.parent / f"{home.name}-answer-{number}"
        out.unlink(missing_ok=True)
        answered(desk, home, words, out)
        answers += ["--answer", out]
    return answers


def restored(home: Path, source: Path, desks: list[DeskHome], *more: str | Path) -> dict:
    """Both goes of a restore, with the answers of these desks; returns what the second said."""
    slots = [] if "--slots" not in more else ["--slots", more[more.index("--slots") + 1]]
    answers = both_answers(home, source, desks, *slots)
    done = kallskydd("restore", "--home", home, "--from", source, *answers, *more, "--json")
    return json.loads(done.stdout)


def as_made(made: MadeHome, home: Path) -> MadeHome:
    """The restored home, with the members' keys."""
    return MadeHome(read_home(home), made.home_id, made.members, made.keys)


def real_day() -> date:
    return today(utc_now)


def version_without(made: MadeHome, number: int) -> None:
    """Remove a member, with the signatures of two others."""
    kallskydd("roster", "--home", made.home.path, "--remove", made.keys[number].id)
    day, signers = real_day(), [one for place, one in enumerate(made.keys) if place != number][:2]
    proposal = read_chain(made.home.roster, day).proposal
    for one in signers:
        add_signature(made.home.roster, proposal.version, sign_roster(proposal, one), day)
