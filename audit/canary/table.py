"""The table of `audit canary`: what is examined, what a finding risks, and how to repeat it by hand.

Whatever the canary finds is a fault of the program or of the computer it ran on; no setting mends it. So remedies say
where to look, and whom to ask.
"""

from __future__ import annotations

from audit.row import Group, Row

_AGAIN = (
    "Run `sudo kallskydd audit canary` again; if it stays, do not sign, and report it to those who maintain the"
    " program."
)


def _row(name: str, title: str, risk: str, by_hand: str, remedy: str = _AGAIN) -> Row:
    return Row(f"canary.{name}", Group.CANARY, None, title, risk, remedy, by_hand)


TABLE = (
    _row("requests", "Every request was answered as it should be",
         "A service that does not work is silent too, so that nothing was found shows nothing.",
         "curl --unix-socket HOME/run/public.sock http://ADDRESS/   # and the forms by hand",
         "Mend what the row names (often a busy computer) and run `sudo kallskydd audit canary` again."),
    _row("answers", "Answers name no server, no moment, no one, and bring back only what was typed",
         "A page tells one visitor something about another, or about the server.",
         "curl -i --unix-socket HOME/run/public.sock http://ADDRESS/ | grep -iE 'date|server|etag'"),
    _row("markers", "Nothing that could give a reporter away is written anywhere",
         "What gives a reporter away (address, browser, file name) is written down somewhere.",
         "strace -f -yy -s 99999999 -e trace=write,pwrite64,sendto,sendmsg kallskydd serve … ; grep MARKER"),
    _row("files", "No file is opened for writing, made or removed but those on the list",
         "A report leaves a file that nobody knows of.",
         "strace -f -y -e trace=%file kallskydd serve … ; grep -E 'O_(WRONLY|RDWR|CREAT)|unlink'"),
    _row("sockets", "No socket is made or reached but those on the list: no journal, no system log, no network",
         "The service reaches the network, the journal or a system log.",
         "strace -f -yy -e trace=%network kallskydd serve … ; grep -E 'connect|bind|sa_family'"),
    _row("programs", "No program is started but those on the list",
         "A program is started that nobody has reviewed.",
         "strace -f -e trace=execve kallskydd serve …"),
    _row("channels", "Nothing is written but to the places on the list; nothing to standard output or errors",
         "Something about a visitor is written where it does not belong.",
         "strace -f -yy -e trace=write,sendto,sendmsg kallskydd serve …   # by process and descriptor"),
    _row("counters", "The keeper is told codes and the number one, and nothing else",
         "The keeper, and with it the operator's terminal, is told more of a visit than that there are some.",
         "strace -p INTAKE -xx -e trace=sendto   # messages of eight bytes on the channel's descriptor"),
    _row("calls", "Nothing is asked of the kernel but what is on the list, with arguments that are on it",
         "The kernel is asked for something by which a value could leave the process.",
         "strace -f -yy -v -e trace=fcntl,ioctl,prlimit64,setsockopt,flock,setitimer kallskydd serve …"),
    _row("locks", "The intake closed itself before its first thread, and its filter refuses what leads out",
         "The intake is open for a moment, and a fault in it could lead out.",
         "strace -f -v -e trace=seccomp,landlock_restrict_self,clone kallskydd serve …; /proc/PID/task/*/status"),
    _row("tor", "tor is set as the table says, by its own answers",
         "tor is not set as the table says.",
         "asktor 'GETINFO config-text'"),
    _row("database", "The database has the known tables, and no value finer than a day",
         "The database tells more exactly than by the day when somebody reported.",
         "sqlite3 COPY .schema; sqlite3 COPY .dump"),
    _row("release", "Before the release nothing differs for a member, in body or header",
         "A member can notice a report before the daily release, and so when it came.",
         "kallskydd desk list   # before and after a report"),
    _row("steady", "Nothing that is seen from outside changes with visits: files, their times, processes, locks",
         "Somebody who looks at the computer can tell that somebody has visited.",
         "stat HOME HOME/* HOME/*/*; cat /proc/PID/{status,limits,fdinfo/*} /proc/locks   # before and after"),
    _row("across", "Two runs, with other values and in another order, and one without a report show the same",
         "Something follows what a visitor sends, or that somebody reported.",
         "cmp FILE1 FILE2   # each page, answer to a desk and file of two homes"),
    _row("random", "What must be random depends on no order, clock, address or visitor",
         "A number that should be random tells of a moment, an order or a visitor.",
         "sqlite3 COPY 'SELECT hex(case_id), slot FROM cases'; date +%s   # after each report"),
    _row("members", "Members read what was typed and clean copies, and nothing else",
         "A member reads more in a file or a text than the reporter meant to tell.",
         "kallskydd desk; exiftool FILE   # the case, and each file that it saves"),
    _row("memory", "Nothing of it is held in memory half an hour afterwards, or after logging out",
         "Who takes the running computer reads what reporters wrote, or opens their cases.",
         "grep -a MARKER /proc/PID/mem   # of keeper, zygotes and tor; of the intake gc.get_objects()"),
    _row("disk", "Nothing of it lies on the disk afterwards",
         "What gives a reporter away lies on the disk afterwards.",
         "grep -r -a MARKER HOME"),
)  # fmt: skip
