"""The whole service as its own processes: a file from a member and ticked facts leave nothing of what was hidden in files.

As in test_no_trace.py the looking is done from outside. The desk runs as a command of its own, against the real intake with
all its locks on, and what it leaves in its home is looked through as well.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path

from intake_harness import Browser, file_report, log_in, two_words_back
from reporter_samples import offered
from service import Service, copies, descriptors, holding, kallskydd, offline_network, opened_for_writing, trial_home

from kallskydd.demo.sample_files import sample_jpeg


async def desk(service: Service, *words: str) -> dict:
    """Run one desk command of the trial member, over the desk's socket."""
    folder = service.home / "trial-member"
    options = ("--desk-home", folder, "--passphrase-file", folder / "passphrase", "--json")
    way = () if words[0] == "join" else ("--socket", service.desk_socket)
    done = await asyncio.to_thread(kallskydd, "desk", words[0], *options, *way, *words[1:])
    return json.loads(done.stdout)


async def test_a_members_file_and_ticked_facts_pass_the_locked_intake_and_leave_nothing(short_folder, tmp_path):
    home = short_folder / "home"
    trial_home(home)
    reporters, members = (sample_jpeg(f"mk{secrets.token_hex(8)}") for _ in range(2))
    source = tmp_path / "from-member.jpg"
    source.write_bytes(members.content)
    saved = tmp_path / "saved"
    saved.mkdir()
    trace = short_folder / "strace.txt"
    with Service(home, offline_network(short_folder / "net"), strace_to=trace) as service:
        browser = Browser(service.public_socket, f"{service.public_address}.onion")
        page = await file_report(browser, "Report", [reporters.content], urgent="yes")
        found = await two_words_back(browser, page)
        place = next(fact for fact in offered(found) if "60.15" in fact)
        added = await browser.post("/inbox/facts", found.form("/inbox/facts").with_(fact=place))

        await desk(service, "join", "--address", service._address("desk.key"))
        case = (await desk(service, "list"))["cases"][0]["case"]
        sent = await desk(service, "answer", case, "--file", str(source), "--text", "Se bilden.")
        read = await desk(service, "read", case, "--previews", str(saved))
        inbox = await log_in(browser, page.receipt)
        files = [form for form in inbox.forms if form.action == "/inbox/file"]
        looked = [await browser.post("/inbox/file", form.fields) for form in files]
        markers = [*reporters.markers, *members.markers]
        forms = [form for marker in markers for form in copies(marker)]
        in_open_files = []
        for _pid, link, target in descriptors(service.tree()):
            try:
                content = Path(link).read_bytes()
            except OSError:
                continue
            in_open_files += [target for form in forms if form in content]
        service.stop()
        said = json.dumps(service.events) + "".join(service.stderr)

    # Everything did what it should: the fact is read at the desk, the file by the reporter.
    assert place in added.plain
    assert place in [entry.get("text") for entry in read["entries"]]
    assert sent["file"]["groups"] == ["place", "device", "people", "hidden text"]
    assert len(read["saved"]) == 2
    assert [one.headers["content-type"] for one in looked] == ["image/jpeg"] * 2
    assert all(any(form in sample.content for form in copies(sample.markers[0])) for sample in (reporters, members))
    # And nothing of what was hidden is anywhere.
    assert in_open_files == []
    assert holding(home, markers) == []
    assert holding(saved, markers) == []
    assert not any(form in one.body for one in looked for form in forms)
    assert not any(marker in said + json.dumps([sent, read]) for marker in markers)
    outside = {path for path in opened_for_writing(trace) if not Path(path).is_relative_to(home)}
    assert {path for path in outside if not path.startswith(("/dev/null", "/dev/tty", "/proc/self/"))} == set()
