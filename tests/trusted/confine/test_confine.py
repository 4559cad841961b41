"""The locks of the intake and the relay, each in a process of its own that puts them on and then tries things."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from processes.filter_simulation import PRELUDE, chunks, decide, made_home, simulate

from trusted.confine import intake_files, profiles, seccomp
from trusted.confine.lock import job_filters
from trusted.confine.syscalls import TABLES, UnknownProcessor, numbers
from trusted.store import db as store_db


def run(code: str, home: Path, *inherited: int) -> dict[str, object]:
    """What a fresh interpreter prints as JSON after running this."""
    finished = subprocess.run(
        [sys.executable, "-I", "-c", PRELUDE + textwrap.dedent(code), home, *map(str, inherited)],
        pass_fds=inherited,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr.decode()
    return json.loads(finished.stdout)


def test_the_intake_says_which_locks_are_on(tmp_path) -> None:
    said = run(
        """
        on = confine_intake(home)
        print(json.dumps({name: getattr(on, name) for name in on.__slots__}))
        """,
        tmp_path,
    )

    assert said["seccomp"] is True
    assert said["no_new_privileges"] is True
    assert said["dumpable"] is False
    assert said["core_bytes"] == 0
    assert said["landlock_held"] is (said["landlock_abi"] > 0)


def test_the_intake_can_make_no_socket_and_start_nothing(tmp_path) -> None:
    log = tmp_path / "syslog"
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(log))
    home = made_home(tmp_path / "home")

    said = run(
        f"""
        log = {str(log)!r}
        pair = None
        def thread():
            ran = []
            made = threading.Thread(target=ran.append, args=(1,))
            made.start(); made.join()
            assert ran
        on = confine_intake(home)
        left, right = socket.socketpair()
        address = struct = None
        print(json.dumps({{name: outcome(attempt) for name, attempt in {{
            "inet": lambda: socket.socket(socket.AF_INET),
            "inet6 datagram": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
            "unix": lambda: socket.socket(socket.AF_UNIX),
            "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
            "connect": lambda: left.connect(log),
            "bind": lambda: left.bind(str(home / "socket")),
            "listen": lambda: left.listen(),
            "datagram pair": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
            "seqpacket pair": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET),
            "sendto a path": lambda: left.sendto(b"x", log),
            "sendmsg to a path": lambda: left.sendmsg([b"x"], [], 0, log),
            "sendmmsg": lambda: call("sendmmsg", left.fileno(), None, 0, 0),
            "io_uring": lambda: call("io_uring_setup", 1, None),
            "exec": lambda: os.execv("/bin/true", ["true"]),
            "execveat": lambda: call("execveat", -100, b"/bin/true", None, None, 0),
            "spawn": lambda: subprocess.run(["/bin/true"]),
            "fork": os.fork,
            "unshare": lambda: call("unshare", 0x40000000),
            "setns": lambda: call("setns", 0, 0),
            "ptrace": lambda: call("ptrace", 16, os.getppid(), None, None),
            "read memory": lambda: call("process_vm_readv", os.getppid(), None, 0, None, 0, 0),
            "steal descriptor": lambda: call("pidfd_getfd", 0, 0, 0),
            "bpf": lambda: call("bpf", 0, None, 0),
            "keys": lambda: call("keyctl", 0, -3, 0),
            "kernel log": lambda: call("syslog", 10, None, 0),
            "mount": lambda: call("mount", b"x", b"/", b"tmpfs", 0, None),
            "a name for all to read": lambda: call("prctl", 15, b"of a visitor", 0, 0, 0),
            "a name by its file": lambda: open("/proc/self/comm", "w").write("of a visitor"),
            "a command line of its own": lambda: call("prctl", 35, 14, None, 0, 0),
            "names of memory": lambda: call("prctl", 0x53564D41, 0, None, 0, b"of a visitor"),
            "become dumpable": lambda: call("prctl", 4, 1, 0, 0, 0),
            "write outside": lambda: open(home.parent / "escaped", "w"),
            "temporary file": lambda: open("/tmp/kallskydd-escaped", "w"),
            "unlinked file outside": lambda: os.open("/tmp", os.O_TMPFILE | os.O_WRONLY),
            "socket file in the home": lambda: os.mknod(home / "s", 0o140600),
            "kill the parent": lambda: os.kill(os.getppid(), 0),
            "signal by a handle": lambda: call("pidfd_send_signal", os.pidfd_open(os.getppid()), 0, None, 0),
            "limit the parent": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (99, 99)),
            "slow the parent": lambda: os.sched_setaffinity(os.getppid(), {{0}}),
            "set the clock": lambda: call("settimeofday", None, None),
            "become another": lambda: os.setresuid(-1, -1, -1),
            "open the home to all": lambda: os.chmod(home, 0o755),
            "give a file away": lambda: os.chown(home / "config.toml", -1, -1),
            "note on a file": lambda: os.setxattr(home / "config.toml", "user.x", b"x"),
            "memory for others": lambda: call("shmget", 0, 4096, 0o1600),
            "message for others": lambda: call("msgget", 0, 0o1600),
            "queue for others": lambda: call("mq_open", b"x", 0o102, 0o600, None),
            "send": lambda: left.send(b"x"),
            "stream pair": socket.socketpair,
            "thread": thread,
            "write to nowhere": lambda: open("/dev/null", "w").write("x"),
            "limit itself": lambda: call("prlimit64", 0, resource.RLIMIT_CORE, bytes(16), None),
            "own limits": lambda: resource.getrlimit(resource.RLIMIT_CORE),
            "room on the disk of an open file": lambda: os.fstatvfs(left.fileno()),
            "room on the disk of a path": lambda: os.statvfs("/"),
        }}.items()}}))
        """,
        home,
    )

    allowed = {"send", "stream pair", "thread", "write to nowhere", "own limits", "room on the disk of an open file"}
    assert {name for name, outcome in said.items() if outcome == "done"} == allowed
    assert said["sendmsg to a path"] == "EISCONN"
    # Python from 3.14 gives its threads names, and goes on when that is not permitted.
    assert said["a name for all to read"] == said["a command line of its own"] == "EPERM"
    assert {
        said[name] for name in ("inet", "unix", "connect", "datagram pair", "sendto a path", "exec", "spawn", "fork")
    } == {"EPERM"}
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(100)
    listening.close()


def test_without_landlock_an_intake_that_is_not_root_can_take_no_name_by_its_file_either(tmp_path) -> None:
    said = run(
        """
        from trusted.confine import landlock
        landlock.landlock_abi = lambda: 0
        def take():
            # A path that is opened by Python's own code needs modules that another account may not read.
            os.write(os.open("/proc/self/comm", os.O_WRONLY), b"of a visitor")
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        call("prctl", 4, 1, 0, 0, 0)
        before = outcome(take)
        from trusted.confine import lock
        lock.intake_rules = lambda home: ()
        on = confine_intake(home)
        print(json.dumps({"before": before, "after": outcome(take), "landlock": on.landlock_abi}))
        """,
        tmp_path,
    )

    # The kernel gives the files of a process that is closed to others to root.
    assert said == {"before": "done", "after": "EACCES", "landlock": 0}


def test_what_is_not_on_the_intakes_list_is_refused_by_the_filter_alone(tmp_path) -> None:
    home = made_home(tmp_path / "home")

    said = run(
        """
        import signal
        from trusted.confine import landlock, lock
        landlock.landlock_abi = lambda: 0
        lock.intake_rules = lambda home: ()
        stop = subprocess.Popen([sys.executable, "-c", "import os, signal, sys; sys.stdin.read(); "
            "os.kill(os.getppid(), signal.SIGSTOP); os.kill(os.getppid(), signal.SIGCONT)"], stdin=subprocess.PIPE)
        confine_intake(home)
        def wait_that_is_stopped():
            stop.stdin.close()
            import time; time.sleep(2)
        def late(name):
            if LIBC[name](-1, b"x") < 0:
                raise OSError(ctypes.get_errno(), name)
        print(json.dumps({name: outcome(attempt) for name, attempt in {
            "another name for a file": lambda: os.link(home / "config.toml", home / "linked"),
            "a link": lambda: os.symlink("/etc/passwd", home / "symlink"),
            "a pipe": lambda: os.mkfifo(home / "pipe"),
            "a device": lambda: os.mknod(home / "device", 0o020600, os.makedev(1, 3)),
            "a folder": lambda: os.mkdir(home / "folder"),
            "a folder away": lambda: os.rmdir(home / "run"),
            "watching files": lambda: late("inotify_init1"),
            "a handle of a process": lambda: os.pidfd_open(os.getpid()),
            "more of Landlock": lambda: call("landlock_create_ruleset", None, 0, 1),
            "memory that nobody else sees": lambda: call("memfd_secret", 0),
            "opening by the newer call": lambda: call("openat2", -100, b"/", None, 0),
            "pages in memory": lambda: late("mincore"),
            "who is at the other end": lambda: socket.socketpair()[0].getpeername(),
            "a socket's end of writing": lambda: socket.socketpair()[0].shutdown(1),
            "another folder": lambda: os.chdir("/"),
            "a wait that is stopped": wait_that_is_stopped,
            "a new name": lambda: os.rename(home / "server.pub", home / "renamed"),
            "away": lambda: os.unlink(home / "renamed"),
            "the kernel's time": lambda: os.utime(home / "config.toml"),
            "a file to the disk": lambda: os.fsync(os.open(home / "config.toml", os.O_RDONLY)),
        }.items()}))
        """,
        home,
    )

    needed = {"a wait that is stopped", "a new name", "away", "the kernel's time", "a file to the disk"}
    assert {name for name, outcome in said.items() if outcome == "done"} == needed
    assert {outcome for name, outcome in said.items() if name not in needed} == {"EPERM"}


def test_the_intake_touches_of_its_home_only_what_it_works_on(tmp_path) -> None:
    home = made_home(tmp_path / "home")
    other = made_home(tmp_path / "other")

    said = run(
        f"""
        other = Path({str(other)!r})
        confine_intake(home)
        print(json.dumps({{name: outcome(attempt) for name, attempt in {{
            "read the configuration": lambda: (home / "config.toml").read_text(),
            "read the server's key": lambda: (home / "server.pub").read_text(),
            "read the roster": lambda: [path.read_text() for path in (home / "roster").iterdir()],
            "write the slots": lambda: (home / "shred.slots").open("r+").write("x"),
            "replace a signature": lambda: (
                (home / "roster" / ".0001.sig.new").write_text("x"),
                (home / "roster" / ".0001.sig.new").replace(home / "roster" / "0001.sig"),
            ),
            "write the database": lambda: sqlite3.connect(home / "kallskydd.db").execute("pragma user_version = 1"),
            "import late": lambda: __import__("xmlrpc.client"),
            "know the zones": lambda: __import__("zoneinfo").ZoneInfo("Europe/Stockholm"),
            "read a key of the address": lambda: (home / "onion" / "public.key").read_text(),
            "read the trial member's passphrase": lambda: (home / "trial-member" / "passphrase").read_text(),
            "read tor's cookie": lambda: (home / "tor" / "data" / "control_auth_cookie").read_text(),
            "list the home": lambda: os.listdir(home),
            "add a line to torrc": lambda: (home / "tor" / "torrc").open("a"),
            "cut torrc": lambda: os.truncate(home / "tor" / "torrc", 0),
            "choose tor's guards": lambda: (home / "tor" / "data" / "state").open("w"),
            "name another tor": lambda: (home / "config.toml").open("a"),
            "change the server's key": lambda: (home / "server.pub").open("w"),
            "add a key": lambda: (home / "onion" / "new.key").write_text("x"),
            "put the sockets elsewhere": lambda: (home / "run").rename(home / "run2"),
            "remove the database": lambda: (home / "kallskydd.db").unlink(),
            "make a file in the home": lambda: (home / "file").write_text("x"),
            "make a folder in the home": lambda: (home / "folder").mkdir(),
            "link the roster elsewhere": lambda: (home / "roster" / "0002.toml").symlink_to("/etc/passwd"),
            "link a key into the roster": lambda: os.link(home / "onion" / "public.key", home / "roster" / "k"),
            "a pipe in the roster": lambda: os.mkfifo(home / "roster" / "pipe"),
            "read another home": lambda: (other / "config.toml").read_text(),
            "write another home": lambda: (other / "roster" / "0001.toml").open("a"),
            "passwords of the system": lambda: open("/etc/shadow").read(),
            "environment of the keeper": lambda: open(f"/proc/{{os.getppid()}}/environ").read(),
            "memory of the keeper": lambda: open(f"/proc/{{os.getppid()}}/mem").read(1),
            "descriptors of the keeper": lambda: os.listdir(f"/proc/{{os.getppid()}}/fd"),
            "addresses of connections": lambda: open("/proc/self/net/tcp").read(),
            "the system's log": lambda: os.listdir("/var/log"),
        }}.items()}}))
        """,
        home,
    )

    needed = {
        "read the configuration", "read the server's key", "read the roster", "write the slots", "replace a signature",
        "write the database", "import late", "know the zones",
    }  # fmt: skip
    assert {name for name, outcome in said.items() if outcome == "done"} == needed


def test_the_files_of_the_intake_are_those_of_the_store() -> None:
    assert intake_files.DATABASE == store_db.DATABASE_NAME
    assert store_db.SLOTS_NAME in intake_files.WORKED_IN


def test_root_keeps_no_power_in_the_intake_but_reading_and_locked_memory(tmp_path) -> None:
    said = run(
        """
        import trusted.confine.process
        trusted.confine.process.drop_capabilities()
        print(json.dumps({"left": trusted.confine.process._capabilities("CapPrm")}))
        """,
        tmp_path,
    )

    cap_dac_read_search, cap_ipc_lock = 1 << 2, 1 << 14
    assert said["left"] & ~(cap_dac_read_search | cap_ipc_lock) == 0


def test_the_locked_intake_still_serves_an_inherited_socket_and_its_database(tmp_path) -> None:
    path = tmp_path / "listening"
    home = made_home(tmp_path / "home")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    # Not asyncio's start_server, which listens once more on a socket that listens already; that call is closed too.
    code = """
        import aiosqlite
        confine_intake(home)
        listener = socket.socket(fileno=int(sys.argv[2]))
        listener.setblocking(False)
        async def main():
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            reader, writer = await asyncio.open_unix_connection(sock=connection)
            asked = await reader.readline()
            async with aiosqlite.connect(home / "kallskydd.db") as store:
                await store.execute("pragma journal_mode=wal")
                await store.execute("insert into t values (?)", (asked,))
                await store.commit()
                count, = await (await store.execute("select count(*) from t")).fetchone()
                await store.execute("pragma wal_checkpoint(truncate)")
            writer.write(b"%d rows\\n" % count)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        asyncio.run(main())
        """
    process = subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-c",
            PRELUDE + textwrap.dedent(code),
            home,
            str(listener.fileno()),
        ],
        pass_fds=(listener.fileno(),),
        stderr=subprocess.PIPE,
    )

    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(str(path))
        client.sendall(b"hello\n")
        answer = client.recv(100)

    _, complaint = process.communicate(timeout=60)
    assert answer == b"1 rows\n", complaint.decode()
    assert process.returncode == 0
    listener.close()


def test_the_intake_refuses_to_lock_when_a_thread_exists_already(tmp_path) -> None:
    said = run(
        """
        from trusted.confine.process import MoreThanOneThread
        waiting = threading.Event()
        threading.Thread(target=waiting.wait, daemon=True).start()
        try:
            confine_intake(home)
            print(json.dumps({"refused": False}))
        except MoreThanOneThread:
            print(json.dumps({"refused": True}))
        """,
        tmp_path,
    )

    assert said == {"refused": True}


@pytest.mark.parametrize(
    "made",
    [
        # libffi's own, and what it makes under MemoryDenyWriteExecute=yes: PR_SET_MDWE.
        "closure = ctypes.CFUNCTYPE(ctypes.c_int)(int)",
        "ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)\nclosure = ctypes.CFUNCTYPE(ctypes.c_int)(int)",
        "memory = os.memfd_create('m')\nos.truncate(memory, 9)\ncode = mmap.mmap(memory, 9, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
    ],
    ids=["a closure", "a closure where no page may be written and run", "a memfd"],
)
@pytest.mark.parametrize("confined", ["confine_intake(home)", "trusted.confine.lock.confine_zygote()"])
def test_with_code_that_is_of_no_file_neither_intake_nor_zygote_locks_itself(tmp_path, made, confined) -> None:
    code = f"""\
