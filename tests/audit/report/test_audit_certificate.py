"""The verdict of the page that is signed follows its rule, and each thing that is not clean stands there with a remedy."""

from __future__ import annotations

import html
import re
import subprocess
from dataclasses import replace
from datetime import date

import pytest
from audits.harness import ROOT
from audits.pages import CLAIMS, DAY, IDS, MIRROR_HOST, PROGRAM, ROW, SUBJECT, examined, report, selection

from audit.language import in_language
from audit.observe.program import own_program
from audit.report import certify
from audit.report.certify import Outcome, decide, missing, remarks_on
from audit.report.chain import NoChain, read_chain
from audit.report.claims import LIVE
from audit.report.html import as_html
from audit.report.summary import summarised
from audit.report.words import words_in
from audit.served import USUAL, Served
from audit.verdict import Check, Evidence, Program, Verdict
from cases.audit_chain import append_record, next_record

FINDING, NOT_SEEN, VOID = Verdict.FINDING, Verdict.NOT_SEEN, Verdict.VOID
OTHER = Program("0.1.0", "", "00" * 32)


def relay_to(onion: str):
    """The report of a mirror whose relay was started with this address."""
    mirror = report("mirror")
    words = f"relay 7 was started with relay --listen 0.0.0.0:443 --onion {onion}:443 --name blankett.example"
    said = Evidence(Verdict.CLEAN, "{words}", {"words": words})
    return replace(mirror, checks=(replace(mirror.checks[0], evidence=(said,)), *mirror.checks[1:]))


GRAVE = {
    "a mirror that leads to another service": examined(mirror=relay_to("c" * 55 + "d.onion")),
    "a finding": examined(live=report("live", journal=FINDING)),
    "a finding of the mirror": examined(mirror=report("mirror", files=FINDING)),
    "a fault that was not found": examined(selftest=report("selftest", access_log=FINDING)),
    "a void canary": examined(canary=report("canary", requests=VOID)),
    "a canary of another program": examined(canary=replace(report("canary"), program=OTHER)),
    "a chain that was changed": examined(chain=replace(examined().chain, holds=False)),
    **{
        f"no {name}": examined(proofs={other: report(other) for other in IDS if other != name})
        for name in ("live", "canary", "selftest")
    },
}
SOME = {
    "a row that was not seen": examined(live=report("live", landlock=NOT_SEEN)),
    "a selftest of some faults": examined(selftest=selection(Verdict.CLEAN, Verdict.CLEAN)),
    "an old selftest": examined(selftest=replace(report("selftest"), day="2026-10-27")),
    "a canary of tomorrow": examined(canary=replace(report("canary"), day="2026-11-28")),
    "no mirror": examined(proofs={name: report(name) for name in IDS if name != "mirror"}),
    "a mirror of another program": examined(mirror=replace(report("mirror"), program=OTHER)),
    "compared with nothing": examined(subject=replace(SUBJECT, compared=False)),
    "a trial": examined(live=replace(report("live"), trial=True)),
    "an ordinary account": examined(live=report("live", as_root=False, processes=NOT_SEEN)),
}
CHECKS = ROOT / "audit" / "live" / "checks"
# The rows whose checks ask whether the home is a trial, and require less then.
SOFTER = {"kernel": CHECKS / "system.py", "roster": CHECKS / "roster.py", "torrc": CHECKS / "tor.py"}
NONE = {
    "nothing": examined(),
    "a mirror that leads to this service": examined(mirror=relay_to(SUBJECT.addresses[0])),
    "a selftest of thirty days": examined(selftest=replace(report("selftest"), day="2026-10-28")),
    "a home without a mirror": examined(
        subject=replace(SUBJECT, mirror=""), proofs={name: report(name) for name in certify.NEEDED}
    ),
    "no daily audit yet": examined(chain=NoChain.NOT_YET),
}


