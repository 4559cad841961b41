"""A walk through the syntax trees of what handles requests: nobody asks who sent one, and nobody says anything aloud.

A hint and no proof: the proof is that the process can learn no address and reach no log (test_confine, the canary). What
the walk adds is that a line which would ask, and get nothing today, is seen in the review of the change that brings it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.app import MIRROR_INSTEAD, ROUTES
from intake.site.tor import start_at_mirror

PROJECT = Path(__file__).parents[2]
PACKAGES = ("trusted", "second_reader", "intake", "cases", "scrubbers", "relay")

# Who sent it, by way of the connection. `post` writes files to the disk in the clear.
TELLING_ATTRIBUTES = {
    *(
        "remote",
        "get_extra_info",
        "getpeername",
        "peername",
        "raw_headers",
        "cookies",
        "post",
        "transport",
        "_transport",
    ),
    *("_transport_peername", "client_addr", "user_agent", "if_modified_since", "message", "_message"),
}
# The same attribute of something that is no request.
ATTRIBUTES_OF_REQUESTS_ONLY = {"post", "message", "_message", "cookies", "transport", "_transport"}
TELLING_HEADERS = {
    *("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "x-client-ip", "via"),
    *("true-client-ip", "cf-connecting-ip", "user-agent", "referer", "accept-language", "cookie", "dnt", "etag"),
}
# What is read of a request's headers. Each is about this one request and the same for every visitor, or a member's.
# Where a browser says it comes from is compared with our own address, in one place, and nothing else is done with it.
COMPARES_REFERER = "intake/site/origin_check.py"
# The language of the browser is read for the mirror's first page, in one place, and kept nowhere; the onion never reads
# it (test below).
READS_LANGUAGE = "intake/site/tor.py"
READ_HEADERS = {"hdrs.HOST", "hdrs.ORIGIN", "'Sec-Fetch-Site'", "hdrs.EXPECT", "wire.MEMBER_HEADER"}
# Where headers are handed on whole: to the check of a member's signature, which reads four of its own; and to the one
# that refuses a request for the name of a header, which may name those that tell, and reads no value (test below).
REFUSES_FORWARDED = "intake/http/forwarded.py"
WHOLE_HEADERS = {("intake/desk_api/request.py", "request.headers"), (REFUSES_FORWARDED, "request.headers")}
# These switch it off.
MAY_IMPORT_LOGGING = {"trusted/web/silence.py", "trusted/jail/fork_server.py"}
LOUD_MODULES = {"logging", "syslog", "systemd", "traceback", "faulthandler", "cgitb", "pdb"}
LOUD_METHODS = {"debug", "info", "warning", "error", "critical", "exception", "log"}
INDIRECT = {"getattr", "setattr", "vars", "eval", "exec", "__import__", "breakpoint"}


def requests_in(tree: ast.AST) -> set[str]:
    """Names under which a function takes a request of the web library."""
    arguments = [node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation is not None]
    return {
        one.arg for one in arguments if ast.unparse(one.annotation).strip("'\"") in {"web.Request", "web.BaseRequest"}
    }


def hints(source: str, file: str = "") -> Iterator[str]:
    """What in a module would ask who sent a request, or say something of it."""
    tree = ast.parse(source)
    web_names = requests_in(tree) | {"request"} if "aiohttp" in source else set()
    fine = {id(headers) for node in ast.walk(tree) for headers in _allowed_reading(node, file)}
    fine |= {id(node) for function in ast.walk(tree) for node in _of_the_wire(function)}
    for node in ast.walk(tree):
        for what in (*_asks(node, web_names, fine, file), *_says(node, file)):
            yield f"{file}:{getattr(node, 'lineno', 0)}: {what}"


def _allowed_reading(node: ast.AST, file: str) -> Iterator[ast.AST]:
    """The `request.headers` of `request.headers.get(NAME, …)` and `request.headers[NAME]`, for a name on the list."""
    names = READ_HEADERS | ({"hdrs.REFERER"} if file == COMPARES_REFERER else set())
    names |= {"hdrs.ACCEPT_LANGUAGE"} if file == READS_LANGUAGE else set()
    match node:
        case ast.Call(func=ast.Attribute(value=headers, attr="get"), args=[name, *_]) if ast.unparse(name) in names:
            yield headers
        case ast.Subscript(value=headers, slice=name) if ast.unparse(name) in names:
            yield headers


def _of_the_wire(function: ast.AST) -> Iterator[ast.AST]:
    """Everything said of a name to which this function gives a message of the desk's, which is no request of the web."""
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        inside = list(ast.walk(function))
        decoded = {
            ast.unparse(node.targets[0])
            for node in inside
            if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("messages.decode(")
        }
        yield from (node for node in inside if isinstance(node, ast.Attribute) and ast.unparse(node.value) in decoded)