import trusted.confine.lock, ctypes, mmap
from trusted.confine.process import StrayCode
{made}
try:
    {confined}
    print(json.dumps({{"refused": False}}))
except StrayCode:
    print(json.dumps({{"refused": True}}))
"""
    assert run(code, tmp_path) == {"refused": True}


@pytest.mark.parametrize(
    ("family", "kind"),
    [(socket.AF_INET, socket.SOCK_STREAM), (socket.AF_UNIX, socket.SOCK_DGRAM), (socket.AF_INET, socket.SOCK_DGRAM)],
)
def test_the_intake_refuses_to_start_with_a_socket_that_could_carry_something_out(tmp_path, family, kind) -> None:
    with socket.socket(family, kind) as stray:
        said = run(
            """
            from trusted.confine.process import StraySocket
            try:
                confine_intake(home)
                print(json.dumps({"refused": False}))
            except StraySocket:
                print(json.dumps({"refused": True}))
            """,
            tmp_path,
            stray.fileno(),
        )

    assert said == {"refused": True}


def test_memory_is_locked_whole_or_not_at_all(tmp_path) -> None:
    said = run(
        """
        import trusted.confine.process
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        os.chdir("/")
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (2**23, 2**23))
        locked = trusted.confine.process.lock_memory()
        large = bytearray(2**26)
        threading.Thread(target=large.append, args=(1,)).start()
        print(json.dumps({"locked": locked, "bytes": len(large) > 2**25}))
        """,
        tmp_path,
    )

    assert said == {"locked": False, "bytes": True}


def test_the_relay_dials_tor_and_reaches_nothing_else(tmp_path) -> None:
    with socket.socket() as dialled, socket.socket() as other, socket.socket(socket.AF_UNIX) as journal:
        for listening in (dialled, other):
            listening.bind(("127.0.0.1", 0))
            listening.listen()
        journal.bind(str(tmp_path / "journal"))
        journal.listen()
        said = run(
            f"""
            on = confine_relay({dialled.getsockname()[1]}, 64)
            def dial(port):
                with socket.socket() as made:
                    made.connect(("127.0.0.1", port))
            left, right = socket.socketpair()
            fresh = socket.socket()
            print(json.dumps({{"abi": on.landlock_abi, "on": on.complete, **{{name: outcome(attempt) for name, attempt in {{
                "dial tor": lambda: dial({dialled.getsockname()[1]}),
                "dial another": lambda: dial({other.getsockname()[1]}),
                "unix stream": lambda: socket.socket(socket.AF_UNIX),
                "its own pair to journald": lambda: left.connect({str(tmp_path / "journal")!r}),
                "inet6": lambda: socket.socket(socket.AF_INET6),
                "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
                "unix datagram": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
                "datagram pair": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
                "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
                "mptcp": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262),
                "bind": lambda: fresh.bind(("127.0.0.1", 0)),
                "listen": lambda: fresh.listen(),
                "first packet with data": lambda: fresh.sendto(b"x", 0x20000000, ("127.0.0.1", {other.getsockname()[1]})),
                "first message with data": lambda: fresh.sendmsg([b"x"], [], 0x20000000, ("127.0.0.1", {other.getsockname()[1]})),
                "exec": lambda: os.execv("/bin/true", ["true"]),
                "fork": os.fork,
                "thread": lambda: threading.Thread(target=int).start(),
                "write": lambda: open(home / "file", "w"),
                "read": lambda: open("/proc/self/net/tcp"),
                "signal": lambda: os.kill(os.getppid(), 0),
            }}.items()}}}}))
            """,
            tmp_path,
        )

    landlock_knows_tcp = said.pop("abi") >= 4
    assert said.pop("on") is True
    assert said.pop("dial another") == ("EACCES" if landlock_knows_tcp else "done")
    assert {name for name, outcome in said.items() if outcome == "done"} == {"dial tor"}


def test_the_relay_cannot_learn_who_connects(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        said = run(
            """
            from trusted.relay.accepting import accept
            listening = socket.socket(fileno=int(sys.argv[2]))
            visitor = socket.create_connection(listening.getsockname())
            confine_relay(1, 64)
            taken = accept(listening)
            print(json.dumps({name: outcome(attempt) for name, attempt in {
                "take its words": lambda: (visitor.send(b"x"), taken.recv(1)),
                "getpeername": taken.getpeername,
                "accept with the address": listening.accept,
                "SO_PEERNAME": lambda: taken.getsockopt(socket.SOL_SOCKET, 28, 16),
                "saved SYN": lambda: taken.getsockopt(socket.IPPROTO_TCP, 28, 256),
                "recvfrom": lambda: taken.recvfrom(1),
                "recvmsg": lambda: taken.recvmsg(1),
                "IP_RECVERR": lambda: taken.setsockopt(socket.IPPROTO_IP, 11, 1),
                "table of connections": lambda: open("/proc/self/net/tcp"),
            }.items()}))
            """,
            tmp_path,
            listening.fileno(),
        )

    assert {name for name, outcome in said.items() if outcome == "done"} == {"take its words"}


@pytest.mark.parametrize("kind", ["unix", "datagram"])
def test_the_relay_refuses_to_close_itself_around_a_stray_socket(kind, tmp_path) -> None:
    family, sort = {"unix": (socket.AF_UNIX, socket.SOCK_STREAM), "datagram": (socket.AF_INET, socket.SOCK_DGRAM)}[kind]
    with socket.socket(family, sort) as stray:
        said = run(
            """
            from trusted.confine.process import StraySocket
            try:
                confine_relay(1, 64)
            except StraySocket:
                print(json.dumps({"refused": True}))
            """,
            tmp_path,
            stray.fileno(),
        )

    assert said == {"refused": True}


@pytest.mark.parametrize("machine", list(TABLES))
@pytest.mark.parametrize(
    "profile",
    [
        profiles.ZYGOTE,
        profiles.JOB,
        profiles.JOB_WITH_THREAD,
        profiles.INTAKE,
        profiles.PUBLISHER,
        profiles.RELAY,
    ],
)
def test_every_filter_is_sound_for_every_processor(machine, profile) -> None:
    """Jumps stay inside, every path ends in a decision, and what the rules say is what a reading of the code gives."""
    program = [struct.unpack("=HBBI", part) for part in chunks(seccomp.build(profile.rules, profile.default, machine))]

    assert len(program) < 4096
    assert program[-1] == (0x06, 0, 0, profile.default)
    for position, (code, if_true, if_false, _) in enumerate(program):
        if code in {0x15, 0x35, 0x45}:
            assert position + 1 + max(if_true, if_false) < len(program)
    for name, number in numbers(machine).items():
        for arguments in ((0,) * 6, (2**64 - 1,) * 6, (1, 1, 0, 0x1000, 0, 0), (0x10000, 0x80801, 0, 0, 0, 0)):
            expected = decide(profile, name, arguments)
            assert simulate(program, number, arguments, machine) == expected, (name, arguments)


# Calls that this processor or the other has not, and what its C library calls instead.
_SUCCESSORS = {"unlink": "unlinkat", "rename": "renameat", "readlink": "readlinkat", "epoll_wait": "epoll_pwait",
               "time": "clock_gettime"}  # fmt: skip


@pytest.mark.parametrize("machine", list(TABLES))
@pytest.mark.parametrize("profile", [profiles.INTAKE, profiles.PUBLISHER, profiles.RELAY])
def test_a_server_may_make_the_calls_of_its_list_and_no_other_on_every_processor(machine, profile) -> None:
    program = [struct.unpack("=HBBI", part) for part in chunks(seccomp.build(profile.rules, profile.default, machine))]
    listed = {name for rule in profile.rules if rule.action is seccomp.Action.ALLOW for name in rule.names}
    table = numbers(machine)
    allowed = {table[name] for name in listed if name in table}
    tried = [(0,) * 6, (1,) * 6, (2**64 - 1,) * 6, (0, 0, 0, 0x1000, 0, 0)]

    passed = {
        number
        for number in range(2048)
        if any(simulate(program, number, arguments, machine) == seccomp.Action.ALLOW for arguments in tried)
    }

    assert profile.default is seccomp.Action.EPERM
    assert passed <= allowed
    assert {name for name in listed if name not in table and _SUCCESSORS.get(name) not in listed} == set()


def test_calls_of_a_foreign_convention_are_death_on_every_processor() -> None:
    program = [
        struct.unpack("=HBBI", part)
        for part in chunks(seccomp.build(profiles.INTAKE.rules, profiles.INTAKE.default, "x86_64"))
    ]

    assert simulate(program, 1, (0,) * 6, "aarch64") == seccomp.Action.KILL
    assert simulate(program, 0x40000001, (0,) * 6, "x86_64") == seccomp.Action.KILL


def test_an_unknown_processor_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(UnknownProcessor):
        seccomp.build(profiles.JOB.rules, profiles.JOB.default, "riscv64")


@pytest.mark.parametrize(("with_thread", "profile"), [(False, profiles.JOB), (True, profiles.JOB_WITH_THREAD)])
def test_the_filters_that_are_made_beforehand_are_those_of_the_two_sorts_of_jobs(with_thread, profile) -> None:
    made = job_filters()[with_thread]

    assert made == seccomp.build(profile.rules, profile.default)
    assert job_filters()[with_thread] is made


def test_nothing_escaped_into_the_temporary_folder() -> None:
    assert not os.path.exists("/tmp/kallskydd-escaped")
