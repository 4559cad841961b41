"""`audit mirror` on a host whose proxy ends TLS: with our files nothing is found, with a distribution's what they write."""

from __future__ import annotations

import os

import pytest
from audits.harness import UNSEEN_HERE
from audits.mirror import PROXY, Mirror, said, verdicts

# What a distribution's files say, as far as it matters here, and the same way to the relay.
NGINX_AS_IT_COMES = """
worker_processes 1; pid /run/kallskydd-proxy/nginx.pid; error_log /etc/kallskydd-proxy/var/log/error.log;
events { worker_connections 768; }
http { access_log /etc/kallskydd-proxy/var/log/access.log; client_body_temp_path /run/kallskydd-proxy/body;
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
# Started by a test, with a SOCKS of the test's own.
BY_HAND = {"units", "torrc"}


@pytest.mark.parametrize(("name", "file"), [("nginx", "nginx.conf"), ("caddy", "Caddyfile")])
async def test_a_hardened_proxy_and_the_relay_behind_it_pass(name, file, mirror_folder):
    mirror = Mirror(mirror_folder)
    async with mirror.up(), mirror.relay() as relay, mirror.proxy(name, (PROXY / file).read_text()) as (pid, port):
        report = await mirror.audit(pid, relay, port=port)

    not_clean = {row: said(report, row) for row, verdict in verdicts(report).items() if verdict != "clean"}
    assert set(not_clean) == BY_HAND | UNSEEN_HERE, not_clean
    assert "a visit without what is behind: times 1, outcome 502" in said(report, "requests")
    assert f"{name} {pid} ends TLS" in said(report, "memory")


async def test_an_nginx_as_it_comes_fails(mirror_folder):
    mirror = Mirror(mirror_folder)
    async with mirror.up(), mirror.relay() as relay, mirror.proxy("nginx", NGINX_AS_IT_COMES) as (pid, port):
        report = await mirror.audit(pid, relay, port=port)

    found = verdicts(report)
    assert {found["configuration"], found["descriptors"], found["files"]} == {"finding"}
    assert found["memory"] == "clean"
    assert "finding: a visit to another name was answered" in said(report, "requests")
    # The body, in a file without a name.
    assert "(deleted) holds the planted text, during an upload" in said(report, "descriptors")
    for name in ("access.log", "error.log"):
        assert f"{name} holds a planted address, the planted browser" in said(report, "files")
    for name in ("access_log", "error_log", "proxy_request_buffering", "proxy_set_header Forwarded"):
        assert f": {name} is " in said(report, "configuration")


async def test_a_caddy_as_it_comes_fails(mirror_folder):
    mirror = Mirror(mirror_folder)
    said_by_caddy = mirror_folder / "var/log/caddy"
    async with (
        mirror.up(),
        mirror.relay() as relay,
        mirror.proxy("caddy", CADDY_AS_IT_COMES, output=said_by_caddy) as (pid, port),
    ):
        report = await mirror.audit(pid, relay, port=port)

    found = verdicts(report)
    assert {found["configuration"], found["descriptors"], found["files"]} == {"finding"}
    assert f"caddy {pid} has open: 2 {said_by_caddy}" in said(report, "descriptors")
    assert "holds a planted address, the planted browser, while what is behind is gone" in said(report, "descriptors")
    assert ": log is -, and should be there" in said(report, "configuration")


async def test_a_file_that_was_changed_after_the_start_is_not_seen(mirror_folder):
    mirror = Mirror(mirror_folder)
    async with (
        mirror.up(),
        mirror.relay() as relay,
        mirror.proxy("nginx", NGINX_AS_IT_COMES) as (pid, port),
    ):
        ours = (PROXY / "nginx.conf").read_text().replace("/run/kallskydd-proxy", str(mirror_folder / "run"))
        file = mirror_folder / "file"
        file.write_text(ours)
        changed = file.stat().st_mtime + 60
        os.utime(file, (changed, changed))
        report = await mirror.audit(pid, relay, port=port, stop=None, start=None)

    assert verdicts(report)["configuration"] == "not seen"
    assert verdicts(report)["files"] == "finding"
