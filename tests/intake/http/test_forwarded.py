"""A request that brings somebody's address is refused at both entrances, counted, and nothing of it is stored."""

from __future__ import annotations

from itertools import chain
from typing import Final

import pytest
from networks.mirror_harness import running_mirror
from processes.service import copies, new_marker
from visitors.intake_harness import file_report, running_intake

from trusted.web.silence import FIXED_BODY

# What proxies and networks of them put the visitor's address, her country or their own name into: by their manuals, and
# by the lists of programs that look for it.
NAMES_OF: Final = {
    "the standards": ("Forwarded", "Via", "CDN-Loop"),
    "nginx, Traefik, Caddy": ("X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"),
    "Apache httpd": ("X-Forwarded-Server", "X-Client-IP"),
    "HAProxy": ("X-Forwarded-Port", "X-Original-To"),
    "Envoy": ("X-Envoy-External-Address", "X-Envoy-Original-Path"),
    "IIS, ASP.NET": ("X-Original-For", "X-Original-Host"),
    "WebLogic": ("WL-Proxy-Client-IP", "Proxy-Client-IP"),
    "ingress-nginx": ("X-Original-Forwarded-For",),
    "Zeus, Rackspace": ("X-Cluster-Client-IP",),
    "proxies of companies": ("X-BlueCoat-Via", "Z-Forwarded-For"),
    "Akamai": ("True-Client-IP",),
    "Alibaba": ("Ali-CDN-Real-IP",),
    "Amazon CloudFront": ("CloudFront-Viewer-Address", "CloudFront-Viewer-Country"),
    "Azure": ("X-Azure-ClientIP", "X-Azure-SocketIP"),
    "Bunny": ("CDN-RequestCountryCode",),
    "Cloudflare": ("CF-Connecting-IP", "CF-Connecting-IPv6", "CF-Pseudo-IPv4", "CF-IPCountry", "CF-Ray", "CF-Visitor"),
    "DigitalOcean": ("DO-Connecting-IP",),
    "Fastly": ("Fastly-Client-IP", "Fastly-Client"),
    "Fly": ("Fly-Client-IP",),
    "Google": ("X-Appengine-User-IP", "X-Appengine-Country", "X-Client-Geo-Location"),
    "Imperva": ("Incap-Client-IP",),
    "Netlify": ("X-NF-Client-Connection-IP",),
    "Sucuri": ("X-Sucuri-ClientIP", "X-Sucuri-Country"),
    "Vercel": ("X-Vercel-Forwarded-For", "X-Vercel-IP-City"),
    "frameworks that look for them": (
        "Client-IP", "X-ProxyUser-Ip", "X-Remote-IP", "X-Remote-Addr", "Remote-Addr", "X-Originating-IP", "X-Host-IP",
        "X-GeoIP-Country", "X-User-IP", "X-True-IP", "X-Forwarded", "Forwarded-For", "X-Forward-For",
    ),
    "a gateway into Tor": ("X-Tor2web",),
    "another spelling": ("x-forwarded-for", "X_Forwarded_For", "X_Real_IP", "CF_CONNECTING_IP"),
}  # fmt: skip
NAMES: Final = tuple(chain.from_iterable(NAMES_OF.values()))
# Of browsers, of those inside other programs, and of what is asked of servers: https://www.iana.org/assignments/
# http-fields and the sources of Firefox and Chromium.
OF_BROWSERS: Final = (
    "User-Agent", "Accept", "Accept-Language", "Cookie", "Referer", "DNT", "Upgrade-Insecure-Requests", "Sec-Fetch-Dest",
    "Sec-Fetch-Mode", "Sec-Fetch-User", "Sec-Fetch-Storage-Access", "Sec-GPC", "Sec-Purpose", "Purpose", "Priority",
    "Origin-Agent-Cluster", "TE", "Pragma", "Cache-Control", "If-None-Match", "If-Modified-Since", "Range", "Alt-Used",
    "Save-Data", "ECT", "RTT", "Downlink", "DPR", "Width", "Viewport-Width", "Device-Memory", "Service-Worker",
    "Service-Worker-Navigation-Preload", "Sec-CH-UA", "Sec-CH-UA-Platform-Version", "Sec-CH-UA-Full-Version-List",
    "Sec-CH-UA-Model", "Sec-CH-UA-Mobile", "Sec-CH-Prefers-Reduced-Motion", "Sec-CH-Viewport-Height", "Ping-From",
    "Sec-Browsing-Topics", "Sec-Speculation-Tags", "Attribution-Reporting-Eligible", "Access-Control-Request-Headers",
    "X-Requested-With", "X-Moz", "X-Purpose", "X-Wap-Profile", "Proxy-Connection", "Last-Event-ID", "Idempotency-Key",
    "Authorization", "Content-Description", "Early-Data", "Signature-Input", "Available-Dictionary",
)  # fmt: skip


@pytest.mark.parametrize("entrance", ["onion", "mirror"])
async def test_a_forwarded_address_is_refused_with_the_fixed_page_counted_and_not_kept(tmp_path, entrance):
    marker = new_marker()
    async with running_mirror(tmp_path) as mirror:
        browser = mirror.browser() if entrance == "mirror" else mirror.intake.browser()
        pages = {name: await browser.get("/", {name: marker}) for name in NAMES}
        form = (await browser.get("/report")).form("/report")
        sent = await browser.post("/report", form.with_(text=f"Text {marker}"), headers={"X-Forwarded-For": marker})
        counted: list[int] = []
        mirror.intake.services.forwarded_addresses.listener = counted.append
        mirror.intake.services.forwarded_addresses.tell()
        mirror.intake.services.forwarded_addresses.tell()
        received = await file_report(browser, "Without one")
        stored = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())

    assert [name for name, page in pages.items() if page.status != 403] == []
    for page in (*pages.values(), sent):
        assert page.status == 403
        assert page.body.startswith(FIXED_BODY)
        assert marker.encode() not in page.raw_headers + page.body
    assert counted == [len(NAMES) + 1]
    assert len(received.receipt.words) == 8
    assert not any(form in stored for form in copies(marker))


async def test_headers_that_browsers_send_are_no_forwarded_addresses(tmp_path):
    async with running_intake(tmp_path) as intake:
        statuses = {name: (await intake.browser().get("/", {name: "1"})).status for name in OF_BROWSERS}

    assert {name: status for name, status in statuses.items() if status == 403} == {}
