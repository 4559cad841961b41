"""The publisher of a host: each tenant its own onions, as long as its keeper is there; a real tor without a network."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from homes.host import TENANTS, Keeper, OfflineTor, add_tenant, make_host
from hypothesis import given
from hypothesis import strategies as st

from onion import publish as publish_module
from onion.errors import OnionError
from onion.keys import new_onion_key
from onion.publisher import forward as forward_module
from onion.publisher import server as server_module
from onion.publisher.messages import LINE_BYTES, Bootstrap, Publish, error_in, failed_by, read_from_keeper
from onion.publisher.server import Host, Places

SECONDS = 60  # everything here takes less than one; the rest is for a busy machine
PUBLISHES = """
link, key = PublisherLink(), new_onion_key()
run(link.connect(folder))
up = run(link.publish(public(key)))
say(address=up.address, key=key.expanded.hex(), version=run(link.version()))
heard()
"""


@pytest.fixture(scope="module")
def tor(tmp_path_factory):
    one = OfflineTor(Path("/tmp") / f"kt-{os.getpid()}-host")
    one.start()
    yield one
    one.process.stop()
    subprocess.run(["rm", "-r", str(one.torrc.parent)], check=True)


@contextlib.asynccontextmanager
async def hosted(folder, control):
    """A host with two tenants, and a publisher in this process."""
    places = make_host(folder, control)
    umask = os.umask(0o111)
    host = Host(places)
    running = asyncio.create_task(host.run())
    try:
        async with asyncio.timeout(SECONDS):
            while not all((places.sockets / name / "socks").exists() for name in TENANTS):
                await asyncio.sleep(0.02)
        yield host, places
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        os.umask(umask)


@pytest.fixture
async def host(short_folder, tor):
    async with hosted(short_folder, tor.control) as (one, _):
        yield one


@pytest.fixture
def places(host):
    return host._places


async def said(keeper):
    return await asyncio.to_thread(keeper.heard)


async def up(host):
    """The addresses that tor serves for this publisher now."""
    return set((await host._publisher._call(host._publisher._controller.get_info, "onions/current", "")).split())


async def until(condition):
    async with asyncio.timeout(SECONDS):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_each_onion_leads_to_its_tenants_own_sockets_whatever_path_the_keeper_names(host, places, monkeypatch):
    commands = []
    whole = publish_module._reply
    monkeypatch.setattr(publish_module, "_reply", lambda c, command: commands.append(command) or whole(c, command))
    code = f"""
        link = PublisherLink()
        run(link.connect(folder))
        run(link.publish(public(new_onion_key(), mirror=True)))
        run(link.publish(Onion(new_onion_key(), {{80: elsewhere}}, client_auth_public_keys=("{"a" * 51}q",))))
        say(done=True); heard()
    """
    with Keeper(places, "nora", code) as keeper:
        await said(keeper)

    own = places.listeners / "nora"
    public, desk = commands
    assert f" Port=80,unix:{own}/public.sock Port=443,unix:{own}/mirror.sock" in public
    assert f" Port=80,unix:{own}/desk.sock ClientAuthV3=" in desk
    assert "nowhere" not in public + desk
    assert not any("Detach" in command for command in commands)


async def test_a_desk_that_is_open_to_everybody_is_refused(host, places):
    code = """
        link = PublisherLink()
        run(link.connect(folder))
        request = Publish(role="desk", key=new_onion_key().expanded)
        say(code=failed(link._ask(request))); heard()
    """
    with Keeper(places, "nora", code) as keeper:
        assert (await said(keeper))["code"] == 804

        assert await up(host) == set()


@pytest.mark.parametrize("end", ["kill", "close"])
async def test_an_onion_goes_when_its_keeper_does_and_the_others_stay(host, places, end):
    with Keeper(places, "nora", PUBLISHES) as goes, Keeper(places, "ludvika", PUBLISHES) as stays:
        gone, kept = (await said(goes))["address"], (await said(stays))["address"]
        assert await up(host) == {gone, kept}

        if end == "kill":
            goes.process.kill()
        else:
            goes.tell(end=True)

        await until(lambda: _is(host, {kept}))
        # Nothing of it is left in tor by another way either.
        assert await host._publisher._call(host._publisher._controller.get_info, "onions/detached", "") == ""


async def _serves_nobody(host):
    return not host._serving


async def _is(host, addresses):
    return await up(host) == addresses


async def test_about_anothers_onion_a_tenant_learns_nothing_and_changes_nothing(host, places):
    attacks = """
        theirs = OnionKey(bytes.fromhex(heard()["key"]))
        link = PublisherLink()
        run(link.connect(folder))
        nobody = new_onion_key().address
        say(
            waited=[failed(link.wait_published(one, within=1)) for one in (theirs.address, nobody)],
            taken_down=[failed(link.take_down(one)) for one in (theirs.address, nobody)],
            published=failed(link.publish(public(theirs))),
        )
        heard()
    """
    with Keeper(places, "nora", PUBLISHES) as owner, Keeper(places, "ludvika", attacks) as attacker:
        theirs = await said(owner)
        attacker.tell(key=theirs["key"])

        outcome = await said(attacker)

        # The same for an address of another's and for one that nobody has; with the key itself a refusal.
        assert outcome == {"waited": [825, 825], "taken_down": [None, None], "published": 824}
        assert await up(host) == {theirs["address"]}


async def test_a_socket_is_its_tenants_alone_by_its_folder_and_by_the_kernels_word(host, places):
    code = """
        def tries(kind):
            with socket.socket(socket.AF_UNIX) as one:
                one.settimeout(10)
                try:
                    one.connect(str(folder / kind))
                    return one.recv(100).decode()
                except OSError as error:
                    return type(error).__name__
        import socket
        say(first=[tries(ASK_SOCKET), tries(SOCKS_SOCKET)])
        heard()
        say(second=[tries(ASK_SOCKET), tries(SOCKS_SOCKET)], keeper=failed(PublisherLink().connect(folder)))
    """
    with Keeper(places, "nora", code, uid=TENANTS["ludvika"]) as stranger:
        assert (await said(stranger))["first"] == ["PermissionError", "PermissionError"]
        # Should the folder ever be open, the publisher still asks the kernel who is there.
        (places.sockets / "nora").chmod(0o711)
        stranger.tell(go=True)

        said_now = await said(stranger)

    assert all(answer in {"", "ConnectionResetError"} for answer in said_now["second"])
    assert said_now["keeper"] == 822


async def test_a_newer_keeper_takes_over_also_from_one_that_has_stopped(host, places):
    again = """
        key = OnionKey(bytes.fromhex(heard()["key"]))
        link = PublisherLink()
        run(link.connect(folder))
        say(address=run(link.publish(public(key))).address); heard()
    """
    with Keeper(places, "nora", PUBLISHES) as first, Keeper(places, "nora", again) as second:
        told = await said(first)
        os.kill(first.process.pid, signal.SIGSTOP)
        second.tell(key=told["key"])

        assert (await said(second))["address"] == told["address"]
        # The first is over: when it ends, nothing of the second's does.
        first.process.kill()
        await asyncio.sleep(0.2)
        assert await up(host) == {told["address"]}


async def test_when_tor_goes_keepers_are_told_and_publish_again_and_those_that_came_meanwhile_wait(short_folder):
    (short_folder / "h").mkdir()
    short_folder.chmod(0o711)
    tor = OfflineTor(short_folder / "tor")
    tor.start()
    code = """
        key = new_onion_key()
        for _ in range(2):
            link = PublisherLink()
            run(link.connect(folder))
            say(address=run(link.publish(public(key))).address)
            run(link.gone.wait())
            say(gone=True)
    """
    try:
        async with hosted(short_folder / "h", tor.control) as (host, places):
            with Keeper(places, "nora", code) as keeper:
                address = (await said(keeper))["address"]
                os.kill(tor.process.pid, signal.SIGKILL)
                assert await said(keeper) == {"gone": True}
                await asyncio.sleep(0.5)
                await asyncio.to_thread(tor.start)

                assert (await said(keeper))["address"] == address
                assert await up(host) == {address}
    finally:
        tor.process.stop()


async def test_an_unchanged_onion_is_not_exchanged_and_no_key_is_kept(host, places, monkeypatch):
    commands = []
    whole = publish_module._reply
    monkeypatch.setattr(publish_module, "_reply", lambda c, command: commands.append(command) or whole(c, command))
    code = """
        link, key = PublisherLink(), new_onion_key()
        run(link.connect(folder))
        for mirror in (False, False, True):
            run(link.publish(public(key, mirror=mirror)))
        say(address=key.address); heard()
    """
    with Keeper(places, "nora", code) as keeper:
        await said(keeper)

        assert [command.split()[0] for command in commands] == ["ADD_ONION", "DEL_ONION", "ADD_ONION"]
        assert set(map(type, host._publisher._settings.values())) == {bytes}
        assert {len(one) for one in host._publisher._settings.values()} == {32}


@pytest.mark.parametrize(("most", "of_one"), [(3, 4), (8, 2)])
async def test_only_so_many_descriptors_are_on_their_way_at_once_of_all_and_of_one(
    host, places, monkeypatch, most, of_one
):
    # A tor without a network gives no directory anything, so each holds its place to the end.
    monkeypatch.setattr(server_module, "UPLOAD_SECONDS", 2.0)
    monkeypatch.setattr(server_module, "MOST_ON_THEIR_WAY", most)
    monkeypatch.setattr(server_module, "MOST_OF_ONE_TENANT", of_one)
    begun = []
    whole = host._publisher.publish

    async def publish(onion):
        begun.append((asyncio.get_running_loop().time(), asyncio.current_task().get_coro().cr_frame.f_locals["link"]))
        return await whole(onion)

    monkeypatch.setattr(host._publisher, "publish", publish)
    code = """
        link = PublisherLink()
        run(link.connect(folder))
        for _ in range(3):
            run(link.publish(public(new_onion_key())))
        say(done=True); heard()
    """
    with Keeper(places, "nora", code) as one, Keeper(places, "ludvika", code) as other:
        await said(one)
        await said(other)

    times = [time for time, _ in begun]
    assert len(times) == 6
    assert all(later - times[number] >= 2.0 for number, later in enumerate(times[most:]))
    for tenant in {link.tenant.name for _, link in begun}:
        own = [time for time, link in begun if link.tenant.name == tenant]
        assert all(later - own[number] >= 2.0 for number, later in enumerate(own[of_one:]))


async def test_a_tenants_way_to_socks_is_bytes_to_tor_for_eight_at_once(host, places, short_folder, monkeypatch):
    # A tor without a network has no SOCKS socket: here is one that greets.
    async def greet(reader, writer):
        assert await reader.readexactly(3) == bytes([5, 1, 2])
        writer.write(bytes([5, 2]))
        await reader.read()
        writer.close()

    async def where():
        return short_folder / "socks-of-tor"

    greeting = await asyncio.start_unix_server(greet, await where())
    monkeypatch.setattr(host._publisher, "socks", where)
    code = """
        import socket
        def opened():
            one = socket.socket(socket.AF_UNIX); one.settimeout(20)
            one.connect(str(folder / SOCKS_SOCKET))
            try:
                one.sendall(bytes([5, 1, 2]))
                return one, one.recv(2).hex()
            except OSError:
                return one, ""
        kept = [opened() for _ in range(9)]
        say(answers=[answer for _, answer in kept])
        kept[0][0].close()
        import time; time.sleep(0.5)
        say(again=opened()[1])
    """
    with Keeper(places, "nora", code) as keeper:
        assert (await said(keeper))["answers"] == ["0502"] * 8 + [""]
        assert (await said(keeper))["again"] == "0502"
    # What it held is given back when it ends.
    await until(lambda: _serves_nobody(host))
    await asyncio.sleep(0.1)
    greeting.close()


FLOOD = """
    import socket, time
    def opened(kind):
        one = socket.socket(socket.AF_UNIX)
        one.connect(str(folder / kind))
        one.settimeout(0.01)
        return one
    def is_open(one):
        try:
            return one.recv(1000) != b""
        except TimeoutError:
            return True
        except OSError:
            return False
    link = PublisherLink()
    run(link.connect(folder))
    run(link.publish(public(new_onion_key())))
    say(up=True)
    heard()
    flood = {kind: [opened(kind) for _ in range(200)] for kind in (ASK_SOCKET, SOCKS_SOCKET)}
    # On a busy machine the publisher takes a while to close what is too many.
    for _ in range(40):
        time.sleep(0.5)
        held = {kind: sum(map(is_open, those)) for kind, those in flood.items()}
        if max(held.values()) <= 8:
            break
    say(**held)
    heard()
