"""A member reads files in Chromium and in Firefox: each is seen, and no byte of it is on the disk, also after a crash.

Firefox has no decoder for films of its own: that of the package `av` is put where Firefox looks for one.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import random
import re
import shutil
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import fpdf
import pypdfium2
import pytest
from browsers.chromium import Chromium
from browsers.desk_served import DeskServed, Stranger, desk_browser, unlocked_in
from browsers.firefox import Firefox
from browsers.kept import EAGER, WRITTEN_SECONDS
from browsers.left_behind import left_behind, pixels
from browsers.profiles import searched
from files.recordings import recorded, tone
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from PIL import Image
from processes.service import new_marker
from visitors.intake_harness import file_report

pytestmark = pytest.mark.live

SIZE, SECONDS = (200, 160), 4
MARKER = new_marker()
CHANCE = random.Random(34)
SEEN_SECONDS, LEVELS = 30.0, 24
RESTORED = {"browser.startup.page": 3, "browser.sessionstore.resume_from_crash": True}
# Plays muted, goes to the middle and on; what came of it, and how long the whole is.
PLAYS = """(async () => {
  const one = document.querySelector("audio, video"), done = (what) => new Promise((over) => {
    one.addEventListener(what, over, { once: true }); setTimeout(over, 10000); });
  one.muted = true;
  try { await one.play(); } catch (failed) { return String(failed); }
  one.currentTime = one.duration / 2;
  await done("seeked");
  await done("timeupdate");
  return one.error ? one.error.message : one.currentTime >= one.duration / 2 ? "plays" : "stands still";
})()"""


def noise() -> Image.Image:
    return Image.frombytes("RGB", SIZE, CHANCE.randbytes(SIZE[0] * SIZE[1] * 3))


def saved(picture: Image.Image, form: str, **how: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **how)
    return file.getvalue()


def document(picture: Image.Image) -> bytes:
    made = fpdf.FPDF()
    made.add_page()
    made.set_font("Helvetica", size=20)
    made.multi_cell(0, 10, f"{MARKER} " * 40)
    made.image(picture, w=180)
    return bytes(made.output())


def film() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as target:
        stream = target.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.options = *SIZE, "yuv420p", {"preset": "ultrafast"}
        for number in range(25 * SECONDS):
            frame = av.VideoFrame.from_image(noise())
            frame.pts, frame.time_base = number, Fraction(1, 25)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return file.getvalue()


PICTURES = {kind: noise() for kind in ("PDF", "PNG", "TIFF", "WebP")}
FILES = {
    "PDF": document(PICTURES["PDF"]),
    "JPEG": saved(noise(), "JPEG"),
    "PNG": saved(PICTURES["PNG"], "PNG"),
    "TIFF": saved(PICTURES["TIFF"], "TIFF"),
    "WebP": saved(PICTURES["WebP"], "WEBP", lossless=True),
    "text": " ".join(CHANCE.randbytes(6).hex() for _ in range(900)).encode() + MARKER.encode(),
    "sound": recorded("memo.m4a", content=tone(8.0)),
    "film": film(),
}
NOT_IN_CHROMIUM = "WebP"


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with DeskServed(folder) as served:
        yield served
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def links(served):
    """The page of each file, by kind."""
    served.call(_filed, served.desks)
    (known,) = served.call(served.desks.listed, 0)
    case = served.call(served.desks.opened, 0, known.case_id.hex())
    found = [attachment.file_id for _, attachment in case.files_shown]
    assert len(found) == len(FILES)
    return {kind: f"/case/{known.case_id.hex()}/read/{file}" for kind, file in zip(FILES, found, strict=True)}


async def _filed(desks) -> None:
    await file_report(desks.intake.browser(), "Se bilagorna.", list(FILES.values()))
    await desks.release()


@pytest.fixture(scope="module", autouse=True)
def films_for_firefox(tmp_path_factory):
    """The libraries of the package `av` under the names by which Firefox asks for them."""
    folder = tmp_path_factory.mktemp("libraries")
    for library in Path(av.__file__).parents[1].joinpath("av.libs").glob("*.so*"):
        shutil.copy(library, folder / library.name)
        if short := re.fullmatch(r"(libavcodec|libavutil)-\w+(\.so\.\d+)[\d.]*", library.name):
            (folder / f"{short[1]}{short[2]}").symlink_to(folder / library.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_LIBRARY_PATH", str(folder))
        yield


def opened(kind: type[Chromium] | type[Firefox]) -> Chromium | Firefox:
    more = {"options": ("--autoplay-policy=no-user-gesture-required",)} if kind is Chromium else {"prefs": EAGER}
    return desk_browser(kind, **more)


def screen(person: Chromium | Firefox) -> Image.Image:
    """What the window shows; Chromium's picture of more than the window leaves out what other processes draw."""
    if isinstance(person, Chromium):
        raw = base64.b64decode(person.do("Page.captureScreenshot")["data"])
    else:
        raw = person.picture()
    return Image.open(io.BytesIO(raw)).convert("L")


