"""What the audit says on a terminal: what is not clean, the sum, and in the last line what to do."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from dataclasses import replace

import pytest
from audits.harness import ROOT
from audits.pages import FOR_ROOT, IDS, KEY, ROW, ROWS, report, selection

from audit.language import in_language, swedish
from audit.report.results import NotAResult, joined, read_result, save
from audit.report.seal import NoKey, make_key, name_of, read_key, sealed
from audit.report.text_table import as_text
from audit.selftest.run import FAULTS, faults_in
from audit.selftest.table import rows_of
from audit.served import USUAL
from audit.verdict import Check, Counted, Evidence, Verdict, Word

SAYING = {"saw", "found", "missed", "require", "void", "Evidence"}


@pytest.mark.parametrize("audit", IDS)
def test_each_row_has_a_group_a_risk_and_a_remedy_in_two_languages(audit):
    for row in ROWS[audit]:
        risk = in_language(row.risk, "sv")
        for sentence in (row.risk, risk, row.remedy_in("en", USUAL), row.remedy_in("sv", USUAL)):
            assert sentence[0].isupper() or sentence.startswith(("tor ", "`")), sentence
            assert sentence[-1] in ".`", sentence
        assert row.risk != risk
        assert row.group
    assert len(IDS[audit]) == len(ROW[audit])


@pytest.mark.parametrize("audit", IDS)
def test_a_clean_audit_is_two_lines_and_the_last_says_that_nothing_is_to_do(audit):
    lines = as_text(report(audit)).splitlines()

    assert len(lines) == 2
    assert lines[-1] == "Nothing to do: every row is clean."
    assert len(as_text(report(audit), every_row=True).splitlines()) > 3 * len(IDS[audit])


@pytest.mark.parametrize(
    ("audit", "row"),
    [("live", "journal"), ("canary", "sockets"), ("selftest", "access_log"), ("mirror", "files")],
)
def test_a_finding_is_shown_whole_and_the_last_line_names_it_and_its_remedy(audit, row):
    found = report(audit, **{row: Verdict.FINDING})
    (name,) = found.of(Verdict.FINDING)

    text = as_text(found)

    row = ROW[audit][name]
    assert text.splitlines()[-1] == f"To do: {name} (finding). {row.remedy}"
    assert f"FINDING   {name}: The title of {name}" in text
    assert f"FINDING: kernel.of.{name} = 1" in text
    assert f"Risk: {row.risk}" in text
    assert f"$ sysctl {name}" in text
    assert text.count("The title of") == 1
    assert "1 with findings" in text


def test_the_worst_comes_first_and_the_others_are_named():
    text = as_text(report("live", landlock=Verdict.NOT_SEEN, torrc=Verdict.FINDING, times=Verdict.FINDING))

    assert text.splitlines()[-1].startswith("To do: torrc (finding). Make `/etc/kallskydd/torrc` like `torrc.example`")
    assert text.splitlines()[-1].endswith(" Then: times, landlock.")
    assert text.index("FINDING   torrc") < text.index("FINDING   times") < text.index("not seen  landlock")


def test_rows_that_take_root_are_one_line_and_the_last_says_how_to_see_them():
    for audit in ("live", "mirror", "canary"):
        names = FOR_ROOT[audit] if audit != "canary" else {"files", "locks"}
        not_root = dict.fromkeys((name.replace("-", "_") for name in names), Verdict.NOT_SEEN)
        text = as_text(report(audit, as_root=False, **not_root))

        assert text.count("not seen  ") == 1
        assert f"To do: run it as root, `sudo kallskydd audit {audit}`; " in text.splitlines()[-1]
        assert as_text(report(audit, **not_root)).count("not seen  ") == len(names)


def test_a_result_that_was_kept_is_read_again_as_it_was_in_both_languages(tmp_path):
    kinds = Counted({"listener": 2})
    shown = Evidence(Verdict.FINDING, "{name} {pid}: {kinds}", {"name": Word("intake"), "pid": 7, "kinds": kinds})
    files = replace(ROW["canary"]["canary.files"], title="T", by_hand="line", root=True)
    kept = replace(report("canary"), checks=(Check(files, Verdict.FINDING, (shown,)),))

    save(kept, tmp_path / "canary.json", KEY)
    again = read_result(tmp_path / "canary.json", "canary", [files], KEY)

    assert again.as_object() == kept.as_object()
    told = json.loads((tmp_path / "canary.json").read_text().splitlines()[0])
    assert len(bytes.fromhex(told.pop("number"))) == 16
    assert told == kept.as_object()
    assert again.checks[0].evidence[0].text("sv") == "intake 7: lyssnare 2"
    assert again.checks[0].evidence[0].text() == "intake 7: listener 2"


def test_a_selftest_that_says_that_it_is_a_selection_is_taken_and_another_with_as_many_rows_is_not(tmp_path):
    some = selection(Verdict.CLEAN, Verdict.CLEAN)
    save(some, tmp_path / "some.json", KEY)
    save(replace(some, checks=some.checks[:1] + some.checks[2:]), tmp_path / "cut.json", KEY)

    taken = read_result(tmp_path / "some.json", "selftest", rows_of(faults_in(FAULTS)), KEY)

    assert taken.as_object() == some.as_object()
    assert as_text(some).splitlines()[-1].startswith("To do: selftest.selection (not seen). Run `sudo kallskydd audit")
    assert as_text(some).splitlines()[-2].startswith("2 of 2 faults caught, 1 not wholly seen.")
    with pytest.raises(NotAResult, match="lacks"):
        read_result(tmp_path / "cut.json", "selftest", rows_of(faults_in(FAULTS)), KEY)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no result of an audit"),
        ("[1]", "is no result of an audit"),
        ('{"audit": "canary", "checks": []}', "is no result of an audit"),
        (json.dumps(report("mirror").as_object()), "is a result of `audit mirror`"),
        (
            json.dumps(report("canary").as_object()).replace('"clean", "evidence"', '"fine", "evidence"'),
            "is no result of an audit",
        ),
        (json.dumps(replace(report("canary"), checks=report("canary").checks[1:]).as_object()), "lacks 1 of 19 rows"),
        (json.dumps(report("canary").as_object()).replace("2026-11-27", "yesterday"), "is no result of an audit"),
    ],
)
def test_what_is_no_result_of_this_audit_is_refused_with_what_to_do(tmp_path, content, said):
    (tmp_path / "r.json").write_text(sealed(content, KEY))

    with pytest.raises(NotAResult) as refused:
        read_result(tmp_path / "r.json", "canary", ROWS["canary"], KEY)
    with pytest.raises(NotAResult, match=r"missing.json cannot be read"):
        read_result(tmp_path / "missing.json", "canary", (), KEY)

    assert said in refused.value.words
    assert "`kallskydd audit canary --key KEY --save FILE`" in refused.value.words


@pytest.mark.parametrize("change", ["another key", "a verdict", "no seal", "cut", "a line more"])
def test_a_result_that_was_not_made_with_this_key_or_was_changed_is_refused(tmp_path, change):
    place = tmp_path / "r.json"
    save(report("canary", disk=Verdict.FINDING), place, KEY)
    text = place.read_text()
    place.write_text({
        "another key": text, "a verdict": text.replace('"finding"', '"clean"'), "no seal": text.splitlines()[0],
        "cut": text[:-9], "a line more": f"{text}{{}}\n",
    }[change])  # fmt: skip

    with pytest.raises(NotAResult, match="was not made with this auditor's key, or was changed since"):
        read_result(place, "canary", ROWS["canary"], bytes(32) if change == "another key" else KEY)


def test_three_runs_are_one_proof_with_the_worst_of_each_row_and_the_oldest_day(tmp_path):
    for number, (verdict, day) in enumerate([("clean", 27), ("finding", 28), ("not seen", 26)]):
        run = replace(report("canary", disk=Verdict(verdict)), day=f"2026-11-{day}", host=f"h{number}")
        save(run, tmp_path / f"{number}.json", KEY)
    runs = [read_result(tmp_path / f"{number}.json", "canary", ROWS["canary"], KEY) for number in range(3)]

    whole = joined("canary", runs)

    assert (whole.day, whole.host, whole.of(Verdict.FINDING)) == ("2026-11-26", "h0, h1, h2", ["canary.disk"])
    assert [one.verdict for check in whole.checks if check.id == "canary.disk" for one in check.evidence] == [
        Verdict.CLEAN, Verdict.FINDING, Verdict.NOT_SEEN,
    ]  # fmt: skip
    assert [source.split()[0] for source in whole.sources] == ["0.json", "1.json", "2.json"]
    assert whole.sources[0].split()[1] == hashlib.sha256((tmp_path / "0.json").read_bytes()).hexdigest()[:8]
    with pytest.raises(NotAResult, match="not of one program"):
        joined("canary", [runs[0], replace(runs[1], program=None)])


def test_one_run_is_one_whatever_its_files_are_called_and_two_are_two_though_they_saw_the_same(tmp_path):
    for name in ("a", "b"):
        save(report("canary"), tmp_path / f"{name}.json", KEY)
    (tmp_path / "c.json").write_bytes((tmp_path / "a.json").read_bytes())
    first, second, copy = (
        read_result(tmp_path / f"{name}.json", "canary", ROWS["canary"], KEY) for name in ("a", "b", "c")
    )

    whole = joined("canary", [first, second])

    assert len(whole.sources) == 2
    for twice in ([first, copy], [first, second, copy], [first, first]):
        with pytest.raises(NotAResult, match="One result of canary is given twice"):
            joined("canary", twice)


def test_a_void_run_is_no_part_of_a_proof_of_several_and_alone_it_stands_on_the_page(tmp_path):
    for name, verdict in (("clean", Verdict.CLEAN), ("void", Verdict.VOID)):
        save(report("canary", requests=verdict), tmp_path / f"{name}.json", KEY)
    runs = [read_result(tmp_path / f"{name}.json", "canary", ROWS["canary"], KEY) for name in ("clean", "void")]

    alone = joined("canary", runs[1:])

    assert alone.of(Verdict.VOID) == ["canary.requests"]
    with pytest.raises(NotAResult, match=r"void.json .* is of a void run, which shows nothing"):
        joined("canary", runs)


def test_a_key_is_its_owners_is_never_written_over_a_file_and_has_a_name_that_does_not_tell_it(tmp_path):
    key = make_key(tmp_path / "key")

    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert read_key(tmp_path / "key") == key
    assert len(name_of(key)) == 12
    assert name_of(key) not in key.hex()
    with pytest.raises(FileExistsError):
        make_key(tmp_path / "key")
    for wrong in ("", "00" * 31 + "\n", "g" * 64 + "\n"):
        (tmp_path / "wrong").write_text(wrong)
        with pytest.raises(NoKey):
            read_key(tmp_path / "wrong")
    with pytest.raises(NoKey):
        read_key(tmp_path / "nowhere")


def test_every_sentence_of_the_canary_and_the_selftest_has_its_own_in_swedish():
    templates = set()
    for folder in ("canary", "selftest"):
        for path in (ROOT / "audit" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in SAYING:
                    texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                    templates |= {text for text in texts if isinstance(text, str) and " " in text}

    assert len(templates) > 80
    assert sorted(templates - swedish().keys()) == []


def test_the_swedish_of_the_audit_is_that_of_its_sentences_no_more_and_no_less():
    specification = importlib.util.spec_from_file_location("catalogs", ROOT / "scripts" / "catalogs.py")
    catalogs = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(catalogs)

    assert sorted(catalogs.audit_sentences(swedish()).keys() ^ swedish().keys()) == []
