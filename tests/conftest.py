"""What every test shares: no tor that could reach the public network, nothing skipped, seconds for each group."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent / "support"))

# onion.tor_process refuses to start a tor whose torrc could reach the public network while this is set.
os.environ["KALLSKYDD_NO_PUBLIC_TOR"] = "1"
# A sandbox of somebody else's must not decide what the tests do.
os.environ.pop("KALLSKYDD_HOME", None)

from browsers.conftest_browsers import *  # noqa: F403  # every page, collected once
from networks.conftest_tor import *  # noqa: F403  # the private network's fixtures; after the variable they honour
from processes import compiled_once  # noqa: F401  # before all that uses jinja2

UMASK = 0o022
SOME_SKIPPED = 6  # an exit code that pytest itself does not use
LIVE = ("live", True)
# The tests of some files take minutes: those begin first, or all others would wait for the last of them.
LONGEST_FIRST = (
    "system/test_rehearsal", "system/test_desk_read_browser", "system/test_flow", "system/test_browser_walk", "system/test_browser_pages",
    "system/test_browser", "system/test_pages_valid", "audit/canary", "system/faults",
    "intake/http/test_page_sizes", "system/test_mirror", "trusted/relay", "audit/mirror", "onion", "scrubbers/pdf", "system",
)  # fmt: skip
OF_THE_PAGES = ("tests/system/test_browser_pages", "tests/system/test_browser_print", "tests/system/test_pages_valid")
SPENT = pytest.StashKey[float]()
STOOD_STILL_SECONDS = 4.0
OUTCOME_FILE = "KALLSKYDD_OUTCOME"  # names the file that scripts/test.sh reads the outcome from
MARKERS = (
    "property: parses arbitrary bytes; for longer in `make check-all`",
    "search: a long form of a test; `make check-all` runs it and `make test` does not",
    "live: depends on a tor network, a browser or the timing of other programs, and may be run once more (decision 0011)",
)
PROGRAMS_OF_RUN = {"tor": "tor", "tor-gencert": "tor"}
PROGRAMS = {
    **PROGRAMS_OF_RUN,
    "strace": "strace",
    "exiftool": "libimage-exiftool-perl",
    "systemd-analyze": "systemd",
    "firefox-esr": "firefox-esr",
    "chromium": "chromium",
    "w3m": "w3m",
    "java": "default-jre-headless",
    "pebble": "pebble",
    "pebble-challtestsrv": "pebble",
}

# The same examples each time, so that a run can be had again; "fuzz" (`make check-all`) searches by chance.
settings.register_profile(
    "quick", max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.register_profile("fuzz", max_examples=1_800, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

_seconds: dict[str, float] = defaultdict(float)
_processor: dict[str, float] = defaultdict(float)
_counts: dict[str, int] = defaultdict(int)
_stood_still: list[float] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--few-programs", action="store_true", help="ask only for what `make run` needs (`make test-fast`)"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """What a test has made of the mode of new files, as the program does for itself, ends with it."""
    os.umask(UMASK)


def pytest_configure(config: pytest.Config) -> None:
    # A shell has what it runs in the background ignore these two, and so would every program that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.property)
        # By the marker and not by the keywords of a report: among those are the names of folders, and one is "live".
        if item.get_closest_marker("live"):
            item.user_properties.append(LIVE)
    items.sort(key=lambda item: _turn(item.nodeid.split("::")[0]))


def _turn(file: str) -> int:
    turns = [number for number, start in enumerate(LONGEST_FIRST) if file.startswith(f"tests/{start}")]
    return turns[0] if turns else len(LONGEST_FIRST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc,no-any-unimported]  # it carries no types
        """A file's tests stay together, and so do all that look at the collected pages."""

        def _split_scope(self, nodeid: str) -> str:
            file: str = nodeid.split("::", maxsplit=1)[0]
            return "pages" if file.startswith(OF_THE_PAGES) else file

    return ByFile(config, log)


def _watch_for_standstills() -> None:
    """Note for how long the machine or its disk did nothing: a thread asks for a quarter of a second and one byte."""
    with tempfile.TemporaryFile() as file:
        while True:
            before = time.clock_gettime(time.CLOCK_BOOTTIME)
            time.sleep(0.25)
            os.pwrite(file.fileno(), b"-", 0)
            os.fdatasync(file.fileno())
            if (gone := time.clock_gettime(time.CLOCK_BOOTTIME) - before) > STOOD_STILL_SECONDS:
                _stood_still.append(gone)


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        threading.Thread(target=_watch_for_standstills, daemon=True).start()
    wanted = PROGRAMS_OF_RUN if session.config.getoption("--few-programs") else PROGRAMS
    missing = {program: package for program, package in wanted.items() if shutil.which(program) is None}
    if missing:
        named = ", ".join(f"{program} (Debian package {package})" for program, package in missing.items())
        pytest.exit(f"These programs are missing, and no test is skipped for want of one: {named}", returncode=4)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # Of this process and of all that it has waited for, since the last report.
    now = sum(os.times()[:4])
    report.processor, item.config.stash[SPENT] = now - item.config.stash.get(SPENT, now), now
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    group = report.nodeid.split("::")[0].removeprefix("tests/").removesuffix(".py")
    _seconds[group] += report.duration
    _processor[group] += getattr(report, "processor", 0.0)
    if report.when == "call":
        _counts[group] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_sep("-", "seconds by group, and seconds of the processor")
    for group, seconds in sorted(_seconds.items(), key=lambda pair: -pair[1]):
        terminalreporter.write_line(f"{seconds:8.1f} s  {_processor[group]:7.1f} s  {_counts[group]:4d} tests  {group}")
    whole = f"{sum(_seconds.values()):8.1f} s  {sum(_processor.values()):7.1f} s  {sum(_counts.values()):4d} tests"
    terminalreporter.write_line(whole)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if hasattr(session.config, "workerinput"):
        return  # the process that gave it its tests says the outcome
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    outcomes = reporter.stats if reporter else {}
    skipped = len(outcomes.get("skipped", []))
    if skipped:
        # A test that was not run has proved nothing; here that is a failure and not a footnote.
        session.exitstatus = exitstatus = SOME_SKIPPED
        reporter.write_line(f"FAILED: {skipped} tests were skipped, and none may be.")
    if _stood_still:
        reporter.write_line(
            f"The machine or its disk stood still {len(_stood_still)} times, for {max(_stood_still):.0f} s at most."
        )
    if place := os.environ.get(OUTCOME_FILE):
        failed = [one for kind in ("failed", "error") for one in outcomes.get(kind, [])]
        outcome = {
            "code": int(exitstatus),
            "failed": sorted({one.nodeid for one in failed}),
            "live": sorted({one.nodeid for one in failed if LIVE in map(tuple, getattr(one, "user_properties", []))}),
            "passed": len(outcomes.get("passed", [])),
            "stood_still": bool(_stood_still),
        }
        Path(place).write_text(json.dumps(outcome))