def is_seen(person: Chromium | Firefox) -> bool:
    """Whether something of many shades is in the middle of the window, before long."""
    deadline = time.monotonic() + SEEN_SECONDS
    while time.monotonic() < deadline:
        width, height = (shown := screen(person)).size
        if len(set(shown.crop((width // 4, height // 3, width * 3 // 4, height)).tobytes())) > LEVELS:
            return True
        time.sleep(0.5)
    return False


def plays(person: Chromium | Firefox) -> str:
    if isinstance(person, Chromium):
        return person.evaluate(PLAYS)
    script = f"const done = arguments[arguments.length - 1]; ({PLAYS}).then(done);"
    return person.do("WebDriver:ExecuteAsyncScript", script=script, args=[])


def read_all(person, application, links) -> tuple[dict[str, object], dict[str, bytes], set]:
    """Read every file: what was seen of each, what must not be found later, and what was found meanwhile."""
    seen, secret, found = {}, {}, set()
    person.size(1000, 900)
    for kind, link in links.items():
        person.open(application.origin + link)
        held = application.reader.services.desk.shown
        if held is not None:
            secret[kind] = held.parts[0]
            seen[kind] = plays(person) if kind in {"sound", "film"} else is_seen(person)
        else:
            seen[kind] = person.has(".box.warn")
        if kind in PICTURES:
            secret |= {f"{kind}, pixels as {order}": raw for order, raw in pixels(PICTURES[kind]).items()}
        # Chromium puts pictures away after two seconds.
        time.sleep(WRITTEN_SECONDS)
        found |= left_behind(person, secret, profile=False)
    return seen, secret, found


def restored(kind: type[Chromium] | type[Firefox], profile: Path) -> Chromium | Firefox:
    """The browser again, with the windows that it had."""
    if kind is Chromium:
        return Chromium(1, scripts=True, profile=profile, options=("--restore-last-session",))
    return Firefox(1, safest=False, profile=profile, prefs={**EAGER, **RESTORED})


def printed_words(person: Chromium | Firefox) -> str:
    """What a paper says, with what the browser writes at its edges."""
    with contextlib.closing(pypdfium2.PdfDocument(person.printed())) as paper:
        return " ".join(page.get_textpage().get_text_range() for page in paper)


def words_of(secret: dict[str, bytes]) -> list[str]:
    """What stands in the files in letters, and a hash by which Firefox's reader remembers a document that has no name."""
    names = [hashlib.md5(raw[:1024], usedforsecurity=False).hexdigest() for raw in secret.values()]
    return [MARKER, FILES["text"][:26].decode(), *names]


# An application holds its member's desk home until it is locked; one that was locked leaves it to the next.
@pytest.mark.parametrize("crashes", [False, pytest.param(True, marks=pytest.mark.search)], ids=["ends", "crashes"])
@pytest.mark.parametrize(("kind", "member"), [(Chromium, 0), (Firefox, 1)], ids=["chromium", "firefox"])
def test_every_file_is_seen_and_nothing_of_one_is_on_the_disk(served, links, kind, member, crashes):
    application = served.application(member)
    person = opened(kind)
    try:
        unlocked_in(person, application)
        seen, secret, found = read_all(person, application, links)
        is_printed = False
        if crashes:
            person.kill(keep_profile=True)
        else:
            person.open(application.origin + links["text"])
            is_printed = application.origin[7:39] in printed_words(person)
            person.press("/lock")
            person.stop()
        left = left_behind(person, secret)
        words = searched(person.profile, words_of(secret)).found
        again = restored(kind, person.profile)
        time.sleep(WRITTEN_SECONDS)
        left |= left_behind(again, secret)
        again.kill(keep_profile=True)
        words |= searched(person.profile, words_of(secret)).found
    finally:
        served.call(application.reader.services.desk.lock)
        person.quit()

    wanted = {name: "plays" if name in {"sound", "film"} else True for name in FILES}
    assert seen == wanted
    assert ("WebP" in secret) == (kind is not Chromium)
    assert (found, left, words) == (set(), set(), set())
    assert not is_printed


def test_the_search_finds_a_picture_that_chromium_puts_away():
    """The control, and why pictures are shown as documents."""
    picture, found = saved(noise(), "PNG"), set()
    page = f'<!doctype html><title>t</title><img src="data:image/png;base64,{base64.b64encode(picture).decode()}">'

    with Stranger({"/": page}) as stranger, opened(Chromium) as person:
        person.open(f"http://127.0.0.1:{stranger.port}/")
        deadline = time.monotonic() + SEEN_SECONDS
        while not found and time.monotonic() < deadline:
            time.sleep(0.5)
            found = left_behind(person, {"picture": picture}, profile=False)

    assert found
