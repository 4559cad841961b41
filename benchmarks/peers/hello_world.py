"""The least that aiohttp can do: one answer of thirteen bytes, on a unix socket. `hello_world.py SOCKET`."""

import sys

from aiohttp import web


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="Hello, world!")


app = web.Application()
app.router.add_get("/", hello)
web.run_app(app, path=sys.argv[1], access_log=None, print=None)
