"""`kallskydd relay` as it runs: what it costs, what is left of a visitor, and what it says."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from pathlib import Path

import pytest
from networks.relay_harness import NAME, ONION, Site, child_of, free_port, hello, memory_of, raw, resident

MARKER = b"kallskydd-marker-of-a-body-0123456789"


@pytest.fixture
async def site(tmp_path):
    async with Site(tmp_path).up() as up:
        yield up


async def relay_command(*words: str) -> tuple[int, str]:
    """Run `kallskydd relay` to its end."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "kallskydd", "relay", *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        said, _ = await running.communicate()
    return running.returncode, said.decode()


async def test_no_address_of_a_visitor_is_in_the_relays_memory_after_the_visit(site):
    addresses = [f"127.{77 + number}.{201 - number}.{13 + 3 * number}" for number in range(12)]
    async with site.process() as pid:
        # Four bytes stand somewhere by chance, and turned round they are the middle of a pointer (0x7f…): those that do
        # so beforehand prove nothing.
        before = memory_of(pid)
        in_bytes = {one: socket.inet_aton(one) for one in addresses}
        addresses = [one for one, four in in_bytes.items() if four not in before and four[::-1] not in before]
        browsers = [await site.browse(one) for one in addresses]
        for browser in browsers:
            assert await browser.ask(MARKER * 1000)
        during = memory_of(pid)
        for browser in browsers:
            browser.close()
        await asyncio.sleep(0.5)
        after = memory_of(pid)

    assert len(addresses) > 6
    for memory in (during, after):
        assert len(memory) > 2**22
        # What it was started with is there, so the search does search.
        assert NAME.encode() in memory
        assert [one for one in addresses if one.encode() in memory] == []
        assert [one for one in addresses if socket.inet_aton(one) in memory] == []
        assert [one for one in addresses if socket.inet_aton(one)[::-1] in memory] == []
        assert MARKER not in memory


async def test_it_holds_no_file_and_no_unix_socket_but_its_own_pair_and_says_nothing(site):
    async with site.process() as pid:
        browser = await site.browse("127.88.12.9")
        assert await browser.ask(MARKER * 1000)
        held = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
        unix = Path("/proc/net/unix").read_text().splitlines()
        browser.close()
        # And one that is cut off in the middle.
        _, writer = await raw(site.relay_port, hello() + bytes(1000))
        writer.transport.abort()
        await asyncio.sleep(0.2)

    assert {one for one in held if not one.startswith("socket:")} == {"/dev/null", "anon_inode:[eventpoll]"}
    numbers = {one.removeprefix("socket:[").removesuffix("]") for one in held if one.startswith("socket:")}
    mine = [line.split() for line in unix if line.split()[6:7] and line.split()[6] in numbers]
    # Two ends of one pair, of type stream (1), without a name.
    assert [line[4] for line in mine] == ["0001", "0001"]
    assert [line[7:] for line in mine] == [[], []]
    assert site.said == b""
    assert [path.name for path in site.folder.iterdir() if path.suffix != ".pem"] == []


async def test_a_hundred_open_connections_cost_less_than_sixty_megabytes(site):
    async with site.process() as pid:
        alone = resident(pid)
        browsers = [await site.browse() for _ in range(100)]
        for browser in browsers:
            assert await browser.ask(bytes(100_000))

        taken = resident(pid)
        for browser in browsers:
            browser.close()

    print(f"{alone / 2**20:.1f} MiB alone, {taken / 2**20:.1f} with {len(browsers)} connections")
    assert alone < 30 * 2**20
    assert taken < 60 * 2**20


async def test_five_hundred_idle_connections_and_two_hundred_silent_ones_keep_no_visitor_out(site):
    async with site.process() as pid:
        idle = [await raw(site.relay_port, hello()) for _ in range(500)]
        silent = [await raw(site.relay_port) for _ in range(200)]
        began = time.monotonic()

        browser = await site.browse()
        assert await browser.ask(bytes(50_000))
        seconds = time.monotonic() - began
        taken = resident(pid)
        for _, writer in (*idle, *silent):
            writer.transport.abort()

    print(f"the page took {seconds:.2f} s, the relay {taken / 2**20:.1f} MiB")
    assert seconds < 5
    assert taken < 60 * 2**20


