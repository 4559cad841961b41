"""The whole way, without a stand-in anywhere: real tor on a private network, two onions, two desks, every process its own.

`kallskydd demo --check` makes the round trip and judges itself; here its judgement is tried too: a marker that stays must be found.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import secrets
import signal
import ssl
import subprocess
import sys

import aiohttp
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from processes.measured import crowd
from processes.service import KALLSKYDD

from kallskydd.demo import search as demo_search
from kallskydd.demo.visitor import ThisComputer

MOST_SECONDS = 130  # the network's start included, on two cores that nobody else uses


def run_check(*words: str) -> tuple[int, dict, str]:
    done = subprocess.run(
        [*KALLSKYDD, "demo", "--check", "--json", *words], capture_output=True, text=True, timeout=600, check=False
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def planted_file(folder, marker: str):
    """A PNG with a comment and a hidden text, of our own making, and the file that names them."""
    texts = PngInfo()
    texts.add_text("Comment", f"{marker}-comment")
    texts.add_itxt("XML:com.adobe.xmp", f"{marker}-xmp", zip=True)
    made = io.BytesIO()
    Image.effect_noise((200, 100), 40).save(made, "PNG", pnginfo=texts)
    (folder / "photo.png").write_bytes(made.getvalue())
    named = folder / "markers.json"
    named.write_text(json.dumps({"files": ["photo.png"], "markers": [f"{marker}-comment", f"{marker}-xmp"]}))
    return named


def test_a_report_travels_to_a_handler_and_the_answer_back_over_tor_and_by_the_mirror_and_no_marker_is_left(tmp_path):
    named = planted_file(tmp_path, f"mk{secrets.token_hex(8)}")

    before = crowd()
    code, found, said = run_check("--mirror", "--markers", str(named))
    crowded = max(before, crowd())

    assert found["ok"], said
    assert code == 0
    assert found["found"] == []
    assert found["markers"] == found["markers_in_originals"] == 2
    assert found["looked_at"] > 20
    assert found["not_seen"] == 0
    steps = {"network", "publish", "report filed over Tor", "erased by two members"}
    at_mirror = {"relay", "report filed through the mirror", "answer read with the case code, through the mirror"}
    assert set(found["seconds"]) >= steps | at_mirror
    assert found["total_seconds"] < MOST_SECONDS * crowded, found["seconds"]


def test_the_check_finds_a_marker_that_stays(tmp_path):
    marker = f"mk{secrets.token_hex(8)}"
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "left.bin").write_bytes(b"abc" + marker.encode("utf-16-le"))
    made = io.BytesIO()
    texts = PngInfo()
    texts.add_itxt("Comment", marker, zip=True)
    Image.new("L", (8, 8)).save(made, "PNG", pnginfo=texts)
    (tmp_path / "home" / "left.png").write_bytes(made.getvalue())

    found = demo_search.in_folder(tmp_path / "home", [marker]).found

    assert len(found) == 2


def test_the_check_sees_an_unlinked_file_that_is_still_open(tmp_path):
    marker = f"mk{secrets.token_hex(8)}"
    code = (
        "import os, sys, tempfile, time\n"
        f"f = tempfile.TemporaryFile(dir={str(tmp_path)!r}); f.write({marker!r}.encode()); f.flush()\n"
        "m = os.memfd_create('x'); os.write(m, b'nothing')\n"
        "print('ready', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        process.stdout.readline()

        search = demo_search.in_descriptors([process.pid], [marker])
        process.kill()

    assert len(search.found) == 1
    assert search.looked_at >= 2


@pytest.mark.live
async def test_the_demonstration_shows_the_pages_to_a_plain_browser_with_a_banner_and_ends_at_ctrl_c():
    process = await asyncio.create_subprocess_exec(
        *KALLSKYDD, "demo", "--json", "--mirror", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        shown = json.loads(await asyncio.wait_for(process.stdout.readline(), 300))
        async with aiohttp.ClientSession() as session:
            async with session.get(shown["open"] + "/report") as answer:
                form = await answer.text()
                headers = answer.headers
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
            typed = aiohttp.FormData(default_to_multipart=True)
            for name, value in {**fields, "text": "Skrivet i en vanlig webbläsare.", "act": "send"}.items():
                typed.add_field(name, value)
            # As a browser of text sends them, with no more.
            ours = {"Origin": shown["open"], "Referer": shown["open"] + "/report"}
            async with session.post(shown["open"] + "/report", data=typed, headers=ours) as answer:
                receipt_page = await answer.text()
            async with session.get(shown["open"] + "/", headers={"Host": "evil.example"}) as answer:
                foreign = answer.status
        believing = ssl.create_default_context(cafile=shown["authority"])
        at_mirror = aiohttp.TCPConnector(ssl=believing, resolver=ThisComputer())
        async with aiohttp.ClientSession(connector=at_mirror) as session, session.get(shown["mirror"] + "/") as answer:
            mirrored = answer.status, answer.headers["Onion-Location"]
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    said = (await process.stderr.read()).decode()

    assert "not anonymous" in form
    assert "not anonymous" in receipt_page
    assert len(re.findall(r"<bdi>([a-z]+)</bdi>", receipt_page)) >= 8
    assert "script" not in headers["Content-Security-Policy"]
    assert foreign == 421
    assert mirrored == (200, f"http://{shown['public']}/")
    assert f"Through the mirror, by its relay: {shown['mirror']}/" in said
    assert len(shown["receipt"]) == 8
    assert said.count("kallskydd desk --desk-home") == 2  # both members
    assert all(f" {one}" in said.replace("/kallskydd", " kallskydd") for one in shown["applications"])
    assert said.count("kallskydd desk list") == 1
    assert process.returncode == 0


def test_a_markers_file_without_markers_is_refused_since_it_would_prove_nothing(tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    named = tmp_path / "markers.json"
    named.write_text('{"files": [], "markers": []}')

    done = subprocess.run(
        [*KALLSKYDD, "demo", "--check", "--markers", named], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert "Nothing was started" in done.stderr
    assert list(temporary.iterdir()) == []