@pytest.mark.parametrize(
    ("page", "outcome"),
    [
        *((page, Outcome.CANNOT) for page in GRAVE.values()),
        *((page, Outcome.REMARKS) for page in SOME.values()),
        *((page, Outcome.CERTIFIED) for page in NONE.values()),
    ],
    ids=[*GRAVE, *SOME, *NONE],
)
def test_the_verdict_follows_the_rule_and_stands_on_the_page(page, outcome):
    assert decide(page) is outcome
    remarks = remarks_on(page)
    assert len(remarks) == (outcome is not Outcome.CERTIFIED)
    for language in ("sv", "en"):
        text = as_html(page, language, CLAIMS)
        words = words_in(language)
        assert f"<strong>{words[outcome]}</strong>" in text
        assert all(f"{html.escape(words[name])}:</b>" in text for name in ("risk", "remedy") if remarks)
        lacking = re.search(r"; ([\w, ]+) (?:saknas|missing)\.", text)
        assert set(missing(page)) <= set(lacking[1].split(", ") if lacking else [])
        needed = {"sv": "live, canary eller selftest", "en": "live, canary or selftest"}[language]
        assert words["rule"].format(days=30, needed=needed) in text
        assert len(remarks) == sum(
            text.count(f'<strong class="{tone}">{words[mark]}</strong>')
            for tone, mark in (("bad", "finding"), ("some", "remark"))
        )
        assert "{" not in re.sub(r"<style>.*?</style>|<pre>.*?</pre>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("audit", IDS)
def test_each_row_that_is_not_clean_stands_on_the_page_with_its_risk_and_remedy(audit):
    for row in IDS[audit]:
        one = next(check for check in report(audit).checks if check.id == row)
        bad = replace(one, verdict=FINDING, evidence=(Evidence(FINDING, "{name}", {"name": "what was seen"}),))
        page = examined(**{audit: replace(report(audit), checks=(bad,))})

        (remark,) = remarks_on(page)

        assert decide(page) is Outcome.CANNOT
        assert remark.seen["sv"] == "what was seen"
        assert remark.risk["sv"] == in_language(ROW[audit][row].risk, "sv")
        assert remark.remedy["en"] == ROW[audit][row].remedy_in("en", USUAL)
        assert "{" not in remark.remedy["sv"]
        assert remark.row == (row if "." in row else f"{audit}.{row}")


def test_a_selftest_of_some_faults_says_so_in_its_line_and_in_a_remark_and_how_to_make_it_whole():
    page = examined(selftest=selection(Verdict.CLEAN, Verdict.CLEAN, FINDING))
    sheet = html.unescape(as_html(page, "sv", CLAIMS).split('<section class="annexes">')[0])

    assert "ett urval: 2 av 3 utlagda fel hittades" in sheet
    assert f"ett urval: fel i programmets samling {len(IDS['selftest']) - 1}, utlagda 3" in sheet
    assert "Kör sudo kallskydd audit selftest --save FIL utan --only" in re.sub("<.*?>", "", sheet)
    assert decide(page) is Outcome.CANNOT


def test_the_line_of_a_proof_says_how_many_rows_have_a_finding_and_how_many_were_not_seen():
    page = examined(live=report("live", journal=FINDING, landlock=NOT_SEEN, times=NOT_SEEN))
    rows = len(IDS["live"])

    assert f"{rows - 3} av {rows} rader utan anmärkning; fynd 1, inte sett 2<" in as_html(page, "sv", CLAIMS)
    assert f"{rows - 3} of {rows} rows clean; finding 1, not seen 2<" in as_html(page, "en", CLAIMS)


def test_a_trial_names_the_rows_that_tolerate_more():
    (remark,) = remarks_on(SOME["a trial"])

    softer = {f"live.{name}" for name, where in SOFTER.items() if "trial" in where.read_text("utf-8")}
    for language in ("sv", "en"):
        assert set(re.findall(r"`(live\.[\w-]+)`", remark.risk[language])) == softer


def test_of_a_row_that_was_not_seen_the_remedy_is_to_look_first():
    (remark,) = remarks_on(examined(live=report("live", landlock=NOT_SEEN)))

    assert remark.remedy["en"].startswith("Look by hand with the row's command (in the annex) and note the answer.")
    assert remark.remedy["sv"].endswith(ROW["live"]["landlock"].remedy_in("sv", USUAL))


def test_the_worst_is_on_the_page_first_and_what_has_no_room_stands_in_an_annex():
    rows = {"landlock": NOT_SEEN, "times": NOT_SEEN, "memory": NOT_SEEN, "torrc": FINDING}
    page = as_html(examined(live=report("live", **rows)), "en", CLAIMS)

    sheet, annexes = page.split('<section class="annexes">')

    assert sheet.count('<span class="more"><b>Risk:') == 3
    assert sheet.index("live.torrc") < sheet.index("live.landlock")
    assert "And 1 more: annex B." in sheet
    assert "Annex B. All findings and remarks" in annexes
    assert annexes.count('<span class="more"><b>Risk:') == 4


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_page_says_what_was_examined_what_is_certified_and_what_is_not_covered(language):
    page = html.unescape(as_html(examined(), language, CLAIMS))
    sheet, annexes = page.split('<section class="annexes">')

    for told in (
        "Ludvika kommun",
        *SUBJECT.addresses,
        "blankett.example",
        "anmalan-1",
        MIRROR_HOST,
        PROGRAM.commit,
        DAY,
        "0.1.0",
    ):
        assert told in sheet
    assert PROGRAM.digest in sheet
    assert in_language(LIVE.assertion, language) in sheet
    assert in_language(CLAIMS["mirror"].assertion, language) in sheet
    # The mirror was examined too, and its own limits stand in its annex.
    assert [in_language(line, language) in sheet for line in LIVE.not_covered].count(False) == 1
    assert all(in_language(line, language) in annexes for line in CLAIMS["mirror"].not_covered)
    assert "HOMEDIR=/srv/home " in annexes
    assert "ab" * 32 in annexes
    assert annexes.count("2026-11-0") == 9
    assert not re.search(r"(src|href)=|url\(|<script|@import", page)


def test_the_page_has_the_palette_of_the_reporters_pages_in_the_light_and_in_the_dark():
    def modes(sheet):
        roots = re.findall(r":root ?\{(.*?)\}", sheet, re.DOTALL)
        return [dict(re.findall(r"--([\w-]+): (#\w+)", one)) for one in roots]

    theirs = modes((ROOT / "intake" / "static" / "style.css").read_text("utf-8"))
    ours = modes(as_html(examined(), "sv", CLAIMS))

    assert len(ours) == 2
    assert all(len(mode) >= 8 for mode in ours)
    assert all(mode.items() <= other.items() for mode, other in zip(ours, theirs, strict=True))


def test_an_ordinary_account_is_one_remark_for_all_rows_that_take_root():
    page = examined(live=report("live", as_root=False, processes=NOT_SEEN, code=NOT_SEEN, landlock=NOT_SEEN))

    titles = [remark.title["en"] for remark in remarks_on(page)]

    assert titles == ["audit live: rows that root alone sees (2): processes, code", "The title of landlock"]
    assert "ett vanligt konto" in as_html(page, "sv", CLAIMS)


def test_rows_that_were_hidden_by_the_hundred_are_counted_and_the_first_named():
    checks = tuple(replace(one, verdict=NOT_SEEN) for one in report("selftest").checks)
    (remark,) = remarks_on(examined(selftest=replace(report("selftest", as_root=False), checks=checks)))

    assert len(checks) > 90
    assert remark.title["en"].startswith(f"audit selftest: rows that root alone sees ({len(checks)}): selftest.none, ")
    assert remark.title["en"].endswith(f" and {len(checks) - 15} more")
    assert remark.title["sv"].endswith(f" och {len(checks) - 15} till")


def test_evidence_of_several_processes_is_one_sentence_and_what_is_not_clean_is_never_summed_up():
    template = "{name} {pid}, threads {count}: Seccomp {modes}, NoNewPrivs {privileges}"
    jobs = [
        Evidence(Verdict.CLEAN, template, {"name": name, "pid": pid, "count": 1, "modes": 2, "privileges": 1})
        for pid, name in enumerate(["intake", "job", "job", "job", "job"])
    ]
    odd = Evidence(FINDING, template, {"name": "job", "pid": 9, "count": 1, "modes": 0, "privileges": 1})

    assert summarised([*jobs, odd], "en") == ["1 intake, 4 job: all threads with Seccomp 2, NoNewPrivs 1"]
    assert summarised(jobs, "sv") == ["1 intake, 4 job: alla trådar med Seccomp 2, NoNewPrivs 1"]
    check = Check(ROW["live"]["filter"], FINDING, (*jobs, odd))
    page = as_html(examined(live=replace(report("live"), checks=(check,))), "en", CLAIMS)
    # On the first page, among what was seen, and in full, folded and on paper.
    assert page.count("job 9, threads 1: Seccomp 0") == 4
    assert "All that was seen (6)" in page


def test_a_chain_is_verified_and_one_that_was_changed_says_after_which_day(tmp_path):
    assert read_chain(tmp_path) is NoChain.NOT_YET
    before = None
    for day in range(1, 32):
        before = next_record(before, date(2026, 10, day), 17, [], ["streams"])
        append_record(tmp_path, before)

    chain = read_chain(tmp_path)
    path = tmp_path / "audit.chain"
    path.write_text(path.read_text().replace('"clean": 17', '"clean": 18', 1))
    changed = read_chain(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[1:]]))

    assert (chain.holds, chain.head, len(chain.days)) == (True, before.head.hex(), 30)
    assert chain.days[0].day == "2026-10-02"
    assert (changed.holds, changed.days) == (False, ())
    assert not read_chain(tmp_path).holds
    assert not examined(chain=changed).chain.holds


