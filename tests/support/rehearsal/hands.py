"""What people do in a rehearsal by other means than a command: the acts that the pages mark, and what is typed when asked.

Each is a function of the rehearsal by the name that stands in the page. Nothing here runs a command of the product.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from rehearsal.server import CHECKOUT, wait_for

if TYPE_CHECKING:
    from rehearsal.rehearse import Rehearsal

Act = Callable[["Rehearsal"], None]

HOME: Final = "/var/lib/kallskydd/home"
UNITS: Final = "/etc/systemd/system"
MEMBERS: Final = {"Lead 1": "lead", "Handler 2": "handler", "Handler 3": "handler"}
AUDIT_SECONDS: Final = 240.0
FIRST_AUDIT_SECONDS: Final = 600.0 + AUDIT_SECONDS
DRILL_SECONDS: Final = 120.0
DESKS: Final = "/srv/members"
# What is typed when a program asks.
TYPED: Final = {
    "Passphrase: ": "four words that do not belong",
    "The same again: ": "four words that do not belong",
    "yes/no\r\n": "yes",
    "in capital letters): ": "YES",
    "Enter passphrase for": "another four words for a disk",
    "Verify passphrase: ": "another four words for a disk",
}
ALARM: Final = "/var/lib/kallskydd/alarm-came"
ALARM_OUTSIDE: Final = "/var/lib/kallskydd-outside/came"
MAIL: Final = f"/usr/bin/touch {ALARM_OUTSIDE}"
DRILL: Final = "/mnt/backup/drill"
# One number of the source before it is installed: ten seconds instead of ten minutes until the first daily audit.
SOONER: Final = (
    f"cd {CHECKOUT}/kallskydd/serve && sed -i 's/^FIRST_CHECK = .*/FIRST_CHECK = timedelta(seconds=10)/' daily_audit.py"
    " && grep -q '^FIRST_CHECK = timedelta(seconds=10)$' daily_audit.py"
)


def bring_source(at: Rehearsal) -> None:
    """The source lies at its place when the server is made; each member's computer has the program too."""
    if at.sooner:
        at.server.must(SOONER)
    for label in MEMBERS:
        at.server.must(f"mkdir -p '{at.desk(label)}'")


def fill_in_settings(at: Rehearsal) -> None:
    """Write config.toml in an editor: another municipality, and the alarm. What stands for network and kernel follows."""
    at.internet.join(at.server)
    at.server.must(
        "sed -e 's/Ludvika/Provköping/g; s/ludvika/provkoping/g; s/020-899 433/020-123 456/; s/0240-860 00/0123-45 60 00/' "
        f"-e 's/^updated = .*/updated = '$(date +%F)/ "
        "/etc/kallskydd/config.example.toml >/etc/kallskydd/config.toml; "
        f'printf \'[alarm]\\ncommand = ["/usr/bin/touch", "{ALARM}"]\\n\' >>/etc/kallskydd/config.toml'
    )
    at.server.must(at.fault)
    stand_in_for_kernel(at)


def stand_in_for_kernel(at: Rehearsal) -> None:
    """Files with the values of the installed sysctl.d lie over /proc/sys: this computer's kernel is not the server's."""
    binds = ""
    for line in at.server.must("cat /etc/sysctl.d/60-kallskydd.conf").splitlines():
        name, _, value = (word.strip() for word in line.partition("="))
        file, place = f"/run/kernel/{name}", f"/proc/sys/{name.replace('.', '/')}"
        if value and not line.startswith("#") and at.server.code(f"test -e {place}") == 0:
            at.server.must(f"mkdir -p /run/kernel; printf '%s\\n' '{value}' >{file}; mount --bind {file} {place}")
            binds += f"BindReadOnlyPaths=-{file}:{place}\n"
    # To a unit with ProtectKernelTunables= systemd 252 shows the kernel's own again.
    drop_in = f"{UNITS}/kallskydd.service.d"
    at.server.must(
        f"mkdir -p {drop_in}; cat >{drop_in}/kernel.conf; systemctl daemon-reload", typed=f"[Service]\n{binds}"
    )


def send_join_files(at: Rehearsal) -> None:
    """Each member's join file comes by mail."""
    for label in MEMBERS:
        name = label.lower().replace(" ", "-")
        at.server.must(f"install -m 0644 '{at.desk(label)}/kallskydd-desk/join.toml' /etc/kallskydd/{name}.toml")
    init = f"kallskydd init --home {HOME} --member /etc/kallskydd/lead-1.toml --operator-is-no-member"
    said = at.server.tell(f"runuser -u kallskydd -- {init}; {init} --config /etc/kallskydd/config.toml")
    made = at.server.code(f"test -e {HOME}") == 0
    at.hold("no home is made without settings, and none by root", not made and "runuser" in said, said)
    at.server.must(f"rm -rf {HOME}")


