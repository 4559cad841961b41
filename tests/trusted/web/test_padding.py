"""Answers come in a few sizes, counted as they travel: head and body together, whatever the page, language or state."""

import asyncio

import pytest
from processes.service import Service, offline_network, trial_home

from cases.languages import LANGUAGES
from intake.app import ROUTES
from trusted.web.padding import SIZES


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("padding")
    trial_home(folder / "home")
    with Service(folder / "home", offline_network(folder / "net")) as running:
        yield running


async def bytes_of_answer(service, path: str, method: str = "GET") -> int:
    """Everything that comes down the line for one request."""
    reader, writer = await asyncio.open_unix_connection(str(service.public_socket))
    head = f"{method} {path} HTTP/1.1\r\nHost: {service.public_address}.onion\r\nContent-Length: 0\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    size = len(await reader.read(-1))
    writer.close()
    # The library's answer to our `close`, which no browser asks for.
    return size - len("Connection: close\r\n")


async def test_every_page_in_every_language_is_of_one_of_four_sizes(service):
    paths = [path for method, path, _handler in ROUTES if method == "GET" and "{" not in path]

    sizes = {
        await bytes_of_answer(service, f"{path}?lang={code}")
        for path in [*paths, "/there-is-no-such-page", f"/page/{32 * '0'}"]
        for code in LANGUAGES
    }

    assert sizes <= set(SIZES)


async def test_refusals_are_of_the_same_sizes(service):
    posts = [path for method, path, _handler in ROUTES if method == "POST"]

    sizes = {await bytes_of_answer(service, path, "POST") for path in posts}

    assert sizes <= set(SIZES)
