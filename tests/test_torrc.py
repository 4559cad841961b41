"""The torrc table: what it demands, what it refuses, and what tor's own check would let through."""

from pathlib import Path

import pytest

from onion.errors import PathUnusable
from onion.tor_process import accepts
from onion.torrc import FORBIDDEN, REQUIRED, RULES, example, problems, problems_in_values, render

EXAMPLE_FILE = Path(__file__).parent.parent / "torrc.example"

# Each line is added to a file without problems; the name is the row it must break. tor itself calls all of these files
# valid, which is what makes them traps.
TRAPS = {
    "SafeLogging 0": "SafeLogging",
    "SafeLogging relay": "SafeLogging",
    "safelogging 0": "SafeLogging",
    "SafeLog 0": "SafeLogging",
    'SafeLogging "0"': "SafeLogging",
    'SafeLogging "\\x30"': "SafeLogging",
    "SafeLogging \\\n0": "SafeLogging",
    "/SafeLogging": "SafeLogging",
    "# a comment does not go on \\\nSafeLogging 0": "SafeLogging",
    "AvoidDiskWrites 0": "AvoidDiskWrites",
    "Log info stdout": "Log",
    "Log debug stderr": "Log",
    "Log info": "Log",
    "Log notice": "Log",
    "Log info-err stdout": "Log",
    "Log [handshake]debug notice stdout": "Log",
    "Log notice syslog": "Log",
    "LogTimeGranularity 1": "LogTimeGranularity",
    "HeartbeatPeriod 1 hour": "HeartbeatPeriod",
    "ControlPort 0.0.0.0:9051": "ControlPort",
    "ControlPort 9051": "ControlPort",
    "ControlPort auto": "ControlPort",
    "__ControlPort 9051": "ControlPort",
    "ControlSocket relative/control": "ControlSocket",
    "CookieAuthentication 0": "CookieAuthentication",
    "SocksPort 0.0.0.0:9050": "SocksPort",
    "SocksPort [::]:9050": "SocksPort",
    "SocksPort localhost:9050": "SocksPort",
    "SocksPort unix:relative": "SocksPort",
    "__SocksPort 0.0.0.0:9050": "SocksPort",
    "+SocksPort 0.0.0.0:9050": "SocksPort",
    "HiddenServiceSingleHopMode 1\nHiddenServiceNonAnonymousMode 1\nSocksPort 0": "HiddenServiceSingleHopMode",
    "ExitRelay 1": "ExitRelay",
    "DirPort 9030": "DirPort",
    "DNSPort 0.0.0.0:53": "DNSPort",
    "TransPort 9040": "TransPort",
    "HTTPTunnelPort 0.0.0.0:8118": "HTTPTunnelPort",
    "MetricsPort 127.0.0.1:9035": "MetricsPort",
    "ConnectionPadding auto": "ConnectionPadding",
    "VanguardsLiteEnabled 0": "VanguardsLiteEnabled",
    "CircuitPadding 0": "CircuitPadding",
    "ReducedCircuitPadding 1": "ReducedCircuitPadding",
    "UseEntryGuards 0": "UseEntryGuards",
    "EntryNodes {se}": "EntryNodes",
    "ExcludeNodes {se}": "ExcludeNodes",
    "NumEntryGuards 8": "NumEntryGuards",
    "EnforceDistinctSubnets 0": "EnforceDistinctSubnets",
    "TestSocks 1": "TestSocks",
    "ProtocolWarnings 1": "ProtocolWarnings",
    "RunAsDaemon 1": "RunAsDaemon",
    "Sandbox 0": "Sandbox",
    "NoExec 0": "NoExec",
    "DisableDebuggerAttachment 0": "DisableDebuggerAttachment",
    "DormantTimeoutEnabled 1": "DormantTimeoutEnabled",
    "ShutdownWaitLength 30": "ShutdownWaitLength",
}
# tor refuses these itself, or needs more lines to take them; the table refuses them on its own.
REFUSED = {
    "ORPort 9001": "ORPort",
    "ORPor 9001": "ORPort",
    "ExtORPort auto": "ExtORPort",
    "BridgeRelay 1": "BridgeRelay",
    "AuthoritativeDirectory 1": "AuthoritativeDirectory",
    "NATDPort 9999": "NATDPort",
    "ClientOnly 0": "ClientOnly",
    "DataDirectory relative": "DataDirectory",
    "HiddenServiceNonAnonymousMode 1": "HiddenServiceNonAnonymousMode",
    "HiddenServiceExportCircuitID haproxy": "HiddenServiceExportCircuitID",
    "HiddenServicePort 80 unix:relative": "HiddenServicePort",
    "HiddenServicePort 80 192.0.2.1:80": "HiddenServicePort",
    "HiddenServicePort 80": "HiddenServicePort",
    "ReducedConnectionPadding 1": "ReducedConnectionPadding",
    "TestingTorNetwork 1": "TestingTorNetwork",
    "DirAuthority a orport=1 v3ident=AA 192.0.2.1:80 FF": "DirAuthority",
    "AlternateDirAuthority a orport=1 v3ident=AA 192.0.2.1:80 FF": "AlternateDirAuthority",
    "FallbackDir 192.0.2.1:80 orport=1 id=FF": "FallbackDir",
    "%include /etc/tor/more": "%include",
}


