"""Planted faults are found, for the reason that they are faults; and the selftest does not flatter itself."""

from __future__ import annotations

import py_compile
import subprocess
import sys

import pytest
from processes.service import KALLSKYDD

from audit.fault import DoesNotApply, changed_by, copy_packages, own_packages, packages_of, read_fault
from audit.selftest.groups import Copy
from audit.selftest.one_canary import canary_in_its_own_process
from audit.selftest.run import FAULTS, as_row, faults_in, plant_and_examine
from audit.verdict import Verdict

SHIPPED = {fault.name: fault for fault in faults_in(FAULTS)}
# The list of the order, in the order of the list.
ORDERED = [
    "access-log", "exception-log", "forwarded-header-kept", "forwarded-header-digest", "file-name-kept",
    "spooled-upload", "written-then-unlinked", "compressed-log", "syslog-socket", "syslog-datagram-pair",
    "syslog-before-confinement", "faulthandler", "message-through-counter", "time-in-a-number", "new-column",
    "confined-after-a-thread", "io-uring-open", "safe-logging-off", "tcp-listener", "debug-logger", "date-header",
    "core-dumps-on",
]  # fmt: skip
# One for each kind of evidence: a name for all to read, the filter, the schema, tor, what must be random, what the keeper
# hears, pages, the order of slots, a header. All in one copy, to save time; one by one, and all of them, is `make audit`.
A_HANDFUL = [
    "process-name",
    "io-uring-open",
    "new-column",
    "safe-logging-off",
    "time-in-a-case-id",
    "counter-at-a-filing",
    "sessions-on-every-page",
    "slots-in-order",
    "filings-in-a-desk-header",
]

# Written for this test, not by those who wrote the canary's rules: other places, another way of hiding.
OF_OUR_OWN = {
    "language in a packed cookie jar": """\
Title: The language of the browser, packed, in the roster's folder
Evidence: canary.markers: Accept-Language \\(bzip2: .*was written: intake

--- a/intake/site/origin_check.py
+++ b/intake/site/origin_check.py
@@ -1,2 +1,3 @@
     services: Services = request.app[SERVICES]
+    (services.home / "roster" / "seen").write_bytes(__import__("bz2").compress(request.headers.get("Accept-Language", "").encode()))
""",
    "an inbox that does not open": """\
Title: The right code opens nothing: not a leak, a service that does not work
Evidence: canary.requests: the right code was answered 4

--- a/intake/inbox/log_in.py
+++ b/intake/inbox/log_in.py
@@ -1,2 +1,2 @@
-    if session is None:
+    if session is None or True:
""",
}


@pytest.fixture(scope="module")
def tried():
    """Every fault of this file, planted and looked for together. That their evidence is their own, the names say."""
    chosen = [SHIPPED[name] for name in A_HANDFUL] + [read_fault(name, text) for name, text in OF_OUR_OWN.items()]
    return plant_and_examine(tuple(chosen), chosen)


@pytest.mark.parametrize("name", [*A_HANDFUL, "language in a packed cookie jar"])
def test_a_planted_fault_is_caught_and_the_finding_names_its_evidence(tried, name):
    assert tried.whole
    assert tried.said[name], tried.findings


def test_a_service_that_does_not_do_what_it_should_makes_the_canary_void(tried):
    assert any("the right code was answered 400" in sentence for sentence in tried.said["an inbox that does not open"])


def test_the_faults_that_were_ordered_are_all_there():
    assert set(ORDERED) <= set(SHIPPED)
    assert len(ORDERED) == 22
    assert len(SHIPPED) >= 35


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy") / "env"
    copy_packages(folder)
    return packages_of(folder)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_shipped_fault_fits_the_code_as_it_is(copied, name):
    changed = {change.path: (copied / change.path).read_text() for change in SHIPPED[name].changes}

    SHIPPED[name].apply(copied)

    for path, text in changed.items():
        now = (copied / path).read_text()
        assert now != text
        if path.endswith(".py"):
            compile(now, path, "exec")
        (copied / path).write_text(text)


