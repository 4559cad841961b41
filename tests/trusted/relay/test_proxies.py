"""The proxies that end TLS on a trusted host: with our files nothing of a visit is written, with their defaults it is.

A proxy of deploy/proxy before the relay, the relay before a SOCKS, the SOCKS before a server of HTTP over TLS. Looked at
while a marked upload is under way, after one that was aborted, and after one that met a dead relay: every file below the
proxy's folder, what it said, and every file it holds open, unlinked ones too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from networks.relay_harness import NAME, Site, contexts, ended, free_port

from intake.http.forwarded import _tells_an_address as is_forwarded

PROXY = Path(__file__).parents[3] / "deploy" / "proxy"
MARKER = b"kallskydd-marker-of-a-body-0123456789\n"
BROWSER = "kallskydd-marker-of-a-browser"
SOURCE = "127.0.0.77"
BODY = MARKER * (12 * 2**20 // len(MARKER))

# What a distribution's files say, as far as it matters here, and the same way to the relay.
NGINX_AS_IT_COMES = """
worker_processes 1; pid /run/kallskydd-proxy/nginx.pid; error_log /etc/kallskydd-proxy/error.log;
events { worker_connections 768; }
http { access_log /etc/kallskydd-proxy/access.log; client_body_temp_path /run/kallskydd-proxy/body;
  proxy_temp_path /run/kallskydd-proxy/proxy; fastcgi_temp_path /run/kallskydd-proxy/f;
  uwsgi_temp_path /run/kallskydd-proxy/f; scgi_temp_path /run/kallskydd-proxy/f; client_max_body_size 0;
  server { listen 443 ssl; server_name mirror.example;
    ssl_certificate /etc/kallskydd-proxy/fullchain.pem; ssl_certificate_key /etc/kallskydd-proxy/key.pem;
    location / { proxy_pass https://127.0.0.1:8443; proxy_ssl_server_name on; proxy_ssl_name mirror.example;
      proxy_set_header Host mirror.example; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; } } }