@pytest.mark.parametrize("reason", NoChain)
def test_a_daily_audit_that_is_not_there_is_said_in_the_box_with_its_reason_and_hinders_nothing(reason):
    page = examined(chain=reason)
    for language, lacks in (("sv", "live, canary, selftest, mirror finns; daglig granskning (hindrar inte) saknas."),
                            ("en", "live, canary, selftest, mirror are there; daily audit (does not prevent) missing.")):  # fmt: skip
        text = as_html(page, language, CLAIMS)
        sheet, annexes = text.split('<section class="annexes">')

        assert lacks in sheet
        assert "Alla bevis" not in text
        assert words_in(language)[f"{reason}_short"] in sheet
        assert words_in(language)[reason] in annexes
    assert words_in("sv")["no_days"] != words_in("sv")["days_unreadable"]
    assert decide(page) is Outcome.CERTIFIED


def test_a_chain_that_may_not_be_read_is_told_from_one_that_is_not_there(tmp_path):
    (tmp_path / "audit.chain").mkdir()

    assert read_chain(tmp_path) is NoChain.UNREADABLE


def test_a_remark_is_called_a_remark_and_what_was_not_seen_is_labelled_so():
    text = as_html(examined(live=report("live", landlock=NOT_SEEN, torrc=FINDING)), "sv", CLAIMS)
    sheet = text.split('<section class="annexes">')[0]

    assert "Fynd: 1. Anmärkningar: 1." in sheet
    assert "Hinder" not in sheet
    assert '<strong class="some">Anmärkning</strong> Kontroll: The title of landlock' in sheet
    assert "<b>Inte sett:</b> kernel.of.landlock" in sheet
    assert "<b>Iakttagelse:</b> kernel.of.torrc" in sheet


