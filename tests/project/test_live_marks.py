"""Which tests may be run once more when they failed: those on tor networks and in browsers, and none of a promise."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
# A try that failed is the finding here: silence, jail, no trace, sealing, and what the audit says of them.
NEVER = (
    "audit/**/*", "cases/**/*", "intake/**/*", "scrubbers/**/*", "desk/*", "project/test_silence_static",
    "trusted/*", "trusted/[cfjsw]*/*", "trusted/receipt/*", "trusted/ro*/*", "second_reader/*",
    "system/test_no_*", "system/test_seized_disk", "system/faults/*", "system/test_large_upload",
    "system/test_where_secrets_live", "system/test_what_members_see", "system/test_hostile_server",
    "trusted/relay/test_relay_deploy", "system/test_stop_and_start", "system/test_reporter_browser", "system/test_exhaustion",
)  # fmt: skip
# Each is a tor network that has to come about, or a browser.
LIVE_FIXTURES = {"tor_network", "keeper_tor", "keeper_tor_to_kill", "tor_client", "publisher", "chromium", "person"}


def marks_in(path: Path) -> Iterator[tuple[str, bool, set[str]]]:
    """Each test of a file: its name, whether it is marked live, and the names of its fixtures."""
    module = ast.parse(path.read_text("utf-8"))
    assigned = [
        node for node in module.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    whole = any("pytest.mark.live" in ast.unparse(node.value) for node in assigned)
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            marked = any(ast.unparse(one) == "pytest.mark.live" for one in node.decorator_list)
            yield node.name, whole or marked, {argument.arg for argument in node.args.args}


def never_live() -> set[Path]:
    return {path for pattern in NEVER for path in TESTS.glob(f"{pattern}.py") if path.name.startswith("test_")}


def test_no_test_of_silence_jail_traces_or_sealing_has_a_second_try():
    assert all(list(TESTS.glob(f"{pattern}.py")) for pattern in NEVER)
    assert [f"{path.name}::{name}" for path in never_live() for name, live, _ in marks_in(path) if live] == []


def test_what_needs_a_tor_network_or_a_browser_is_marked_live():
    others = sorted(set(TESTS.rglob("test_*.py")) - never_live())
    found = [
        (f"{path.name}::{name}", live) for path in others for name, live, used in marks_in(path) if used & LIVE_FIXTURES
    ]

    assert found
    assert [name for name, live in found if not live] == []
