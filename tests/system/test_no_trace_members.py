"""The whole service as its own processes: a file from a member and ticked facts leave nothing of what was hidden in files.

As in test_no_trace.py the looking is done from outside. The desk works against the real intake with all its locks on,
and what it leaves in its home is looked through as well.
"""

from __future__ import annotations

import contextlib
import functools
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from processes.service import Service, copies, descriptors, holding, offline_network, opened_for_writing, trial_home
from visitors.intake_harness import Browser, file_report, log_in, two_words_back
from visitors.samples import offered

from desk.commands.session import work
from desk.keep.keyfile import DeskHome, read_passphrase_file
from desk.keep.saving import checked_preview
from desk.keep.state import join_server
from desk.work import answers
from desk.work.case.casebook import Casebook
from desk.work.case.examining import open_all
from kallskydd.demo.sample_files import sample_jpeg
from kallskydd.desk.route import Route, connector_for
from scrubbers.report_groups import grouped_names
from trusted.case.clock import utc_now
from trusted.case.entry import Message, Stream


@contextlib.asynccontextmanager
async def desk(service: Service) -> AsyncIterator[Casebook]:
    """The desk of the trial member at work, over the desk's socket."""
    home = DeskHome(service.home / "trial-member")
    join_server(home.settings, service._address("desk.key"))
    connect = functools.partial(connector_for, route=Route(socket=service.desk_socket), tor_folder=home.tor)
    async with work(home, lambda: read_passphrase_file(home.folder / "passphrase"), connect, utc_now) as book:
        await book.sync()
        yield book


async def test_a_members_file_and_ticked_facts_pass_the_locked_intake_and_leave_nothing(short_folder, tmp_path):
    home = short_folder / "home"
    trial_home(home)
    reporters, members = (sample_jpeg(f"mk{secrets.token_hex(8)}") for _ in range(2))
    saved = tmp_path / "saved"
    saved.mkdir()
    trace = short_folder / "strace.txt"
    with Service(home, offline_network(short_folder / "net"), strace_to=trace) as service:
        browser = Browser(service.public_socket, f"{service.public_address}.onion")
        page = await file_report(browser, "Report", [reporters.content], urgent="yes")
        found = await two_words_back(browser, page)
        place = next(fact for fact in offered(found) if "60.15" in fact)
        added = await browser.post("/inbox/facts", found.form("/inbox/facts").with_(fact=place))

        async with desk(service) as book:
            ((case,), _refused) = await open_all(book)
            cleaned = await answers.clean(book, case, members.content)
            case = await answers.attach(book, case, Message("Se bilden."), cleaned)
            for number, (_stream, one) in enumerate(case.files_shown):
                (saved / f"{number}.jpg").write_bytes(checked_preview(await book.preview(case, one)))
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

    shown = str(msgspec.to_builtins([list(case.streams.values()), cleaned.copy.answer]))
    # Everything did what it should: the fact is read at the desk, the file by the reporter.
    assert place in added.plain
    assert place in [getattr(entry.body, "text", "") for entry in case.streams[Stream.REPORTER]]
    removed = cleaned.copy.answer.removed
    assert grouped_names(what for what, _where in removed) == ("place", "device", "people", "hidden text")
    assert len(list(saved.iterdir())) == 2
    assert [one.headers["content-type"] for one in looked] == ["image/jpeg"] * 2
    assert all(any(form in sample.content for form in copies(sample.markers[0])) for sample in (reporters, members))
    # And nothing of what was hidden is anywhere.
    assert in_open_files == []
    assert holding(home, markers) == []
    assert holding(saved, markers) == []
    assert not any(form in one.body for one in looked for form in forms)
    assert not any(marker in said + shown for marker in markers)
    outside = {path for path in opened_for_writing(trace) if not Path(path).is_relative_to(home)}
    assert {path for path in outside if not path.startswith(("/dev/null", "/dev/tty", "/proc/self/"))} == set()