def read_addresses(at: Rehearsal) -> None:
    """Read ids and addresses off the screen."""
    at.words["DESKS"] = re.findall(r"Desks join at: (\S+)", at.said)[-1]
    at.words["REPORTERS"] = re.findall(r"http://(\S+\.onion) for reporters", at.said)[-1]
    for number, label in enumerate(MEMBERS, 1):
        at.words[f"ID{number}"] = re.findall(rf"(\w+)  \w+ +{label}", at.said)[-1]


def wait_for_alarm(at: Rehearsal) -> None:
    """Look at the mail."""
    at.hold("the alarm came, out of the sandbox of its unit", at.server.code(f"test -e {ALARM}") == 0)


def let_a_night_pass(at: Rehearsal) -> None:
    """Six o'clock comes (night.py), and with it the daily audit, which is waited for."""
    at.server.must("systemctl stop kallskydd")
    at.server.must(
        f"runuser -u kallskydd -- /opt/kallskydd/bin/python -I {CHECKOUT}/tests/support/rehearsal/night.py {HOME}"
    )
    at.server.must("systemctl start kallskydd")
    wait_for(lambda: at.server.code(f"test -s {HOME}/audit.chain") == 0, FIRST_AUDIT_SECONDS, "no daily audit comes")
    wait_until_reached(at)


def wait_until_reached(at: Rehearsal) -> None:
    """Wait as the pages say: some minutes after a start the addresses are reached again."""
    look = f"runuser -u kallskydd -- kallskydd status --home {HOME}"

    said = ""

    def reached() -> bool:
        nonlocal said
        said = at.server.tell(look)
        return not re.search(r"(?m)^NOT +(onion|descriptor)", said)

    try:
        wait_for(reached, AUDIT_SECONDS, "the addresses are not reached")
    except TimeoutError as late:
        raise TimeoutError(said) from late


def answer_what_no_program_sees(at: Rehearsal) -> None:
    """Answer each line that asks for it; nothing else may be left."""
    left = re.findall(r"(?m)^not yet +(.+)$", at.said)
    at.hold("before the answers no line is `not yet`", not left, left)
    at.words["ANSWERS"] = " ".join(
        f"--answer {name}" for name in re.findall(r"(?m)^you must answer +([\w-]+):", at.said)
    )


def send_question(at: Rehearsal) -> None:
    """The question of a restore goes to two members."""
    for label in MEMBERS:
        at.server.must(f"cp {HOME}/ask.json '{at.desk(label)}/'")


def put_in_answers(at: Rehearsal) -> None:
    """Their answers come back, and lie where the service's account reads them."""
    at.server.must(f"install -o kallskydd -m 0600 -t /mnt/backup {DESKS}/*/*-1.json {DESKS}/*/*-2.json")


def ask_of_drill(at: Rehearsal) -> None:
    """The question of a drill goes to two members, once it is there."""
    wait_for(lambda: at.server.code(f"test -s {DRILL}/ask.json") == 0, DRILL_SECONDS, "no question comes")
    for label in MEMBERS:
        at.server.must(f"cp {DRILL}/ask.json '{at.desk(label)}/'")


def end_drill(at: Rehearsal) -> None:
    """Their answers come back, and the drill ends."""
    at.server.must(f"install -o kallskydd -m 0600 -t {DRILL} {DESKS}/*/drill-*.json")
    _, code, said = at.waiting.result(DRILL_SECONDS)
    at.hold(said.strip().splitlines()[-1][:90], code == 0 and "lost" in said, said)
    at.hold("nothing of the drill is left", at.server.code(f"test -e {DRILL}") != 0)


def send_new_key(at: Rehearsal) -> None:
    """The join file of a member's new key comes."""
    at.server.must(f"install -m 0644 '{at.desk('Handler 3')}/new-key/join.toml' /etc/kallskydd/new.toml")


def nothing_to_do(_: Rehearsal) -> None:
    """What a day of days.py does, or what is there already."""


HANDS: Final[dict[str, Act]] = {
    "ask": send_question,
    "answered": put_in_answers,
    "ask of a drill": ask_of_drill,
    "end of a drill": end_drill,
    "new key": send_new_key,
    "new version": nothing_to_do,
    "take away": nothing_to_do,
    "plug": nothing_to_do,
    "carry": nothing_to_do,
    "new host": nothing_to_do,
    "source": bring_source,
    "settings": fill_in_settings,
    "join files": send_join_files,
    "addresses": read_addresses,
    "alarm": wait_for_alarm,
    "night": let_a_night_pass,
    "answers": answer_what_no_program_sees,
}
