"""Firefox ESR, as Tor Browser sets it up at Safest or as it comes from Debian.

`SAFEST` is what Tor Browser's slider and its own preferences change that a page can notice. What is not here: NoScript,
letterboxing's exact sizes, Tor Browser's own patches.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from browsers.marionette import Failed, Marionette
from browsers.person import LOOK_SECONDS, UNREAD, WAIT_SECONDS, NotOnThePage, Person

# Nothing is asked of anybody: no updates, telemetry, safe browsing, portals, remote settings or early connections.
QUIET = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "app.update.auto": False,
    "browser.aboutwelcome.enabled": False,
    "browser.contentblocking.database.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.topsites.contile.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.enabled": False,
    "dom.security.https_first": False,
    "dom.security.https_only_mode": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.blockDotOnion": False,
    "network.dns.disablePrefetch": True,
    "network.http.speculative-parallel-limit": 0,
    "network.prefetch-next": False,
    "network.proxy.allow_hijacking_localhost": True,
    "network.proxy.failover_direct": False,
    "network.proxy.no_proxies_on": "",
    "network.proxy.socks_remote_dns": True,
    "network.proxy.socks5_remote_dns": True,
    "network.proxy.socks_version": 5,
    "network.proxy.type": 1,
    "network.trr.mode": 5,
    "security.OCSP.enabled": 0,
    "services.settings.server": "data:,",
    "signon.rememberSignons": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "trailhead.firstrun.didSeeAboutWelcome": True,
}
SAFEST = {
    "browser.privatebrowsing.autostart": True,
    "dom.securecontext.allowlist_onions": True,
    "gfx.downloadable_fonts.enabled": False,
    "gfx.font_rendering.graphite.enabled": False,
    "gfx.font_rendering.opentype_svg.enabled": False,
    "intl.accept_languages": "en-US, en",
    "javascript.enabled": False,
    "javascript.options.ion": False,
    "javascript.options.wasm": False,
    "mathml.disabled": True,
    "media.webaudio.enabled": False,
    "network.http.referer.hideOnionSource": True,
    "privacy.resistFingerprinting": True,
    "svg.disabled": True,
    "webgl.disabled": True,
}
# Without this a released Firefox does not honour `services.settings.server`.
SETTINGS_FROM_NOWHERE = {"MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"}
# System access, so that preferences can be changed and the page made narrower than a window may be.
COMMAND = ("firefox-esr", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote")
_GONE = {"stale element reference", "no such element", "no such window", "unknown error"}
# Which document is shown, from where, and whether another is being fetched.
_SHOWN = """const one = gBrowser.selectedBrowser.browsingContext;
  return [one.currentWindowGlobal?.innerWindowId, one.currentWindowGlobal?.documentURI?.spec, one.webProgress.isLoadingDocument];"""
# As the driver prints, but with what Firefox writes at the edges of every paper unless it is told not to.
_PRINT = """const { print } = ChromeUtils.importESModule("chrome://remote/content/shared/PDF.sys.mjs");
  const settings = print.getPrintSettings(print.addDefaultSettings({}));
  Object.assign(settings, { headerStrLeft: "&T", headerStrRight: "&U", footerStrLeft: "&PT", footerStrRight: "&D" });
  return print.printToBinaryString(gBrowser.selectedBrowser.browsingContext, settings).then(btoa);"""
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Firefox(Person):
    """A headless Firefox with a profile of its own, or with one that an earlier one left (`profile`)."""

    def __init__(
        self, socks: int, *, safest: bool = True, profile: Path | None = None, prefs: dict | None = None
    ) -> None:
        self.profile = profile or Path(tempfile.mkdtemp(prefix="kf-"))
        (self.profile / "MarionetteActivePort").unlink(missing_ok=True)
        lines = {
            **QUIET,
            **(SAFEST if safest else {}),
            "marionette.port": 0,
            "network.proxy.socks": "127.0.0.1",
            "network.proxy.socks_port": socks,
            **(prefs or {}),
        }
        text = "".join(f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in lines.items())
        (self.profile / "user.js").write_text(text)
        kept = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
        self._process = subprocess.Popen(
            [*COMMAND, "--profile", str(self.profile)],
            env={
                **kept,
                "HOME": str(self.profile),
                "MOZ_HEADLESS": "1",
                **SETTINGS_FROM_NOWHERE,
                "TMPDIR": str(self.profile),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self.do = Marionette(self.profile, lambda: self._process.poll() is None)
            # "eager": a page that is being streamed, as that of the progress, has no load event for long.
            self.do("WebDriver:NewSession", pageLoadStrategy="eager", unhandledPromptBehavior="accept")
        except BaseException:
            self.kill()
            raise

    def trust(self, authority: bytes) -> None:
        """Believe an authority (PEM), in this profile."""
        body = "".join(line for line in authority.decode().splitlines() if "-----" not in line)
        self._in_firefox(
            "Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB)"
            f".addCertFromBase64({json.dumps(body)}, 'C,,');"
        )

    def open(self, address: str) -> None:
        self.do("WebDriver:Navigate", url=address)
        self._wait_until_read()

    def back(self) -> None:
        self._patiently("WebDriver:Back")

    def forward(self) -> None:
        self._patiently("WebDriver:Forward")

    def reload(self) -> None:
        self._patiently("WebDriver:Refresh")

    @property
    def address(self) -> str:
        return self.do("WebDriver:GetCurrentURL")

    def text(self) -> str:
        return self.do("WebDriver:GetElementText", id=self._find("body"))

    def source(self) -> str:
        return self.do("WebDriver:GetPageSource")

    def value(self, name: str) -> str:
        field = self._find(f'[name="{name}"]:not([type="hidden"])')
        return self.do("WebDriver:GetElementProperty", id=field, name="value")

    def has(self, css: str) -> bool:
        return bool(self._all(css))

    def windows(self) -> list[str]:
        return self.do("WebDriver:GetWindowHandles")

    def to_window(self, handle: str) -> None:
        self.do("WebDriver:SwitchToWindow", handle=handle)

    def size(self, width: int, height: int) -> None:
        self.do("WebDriver:SetWindowRect", width=max(width, 500), height=height + 120)
        # A window cannot be as narrow as a phone, but the page in it can.
        self._in_firefox(
            "const style = gBrowser.selectedBrowser.style;"
            f"style.setProperty('min-width', '{width}px', 'important');"
            f"style.setProperty('max-width', '{width}px', 'important'); style.setProperty('width', '{width}px', 'important');"
            f"style.setProperty('min-height', '{height}px', 'important');"
            f"style.setProperty('max-height', '{height}px', 'important');"
        )
        deadline = time.monotonic() + WAIT_SECONDS
        while not width - 30 <= self.do("WebDriver:GetElementRect", id=self._find("html"))["width"] <= width:
            if time.monotonic() > deadline:
                message = f"the page did not become {width} wide"
                raise TimeoutError(message)
            time.sleep(LOOK_SECONDS)

    def looks(self, *, dark: bool = False, forced: bool = False) -> None:
        self._in_firefox(
            f"Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', {0 if dark else 1});"
            f"Services.prefs.setIntPref('browser.display.document_color_use', {2 if forced else 1});"
        )

    def picture(self) -> bytes:
        return base64.b64decode(self.do("WebDriver:TakeScreenshot", full=True))

    def printed(self) -> bytes:
        return base64.b64decode(self._in_firefox(_PRINT))

    def evaluate(self, script: str):
        """The value of an expression in the page; the page's own policy does not apply to it."""
        return self.do("WebDriver:ExecuteScript", script=f"return ({script})", args=[])

    def key(self, key: str) -> None:
        """Press a key as on a keyboard."""
        self.keys({"Tab": "\ue004", "Enter": "\ue007", " ": " "}[key])

    def keys(self, text: str) -> None:
        """Press the keys of a text, one after the other, wherever the focus is."""
        presses = [{"type": kind, "value": one} for one in text for kind in ("keyDown", "keyUp")]
        self.do("WebDriver:PerformActions", actions=[{"type": "key", "id": "keyboard", "actions": presses}])

    def stop(self) -> None:
        """End it as a person does and keep the profile."""
        try:
            self.do("Marionette:Quit", flags=["eAttemptQuit"])
            self._process.wait(20)
        except (OSError, Failed, subprocess.TimeoutExpired):
            self.kill(keep_profile=True)
        self.do.close()

    def quit(self) -> None:
        if self._process.poll() is None:
            self.stop()
        shutil.rmtree(self.profile, ignore_errors=True)

    def kill(self, *, keep_profile: bool = False) -> None:
        """End it at once, with its content processes, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if hasattr(self, "do"):
            self.do.close()
        if not keep_profile:
            shutil.rmtree(self.profile, ignore_errors=True)

    def _go(self, act) -> None:
        before = self._find("html")
        act()
        deadline = time.monotonic() + WAIT_SECONDS
        while self._is_there(before) or not self.has("body"):
            if time.monotonic() > deadline:
                message = f"no other page came ({self._what_happened()}): {self.text()[:600]}"
                raise NotOnThePage(message)
            time.sleep(LOOK_SECONDS)
        self._wait_until_read()

    def _send(self, act) -> None:
        self._go(lambda: self._begin(act))

    def _begin(self, act) -> None:
        """Step 4."""
        before, _, _ = self._in_firefox(_SHOWN)
        act()
        deadline = time.monotonic() + self.begin_seconds
        while True:
            shown, _, loading = self._in_firefox(_SHOWN)
            if loading or shown != before:
                return
            if time.monotonic() > deadline:
                message = f"the form was not sent ({self._what_happened()}): {self.text()[:600]}"
                raise NotOnThePage(message)
            time.sleep(LOOK_SECONDS)

    def _lose(self, act) -> None:
        try:
            self._begin(act)
        except Failed as failed:
            # Firefox reached its own page before it answered.
            if failed.kind != "unknown error":
                raise
        deadline = time.monotonic() + WAIT_SECONDS
        while not (self._in_firefox(_SHOWN)[1] or "").startswith("about:neterror"):
            if time.monotonic() > deadline:
                message = f"nothing failed ({self._what_happened()}): {self.text()[:600]}"
                raise NotOnThePage(message)
            time.sleep(LOOK_SECONDS)

    def _unread(self) -> str:
        try:
            # In the test's own sandbox, which also runs where pages may not run scripts.
            return self.do("WebDriver:ExecuteScript", script=f"return {UNREAD};", args=[], sandbox="system")
        except Failed:
            # Between two documents there is none to ask.
            return "a document"

    def _what_happened(self) -> str:
        _, address, loading = self._in_firefox(_SHOWN)
        return f"Firefox shows {address}{' and is loading' if loading else ''}"

    def _patiently(self, command: str) -> None:
        """Do what may end in a question, or in a page of Firefox's own that says why not."""
        try:
            self.do(command)
        except Failed as failed:
            if failed.kind not in {"unexpected alert open", "unknown error", "insecure certificate"}:
                raise
        for _ in range(10):
            try:
                self.do("WebDriver:AcceptAlert")
                time.sleep(0.5)
            except Failed:
                break
        time.sleep(0.3)

    def _is_there(self, element: str) -> bool:
        try:
            self.do("WebDriver:GetElementTagName", id=element)
        except Failed as failed:
            if failed.kind in _GONE:
                return False
            raise
        return True

    def _all(self, css: str) -> list[str]:
        try:
            found = self.do("WebDriver:FindElements", using="css selector", value=css)
        except Failed as failed:
            if failed.kind in _GONE:
                return []
            raise
        return [one[_ELEMENT] for one in found]

    def _find(self, css: str) -> str:
        found = self._all(css)
        if not found:
            message = f"no {css} on this page: {self.source()[:3000]}"
            raise NotOnThePage(message)
        return found[0]

    def _click(self, css: str) -> None:
        self._wait_until_read()
        for element in self._all(css):
            if self.do("WebDriver:IsElementDisplayed", id=element):
                # Firefox itself refuses to press what something lies over, and what it measures it presses a moment later.
                self._at_rest(css, lambda one=element: self.do("WebDriver:GetElementRect", id=one))
                self.do("WebDriver:ElementClick", id=element)
                return
        message = f"no visible {css} on this page: {self.text()[:600]}"
        raise NotOnThePage(message)

    def _type(self, css: str, text: str) -> None:
        field = self._find(css)
        self.do("WebDriver:ElementClear", id=field)
        self.do("WebDriver:ElementSendKeys", id=field, text=text)

    def _choose(self, css: str, files: list[str]) -> None:
        self.do("WebDriver:ElementSendKeys", id=self._find(css), text="\n".join(files))

    def _in_firefox(self, script: str) -> object:
        """Run a script in the browser itself, never in a page."""
        self.do("Marionette:SetContext", value="chrome")
        try:
            return self.do("WebDriver:ExecuteScript", script=script, args=[])
        finally:
            self.do("Marionette:SetContext", value="content")