def test_a_trial_is_said_in_the_box():
    text = as_html(examined(live=replace(report("live"), trial=True)), "sv", CLAIMS)

    box = re.search(r'<div class="verdict some">.*?</div>', text)[0]
    assert "Provdrift: gäller inte riktig drift." in box
    assert '<strong class="some">Anmärkning</strong> Provdrift' in text


def test_after_the_list_stands_what_to_do_next_with_the_command_as_it_was_run():
    command = "sudo kallskydd audit all --home /srv/home --report page.html"
    bad = as_html(examined(live=report("live", torrc=FINDING), command=command), "sv", CLAIMS)
    good = as_html(examined(command=command), "sv", CLAIMS)

    kept = as_html(examined(mirror=report("mirror", files=FINDING), command=command), "sv", CLAIMS)

    assert (
        f"<code>{command}</code> (med ett nytt filnamn efter <code>--report</code>)" in bad.split("Detta kan inte")[0]
    )
    assert "gör om" not in bad
    void = as_html(
        examined(mirror=report("mirror", files=FINDING), selftest=report("selftest", none=VOID)), "sv", CLAIMS
    )
    assert "gör om <code>kallskydd audit mirror</code> (på spegelns värd) med <code>--save</code>" in kept
    assert (
        "gör om <code>kallskydd audit selftest</code>, <code>kallskydd audit mirror</code> (på spegelns värd)" in void
    )
    assert "Nästa steg: skriv under detta blad." in good
    assert command not in good


