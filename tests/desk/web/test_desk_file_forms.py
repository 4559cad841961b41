"""A form with a file is read in memory, up to its bound, whatever it says of itself."""

from __future__ import annotations

import os

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.web.local.forms import FormUnreadable
from desk.web.local.forms_with_file import FileTooLarge, read_file_form

LIMIT = 100_000
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}


async def read(body: bytes | aiohttp.FormData, headers: dict | None = None):
    """What a handler gets, or what it is refused with."""
    got = []

    async def handler(request: web.Request) -> web.Response:
        try:
            got.append(await read_file_form(request, LIMIT))
        except FormUnreadable as refused:
            got.append(refused)
        return web.Response()

    app = web.Application()
    app.router.add_post("/", handler)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        answer = await session.post(server.make_url("/"), data=body, headers=headers)
        answer.release()
    return got[0]


def a_form(content: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("token", "abc")
    form.add_field("file", content, filename="hemligt namn.bin", content_type="application/octet-stream")
    form.add_field("text", "åäö\r\nrad två")
    return form


@pytest.mark.parametrize("size", [0, 1, 8190, 8192, 50_000, LIMIT - 2000])
async def test_fields_and_file_come_as_they_were_sent(size):
    content = os.urandom(size)

    got = await read(a_form(content))

    assert got.file == content
    assert (got.form.token, got.form.one("text")) == ("abc", "åäö\nrad två")


@pytest.mark.parametrize("size", [LIMIT + 1, 10 * LIMIT])
async def test_what_is_larger_than_the_bound_is_refused(size):
    assert isinstance(await read(a_form(bytes(size))), FileTooLarge)


async def test_many_small_parts_are_refused():
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'

    assert isinstance(await read(part * 60 + b"--b--\r\n", MULTIPART), FormUnreadable)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b",
        b"--b\r\n\r\nno name\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nno end',
        b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\xfe\r\n--b--\r\n',
        b'--b\r\nContent-Type: multipart/mixed; boundary=c\r\nContent-Disposition: form-data; name="a"\r\n\r\n--c--\r\n--b--\r\n',
        b"--b\r\nX: " + b"y" * 20_000 + b"\r\n\r\n\r\n--b--\r\n",
    ],
)
async def test_what_is_no_form_of_ours_is_refused(body):
    assert isinstance(await read(body, MULTIPART), FormUnreadable)


async def test_another_kind_of_body_is_refused():
    assert isinstance(await read(b"token=abc", {"Content-Type": "text/plain"}), FormUnreadable)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=3000))
async def test_any_bytes_are_a_form_or_refused(body):
    got = await read(b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + body, MULTIPART)

    assert isinstance(got, FormUnreadable) or got.file in body