"""
CADDY_AS_IT_COMES = """
{
	admin off
}
https://mirror.example:443 {
	tls /etc/kallskydd-proxy/fullchain.pem /etc/kallskydd-proxy/key.pem
	reverse_proxy https://127.0.0.1:8443 {
		header_up Host mirror.example
		transport http {
			tls_server_name mirror.example
			tls_trusted_ca_certs /etc/kallskydd-proxy/home.pem
		}
	}
}
"""


@dataclass
class Seen:
    """What reached the server, and what was found beside the proxy."""

    headers: list[str] = field(default_factory=list)
    whole: int = 0
    found: set[str] = field(default_factory=set)


@pytest.fixture
def folder(short_folder):
    # nginx's worker has an account of its own.
    short_folder.chmod(0o755)
    (short_folder / "run").mkdir()
    return short_folder


def commands(name: str, folder: Path) -> list[str]:
    if name == "nginx":
        return ["/usr/sbin/nginx", "-e", "/dev/null", "-c", str(folder / "file"), "-g", "daemon off;"]
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "file")]


@contextlib.asynccontextmanager
async def running(name: str, text: str, folder: Path, relay_port: int) -> AsyncIterator[tuple[int, int]]:
    """A proxy with this file, moved into the folder of the test; gives its pid and port."""
    port = free_port()
    text = text.replace("/etc/kallskydd-proxy", str(folder)).replace("/run/kallskydd-proxy", str(folder / "run"))
    text = text.replace("mirror.example:443", f"{NAME}:{port}").replace("mirror.example", NAME)
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}").replace("listen [::]:443", f"listen [::1]:{port}")
    (folder / "file").write_text(text.replace("127.0.0.1:8443", f"127.0.0.1:{relay_port}"))
    environment = {**os.environ, "XDG_DATA_HOME": str(folder / "run"), "XDG_CONFIG_HOME": str(folder / "run")}
    with (folder / "said").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *commands(name, folder), stdout=said, stderr=said, env=environment
        )
        try:
            async with asyncio.timeout(20):
                while True:
                    with contextlib.suppress(OSError):
                        _, writer = await asyncio.open_connection("127.0.0.1", port)
                        writer.close()
                        break
                    assert process.returncode is None, (folder / "said").read_text()
                    await asyncio.sleep(0.05)
            yield process.pid, port
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def look(pid: int, folder: Path) -> set[str]:
    """Where the markers stand: files by name below the folder, and those that the proxy holds open."""
    markers = (MARKER.strip(), SOURCE.encode(), BROWSER.encode())
    files = {path: path.name for path in folder.rglob("*") if path.is_file()}
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for one in (str(pid), *children):
        for descriptor in Path(f"/proc/{one}/fd").iterdir():
            with contextlib.suppress(OSError):
                target = os.readlink(descriptor)
                if target.startswith("/") and not target.startswith("/dev/"):
                    files[descriptor] = f"open: {Path(target).name}"
    found = set()
    for path, name in files.items():
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            found |= {f"{name}: {marker.decode()[:26]}" for marker in markers if marker in content}
    return found


async def visit(name: str, text: str, folder: Path) -> Seen:
    """An upload to its end, one that is cut off, and one after the relay is gone."""
    seen = Seen()

    async def serve(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                seen.headers += [line.split(":")[0].lower() for line in head.splitlines()[1:] if line]
                body = b""
                if found := re.search(r"(?i)content-length: (\d+)", head):
                    body = await reader.readexactly(int(found[1]))
                seen.whole += body == BODY
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()

    site = Site(folder)
    (folder / "home.pem").write_bytes((folder / "certificate.pem").read_bytes())
    (folder / "outside").mkdir()
    _, client = contexts(folder / "outside")
    (folder / "fullchain.pem").write_bytes((folder / "outside/certificate.pem").read_bytes())
    (folder / "proxy-key.pem").write_bytes((folder / "outside/key.pem").read_bytes())
    text = text.replace("/etc/kallskydd-proxy/key.pem", "/etc/kallskydd-proxy/proxy-key.pem")
    async with site.up(serve, tls=True), contextlib.AsyncExitStack() as stack:
        relaying = await stack.enter_async_context(contextlib.AsyncExitStack())
        await relaying.enter_async_context(site.relay())
        pid, port = await stack.enter_async_context(running(name, text, folder, site.relay_port))
        # To the end, looked at in the middle.
        reader, writer = await send(port, client, BODY[: len(BODY) // 2])
        await asyncio.sleep(1)
        seen.found |= look(pid, folder)
        writer.write(BODY[len(BODY) // 2 :])
        assert b" 200 " in await reader.readuntil(b"\r\n")
        writer.close()
        # Cut off.
        _, writer = await send(port, client, BODY[: len(BODY) // 2])
        await asyncio.sleep(0.5)
        writer.transport.abort()
        await asyncio.sleep(0.5)
        seen.found |= look(pid, folder)
        # And to a relay that is gone.
        await relaying.aclose()
        reader, writer = await send(port, client, BODY[:1000], length=1000)
        assert b" 502 " in await ended(reader, 20)
        writer.close()
        seen.found |= look(pid, folder)
    return seen


async def send(port: int, client: ssl.SSLContext, body: bytes, *, length: int = len(BODY)):
    """The head of an upload and a part of its body, from an address of its own."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=client, server_hostname=NAME, local_addr=(SOURCE, 0)
    )
    head = f"POST /report?{BROWSER} HTTP/1.1\r\nHost: {NAME}\r\nUser-Agent: {BROWSER}\r\nAccept-Language: sv\r\n"
    head += f"Referer: https://{NAME}/{BROWSER}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    writer.write(head.encode() + body)
    async with asyncio.timeout(20):
        await writer.drain()
    return reader, writer


@pytest.mark.parametrize(("name", "file"), [("nginx", "nginx.conf"), ("caddy", "Caddyfile")])
async def test_with_our_file_a_proxy_passes_an_upload_and_writes_nothing_of_it(name, file, folder):
    seen = await visit(name, (PROXY / file).read_text(), folder)

    assert seen.whole == 1
    assert seen.found == set()
    # Nothing that the intake refuses, and nothing that tells visitors apart.
    assert [one for one in seen.headers if is_forwarded(one)] == []
    assert set(seen.headers) & {"accept-language", "referer"} == set()


@pytest.mark.parametrize(("name", "text"), [("nginx", NGINX_AS_IT_COMES), ("caddy", CADDY_AS_IT_COMES)])
async def test_with_its_defaults_a_proxy_writes_down_who_came(name, text, folder):
    seen = await visit(name, text, folder)

    assert any(SOURCE in one for one in seen.found)
    assert any(BROWSER[:26] in one for one in seen.found)
    if name == "nginx":
        # Of a file without a name.
        assert any(one.startswith("open: ") and MARKER.decode()[:26] in one for one in seen.found)
    assert any(is_forwarded(one) for one in seen.headers)


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_the_units_of_the_proxies_say_and_keep_nothing(name):
    text = (PROXY / f"{name}.service.conf").read_text()

    for line in ("StandardOutput=null", "StandardError=null", "MemorySwapMax=0", "LimitCORE=0", "IPAccounting=no"):
        assert f"\n{line}\n" in text
    assert "-/var/log" in text
