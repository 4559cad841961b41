"""The home: who may look into it, who holds it, what its configuration may say."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from homes.store_harness import SetClock

import kallskydd
from cases.config import ConfigFault, earlier_names, load_config, parse_config
from cases.home import (
    HomeChangedKind,
    HomeExists,
    HomeIsHeld,
    HomeIsOpen,
    HomeMissing,
    as_trial,
    create_home,
    hold_home,
    read_home,
)
from trusted.store.store import Store

EXAMPLE = (Path(kallskydd.__file__).parent / "examples" / "ludvika.toml").read_text("utf-8")
SERVER_KEY = b"\x09" * 32


@pytest.fixture
def home(tmp_path):
    made = tmp_path / "var" / "kallskydd" / "home"
    create_home(made, EXAMPLE, trial=False, server_key=SERVER_KEY)
    return made


# Making


def test_every_folder_that_is_made_is_for_its_owner_alone_at_every_level(tmp_path, home):
    levels = [path for path in (tmp_path / "var").rglob("*") if path.is_dir()]

    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "var", *levels)} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in home.iterdir() if path.is_file()} == {0o600}


def test_a_generous_umask_opens_nothing(tmp_path):
    before = os.umask(0)
    try:
        create_home(tmp_path / "a" / "home", EXAMPLE, trial=False, server_key=SERVER_KEY)
    finally:
        os.umask(before)

    read_home(tmp_path / "a" / "home")
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "a").rglob("*"))


async def test_a_new_home_opens_and_has_the_id_that_was_returned(tmp_path):
    home_id = create_home(tmp_path / "home", EXAMPLE, trial=False, server_key=SERVER_KEY)

    home = read_home(tmp_path / "home")
    store = await Store.open(home.path, SetClock())
    await store.close()

    assert store.home_id == home_id
    assert len(store.salt) == 16
    assert home.server_key == SERVER_KEY
    assert all(folder.is_dir() for folder in (home.roster, home.onion, home.tor, home.run))


def test_a_folder_with_something_in_it_is_never_made_into_a_home(tmp_path):
    (tmp_path / "full").mkdir(mode=0o700)
    (tmp_path / "full" / "thing").touch()

    with pytest.raises(HomeExists):
        create_home(tmp_path / "full", EXAMPLE, trial=False, server_key=SERVER_KEY)


def test_a_folder_that_others_can_reach_is_not_made_into_a_home(tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o750)

    with pytest.raises(HomeIsOpen):
        create_home(tmp_path / "open", EXAMPLE, trial=False, server_key=SERVER_KEY)


def test_a_faulty_configuration_makes_no_folder(tmp_path):
    with pytest.raises(ConfigFault):
        create_home(tmp_path / "home", "ownr = 1", trial=False, server_key=SERVER_KEY)

    assert not (tmp_path / "home").exists()


# Reading


def test_no_home_and_half_a_home_are_said_to_be_missing(tmp_path, home):
    (home / "config.toml").unlink()

    for path in (tmp_path / "nothing", home):
        with pytest.raises(HomeMissing) as fault:
            read_home(path)
        assert "kallskydd init" in str(fault.value)


@pytest.mark.parametrize("part", ["", "onion", "roster", "kallskydd.db", "shred.slots", "config.toml"])
def test_a_home_that_others_can_reach_is_refused_and_the_part_is_named(home, part):
    target = home / part if part else home
    target.chmod(target.stat().st_mode | 0o004)

    with pytest.raises(HomeIsOpen) as fault:
        read_home(home)

    assert part in str(fault.value)
    assert "chmod" in fault.value.to_do


def test_a_part_that_is_a_link_to_elsewhere_is_refused(home, tmp_path):
    (home / "onion").rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (home / "onion").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(HomeIsOpen):
        read_home(home)


# Holding


HOLDER = """
import pathlib, sys, time
from cases.home import hold_home
with hold_home(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_two_keepers_cannot_hold_one_home_and_the_hold_ends_with_its_process(home):
    with subprocess.Popen([sys.executable, "-c", HOLDER, home], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(HomeIsHeld), hold_home(home):
            pass

        holder.send_signal(signal.SIGKILL)

    with hold_home(home) as held:
        assert held.path == home


def test_a_child_of_the_keeper_does_not_keep_the_hold(home):
    with hold_home(home):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with hold_home(home):
            pass
    finally:
        child.kill()
        child.wait()


# Trial


def test_a_trial_home_is_one_from_the_start(tmp_path):
    create_home(tmp_path / "home", as_trial(EXAMPLE), trial=True, server_key=SERVER_KEY)

    assert read_home(tmp_path / "home").trial


@pytest.mark.parametrize(("text", "trial"), [(EXAMPLE, True), (as_trial(EXAMPLE), False)])
def test_a_home_is_not_made_when_its_configuration_says_the_other_kind(tmp_path, text, trial):
    with pytest.raises(HomeChangedKind):
        create_home(tmp_path / "home", text, trial=trial, server_key=SERVER_KEY)


def test_a_trial_home_cannot_be_turned_real_nor_a_real_one_into_a_trial(tmp_path, home):
    trial = tmp_path / "trial"
    create_home(trial, as_trial(EXAMPLE), trial=True, server_key=SERVER_KEY)
    (trial / "config.toml").write_text(EXAMPLE, "utf-8")
    (home / "config.toml").write_text(as_trial(EXAMPLE), "utf-8")

    for changed in (trial, home):
        with pytest.raises(HomeChangedKind):
            read_home(changed)


def test_a_text_without_the_line_is_made_a_trial_too():
    without = EXAMPLE.replace("trial = false\n", "")

    assert parse_config(as_trial(without)).trial
    assert not parse_config(without).trial


# Configuration


@pytest.mark.parametrize("colour", ["#767676", "#7a1f3d", "#0B5563", "#000000"])
def test_an_accent_on_which_white_can_be_read_is_taken(colour):
    assert parse_config(with_accent(colour)).accent == colour


def test_the_example_has_the_facts_of_ludvika_and_the_numbers_of_the_design():
    config = parse_config(EXAMPLE)

    assert config.owner == "Ludvika kommun"
    assert [organisation.name for organisation in config.organisations] == [
        "Ludvika kommun",
        "WBAB",
        "Ludvika kommunfastigheter",
        "Ludvikahem",
        "VB Kraft",
    ]
    assert config.phone == "020-899 433"
    assert (config.hold_hours, config.inbox_days, config.at_once, config.trial) == (12, 30, False, False)
    assert (config.limits.attachment_mib, config.limits.attachments, config.limits.report_mib) == (50, 200, 200)


def test_every_key_of_the_example_has_a_comment_above_it():
    paragraphs = [part.splitlines() for part in EXAMPLE.split("\n\n")]
    # One comment stands above the lines of all languages of a key, and above the first of several tables.
    bare = [lines for lines in paragraphs if " = " in "".join(lines) and not lines[0].startswith(("#", "[["))]
    tables = re.findall(r"(?m)^(#.*)?\n\[\[(\w+)", EXAMPLE)

    assert bare == []
    assert {name for comment, name in tables if comment} == {name for _comment, name in tables}


def change(old, new):
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new)


def with_accent(colour):
    return change('# accent = "#7a1f3d"', f'accent = "{colour}"')


BAD = {
    "a colour by its name": (with_accent("red"), "`accent`", '"#rrggbb"'),
    "a colour of three digits": (with_accent("#123"), "`accent`", '"#rrggbb"'),
    # One step above it, #767676 has 4.54 to 1.
    "a colour that is a little too pale": (with_accent("#777777"), "`accent` is too pale", "4.5 to 1"),
    "a colour that is far too pale": (with_accent("#FFCC00"), "a contrast of 1.51 to 1", "Choose a darker colour"),
    "a misspelt key": (change("inbox_days", "inbox_day"), "`inbox_day`", "Did you mean `inbox_days`?"),
    "a misspelt key in a table": (
        change("attachments = 200", "atachments = 200"),
        "`limits.atachments`",
        "`limits.attachments`?",
    ),
    "a key that means nothing": ("logging = true\n" + EXAMPLE, "`logging`", "Remove it"),
    "a key of an organisation": (change('key = "wbab"', 'kye = "wbab"'), "`organisations.kye`", "`organisations.key`?"),
    "a missing key": (change('owner = "Ludvika kommun"', ""), "`owner`", "Add it"),
    "authorities of an earlier version": (
        re.sub(r"(?s)\[\[authorities\]\].*?(?=# The organisations)", "", "authorities = ['IVO']\n" + EXAMPLE),
        "`authorities` is a list of texts",
        "[[authorities]]",
    ),
    "an authority of which nothing is said": (
        re.sub(r'about\.\w+ = "miljöskydd"\n|about\.(en|fi) = .*\n', "", EXAMPLE),
        "`authorities[5].about`",
        "Add it",
    ),
    "a language of words that pages do not have": (change("meeting.fi", "meeting.fo"), "`meeting.fo`", "Remove it"),
    "words for nobody": (
        EXAMPLE.replace("meeting.", "# meeting.").replace("updated =", "meeting = {}\nupdated ="),
        "`meeting`",
        "Correct it",
    ),
    "a day in quotes": (change("updated = 2026-11-24", 'updated = "i går"'), "a day such as", "Correct it"),
    "a day with an hour": (
        change("updated = 2026-11-24", "updated = 2026-11-24T10:00:00"),
        "a day such as",
        "Correct it",
    ),
    "a missing inner key": (change('name = "WBAB"', ""), "`organisations[1].name`", "Add it"),
    "a text for a number": (change("attachments = 200", 'attachments = "200"'), "a whole number", "Correct it"),
    "more than the design": (change("attachment_mib = 50", "attachment_mib = 51"), "at most 50", "Correct it"),
    "an organisation's capitals": (change('"wbab"', '"WBAB"'), "signs that may not stand there", "Correct it"),
    "a mirror as an address": (
        EXAMPLE + '\n[mirror]\nname = "https://x.example/"\n',
        "`mirror.name`",
        "without https:// before it and without / behind it",
    ),
    "a mirror of an earlier version": (
        change('languages = ["sv", "en"', 'mirror = "x.example"\nlanguages = ["sv", "en"'),
        "`mirror` is a text",
        "a table [mirror]",
    ),
    "a mirror without a name": (EXAMPLE + "\n[mirror]\n", "`mirror.name`", "Add it"),
    "a mirror that is an onion": (
        EXAMPLE + f'\n[mirror]\nname = "{"a" * 56}.onion"\n',
        "`mirror.name`",
        "the host alone",
    ),
    "a language that is not there": (change('"sv", "en"', '"sv", "de"'), "languages[1]", "Correct it"),
    "a language twice": (change('"sv", "en"', '"sv", "sv"'), "`languages`", "once"),
    "no organisation": (EXAMPLE.partition("[[organisations]]")[0], "`organisations`", "Add it"),
    "an organisation twice": (change('"wbab"', '"vb-kraft"'), "`organisations.key`", "key of its own"),
    "a file above the report": (change("report_mib = 200", "report_mib = 20"), "`limits.attachment_mib`", "Lower it"),
    "at once in a real home": (change("at_once = false", "at_once = true"), "`at_once`", "false"),
    "a short inbox in a real home": (change("inbox_days = 30", "inbox_days = 6"), "`inbox_days`", "7"),
    "a short hold in a real home": (change("hold_hours = 12", "hold_hours = 1"), "`hold_hours`", "12"),
    "a hold that breaks the clocks": (change("hold_hours = 12", "hold_hours = 25"), "at most 24", "Correct it"),
    "two years and a day": (change("inbox_days = 30", "inbox_days = 731"), "at most 730", "Correct it"),
    "no TOML": (EXAMPLE + "\n[", "not TOML", "Mend the line"),
    "a relative socket": (EXAMPLE + '\n[tor]\ncontrol_socket = "control"\n', "`tor.control_socket`", "Correct it"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_configuration_gets_a_sentence_of_what_and_one_of_what_to_do(name):
    text, what, to_do = BAD[name]

    with pytest.raises(ConfigFault) as fault:
        parse_config(text)

    assert what in fault.value.what
    assert to_do in fault.value.to_do
    assert fault.value.what.endswith((".", "?"))
    assert "\n" not in str(fault.value)


def test_a_trial_may_release_at_once_and_erase_at_once():
    text = as_trial(EXAMPLE).replace("at_once = false", "at_once = true").replace("inbox_days = 30", "inbox_days = 0")

    config = parse_config(text.replace("hold_hours = 12", "hold_hours = 0"))

    assert (config.at_once, config.inbox_days, config.hold_hours) == (True, 0, 0)


def test_a_missing_a_huge_and_a_binary_file_are_said_plainly(tmp_path):
    (tmp_path / "huge.toml").write_text("# " + "x" * 70_000)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    said = []
    for name in ("missing.toml", "huge.toml", "binary.toml"):
        with pytest.raises(ConfigFault) as fault:
            load_config(tmp_path / name)
        said.append(fault.value.what)

    assert [sentence.split()[-1] for sentence in said] == ["read.", "KiB.", "text."]


def test_what_is_said_of_a_fault_never_names_where_the_home_lies(home):
    (home / "onion").chmod(0o755)

    with pytest.raises(HomeIsOpen) as fault:
        read_home(home)

    assert str(home) not in str(fault.value)


def test_a_key_under_its_earlier_name_is_read_and_named(home):
    earlier = EXAMPLE.replace("[[other_contacts]]", "[[ways]]")
    (home / "config.toml").write_text(earlier, "utf-8")

    assert parse_config(earlier).other_contacts == parse_config(EXAMPLE).other_contacts
    assert len(parse_config(EXAMPLE).other_contacts) == 2
    assert ["`ways`" in one and "`other_contacts`" in one for one in earlier_names(home / "config.toml")] == [True]


def test_a_key_under_both_of_its_names_is_refused():
    both = EXAMPLE.replace("[[other_contacts]]", "[[ways]]", 1)

    with pytest.raises(ConfigFault, match="other_contacts"):
        parse_config(both)


def test_nothing_is_said_of_names_that_are_todays(home):
    assert earlier_names(home / "config.toml") == ()
