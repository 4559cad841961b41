"""`kallskydd audit all`: the proofs together on one page, of one program, and refused in words where they are not.

The service is a real one, with its results given; that the canary and the selftest run by themselves and find what they
should is the matter of their own tests.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from audits.harness import AS_ROOT, audited
from audits.installation import make_installation
from audits.pages import KEY, PROGRAM, report

from audit.mirror import command as mirror_command
from audit.observe.program import own_program, program_in
from audit.report.results import save
from audit.verdict import Verdict
from kallskydd.certificate.errors import SheetTooFull
from kallskydd.commands import audit as audit_command
from kallskydd.commands.audit import all as audit_all
from kallskydd.commands.audit import output as audit_output


@pytest.fixture(scope="module")
def service():
    with tempfile.TemporaryDirectory(prefix="ka-") as folder:
        python = make_installation(Path(folder) / "inst")
        (Path(folder) / "a").mkdir()
        with audited(Path(folder) / "a", python) as running:
            yield running


@pytest.fixture
def given(service, tmp_path):
    """Options with results of the program that runs, made today."""
    program, day = program_in(service.packages), audit_output.stockholm_day()
    (tmp_path / "key").write_text(f"{KEY.hex()}\n")
    options = {"--key": tmp_path / "key"}
    for name in ("canary", "selftest"):
        save(replace(report(name), program=program, day=day), tmp_path / f"{name}.json", KEY)
        options[f"--{name}"] = tmp_path / f"{name}.json"
    return options


def words_of(service, tmp_path, options, *more):
    pairs = [word for pair in options.items() for word in pair]
    return ["all", "--home", service.home, "--report", tmp_path / "page.html", *pairs, *more]


def run_here(*words):
    """The same command in this process, which spares a start of the interpreter."""
    parser = argparse.ArgumentParser()
    audit_command.add_parser(parser.add_subparsers())
    args = parser.parse_args(["audit", *map(str, words)])
    return args.run(args)


def test_the_page_has_all_proofs_and_says_what_was_examined(service, tmp_path, given):
    done = service.audit(*words_of(service, tmp_path, given, "--lang", "en", "--pdf", tmp_path / "page.pdf"))

    page = (tmp_path / "page.html").read_text("utf-8")
    program = program_in(service.packages)
    # An installation was compared with its own list alone, and this one is a trial: neither is passed over.
    assert done.returncode == 1
    assert "Can be certified with remarks" in page
    assert page.count(audit_output.stockholm_day()) >= 4
    for name, shown in (("public", "reporters"), ("desk", "members")):
        assert re.search(rf"Address for {shown}</dt><dd><code>[a-z2-7]{{56}}\.onion<", page), name
    assert f"{program.digest}</code>" in page
    assert "Ludvika" in page
    assert "99 of 99 planted faults found" in page or re.search(r"(\d+) of \1 planted faults found", page)
    lines = done.stdout.splitlines()
    assert lines[-2].startswith("Can be certified with remarks. The page: ")
    assert lines[-1].startswith("To do: ")
    command = f"kallskydd audit all --home {service.home} --report {tmp_path}/page.html --pdf {tmp_path}/page.pdf --lang en --key {tmp_path}/key"
    assert f"Then, with a new name for the page: {'sudo ' * AS_ROOT}{command} --canary " in lines[-1]
    assert f"{command} --canary {tmp_path}/canary.json --selftest {tmp_path}/selftest.json</code>" in page
    assert any(line.startswith("daily     missing: none was made yet") for line in lines)
    assert "A trial: does not hold for a real service." in page
    assert any(line.startswith("REMARK    The program was compared with its own list alone") for line in lines)
    assert ("audit live: " in done.stdout) != AS_ROOT
    to_sign = pypdf.PdfReader(tmp_path / "page.pdf").pages[0].extract_text()
    for told in ("Can be certified with remarks", "Ludvika", program.digest, "planted faults found", "Signatures"):
        assert told in to_sign


def test_a_finding_of_any_proof_is_said_on_the_page_and_in_the_last_line(service, tmp_path, given, capsys):
    program, day = program_in(service.packages), audit_output.stockholm_day()
    save(replace(report("canary", disk=Verdict.FINDING), program=program, day=day), given["--canary"], KEY)

    code = run_here(*words_of(service, tmp_path, given, "--json"))

    told = json.loads(capsys.readouterr().out)
    assert (code, told["outcome"]) == (1, "cannot be certified")
    assert told["canary"]["verdict"] == "finding"
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "Kan inte intygas" in page
    assert "canary.disk" in page.split('<section class="annexes">')[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--canary": PROGRAM}, "The result of canary is of another program (0.1.0, commit 7c3e1cd9a1f4"),
        ({"--selftest": PROGRAM}, "The result of selftest is of another program"),
        ({"--mirror": None}, "is no result of an audit. Make it with `kallskydd audit mirror --key KEY --save FILE`"),
    ],
)
def test_a_result_of_another_program_or_none_is_refused_before_anything_is_made(  # noqa: PLR0917
    service, tmp_path, given, change, said, capsys
):
    ((option, program),) = change.items()
    given[option] = tmp_path / f"{option[2:]}.json"
    save(replace(report(option[2:]), program=program), given[option], KEY)

    code = run_here(*words_of(service, tmp_path, given))

    assert code == 3
    assert said in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


def test_a_result_of_a_mirror_is_refused_for_a_home_that_has_none(service, tmp_path, given, capsys):
    save(replace(report("mirror"), program=program_in(service.packages)), tmp_path / "mirror.json", KEY)

    code = run_here(*words_of(service, tmp_path, {**given, "--mirror": tmp_path / "mirror.json"}))

    said = capsys.readouterr().err
    assert code == 3
    assert "This home has no mirror in its config.toml: the result of one does not belong to it." in said
    assert "Leave out --mirror" in said
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("audit", ["all", "live", "mirror"])
@pytest.mark.parametrize("option", ["--report", "--pdf"])
def test_a_page_never_takes_the_place_of_another_file_and_nothing_runs_before_that_is_known(
    audit, option, tmp_path, capsys
):
    """The service of this home does not run, which would be said if the audit had begun."""
    taken = tmp_path / "taken"
    taken.write_text("signed")
    words = {"--report": tmp_path / "page.html", option: taken}
    home = [] if audit == "mirror" else ["--home", tmp_path]

    code = run_here(audit, *home, *(word for pair in words.items() for word in pair))

    assert code == 2
    assert "There already, and not overwritten: taken. Name another file" in capsys.readouterr().err
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("taken", "signed")]


def test_a_mirror_alone_has_its_page_as_pdf_too(tmp_path, monkeypatch, capsys):
    """Its host is examined in the tests of the mirror; here its result is given."""
    monkeypatch.setattr(mirror_command, "inspect_mirror", lambda *_: report("mirror"))

    code = run_here("mirror", "--name", "blankett.example", "--pdf", tmp_path / "page.pdf", "--lang", "en")
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "page.pdf").pages]

    assert code == 0
    assert "Can be certified\nYou may sign." in pages[0]
    assert "blankett.example" in pages[0]
    assert "mirror.files" in "".join(pages[1:])


def test_a_sheet_that_does_not_fit_leaves_the_html_page_and_says_so(service, tmp_path, given, monkeypatch, capsys):
    def too_full(_page):
        raise SheetTooFull

    monkeypatch.setattr(audit_output, "as_pdf", too_full)

    code = run_here(*words_of(service, tmp_path, given, "--pdf", tmp_path / "page.pdf"))

    assert code == 3
    assert "too long for one page of the PDF. Print the HTML page" in capsys.readouterr().err
    assert (tmp_path / "page.html").exists()
    assert not (tmp_path / "page.pdf").exists()


def test_nothing_is_examined_where_nobody_serves_and_no_page_is_made(tmp_path, given, capsys):
    options = [word for pair in given.items() for word in pair]
    nobody = run_here("all", "--home", tmp_path, "--report", tmp_path / "page.html", *options)
    nowhere = run_here("all", "--home", tmp_path, "--report", tmp_path / "no" / "page.html")
    keyless = run_here("all", "--home", tmp_path, "--report", tmp_path / "page.html", *options[2:])

    said = capsys.readouterr().err
    assert (nobody, nowhere, keyless) == (4, 2, 2)
    assert "Make one with `kallskydd audit begin KEY`" in said
    assert "Nobody serves this home" in said
    assert "Name a file in a folder of yours." in said
    assert not (tmp_path / "page.html").exists()


def test_what_is_not_given_runs_on_the_program_that_runs_and_is_kept_beside_the_page(tmp_path, monkeypatch, capsys):
    """The canary's own run is replaced: what it takes is a minute, and its tests are elsewhere."""
    runs = iter([Verdict.CLEAN, Verdict.FINDING, Verdict.CLEAN])
    monkeypatch.setitem(
        audit_all._RUNS, "canary", ("It runs.", 3, lambda: list(report("canary", disk=next(runs)).checks))
    )

    made = audit_all._made("canary", tmp_path / "page.html", KEY)

    assert made.program == own_program()
    assert made.of(Verdict.FINDING) == ["canary.disk"]
    assert [source.split()[0] for source in made.sources] == [f"page.canary-{number}.json" for number in (1, 2, 3)]
    assert "give it with --canary" in capsys.readouterr().err
    with pytest.raises(audit_all._Refused, match="This is another program"):
        audit_all._require_one_program(PROGRAM, {}, ["canary"])


def test_results_of_an_earlier_set_are_never_written_over_and_nothing_runs_before_that_is_known(
    tmp_path, given, monkeypatch, capsys
):
    earlier = tmp_path / "page.canary-2.json"
    earlier.write_text("kept")
    monkeypatch.setattr(audit_all, "inspect_home", lambda *_, **__: pytest.fail("the audit had begun"))
    options = [word for name in ("--key", "--selftest") for word in (name, given[name])]

    code = run_here("all", "--home", tmp_path, "--report", tmp_path / "page.html", *options)

    assert code == 2
    assert "page.canary-2.json is there already, and is not written over" in capsys.readouterr().err
    assert earlier.read_text() == "kept"
