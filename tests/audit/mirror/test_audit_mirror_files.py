"""The files of the proxies against the closed tables: ours pass, and nothing else that could tell of a visitor does."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.mirror.brackets import Unreadable
from audit.mirror.proxy_file import caddy_problems, nginx_problems

PROXY = Path(__file__).parents[3] / "deploy" / "proxy"
NGINX, CADDY = (PROXY / "nginx.conf").read_text(), (PROXY / "Caddyfile").read_text()


def judged(name: str, text: str) -> list[str]:
    judge = nginx_problems if name == "nginx" else caddy_problems
    return [one.name for one in judge(text, lambda path: path.startswith("/run/"))]


@pytest.mark.parametrize(("name", "text"), [("nginx", NGINX), ("caddy", CADDY)])
def test_our_file_passes(name, text):
    assert judged(name, text) == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("access_log off;", "access_log /var/log/nginx/access.log;", "access_log"),
        ("  access_log off;\n", "", "access_log"),
        ("error_log /dev/null emerg;", "error_log stderr;", "error_log"),
        ("error_log /dev/null emerg;", "error_log /dev/null emerg; error_log syslog:server=unix:/dev/log;", "error_log"),
        ("error_log /dev/null emerg;\nevents", "events", "error_log"),
        ("proxy_request_buffering off;", "", "proxy_request_buffering"),
        ("proxy_buffering off;", "proxy_buffering on;", "proxy_buffering"),
        ("proxy_max_temp_file_size 0;", "", "proxy_max_temp_file_size"),
        ("proxy_cache off;", "proxy_cache zone;", "proxy_cache"),
        ("proxy_cache off;", "proxy_cache off; proxy_store on;", "proxy_store"),
        ("proxy_cache off;", "mirror /copy;", "mirror"),
        ("proxy_cache off;", "include /etc/nginx/proxy_params;", "include"),
        ("proxy_cache off;", "add_header X-Address $remote_addr;", "add_header"),
        ('X-Forwarded-For "";', "X-Forwarded-For $proxy_add_x_forwarded_for;", "proxy_set_header"),
        ('proxy_set_header X-Real-IP "";', "", "proxy_set_header X-Real-IP"),
        ("proxy_set_header Host mirror.example;", "proxy_set_header Host $remote_addr.example;", "proxy_set_header"),
        ("Host mirror.example;", 'Host mirror.example; proxy_set_header X-Who "$remote_addr";', "proxy_set_header"),
        ("ssl_session_tickets off;", "", "ssl_session_tickets"),
        ("ssl_protocols TLSv1.3;", "ssl_protocols TLSv1.2 TLSv1.3;", "ssl_protocols"),
        ("client_body_temp_path /run/", "client_body_temp_path /var/lib/", "client_body_temp_path"),
        ("    listen 443 ssl;", "    listen 443 ssl proxy_protocol;", "listen"),
        ("server 127.0.0.1:8443;", "server 192.0.2.1:443;", "server"),
        ("http {", "http { log_format full $remote_addr;", "log_format"),
        ("events {", "load_module modules/ngx_http_perl_module.so; events {", "load_module"),
        ("events {", "env ADDRESS; stream { } events {", "stream"),
        ("    location / {", "    location /copy { proxy_pass https://relay; } location / {", "location"),
        ("    location / {", "    if ($http_user_agent) { return 403; } location / {", "if"),
    ],
)  # fmt: skip
def test_an_nginx_that_could_log_buffer_keep_or_tell_is_a_finding(old, new, named):
    assert old in NGINX
    assert named in judged("nginx", NGINX.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("output discard", "output stderr", "output"),
        ("\tlog default {\n\t\toutput discard\n\t}\n", "", "log"),
        ("\theader -Server\n", "\tlog\n", "log"),
        ("\theader -Server\n", "\tlog {\n\t\toutput file /var/log/caddy/access.log\n\t}\n", "log"),
        ("\theader -Server\n", "\timport common\n", "import"),
        ("\theader -Server\n", "\theader X-Who {remote_host}\n", "header"),
        ("\theader -Server\n", "\trequest_body {\n\t\tmax_size 64MB\n\t}\n", "request_body"),
        ("\tadmin off\n", "", "admin"),
        ("\tadmin off\n", "\tadmin off\n\tdebug\n", "debug"),
        ("\t\tprotocols h1\n", "\t\tprotocols h1\n\t\ttrusted_proxies static private_ranges\n", "trusted_proxies"),
        ("\t\theader_up -X-Forwarded-For\n", "", "header_up -X-Forwarded-For"),
        ("header_up -X-Real-IP", "header_up X-Real-IP {remote_host}", "header_up"),
        ("header_up -Via", "request_buffers 4096", "request_buffers"),
        ("https://127.0.0.1:8443", "https://192.0.2.1:443", "reverse_proxy"),
        ("https://mirror.example:443 {", "import sites/*\nhttps://mirror.example:443 {", "import"),
        ("https://mirror.example:443 {", "http://mirror.example:80 {\n}\nhttps://mirror.example:443 {", "http://mirror.example:80"),
        ("protocols tls1.3", "protocols tls1.2", "protocols"),
    ],
)  # fmt: skip
def test_a_caddy_that_could_log_buffer_or_tell_is_a_finding(old, new, named):
    assert old in CADDY
    assert named in judged("caddy", CADDY.replace(old, new))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nginx", NGINX.rpartition("}")[0]), ("nginx", NGINX + "}"), ("nginx", NGINX + "pid"), ("nginx", 'pid "/run'),
        ("caddy", CADDY.rpartition("}")[0]), ("caddy", CADDY + "}\n"), ("caddy", CADDY.replace("h1", "`h1`")),
        ("caddy", CADDY.replace("output discard", "output { x")),
    ],
)  # fmt: skip
def test_a_file_that_is_not_wholly_read_is_not_judged_by_half(name, text):
    with pytest.raises(Unreadable):
        judged(name, text)


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_an_empty_file_is_a_finding(name):
    assert judged(name, "") != []
