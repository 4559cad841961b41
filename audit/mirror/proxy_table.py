"""The closed tables of the two proxies: each directive that may stand in their files, where, and with which value.

As with tor's table: a directive that is not here is a finding whatever it says, for each program has hundreds, and any
of them may log, buffer, keep or pass on an address. `wanted` is what the finding asks for. What a table requires has to
hold for every place that forwards, be it by a line of its own or of a block around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

LEFT_OUT = "left out"
# What the intake refuses, and what tells visitors apart: none of it goes on.
TAKEN_OFF = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "User-Agent", "Accept-Language", "Referer")
# Caddy adds these two by itself.
TAKEN_OFF_BY_CADDY = (*TAKEN_OFF, "X-Forwarded-Host", "X-Forwarded-Proto")
_FOLDER_IN_MEMORY = "a folder in memory"


@dataclass(frozen=True, slots=True)
class ProxyRule:
    """One row: the value as a regular expression over all words, and what it has to be in words."""

    value: str
    wanted: str
    often: bool = False
    in_memory: bool = False

    def allows(self, value: str, is_in_memory: Callable[[str], bool]) -> bool:
        """Whether this value may stand there."""
        return re.fullmatch(self.value, value) is not None and (not self.in_memory or is_in_memory(value))


@dataclass(frozen=True, slots=True)
class Block:
    """What may stand in a block, and which names have to be set where it is the innermost."""

    rules: dict[str, ProxyRule]
    blocks: dict[str, Block] = field(default_factory=dict)
    opens: str = ""  # the words after its name, as a regular expression
    required: tuple[str, ...] = ()


def _only(value: str) -> ProxyRule:
    return ProxyRule(re.escape(value), value)


_NUMBER = ProxyRule(r"\d+", "a number")
_SECONDS = ProxyRule(r"\d+[smh]?", "a time")
_SIZE = ProxyRule(r"\d+[kKmM]?", "a size")
_PATH = ProxyRule(r"/[\w./-]+", "a path")
_IN_MEMORY = ProxyRule(r"/[\w./-]+", _FOLDER_IN_MEMORY, in_memory=True)
# On this computer, by number or by a unix socket; a name with `$` in it would be made of what a visitor says.
_BEHIND = r"(?:127\.0\.0\.1:\d+|\[::1\]:\d+|unix:/[\w./-]+)"
_NAME = r"[a-z0-9-]+(?:\.[a-z0-9-]+)+"

# May stand in http, server and location alike; nginx hands them down.
_NGINX_COMMON = {
    "access_log": _only("off"),
    "error_log": _only("/dev/null emerg"),
    "log_not_found": _only("off"),
    "server_tokens": _only("off"),
    **{f"{what}_temp_path": _IN_MEMORY for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")},
    "client_max_body_size": _SIZE,
    **{f"{what}_timeout": _SECONDS for what in ("client_header", "client_body", "send", "keepalive")},
    **{f"proxy_{what}_timeout": _SECONDS for what in ("connect", "read", "send")},
    "proxy_http_version": _only("1.1"),
    "proxy_request_buffering": _only("off"),
    "proxy_buffering": _only("off"),
    "proxy_max_temp_file_size": _only("0"),
    "proxy_cache": _only("off"),
    "proxy_ssl_protocols": _only("TLSv1.3"),
    "proxy_ssl_server_name": _only("on"),
    "proxy_ssl_name": ProxyRule(_NAME, "a name"),
    "proxy_ssl_verify": _only("on"),
    "proxy_ssl_trusted_certificate": _PATH,
    "proxy_ssl_session_reuse": _only("off"),
    "ssl_protocols": _only("TLSv1.3"),
    "ssl_session_tickets": _only("off"),
    "ssl_session_cache": ProxyRule("none|off", "none"),
    # "Name value": a host name, nothing for Connection, and nothing for what is taken off.
    "proxy_set_header": ProxyRule(
        rf"(?i:Host) {_NAME}|(?i:Connection|{'|'.join(TAKEN_OFF)}) ?", "empty, or the mirror's name", often=True
    ),
}
_NGINX_LOCATION = Block(
    {**_NGINX_COMMON, "proxy_pass": ProxyRule(rf"https?://(?:{_BEHIND}|[a-z_]+)", "on this computer")},
    opens="/",
    required=(
        "access_log", "error_log", "client_body_temp_path", "proxy_temp_path", "proxy_request_buffering",
        "proxy_buffering", "proxy_max_temp_file_size", "proxy_pass",
        *(f"proxy_set_header {name}" for name in TAKEN_OFF),
    ),
)  # fmt: skip
_NGINX_SERVER = Block(
    {
        **_NGINX_COMMON,
        "listen": ProxyRule(
            r"(?:[\d.]+:|\[[\da-f:]+\]:)?\d+ ssl(?: default_server)?", "an address with ssl", often=True
        ),
        "server_name": ProxyRule(rf"_|{_NAME}", "a name"),
        "ssl_certificate": _PATH,
        "ssl_certificate_key": _PATH,
        "ssl_reject_handshake": _only("on"),
    },
    {"location": _NGINX_LOCATION},
    required=("access_log", "error_log", "ssl_protocols", "ssl_session_tickets", "ssl_session_cache"),
)
_NGINX_UPSTREAM = Block(
    {"server": ProxyRule(_BEHIND, "on this computer"), "keepalive": _NUMBER, "keepalive_timeout": _SECONDS},
    opens="[a-z_]+",
)
NGINX = Block(
    {
        "worker_processes": ProxyRule(r"\d+|auto", "a number"),
        "worker_rlimit_nofile": _NUMBER,
        "user": ProxyRule(r"[\w-]+", "an account"),
        "pid": _PATH,
        "error_log": _only("/dev/null emerg"),
    },
    {
        "events": Block({"worker_connections": _NUMBER}),
        "http": Block(_NGINX_COMMON, {"server": _NGINX_SERVER, "upstream": _NGINX_UPSTREAM}),
    },
    required=("error_log", "http"),
)

_CADDY_HEADER_UP = ProxyRule(rf"(?i:Host) {_NAME}|-(?i:{'|'.join(TAKEN_OFF_BY_CADDY)})", "a header taken off, or Host",
                        often=True)  # fmt: skip
_CADDY_PROXY = Block(
    {"header_up": _CADDY_HEADER_UP},
    {
        "transport": Block({
            "versions": _only("1.1"), "compression": _only("off"), "keepalive": _SECONDS, "dial_timeout": _SECONDS,
            "tls_server_name": ProxyRule(_NAME, "a name"), "tls_trusted_ca_certs": _PATH,
        }, opens="http"),
    },
    opens=rf"(?:https?://)?{_BEHIND}",
    required=tuple(f"header_up -{name}" for name in TAKEN_OFF_BY_CADDY),
)  # fmt: skip
CADDY_SITE = Block(
    {"header": _only("-Server")},
    {
        "tls": Block({"protocols": _only("tls1.3")}, opens=r"/[\w./-]+ /[\w./-]+", required=("protocols",)),
        "reverse_proxy": _CADDY_PROXY,
    },
    required=("tls", "reverse_proxy"),
)
CADDY_OPTIONS = Block(
    {
        "admin": _only("off"),
        "auto_https": ProxyRule("disable_redirects|off", "disable_redirects"),
        "persist_config": _only("off"),
    },
    {
        "log": Block({"output": _only("discard")}, opens="default", required=("output",)),
        "servers": Block(
            {"protocols": ProxyRule("h1|h1 h2|h2", "h1")},
            {"timeouts": Block({"read_header": _SECONDS, "read_body": _SECONDS, "write": _SECONDS, "idle": _SECONDS})},
        ),
    },
    required=("admin", "log"),
)
CADDY_SITE_ADDRESS = rf"(?:https://)?{_NAME}(?::\d+)?"
