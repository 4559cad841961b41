"""The torrc table: it is closed, and it holds where tor's own check would say yes."""

from pathlib import Path

import pytest
from audits.dangerous_torrc import DANGEROUS

from onion.errors import PathUnusable
from onion.tor_process import accepts
from onion.torrc import LEFT_OUT, OPTIONAL, REQUIRED, RULES, Expected, example, problems, render

ROOT = Path(__file__).parents[2]
EXAMPLE_FILE = ROOT / "torrc.example"
# tor itself refuses these; every other dangerous line it takes, which is what makes it one.
TOR_REFUSES = {
    "TestingTorNetwork 1",  # without a directory
    "%include DIR/more",  # which is not there
    "ClientTransportPlugin obfs4 exec /usr/bin/obfs4proxy",  # beside NoExec 1
    "BridgeRelay 1",  # without an ORPort
    "HiddenServiceSingleHopMode 1",  # without the other one
    "HiddenServiceNonAnonymousMode 1",
    "ClientOnionAuthDir DIR/auth",  # which is not there
    "User nobody",  # where that account may not use our folder
    "Con 1",
}
# What no tor may have, since it is in no table, though it does no harm.
HARMLESS = ("ORPort 0", "ExitRelay 0", "HiddenServiceSingleHopMode 0", "ControlPort 0", "UseEntryGuards 1")
JOINS = (
    "TestingTorNetwork 1",
    "DirAuthority a orport=1 v3ident=AA 127.0.0.1:80 FF",
    "PathsNeededToBuildCircuits 0.67",
    "TestingClientMaxIntervalWithoutRequest 1",
)
UNIT, OWN, TRIAL = Expected(own_tor=False), Expected(own_tor=True), Expected(own_tor=True, trial=True)


def rendered(folder, **more):
    return render(data_directory=folder / "d", control_socket=folder / "c", socks_socket=folder / "s", **more)


def expected_in(folder):
    return Expected(own_tor=True, data_directory=folder / "d", control_socket=folder / "c", socks_socket=folder / "s")


def planted(text, lines):
    """The torrc with these lines, in the place of those that it has of the same name."""
    names = {line.split()[0].lower() for line in lines.splitlines() if line.split()}
    # A second socket is a second one.
    names -= {"controlsocket", "socksport"}
    kept = [line for line in text.splitlines() if line.split()[0].lower() not in names]
    return "\n".join([*kept, lines, ""])


def test_the_example_is_what_the_table_demands_and_nothing_else():
    text = EXAMPLE_FILE.read_text()

    assert text == example(), 'write it anew: python -c "from onion.torrc import *; print(example(), end=str())"'
    assert problems(text, UNIT) == []


def test_every_line_of_the_example_is_explained():
    paragraphs = EXAMPLE_FILE.read_text().split("\n\n")

    for paragraph in paragraphs:
        lines = paragraph.strip().splitlines()
        assert lines[0].startswith("# ")
        assert sum(not line.startswith("#") for line in lines) <= 1


def test_what_we_render_has_no_problem_and_tor_takes_it(short_folder):
    text = rendered(short_folder, network_lines=["DisableNetwork 1"])
    (short_folder / "torrc").write_text(text)

    assert problems(text, expected_in(short_folder)) == []
    assert accepts(short_folder / "torrc")


@pytest.mark.parametrize("lines", DANGEROUS)
def test_a_dangerous_line_alone_is_found_though_tor_takes_it(short_folder, lines):
    told = lines.replace("DIR", str(short_folder))
    text = planted(rendered(short_folder), told)
    (short_folder / "torrc").write_text(text)

    assert problems(text, expected_in(short_folder))
    assert accepts(short_folder / "torrc") == (lines not in TOR_REFUSES)