"""


async def test_a_tenants_connections_that_wait_are_four_and_its_way_to_socks_is_eight_while_tor_hangs(short_folder):
    (short_folder / "h").mkdir()
    short_folder.chmod(0o711)
    tor = OfflineTor(short_folder / "tor")
    tor.start()
    try:
        async with hosted(short_folder / "h", tor.control) as (_, places):
            with Keeper(places, "nora", FLOOD) as attacker, Keeper(places, "ludvika", "heard()\n" + PUBLISHES) as other:
                await said(attacker)
                os.kill(tor.process.pid, signal.SIGSTOP)
                attacker.tell(flood=True)

                held = await said(attacker)
                os.kill(tor.process.pid, signal.SIGCONT)
                other.tell(go=True)

                assert held == {"ask": server_module.MOST_WAITING, "socks": forward_module.MOST_CONNECTIONS}
                assert len((await said(other))["address"]) == 56
    finally:
        os.kill(tor.process.pid, signal.SIGCONT)
        tor.process.stop()


async def test_a_tenant_has_three_addresses_and_may_exchange_one(host, places):
    code = """
        link = PublisherLink()
        run(link.connect(folder))
        first = new_onion_key()
        up = [failed(link.publish(public(key))) for key in (first, new_onion_key(), new_onion_key(), new_onion_key())]
        again = failed(link.publish(public(first, mirror=True)))
        run(link.take_down(first.address))
        say(up=up, again=again, instead=failed(link.publish(public(new_onion_key()))))
        heard()
    """
    with Keeper(places, "nora", code) as keeper:
        assert await said(keeper) == {"up": [None, None, None, 824], "again": None, "instead": None}

        assert len(await up(host)) == 3


async def test_a_way_to_socks_whose_end_is_not_taken_keeps_its_place_and_does_not_hold_the_publisher_up(
    short_folder, tor, monkeypatch
):
    # More than the kernel holds of a unix stream, less than asyncio lets wait: at its end a piece is still with us.
    async def answer(_reader, writer):
        writer.write(bytes(256 * 1024))
        await writer.drain()
        writer.close()

    async def where():
        return short_folder / "socks-of-tor"

    answering = await asyncio.start_unix_server(answer, await where())
    code = """
        import socket, time
        def opened():
            one = socket.socket(socket.AF_UNIX)
            one.connect(str(folder / SOCKS_SOCKET))
            one.shutdown(socket.SHUT_WR)
            return one
        heard()
        kept = []
        for _ in range(3):
            kept += [opened() for _ in range(8)]
            time.sleep(0.5)
        say(asked=True)
        heard()
    """
    with contextlib.ExitStack() as outlives:
        async with hosted(short_folder, tor.control) as (host, places):
            monkeypatch.setattr(host._publisher, "socks", where)
            keeper = outlives.enter_context(Keeper(places, "nora", code))
            before = len(os.listdir("/proc/self/fd"))
            keeper.tell(go=True)

            await said(keeper)

            assert len(os.listdir("/proc/self/fd")) - before <= forward_module.MOST_CONNECTIONS
            ended = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - ended < SECONDS / 2
    answering.close()


async def test_a_tenant_that_is_added_is_served_and_one_that_is_removed_no_more(host, places):
    add_tenant(places, "falun", 20_003)
    with Keeper(
        places,
        "falun",
        "import time\nwhile not (folder / ASK_SOCKET).exists(): time.sleep(0.05)\n" + PUBLISHES,
        uid=20_003,
    ) as keeper:
        address = (await said(keeper))["address"]
        assert address in await up(host)

        (places.tenants / "falun").rmdir()

        await until(lambda: _is(host, set()))


@pytest.mark.property
@given(
    st.binary(max_size=200)
    | st.sampled_from([b'{"ask":"publish"}', b'{"ask":"wait","address":"x","seconds":1}', b"[]"])
)
def test_bytes_are_a_request_or_are_refused(line):
    try:
        request = read_from_keeper(line)
    except msgspec.MsgspecError:
        return
    assert isinstance(request, Bootstrap)


@pytest.mark.parametrize(
    "sent", [b"\xff\n", b"{}\n", b'{"ask":"bootstrap","x":1}\n', b"x" * (LINE_BYTES + 2), b'{"ask":"bootstrap"}\n' * 2]
)
async def test_what_is_no_request_ends_the_connection(host, places, sent):
    code = f"""
        import socket
        one = socket.socket(socket.AF_UNIX); one.settimeout(20)
        one.connect(str(folder / ASK_SOCKET))
        hello = one.recv(1000)
        try:
            one.sendall({sent!r})
            answer = b"".join(iter(lambda: one.recv(1000), b""))
        except ConnectionError:
            answer = b""
        say(hello=hello.decode(), ended=True)
    """
    with Keeper(places, "nora", code) as keeper:
        outcome = await said(keeper)

    assert '"hello"' in outcome["hello"]
    assert outcome["ended"]


def test_an_error_arrives_as_it_left():
    for error in OnionError.__subclasses__():
        assert type(error_in(failed_by(error()))) is error


def test_a_request_shows_no_key():
    key = new_onion_key().expanded

    assert base64.b64encode(key).decode() not in repr(Publish(role="public", key=key))
    assert repr(key)[2:12] not in repr(Publish(role="public", key=key))


async def test_the_publishers_process_is_closed_and_serves(short_folder, tor):
    places: Places = make_host(short_folder, tor.control)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "kallskydd.hosting.publisher", "--control", str(tor.control),
        "--tenants", str(places.tenants), "--listeners", str(places.listeners), "--sockets", str(places.sockets),
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            while not (places.sockets / "nora" / "socks").exists():
                await asyncio.sleep(0.05)
        with Keeper(places, "nora", PUBLISHES) as keeper:
            told = await said(keeper)
            status = Path(f"/proc/{process.pid}/status").read_text()
            threads = len(list(Path(f"/proc/{process.pid}/task").iterdir()))
            modes = {(places.sockets / "nora" / kind).stat().st_mode & 0o777 for kind in ("ask", "socks")}
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert len(told["address"]) == 56
    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status
    # A thread inherits what its maker put on: the one of stem's was made after.
    assert threads > 1
    assert modes == {0o666}
    assert code == 0


def test_a_publisher_without_its_folders_says_which_is_missing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", "-m", "kallskydd.hosting.publisher", "--control", "/nowhere/control",
         "--tenants", str(tmp_path), "--listeners", str(tmp_path), "--sockets", str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 4
    assert "/nowhere is not there" in done.stderr