@pytest.mark.parametrize(
    ("served", "torrc", "listeners"),
    [
        (USUAL, "`/etc/kallskydd/torrc` like", "`systemctl restart kallskydd-tor kallskydd`"),
        (Served((), (), "/srv/home/tor/torrc", own_tor=True), "`/srv/home/tor/torrc` at each start: stop and start",
         "then stop and start `kallskydd serve`"),
        (Served((), ("tor@default",), "/etc/tor/torrc"), "`/etc/tor/torrc` like `torrc.example`; `systemctl restart tor@",
         "`systemctl restart tor@default`, and stop and start `kallskydd serve`"),
        (Served(("kallskydd",), (), "/etc/tor/torrc"), "like `torrc.example`; stop and start tor.",
         "stop and start tor, and `systemctl restart kallskydd`"),
    ],
)  # fmt: skip
def test_a_remedy_names_the_units_and_the_file_of_the_service_that_was_examined(served, torrc, listeners):
    found = replace(report("live", torrc=FINDING, tor_listeners=FINDING), served=served)
    first, second = (remark.remedy["en"] for remark in remarks_on(examined(live=found)))

    assert torrc in first
    assert "`ps -fp PID`" in second
    assert listeners in second
    assert ("systemctl" in first + second) == bool(served.units or served.tor_units)


def test_what_a_mirror_leaves_uncovered_stands_on_the_sheet_where_there_is_one():
    with_mirror = as_html(examined(), "sv", CLAIMS).split('<section class="annexes">')[0]
    without = as_html(NONE["a home without a mirror"], "sv", CLAIMS).split('<section class="annexes">')[0]

    for line in CLAIMS["mirror"].not_covered[:2]:
        assert html.escape(in_language(line, "sv")) in with_mirror
        assert html.escape(in_language(line, "sv")) not in without


def test_each_page_on_paper_names_the_day_and_the_program_and_the_annexes_begin_with_the_words():
    text = as_html(examined(), "sv", CLAIMS)

    assert f'content: "Intyg om källskydd {DAY}, program {PROGRAM.digest[:12]}"' in text
    assert 'counter(page) " (" counter(pages) ")"' in text
    annex = text.split('<section class="annexes">')[1]
    assert annex.index("keeper: processen") < annex.index("HOMEDIR=")
    assert "<code>kallskydd audit manifest KÄLLKOD &gt; MANIFEST; sha256sum MANIFEST</code>" in annex
    assert "socat, xxd" in annex


def test_the_digest_of_the_program_is_made_again_by_the_line_of_the_annex():
    """In the source without our code, also where a name sorts before a folder of the same beginning."""
    page = html.unescape(as_html(examined(), "en", CLAIMS))
    (line,) = re.findall(r"<pre>(for p in .*sha256sum)\s*</pre>", page)

    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.split()[0] == own_program().digest
