"""The shape of the code, read from its syntax trees: who imports what, and who may make which type.

The import rules of pyproject.toml are for `make lint`; these are the few that a report's safety hangs on, checked here too.
"""

from __future__ import annotations

import ast
import functools
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("trusted", "second_reader", "onion", "scrubbers", "cases", "intake", "desk", "relay", "audit", "kallskydd")
DECODERS = {"PIL", "pypdf", "pypdfium2", "pymupdf", "magic", "pillow_heif", "fontTools", "uharfbuzz"}
# These read nothing that came from outside: a font file that is shipped, and the poster made a moment ago.
OWN_WORK = {"kallskydd/pdf/fonts.py": {"fontTools"}, "kallskydd/poster/png.py": {"pypdfium2"}}
POSIX_ONLY = {"fcntl", "pwd", "grp", "resource", "termios", "pty", "tty", "crypt", "syslog"}


def modules() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text())
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


MODULES = modules()
# Of each module: walking a tree takes longer than looking at what was met on the way.
NODES = {path: tuple(ast.walk(tree)) for path, tree in MODULES.items()}


@functools.cache
def imports(path: str) -> frozenset[str]:
    found: set[str] = set()
    for node in NODES[path]:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def tops(path: str) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def callers(name: str) -> set[str]:
    """The modules that call something of this name, as `name(…)` or `x.name(…)`."""
    found = set()
    for path, nodes in NODES.items():
        for node in nodes:
            if isinstance(node, ast.Call):
                called = node.func
                if (isinstance(called, ast.Name) and called.id == name) or (
                    isinstance(called, ast.Attribute) and called.attr == name
                ):
                    found.add(path)
    return found


def test_there_are_modules_to_read() -> None:
    assert len(MODULES) > 60


def test_no_import_leads_back() -> None:
    names = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in MODULES}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        found = graph[name] = set()
        for node in NODES[path]:
            if isinstance(node, ast.ImportFrom) and node.module:
                # Of a package its modules are imported, or what its own file has.
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= (whole & names.keys()) | ({node.module} & names.keys() if whole - names.keys() else set())
        found.discard(name)

    # Raises CycleError, which names the way round.
    TopologicalSorter(graph).prepare()
    assert len(graph) > 500


def test_only_the_jail_imports_a_decoder() -> None:
    outside = {
        path: (tops(path) & DECODERS) - OWN_WORK.get(path, set())
        for path in MODULES
        if not path.startswith("scrubbers/jailed/")
    }

    assert {path: found for path, found in outside.items() if found} == {}


def test_only_the_jail_imports_from_the_jail() -> None:
    outside = {
        path
        for path in MODULES
        if not path.startswith("scrubbers/jailed/")
        and any(name.startswith("scrubbers.jailed") for name in imports(path))
    }

    assert outside == set()


@pytest.mark.parametrize(
    ("package", "may"),
    [
        ("trusted", set()),
        ("second_reader", {"trusted"}),
        ("onion", {"trusted"}),
        ("scrubbers", {"trusted", "second_reader"}),
        ("cases", {"trusted"}),
        ("intake", {"trusted", "cases", "scrubbers"}),
        ("desk", {"trusted", "cases", "scrubbers", "second_reader"}),
        ("relay", {"trusted", "onion"}),
        ("audit", {"trusted", "onion"}),
    ],
)
def test_a_package_imports_only_what_it_may(package: str, may: set[str]) -> None:
    ours = set(PACKAGES) - {package}

    found = {path: tops(path) & ours - may for path in MODULES if path.startswith(f"{package}/")}

    assert {path: names for path, names in found.items() if names} == {}


def test_the_intake_imports_the_relays_parser_and_nothing_else_of_it() -> None:
    relays = ("relay/", "trusted/relay/", "kallskydd/")
    others = {path: imports(path) for path in MODULES if not path.startswith(relays)}
    found = {(path, name) for path, names in others.items() for name in names if name.startswith("trusted.relay.")}

    assert {(path, name) for path, name in found if not path.startswith("intake/")} == set()
    assert {name for _, name in found if not name.startswith("trusted.relay.client_hello")} == set()


def test_only_verify_makes_a_verified_file() -> None:
    assert callers("Verified") == {"trusted/jail/sandbox.py"}


def test_only_the_servers_answer_makes_a_clean_copy_for_a_desk_to_seal() -> None:
    assert callers("CleanCopy") == {"cases/wire/files.py"}


def test_only_the_sealer_makes_sealed_things() -> None:
    assert {
        path for path in callers("Sealed") | callers("SealedFile") if not path.startswith(("trusted/", "cases/"))
    } == set()


def test_the_desk_imports_nothing_that_only_posix_has() -> None:
    found = {path: tops(path) & POSIX_ONLY for path in MODULES if path.startswith("desk/")}

    # A lock on a file is the one thing Windows does another way; the module that has both says so.
    assert {path: names for path, names in found.items() if names and path != "desk/keep/lock.py"} == {}


def test_nothing_reads_a_form_the_way_that_spools_to_disk() -> None:
    assert {
        path for path in callers("post") if path.startswith(("trusted/", "intake/", "cases/", "scrubbers/"))
    } == set()


def test_assert_is_never_a_guard() -> None:
    guards = [path for path, nodes in NODES.items() if any(isinstance(node, ast.Assert) for node in nodes)]

    assert guards == []


def test_silent_packages_never_name_a_peer_or_its_headers() -> None:
    words = {"peername", "X-Forwarded-For", "Forwarded", "X-Real-IP", "User-Agent", "Referer", "Accept-Language"}
    found = []
    for path, nodes in NODES.items():
        # One module names them, to refuse what brings them (test_silence_static.py holds it to their names).
        if (
            not path.startswith(("trusted/", "intake/", "cases/", "scrubbers/", "relay/"))
            or path == "intake/http/forwarded.py"
        ):
            continue
        for node in nodes:
            # One more compares where a browser says it comes from with our own address.
            if isinstance(node, ast.Attribute) and node.attr == "REFERER" and path != "intake/site/origin_check.py":
                found.append((path, node.lineno))
            if isinstance(node, ast.Attribute) and node.attr in {"remote", "transport_extra", "forwarded"}:
                found.append((path, node.lineno))
            if isinstance(node, ast.Constant) and node.value in words:
                found.append((path, node.lineno))

    assert found == []


def test_silent_packages_print_and_log_nothing() -> None:
    silent = ("trusted/", "intake/", "cases/", "scrubbers/", "relay/")

    assert {path for path in callers("print") if path.startswith(silent)} == set()
    loggers = {path for path in MODULES if path.startswith(silent) and "logging" in tops(path)}
    # Switching the libraries' loggers off takes the module; nothing else may.
    assert loggers <= {"trusted/web/silence.py", "trusted/jail/fork_server.py"}