def test_a_copy_holds_all_of_our_packages_and_starts_from_them(tmp_path):
    python = copy_packages(tmp_path / "env")

    asked = (
        "import intake, onion.torrc, aiohttp; print(intake.__file__); print(onion.__file__); print(aiohttp.__file__)"
    )
    done = subprocess.run([python, "-I", "-c", asked], capture_output=True, text=True, check=True, cwd=tmp_path)

    ours, tors, other = done.stdout.split()
    assert ours.startswith(str(tmp_path))
    assert tors.startswith(str(tmp_path))
    assert not other.startswith(str(tmp_path))
    assert {"intake", "onion", "cases", "kallskydd"} <= set(own_packages())


def test_what_was_compiled_never_to_be_compared_with_its_source_does_not_hide_a_fault(tmp_path, monkeypatch):
    (tmp_path / "planted.py").write_text("SAID = 'before'\n")
    # As scripts/install_program.py compiles what is put into service.
    py_compile.compile(str(tmp_path / "planted.py"), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    text = "Title: a\nEvidence: b\n\n--- a/planted.py\n+++ b/planted.py\n@@\n-SAID = 'before'\n+SAID = 'after'\n"

    read_fault("a", text).apply(tmp_path)

    said = [sys.executable, "-c", "import planted; print(planted.SAID)"]
    assert subprocess.run(said, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == "after\n"


def test_the_audit_knows_no_fault_by_name():
    sources = "".join(path.read_text() for path in FAULTS.parent.rglob("*.py"))

    assert [name for name in SHIPPED if name in sources] == []
    assert "audit.faults" not in sources


def test_a_patch_that_does_not_fit_makes_the_selftest_void():
    text = "Title: x\nEvidence: y\n\n--- a/intake/site/origin_check.py\n+++ b/intake/site/origin_check.py\n@@ -1 +1 @@\n-no such line\n+another\n"

    fault = read_fault("x", text)

    with pytest.raises(DoesNotApply, match="no such line") as refused:
        plant_and_examine((fault,), [fault])
    row = as_row(fault, None, [], refused.value.words)
    assert row.verdict is Verdict.VOID
    assert "the patch does not apply: intake/site/origin_check.py: no such line" in row.evidence[0].text()


@pytest.mark.parametrize(
    "text", ["", "Title: x\n\n--- a/b\n+++ b/b\n@@\n-a\n+b\n", "Title: x\nEvidence: (\n", "Title: x\nEvidence: y\n"]
)
def test_a_patch_without_evidence_or_change_is_refused(text):
    with pytest.raises(DoesNotApply):
        read_fault("x", text)


def test_an_interpreter_without_the_service_is_void_and_not_clean(tmp_path):
    run = canary_in_its_own_process(tmp_path / "nothing")

    assert run.verdict is Verdict.VOID
    assert run.findings
    assert not run.whole


def test_a_folder_without_faults_is_a_usage_error(tmp_path):
    done = subprocess.run(
        [*KALLSKYDD, "audit", "selftest", "--faults", tmp_path], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert "no such fault" in done.stderr


def test_what_is_not_caught_is_a_finding_and_names_the_evidence_that_was_missed():
    fault = SHIPPED["process-name"]
    alone = Copy.of((fault,), [fault], ["canary.database: another thing"], whole=True)

    row = as_row(fault, None, [alone])

    assert row.verdict is Verdict.FINDING
    assert "another thing" in row.evidence[0].text()
    assert any("not caught" in one.text() and "PR_SET_NAME" in one.text() for one in row.evidence)


def test_what_two_faults_add_at_one_place_is_both_there_and_what_rewrites_one_line_is_refused(copied):
    path = "intake/site/origin_check.py"
    both = [SHIPPED["process-name"], SHIPPED["salted-digest"]]

    (text,) = changed_by(both, copied).values()

    assert "prctl(15," in text
    assert "hashlib.sha256(b" in text
    assert (copied / path).read_text() not in {text, ""}
    again = read_fault("again", (FAULTS / "sessions-for-who-stays.patch").read_text())
    with pytest.raises(DoesNotApply, match="rewrite"):
        changed_by([SHIPPED["sessions-for-who-stays"], again], copied)
