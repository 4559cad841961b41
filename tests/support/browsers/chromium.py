"""Chromium as it comes from Debian, with scripts or without, driven over pipes."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

from browsers.devtools import DevTools, Failed
from browsers.person import LOOK_SECONDS, UNREAD, WAIT_SECONDS, NotOnThePage, Person

QUIET = (
    "--headless=new",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-features=AutofillServerCommunication,OptimizationHints,MediaRouter,Translate,InterestFeedContentSuggestions",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--password-store=basic",
    # Names go to the SOCKS port; nothing is looked up here.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
# What stands at a place of the screen where `this` should: nothing, if it does.
_INSTEAD = """function (x, y) {
  const hit = document.elementFromPoint(x, y);
  return this.contains(hit) ? "" : hit ? hit.outerHTML.slice(0, 120) : "nothing";
}"""
# Whatever can be pressed gets the focus when the button of the mouse goes down on it.
_PRESSED_INSTEAD = """function () {
  const pressed = document.activeElement;
  return pressed === this ? "" : pressed ? pressed.outerHTML.slice(0, 120) : "nothing";
}"""
# In the order in which they come, when the page goes somewhere.
_ON_THE_WAY = ("frameRequestedNavigation", "frameStartedNavigating", "frameNavigated", "frameStoppedLoading")
# Whether an animation that has begun, and ends, is moving it or something that it is in.
_MOVING = """function () {
  for (let one = this; one; one = one.parentElement)
    if (one.getAnimations().some((each) => each.playState === "running" && each.effect.getComputedTiming().progress !== null && each.effect.getComputedTiming().endTime < Infinity))
      return true;
  return false;
}"""


class Chromium(Person):
    """A headless Chromium with a profile of its own, or with one that an earlier one left (`profile`)."""

    def __init__(
        self,
        socks: int,
        *,
        scripts: bool = False,
        profile: Path | None = None,
        options: tuple[str, ...] = (),
        without: tuple[str, ...] = (),
    ) -> None:
        self.profile = profile or Path(tempfile.mkdtemp(prefix="kc-"))
        words = [
            shutil.which("chromium") or "chromium",
            *(one for one in QUIET if one not in without),
            *options,
            "--remote-debugging-pipe",
        ]
        words += [f"--proxy-server=socks5://127.0.0.1:{socks}", f"--user-data-dir={self.profile}"]
        if os.geteuid() == 0:
            # Its own sandbox refuses to work as root, which is what CI often is.
            words.append("--no-sandbox")
        self._pid, self.do = _start([*words, "about:blank"], self.profile)
        self._scripts = scripts
        self._attach()

    def open(self, address: str) -> None:
        self._go(lambda: self.do("Page.navigate", url=address))

    def back(self) -> None:
        self._along(-1)

    def forward(self) -> None:
        self._along(1)

    def reload(self) -> None:
        # The protocol asks nothing: a form is posted again, as by a person who says yes.
        self._go(lambda: self.do("Page.reload"))

    @property
    def address(self) -> str:
        return self.evaluate("document.location.href")

    def text(self) -> str:
        return self.evaluate("document.body ? document.body.innerText : ''")

    def source(self) -> str:
        return self.evaluate("document.documentElement.outerHTML")

    def value(self, name: str) -> str:
        return self.evaluate(f"""document.querySelector('[name="{name}"]:not([type="hidden"])').value""")

    def has(self, css: str) -> bool:
        return self.evaluate(f"document.querySelector({css!r}) !== null")

    def size(self, width: int, height: int) -> None:
        self.do(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def looks(self, *, dark: bool = False, forced: bool = False) -> None:
        features = {
            "prefers-color-scheme": "dark" if dark else "light",
            "forced-colors": "active" if forced else "none",
        }
        self.do("Emulation.setEmulatedMedia", features=[{"name": n, "value": v} for n, v in features.items()])

    def picture(self) -> bytes:
        size = self.do("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        return base64.b64decode(self.do("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])

    def printed(self) -> bytes:
        how = {"preferCSSPageSize": True, "printBackground": False, "displayHeaderFooter": True}
        return base64.b64decode(self.do("Page.printToPDF", **how)["data"])

    def evaluate(self, script: str):
        """The value of an expression in the page; the page's own policy does not apply to it."""
        result = self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            message = details.get("exception", {}).get("description", details["text"])
            raise Failed(message)
        return result["result"].get("value")

    def key(self, key: str, *, shift: bool = False) -> None:
        """Press a key as on a keyboard."""
        code = {"Tab": 9, "Enter": 13, " ": 32}[key]
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        typed = {"text": "\r"} if key == "Enter" else {}
        self.do("Input.dispatchKeyEvent", type="keyDown", **pressed, **typed)
        self.do("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def keys(self, text: str) -> None:
        """Press the keys of a text wherever the focus is."""
        self.do("Input.insertText", text=text)

    def stop(self) -> None:
        """End it as a person does and keep the profile."""
        with contextlib.suppress(OSError, Failed):
            self.do("Browser.close", browser=True)
        deadline = time.monotonic() + 20
        while not self._ended():
            if time.monotonic() > deadline:
                self.kill(keep_profile=True)
                return
            time.sleep(LOOK_SECONDS)
        self.do.close()

    def quit(self) -> None:
        if not self._ended():
            self.stop()
        shutil.rmtree(self.profile, ignore_errors=True)

    def kill(self, *, keep_profile: bool = False) -> None:
        """End it at once, with its other processes, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        while not self._ended():
            time.sleep(LOOK_SECONDS)
        self.do.close()
        if not keep_profile:
            shutil.rmtree(self.profile, ignore_errors=True)

    def _ended(self) -> bool:
        if self._pid == 0:
            return True
        if os.waitpid(self._pid, os.WNOHANG)[0]:
            self._pid = 0
        return self._pid == 0

    def _attach(self) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            targets = self.do("Target.getTargets", browser=True)["targetInfos"]
            if pages := [one["targetId"] for one in targets if one["type"] == "page"]:
                break
            if time.monotonic() > deadline:
                message = "Chromium opened no page"
                raise TimeoutError(message)
            time.sleep(LOOK_SECONDS)
        attached = self.do("Target.attachToTarget", browser=True, targetId=pages[0], flatten=True)
        self.do.session = attached["sessionId"]
        self.do.at_once["Page.javascriptDialogOpening"] = lambda _: self.do.send(
            "Page.handleJavaScriptDialog", accept=True
        )
        for domain in ("Page", "DOM", "Runtime"):
            self.do(f"{domain}.enable")
        # As on a phone, where they take no room; and as in a window that is in front.
        self.do("Emulation.setScrollbarsHidden", hidden=True)
        self.do("Emulation.setFocusEmulationEnabled", enabled=True)
        if not self._scripts:
            self.do("Emulation.setScriptExecutionDisabled", value=True)

    def _along(self, steps: int) -> None:
        history = self.do("Page.getNavigationHistory")
        number = history["currentIndex"] + steps
        if not 0 <= number < len(history["entries"]):
            message = "there is no such page in the history"
            raise NotOnThePage(message)
        entry = history["entries"][number]["id"]
        self._go(lambda: self.do("Page.navigateToHistoryEntry", entryId=entry))

    def _go(self, act) -> None:
        self.do.events.clear()
        act()
        try:
            self.do.wait("Page.frameNavigated", within=WAIT_SECONDS)
        except TimeoutError:
            message = f"no other page came ({self._what_happened()}): {self.text()[:600]}"
            raise NotOnThePage(message) from None
        self._wait_until_read()

    def _send(self, act) -> None:
        self._go(lambda: self._begin(act))

    def _begin(self, act) -> None:
        """Step 4."""
        act()
        try:
            self.do.wait("Page.frameRequestedNavigation", _is_of_a_form, within=self.begin_seconds)
        except TimeoutError:
            message = f"the form was not sent ({self._what_happened()}): {self.text()[:600]}"
            raise NotOnThePage(message) from None

    def _lose(self, act) -> None:
        self._send(act)
        if not self.do("Page.getFrameTree")["frameTree"]["frame"].get("unreachableUrl"):
            message = f"nothing failed: {self.text()[:600]}"
            raise NotOnThePage(message)

    def _unread(self) -> str:
        try:
            return self.evaluate(UNREAD)
        except Failed:
            # Between two documents there is none to ask.
            return "a document"

    def _what_happened(self) -> str:
        said = [(one["method"].removeprefix("Page."), one["params"]) for one in self.do.events]
        steps = [f"{what} {params.get('url', '')}".strip() for what, params in said if what in _ON_THE_WAY]
        return f"what Chromium did since the press: {', '.join(steps) or 'nothing'}"

    def _node(self, css: str) -> str:
        """The first that is shown, brought onto the screen."""
        many = self.do("Runtime.evaluate", expression=f"[...document.querySelectorAll({css!r})]")["result"]
        properties = self.do("Runtime.getProperties", objectId=many["objectId"], ownProperties=True)["result"]
        for node in [one["value"]["objectId"] for one in properties if one["name"].isdigit()]:
            try:
                self.do("DOM.scrollIntoViewIfNeeded", objectId=node)
            except Failed:
                # Not shown; the next may be.
                continue
            return node
        message = f"no visible {css} on this page: {self.text()[:600]}"
        raise NotOnThePage(message)

    def _click(self, css: str) -> None:
        # The steps are those of browsers.person; 4 is for `_go` and `_send`.
        self._wait_until_read()
        node = self._node(css)
        # Step 2.
        x, y, _ = self._at_rest(css, lambda: self._place(node))
        if instead := self._asked(node, _INSTEAD, x, y):
            message = f"over {css} lies {instead}"
            raise NotOnThePage(message)
        where = {"x": x, "y": y, "button": "left", "clickCount": 1}
        # Step 3.
        self.do("Input.dispatchMouseEvent", type="mousePressed", **where)
        if instead := self._asked(node, _PRESSED_INSTEAD):
            message = f"the press on {css} went to {instead}"
            raise NotOnThePage(message)
        self.do("Input.dispatchMouseEvent", type="mouseReleased", **where)

    def _place(self, node: str) -> tuple[float, float, float]:
        """Its middle, and a number that is another each time while it moves.

        A busy machine paints so seldom that what moves is in one place at several looks in a row. What grows above it
        pushes it off the screen: who wants to press it scrolls after it.
        """
        self.do("DOM.scrollIntoViewIfNeeded", objectId=node)
        return *self._middle(node), time.monotonic() if self._asked(node, _MOVING) else 0.0

    def _middle(self, node: str) -> tuple[float, float]:
        quad = self.do("DOM.getContentQuads", objectId=node)["quads"][0]
        return sum(quad[0::2]) / 4, sum(quad[1::2]) / 4

    def _asked(self, node: str, function: str, *arguments: float):
        """The value of a function, called on something in the page."""
        given = [{"value": one} for one in arguments]
        call = {"objectId": node, "functionDeclaration": function, "arguments": given, "returnByValue": True}
        return self.do("Runtime.callFunctionOn", **call)["result"].get("value")

    def _type(self, css: str, text: str) -> None:
        self.do("DOM.focus", objectId=self._node(css))
        self.do("Input.dispatchKeyEvent", type="rawKeyDown", commands=["selectAll"])
        self.do("Input.insertText", text=text)

    def _choose(self, css: str, files: list[str]) -> None:
        self.do("DOM.setFileInputFiles", objectId=self._node(css), files=files)


def _is_of_a_form(params: dict) -> bool:
    return params["reason"].startswith("formSubmission")


def _start(words: list[str], profile: Path) -> tuple[int, DevTools]:
    """Start Chromium with a pipe at its descriptors 3 and 4; its process id, and our ends."""
    their_read, our_write = os.pipe()
    our_read, their_write = os.pipe()
    # Out of the way of 3 and 4, which they become in the child.
    high = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 10) for one in (their_read, their_write)]
    kept = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    pid = os.posix_spawn(
        words[0],
        words,
        {**kept, "HOME": str(profile), "TMPDIR": str(profile)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, high[0], 3),
            (os.POSIX_SPAWN_DUP2, high[1], 4),
        ],
        setsid=True,
    )
    for one in (their_read, their_write, *high):
        os.close(one)
    return pid, DevTools(our_read, our_write)