async def test_it_ends_with_its_parent(site):
    async with site.process() as pid:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(parent, 9)
        async with asyncio.timeout(10):
            while Path(f"/proc/{pid}").exists() and ") Z " not in Path(f"/proc/{pid}/stat").read_text():
                await asyncio.sleep(0.05)


async def test_it_ends_with_its_standard_input_where_it_was_told_to(site):
    site.relay_port = free_port()
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "kallskydd", "relay", "--listen", f"127.0.0.1:{site.relay_port}",
        "--onion", f"{ONION}:443", "--name", NAME, "--tor", f"127.0.0.1:{site.port}", "--end-with-stdin",
        stdin=asyncio.subprocess.PIPE,
    )  # fmt: skip
    while (child := child_of(running.pid, "--parent")) is None:
        await asyncio.sleep(0.05)

    running.stdin.close()

    assert await asyncio.wait_for(running.wait(), 30) == 0
    assert not Path(f"/proc/{child}").exists()


async def test_without_a_tor_it_says_so_once_and_goes_on(tmp_path):
    async with Site(tmp_path).up() as site:
        site.port = free_port()
        async with site.process() as pid:
            for _ in range(3):
                reader, writer = await raw(site.relay_port, hello())
                assert await reader.read() == b""
                writer.close()
            assert Path(f"/proc/{pid}").exists()

    assert site.said.decode() == (
        "No tor listens on the SOCKS socket. Start tor, or correct the socket's address."
        " The relay goes on and tries for each visitor.\n"
    )


async def test_a_tor_that_does_not_start_is_an_error_in_one_sentence(tmp_path):
    (tmp_path / "network.torrc").write_text("DisableNetwork 1\nNoSuchOption 1\n")

    code, said = await relay_command(
        "--listen", f"127.0.0.1:{free_port()}", "--onion", f"{ONION}:443", "--name", NAME, "--tor-network", str(tmp_path)
    )  # fmt: skip

    assert code == 4
    assert said.splitlines()[-1] == "tor ended right after it was started. Its own last lines say why."


async def test_a_port_that_is_taken_is_an_error_in_two_sentences():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = await relay_command(
            "--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--onion", f"{ONION}:443", "--name", NAME,
            "--tor", f"127.0.0.1:{free_port()}",
        )  # fmt: skip

    assert code == 4
    assert said.startswith("The relay cannot listen there: Address already in use.")


async def test_too_few_descriptors_are_said_at_once():
    running = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", 'ulimit -n 512; exec "$@"', "sh", sys.executable, "-I", "-m", "kallskydd", "relay",
        "--listen", f"127.0.0.1:{free_port()}", "--onion", f"{ONION}:443", "--name", NAME,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await running.communicate()

    assert running.returncode == 4
    assert said.startswith(b"The relay needs 1152 descriptors")


async def test_it_listens_on_both_kinds_of_addresses(site):
    six = free_port()
    async with site.process(also=("--listen", f"[::1]:{six}")):
        assert await (await site.browse()).ask()
        assert await (await site.browse("::1", at=("::1", six))).ask()


@pytest.mark.parametrize(
    "words",
    [
        ("--listen", "127.0.0.1", "--onion", f"{ONION}:443", "--name", NAME),
        ("--listen", "somewhere:443", "--onion", f"{ONION}:443", "--name", NAME),
        ("--listen", "127.0.0.1:443", "--onion", f"{ONION[1:]}:443", "--name", NAME),
        ("--listen", "127.0.0.1:443", "--onion", f"{ONION}:443", "--name", "spegel"),
        ("--listen", "127.0.0.1:443", "--onion", f"{ONION}:443", "--name", "spégel.example"),
        ("--listen", "127.0.0.1:443", "--onion", f"{ONION}:443", "--name", NAME, "--tor", "192.0.2.1:9050"),
    ],
    ids=["no port", "no address", "no onion", "no domain", "not ascii", "tor elsewhere"],
)
async def test_what_is_named_wrongly_is_said_at_once(words):
    code, said = await relay_command(*words)

    assert code == 2
    assert "error" in said