def rendered(folder, **more):
    return render(data_directory=folder / "d", control_socket=folder / "c", socks_socket=folder / "s", **more)


def test_the_example_is_what_the_table_demands_and_nothing_else():
    text = EXAMPLE_FILE.read_text()

    assert text == example(), 'write it anew: python -c "from onion.torrc import *; print(example(), end=str())"'
    assert problems(text) == []


def test_every_line_of_the_example_is_explained():
    paragraphs = EXAMPLE_FILE.read_text().split("\n\n")

    for paragraph in paragraphs:
        lines = paragraph.strip().splitlines()
        assert lines[0].startswith("# ")
        assert sum(not line.startswith("#") for line in lines) <= 1


def test_what_we_render_has_no_problem_and_tor_takes_it(short_folder):
    text = rendered(short_folder, network_lines=["DisableNetwork 1"])
    (short_folder / "torrc").write_text(text)

    assert problems(text) == []
    assert accepts(short_folder / "torrc")


@pytest.mark.parametrize("added", TRAPS)
def test_a_trap_is_named_though_tor_itself_calls_the_file_valid(short_folder, added):
    base = "\n".join(line for line in rendered(short_folder).splitlines() if _may_stay(line, added))
    text = f"{base}\n{added}\n"
    (short_folder / "torrc").write_text(text)

    found = [problem.name for problem in problems(text)]

    assert TRAPS[added] in found
    assert accepts(short_folder / "torrc")


@pytest.mark.parametrize("added", REFUSED)
def test_what_has_no_place_in_the_file_is_named_with_its_line(added):
    text = example()

    found = problems(text + added + "\n")

    assert (REFUSED[added], len(text.splitlines()) + 1) in [(problem.name, problem.line) for problem in found]


def test_every_row_of_the_table_has_a_trap():
    tried = set(TRAPS.values()) | set(REFUSED.values())

    assert {rule.name for rule in RULES} == tried


@pytest.mark.parametrize("rule", REQUIRED, ids=lambda rule: rule.name)
def test_a_demanded_line_that_is_left_out_is_named(rule):
    text = "\n".join(line for line in example().splitlines() if not line.startswith(f"{rule.name} "))

    assert [(problem.name, problem.line) for problem in problems(text)] == [(rule.name, None)]


@pytest.mark.parametrize(
    "added",
    ["ControlPort 0", "ORPort 0", "SocksPort 127.0.0.1:9050 ExtendedErrors", "SocksPort 9050", "SocksPort [::1]:9050",
     "HiddenServicePort 80 unix:/run/k/web", "HiddenServiceSingleHopMode 0", "Log err stderr", "ExitRelay 0"],
)  # fmt: skip
def test_a_harmless_line_is_no_problem(added):
    assert problems(f"{example()}{added}\n") == []


def test_a_private_network_may_have_its_own_lines_and_no_others_more():
    lines = "TestingTorNetwork 1\nDirAuthority a orport=1 v3ident=AA 127.0.0.1:80 FF\n"

    assert [problem.name for problem in problems(example() + lines)] == ["TestingTorNetwork", "DirAuthority"]
    assert problems(example() + lines, private_network=True) == []
    assert problems(example() + lines + "SafeLogging 0\n", private_network=True)


def test_without_the_sandbox_only_a_lesser_problem_is_named(short_folder):
    found = problems(rendered(short_folder, sandbox=False))

    assert [(problem.name, problem.grave) for problem in found] == [("Sandbox", False)]


def test_the_answers_of_a_running_tor_are_held_against_the_same_table():
    good = {rule.name: [rule.example] for rule in REQUIRED} | {rule.name: [""] for rule in FORBIDDEN}

    assert problems_in_values(good) == []
    assert [p.name for p in problems_in_values(good | {"SafeLogging": ["relay"]})] == ["SafeLogging"]
    assert [p.name for p in problems_in_values(good | {"ORPort": ["9001"]})] == ["ORPort"]
    assert len(problems_in_values({})) == len(REQUIRED)


@pytest.mark.parametrize("folder", ["/tmp/" + "x" * 120, "relative", '/tmp/a"b', "/tmp/a#b", "/tmp/a\nb", "/tmp/a\\b"])
def test_a_folder_that_a_torrc_cannot_carry_is_refused(folder):
    with pytest.raises(PathUnusable):
        rendered(Path(folder))


def test_a_folder_with_a_space_in_its_name_is_taken_by_tor(short_folder):
    folder = short_folder / "a folder"
    folder.mkdir(0o700)
    (folder / "torrc").write_text(rendered(folder, network_lines=["DisableNetwork 1"]))

    assert problems((folder / "torrc").read_text()) == []
    assert accepts(folder / "torrc")


def _may_stay(line, added):
    """Single-hop mode wants no SocksPort beside it, and a relative folder is read before our absolute one."""
    return not (line.startswith("SocksPort unix:/") and "SingleHop" in added)