def _asks(node: ast.AST, web_names: set[str], fine: set[int], file: str) -> Iterator[str]:
    if isinstance(node, ast.Attribute):
        of_request = isinstance(node.value, ast.Name) and node.value.id in web_names
        if node.attr in TELLING_ATTRIBUTES and (of_request or node.attr not in ATTRIBUTES_OF_REQUESTS_ONLY):
            yield f"asks for {ast.unparse(node)}"
        whole = (file, ast.unparse(node)) in WHOLE_HEADERS
        if node.attr == "headers" and of_request and id(node) not in fine and not whole:
            yield f"reads {ast.unparse(node)} beyond the list"
        named = node.attr.lower().replace("_", "-") in TELLING_HEADERS and ast.unparse(node).startswith("hdrs.")
        if named and (node.attr, file) not in {("REFERER", COMPARES_REFERER), ("ACCEPT_LANGUAGE", READS_LANGUAGE)}:
            yield f"names the header {node.attr}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
        if text.strip().rstrip(":").lower() in TELLING_HEADERS and file != REFUSES_FORWARDED:
            yield f"names the header {text}"


def _says(node: ast.AST, file: str) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        for name in names:
            if name.split(".")[0] in LOUD_MODULES and file not in MAY_IMPORT_LOGGING:
                yield f"imports {name}"
    if isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr"}:
        yield f"uses {ast.unparse(node)}"
    if not isinstance(node, ast.Call):
        return
    called = ast.unparse(node.func)
    if called in {"print", "warnings.warn", "input"}:
        yield f"calls {called}"
    if isinstance(node.func, ast.Attribute) and node.func.attr in LOUD_METHODS and "log" in called.rsplit(".", 1)[0]:
        yield f"calls {called}"
    named = len(node.args) >= 2 and isinstance(node.args[1], ast.Constant)
    if called in INDIRECT and not (called == "getattr" and named):
        yield f"calls {called} with a name that no reader can see"


def test_nothing_that_handles_requests_asks_who_sent_one_or_says_anything_aloud():
    files = [path for package in PACKAGES for path in sorted((PROJECT / package).rglob("*.py"))]

    found = [hint for path in files for hint in hints(path.read_text("utf-8"), str(path.relative_to(PROJECT)))]

    assert len(files) > 100
    assert found == []


def test_who_refuses_forwarded_addresses_reads_the_names_of_headers_and_nothing_else_of_a_request():
    tree = ast.parse((PROJECT / REFUSES_FORWARDED).read_text("utf-8"))

    read = [
        node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("request")
    ]
    names = [node.generators[0] for node in ast.walk(tree) if isinstance(node, ast.GeneratorExp)]

    assert [ast.unparse(node) for node in read] == ["request.headers"]
    assert [ast.unparse(one) for one in names] == [" for name in request.headers"]


def test_the_language_of_a_browser_is_read_by_the_first_page_of_the_mirror_alone():
    readers = {
        str(path.relative_to(PROJECT))
        for package in PACKAGES
        for path in (PROJECT / package).rglob("*.py")
        if "ACCEPT_LANGUAGE" in path.read_text("utf-8")
    }
    tree = ast.parse((PROJECT / READS_LANGUAGE).read_text("utf-8"))
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]

    assert readers == {READS_LANGUAGE}
    assert [one.name for one in functions if "ACCEPT_LANGUAGE" in ast.unparse(one)] == ["start_at_mirror"]
    assert start_at_mirror not in [handler for _method, _path, handler in ROUTES]
    assert list(MIRROR_INSTEAD.items()) == [("/", start_at_mirror)]


@pytest.mark.parametrize(
    "line",
    [
        "request.remote",
        "request.transport.get_extra_info('peername')",
        "connection.getpeername()",
        "request.headers.get('X-Forwarded-For')",
        "request.headers['User-Agent']",
        "request.headers.get(hdrs.REFERER)",
        "request.headers.get(hdrs.ACCEPT_LANGUAGE)",
        "request.headers.get(name)",
        "dict(request.headers)",
        "request.raw_headers",
        "request.cookies",
        "request.message",
        "await request.post()",
        "print(request.path)",
        "logger.info('%s', request)",
        "logging.getLogger('x').error(request.path)",
        "sys.stderr.write(request.path)",
        "warnings.warn(request.path)",
        "getattr(request, name)",
        "getattr(request, 're' + 'mote')",
        "vars(request)",
        "import syslog",
        "from logging import getLogger",
    ],
)
def test_a_line_that_would_is_seen(line):
    source = f"from aiohttp import hdrs, web\nasync def handler(request: web.Request) -> None:\n    {line}\n"

    assert list(hints(source))


def test_a_request_under_another_name_is_one_too():
    source = (
        "from aiohttp import web\nasync def handler(asked: web.Request) -> None:\n    return asked.headers.get('X')\n"
    )

    assert list(hints(source))


def test_no_exception_to_the_walk_has_become_needless():
    for file, text in WHOLE_HEADERS:
        assert text in (PROJECT / file).read_text()
    for file in MAY_IMPORT_LOGGING:
        assert "import logging" in (PROJECT / file).read_text()
