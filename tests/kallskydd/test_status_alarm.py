"""The alarm of `kallskydd status --quiet`: when it runs, with what, and what the desks are shown besides."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
from datetime import date, timedelta
from pathlib import Path

import pytest
from processes.service import kallskydd

from cases.config import ConfigFault, load_config, parse_config
from cases.home import as_trial, create_home, read_home
from cases.upkeep import LINES, NEVER, Sign, Upkeep, UpkeepUnreadable, parse_upkeep, read_upkeep, write_upkeep
from kallskydd.commands.status import keep
from kallskydd.finding import Finding
from kallskydd.status import alarm
from trusted.case.clock import utc_now

DAY = date(2026, 11, 27)
PROJECT = Path(__file__).parents[2]
GUIDE = PROJECT / "docs" / "OPERATING.md"
EXAMPLE = PROJECT / "kallskydd" / "examples" / "ludvika.toml"


def seen(*troubles: str, day: date = DAY) -> Upkeep:
    return Upkeep(day, {name: Sign.TROUBLE if name in troubles else Sign.WELL for name in LINES})


def runs(*looks: tuple[int, tuple[str, ...]]) -> list[int]:
    """The hours at which the alarm runs, for what is seen at these hours."""
    alarmed, ran = NEVER, []
    for hour, troubles in looks:
        now = seen(*troubles, day=DAY + timedelta(days=hour // 24))
        if alarm.is_due(now, alarmed):
            ran.append(hour)
            alarmed = now
        else:
            alarmed = alarm.remembered(now, alarmed)
    return ran


def test_the_alarm_runs_once_for_a_trouble_and_weekly_while_it_lasts():
    assert runs(*[(hour, ("onion",)) for hour in range(24 * 15)]) == [0, 24 * 7, 24 * 14]


def test_it_runs_again_for_another_trouble_and_at_most_once_a_day():
    on_one_day = [(hour, ("onion",) if hour < 5 else ("onion", "disk")) for hour in range(30)]

    assert runs(*on_one_day) == [0, 24]


def test_it_runs_again_for_the_same_trouble_after_all_was_well_and_never_when_all_is_well():
    assert runs((0, ("tor",)), (1, ()), (24, ("tor",)), (25, ()), (26, ("tor",))) == [0, 24]
    assert runs(*[(hour, ()) for hour in range(24 * 30)]) == []


def test_a_clock_that_was_ahead_does_not_silence_it():
    ahead = seen("clock", day=DAY + timedelta(days=400))

    assert alarm.is_due(seen("clock"), ahead)


@pytest.fixture
def home(short_folder: Path) -> Path:
    example = (PROJECT / "kallskydd/examples/ludvika.toml").read_text()
    create_home(short_folder / "home", as_trial(example), trial=True, server_key=bytes(32))
    return short_folder / "home"


@pytest.fixture
def command(short_folder: Path) -> Path:
    """Writes what it is given, and ends with what stands beside it."""
    program = short_folder / "alarm"
    out = shlex.quote(str(short_folder / "said"))
    program.write_text(
        f'#!/bin/sh\n{{ echo "$# $*"; env | grep -v -e ^_= -e ^PWD= -e ^SHLVL= | sort; pwd; cat; }} >>{out}\n'
        f"exit $(cat {shlex.quote(str(short_folder / 'code'))})\n"
    )
    program.chmod(0o755)
    (short_folder / "code").write_text("0")
    return program


def configure(home: Path, *words: str) -> None:
    config = home / "config.toml"
    config.write_text(f"{config.read_text()}\n[alarm]\ncommand = {json.dumps(words)}\n")


def test_it_is_given_no_word_of_what_is_wrong_and_nothing_of_the_environment(home, command, short_folder, monkeypatch):
    monkeypatch.setenv("SECRET", "of the shell")
    configure(home, str(command), "operator@example.org")

    first = kallskydd("status", "--quiet", "--home", home, check=False)
    again = kallskydd("status", "--quiet", "--home", home, check=False)

    assert (first.returncode, first.stdout, first.stderr) == (1, "", "")
    assert (again.returncode, again.stdout, again.stderr) == (1, "", "")
    # Once, although it was looked at twice: nothing else has come.
    said = (short_folder / "said").read_text()
    assert said == f"1 operator@example.org\nLANG=C.UTF-8\nPATH={os.defpath}\n/\n"
    now, alarmed = read_upkeep(home)
    assert now == alarmed
    assert {"onion", "tor", "descriptor"} <= set(now.troubles)
    assert now.signs["mirror"] is Sign.ABSENT


def test_one_that_fails_is_a_trouble_itself_and_is_run_again(home, command, short_folder):
    configure(home, str(command))
    (short_folder / "code").write_text("7")

    kallskydd("status", "--quiet", "--home", home, check=False)
    failed = read_upkeep(home)
    shown = kallskydd("status", "--home", home, check=False).stdout
    (short_folder / "code").write_text("0")
    kallskydd("status", "--quiet", "--home", home, check=False)

    assert failed[0].signs["alarm"] is Sign.TROUBLE
    assert failed[1] == NEVER
    assert "NOT  alarm: The alarm's command ended with an error" in shown
    assert (short_folder / "said").read_text().count("LANG=") == 2
    assert read_upkeep(home)[0].signs["alarm"] is Sign.WELL
    assert "ok   alarm: A command is configured." in kallskydd("status", "--home", home, check=False).stdout


def test_a_new_command_is_run_once_at_the_next_look_whatever_it_sees_and_so_is_a_changed_one(
    home, command, short_folder
):
    configure(home, str(command), "operator@example.org")
    well = [Finding("disk", "Room.")]
    ran = []

    (short_folder / "code").write_text("1")
    for _ in range(2):
        keep(read_home(home), well, utc_now())
    (short_folder / "code").write_text("0")
    for words in (["operator@example.org"], ["operator@example.org"], ["another@example.org"]):
        config = home / "config.toml"
        config.write_text(re.sub(r'"[a-z]+@example.org"', f'"{words[0]}"', config.read_text()))
        keep(read_home(home), well, utc_now())
        ran.append((short_folder / "said").read_text().count("LANG="))

    # Again while it fails, once when it does not, and once for another.
    assert ran == [3, 3, 4]
    assert (home / "alarm.tried").stat().st_mode & 0o777 == 0o600
    assert len((home / "alarm.tried").read_text()) == 33


def test_one_that_is_no_program_is_said_before_it_is_needed(home, command):
    configure(home, str(command))
    command.chmod(0o644)
    no_program = kallskydd("status", "--home", home, check=False).stdout
    command.unlink()

    for shown in (no_program, kallskydd("status", "--home", home, check=False).stdout):
        assert "NOT  alarm: The alarm names no program that this account may run." in shown


def test_one_that_hangs_or_is_not_there_has_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(alarm, "COMMAND_SECONDS", 0.2)

    assert not alarm.sound(("/bin/sleep", "20"))
    assert not alarm.sound((str(tmp_path / "nothing"),))
    assert alarm.sound(("/bin/true",))


def test_the_mail_of_the_guide_is_sent_by_its_own_command_without_a_text(home, short_folder):
    """The lines of OPERATING as they stand, with a stand-in for sendmail that keeps what it is handed."""
    section = GUIDE.read_text().split("## Being notified of trouble\n")[1].split("\n## ")[0]
    (lines,) = re.findall(r"(?s)```\n(\[alarm\]\n.*?)```", section)
    assert '"/usr/sbin/sendmail"' in lines
    sendmail = short_folder / "sendmail"
    sendmail.write_text(f'#!/bin/sh\necho "$*" >{short_folder}/mail\ncat >>{short_folder}/mail\n')
    sendmail.chmod(0o755)
    config = home / "config.toml"
    config.write_text(config.read_text() + "\n" + lines.replace("/usr/sbin/sendmail", str(sendmail)))
    words = load_config(config).alarm.command

    kallskydd("status", "--quiet", "--home", home, check=False)

    assert (short_folder / "mail").read_text() == " ".join(words[1:]) + "\n"


@pytest.mark.parametrize("value", ['["alarm"]', "[]", '"/bin/alarm"', '["/bin/alarm", ""]', '["/bin/alarm", "a\\n"]'])
def test_a_command_without_its_whole_path_is_refused(value):
    with pytest.raises(ConfigFault, match=r"alarm\.command"):
        parse_config(f"{EXAMPLE.read_text()}\n[alarm]\ncommand = {value}\n")


def test_what_rests_and_travels_is_always_as_long(tmp_path):
    all_well, nothing_well = seen(), seen(*LINES)

    sizes = set()
    for now, alarmed in ((NEVER, NEVER), (all_well, NEVER), (nothing_well, nothing_well)):
        write_upkeep(tmp_path, now, alarmed)
        sizes.add((tmp_path / "upkeep.seen").stat().st_size)
        assert read_upkeep(tmp_path) == (now, alarmed)

    assert len(sizes) == 1
    assert len({len(one.line) for one in (NEVER, all_well, nothing_well)}) == 1


@pytest.mark.parametrize(
    "wrong", ["", "2026-11-27", f"2026-13-27 {'+' * len(LINES)}", f"2026-11-27 {'+' * (len(LINES) + 1)}", "x" * 25]
)
def test_a_line_that_is_none_is_refused(wrong, tmp_path):
    with pytest.raises(UpkeepUnreadable):
        parse_upkeep(wrong)
    (tmp_path / "upkeep.seen").write_text(f"{wrong}\n{NEVER.line}\n")
    with pytest.raises(UpkeepUnreadable):
        read_upkeep(tmp_path)


def test_what_is_not_well_has_a_sentence_of_what_to_do():
    with pytest.raises(ValueError, match="disk"):
        Finding("disk", "Less than 2 GiB are free.", "")


def test_a_file_that_was_damaged_is_written_again(home):
    (home / "upkeep.seen").write_text("nonsense")

    keep(read_home(home), [Finding("disk", "Full.", "Make room.")], utc_now())

    now, alarmed = read_upkeep(home)
    assert now.troubles == ("disk",)
    assert alarmed.troubles == NEVER.troubles
    assert dataclasses.replace(now, day=DAY).line == f"2026-11-27 !{'-' * (len(LINES) - 1)}"