@pytest.mark.parametrize("file", ["torrc.example", "deploy/torrc"])
def test_what_may_be_dangerous_is_found_in_the_torrc_of_a_unit_too(short_folder, file):
    text = (ROOT / file).read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]

    missed = [
        one for one in DANGEROUS
        if not problems(planted("\n".join(lines), one.replace("DIR", str(short_folder))), UNIT)
    ]  # fmt: skip

    assert problems(text, UNIT) == []
    # By these a tor with an account of its own lets the keeper in, and nobody but their group.
    assert set(missed) <= {"CookieAuthFileGroupReadable 1", "CookieAuthFile DIR/everybodys"}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("ControlSocket unix:{}/c WorldWritable", "ControlSocket"),
        ("ControlSocket unix:{}/c GroupWritable", "ControlSocket"),
        ("ControlSocket unix:{}/c RelaxDirModeCheck", "ControlSocket"),
        ("ControlSocket unix:{}/c ANewFlag", "ControlSocket"),
        ("ControlSocket unix:{}/elsewhere", "ControlSocket"),
        ("ControlSocket relative/control", "ControlSocket"),
        ("ControlSocket /run/../c", "ControlSocket"),
        ("ControlSocket 0", "ControlSocket"),
        ("SocksPort unix:{}/s WorldWritable ExtendedErrors", "SocksPort"),
        ("SocksPort unix:{}/s GroupWritable ExtendedErrors", "SocksPort"),
        ("SocksPort unix:{}/s ExtendedErrors NoIsolateSOCKSAuth", "SocksPort"),
        ("SocksPort unix:{}/s IsolateDestAddr", "SocksPort"),
        ("SocksPort unix:{}/s SessionGroup=1", "SocksPort"),
        ("SocksPort unix:{}/elsewhere", "SocksPort"),
        ("SocksPort 9050", "SocksPort"),
        ("SocksPort 127.0.0.1:9050 ExtendedErrors", "SocksPort"),
        ("SocksPort auto", "SocksPort"),
        ("DataDirectory {}/elsewhere", "DataDirectory"),
        ("DataDirectory relative", "DataDirectory"),
        ("Log info stdout", "Log"),
        ("Log notice", "Log"),
        ("Log notice-err stdout", "Log"),
        ("Log [handshake]debug notice stdout", "Log"),
        ("Log notice file /dev/null/../x", "Log"),
        ("ConnectionPadding auto", "ConnectionPadding"),
        ("CookieAuthentication 0", "CookieAuthentication"),
    ],
)
def test_a_value_or_a_flag_behind_it_is_held_against_a_closed_set(short_folder, line, wrong):
    name = line.split()[0]
    kept = [one for one in rendered(short_folder).splitlines() if not one.startswith(f"{name} ")]

    found = problems("\n".join([*kept, line.format(short_folder)]), expected_in(short_folder))

    assert [(problem.name, problem.line) for problem in found] == [(wrong, len(kept) + 1)]


def test_a_tor_of_a_unit_may_open_its_sockets_to_its_group_and_to_nobody_else():
    text = (ROOT / "deploy" / "torrc").read_text()

    assert problems(text, UNIT) == []
    assert problems(text.replace("GroupWritable", "WorldWritable"), UNIT)
    assert {problem.name for problem in problems(text, OWN)} == {
        "ControlSocket", "SocksPort", "CookieAuthFile", "CookieAuthFileGroupReadable",
    }  # fmt: skip
    assert problems(text.replace("/var/lib/kallskydd-tor", "/run/tor"), UNIT)
    assert problems(text, Expected(own_tor=False, control_socket=Path("/run/other")))


def test_what_has_no_place_in_the_file_is_named_with_its_line_harmless_or_not():
    text = example()
    for added in HARMLESS:
        found = problems(text + added + "\n", UNIT)

        assert [(problem.name, problem.wanted, problem.line) for problem in found] == [
            (added.split()[0], LEFT_OUT, len(text.splitlines()) + 1)
        ]


@pytest.mark.parametrize("rule", REQUIRED, ids=lambda rule: rule.name)
def test_a_demanded_line_that_is_left_out_or_stands_there_twice_is_named(rule):
    lines = example().splitlines()
    text = "\n".join(line for line in lines if not line.startswith(f"{rule.name} "))

    assert [(problem.name, problem.line) for problem in problems(text, UNIT)] == [(rule.name, None)]
    twice = problems(f"{example()}{rule.name} {rule.example}\n", UNIT)
    assert [(problem.name, problem.line) for problem in twice] == [(rule.name, len(lines) + 1)]


def test_a_trial_may_join_a_private_network_on_this_computer_and_no_other():
    lines = "\n".join(JOINS)

    assert {problem.name for problem in problems(example() + lines, OWN)} == {line.split()[0] for line in JOINS}
    assert problems(example() + lines, TRIAL) == []
    for away in ("127.0.0.2", "192.0.2.1"):
        assert problems(example() + lines.replace("127.0.0.1", away), TRIAL)
    assert problems(example() + lines.replace("orport=1", "orport=1 ipv6=[2001:db8::1]:1"), TRIAL)
    assert problems(example() + lines + "\nSafeLogging 0\n", TRIAL)


def test_every_row_of_the_table_has_its_reason_in_the_example_or_is_for_trials():
    text = " ".join(EXAMPLE_FILE.read_text().replace("\n# ", " ").split())

    assert [rule.name for rule in RULES if rule.reason not in text] == [
        rule.name for rule in OPTIONAL if rule.only_trial
    ]


def test_without_the_sandbox_only_a_lesser_problem_is_named(short_folder):
    found = problems(rendered(short_folder, sandbox=False), expected_in(short_folder))

    assert [(problem.name, problem.grave) for problem in found] == [("Sandbox", False)]


@pytest.mark.parametrize("folder", ["/tmp/" + "x" * 120, "relative", '/tmp/a"b', "/tmp/a#b", "/tmp/a\nb", "/tmp/a\\b"])
def test_a_folder_that_a_torrc_cannot_carry_is_refused(folder):
    with pytest.raises(PathUnusable):
        rendered(Path(folder))


def test_a_folder_with_a_space_in_its_name_is_taken_by_tor_and_by_no_audit(short_folder):
    """A desk's tor may have one; a home has none (`kallskydd init`)."""
    folder = short_folder / "a folder"
    folder.mkdir(0o700)
    (folder / "torrc").write_text(rendered(folder, network_lines=["DisableNetwork 1"]))

    assert accepts(folder / "torrc")
    assert len(problems((folder / "torrc").read_text(), expected_in(folder))) >= 3
