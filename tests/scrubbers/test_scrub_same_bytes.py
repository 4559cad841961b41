"""The same file gives the same bytes: in another process, on one core or two, on another day, from another program."""

from __future__ import annotations

import asyncio
import functools
import io
import os
import socket
import subprocess
import sys

import pytest
from corpus.index import corpus, encoded
from documents.pictures import photograph
from files.scrub_harness import clean_all
from PIL import Image

from audit.canary.visits.material import photograph as stored
from scrubbers.sniff import sniff_kind
from trusted.jail.protocol import Role

Pictures = list[tuple[object, bytes, bytes]]


@functools.cache
def pictures() -> list[bytes]:
    """Made once, for encoders follow the number of cores. One of every kind, with all that it can hold, and a photograph large enough to be shared among cores."""
    return [
        *(sample.content for sample in corpus() if sample.name.endswith("everything")),
        encoded(photograph(11, (1200, 900)), "JPEG", quality=88),
        encoded(photograph(12, (1200, 900)), "AVIF", quality=80),
    ]


@pytest.fixture(scope="module")
def first() -> Pictures:
    return [result[:3] for result in asyncio.run(clean_all(pictures(), [Role.PICTURES], fresh=True))]


def test_the_same_bytes_come_out_of_another_zygote_on_a_single_core(first) -> None:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        again = [result[:3] for result in asyncio.run(clean_all(pictures(), [Role.PICTURES], fresh=True))]
    finally:
        os.sched_setaffinity(0, cores)

    assert again == first


def test_a_photograph_gives_the_same_bytes_however_its_program_rounded() -> None:
    sources = [stored("", "", coarse=coarse) for coarse in (False, True)]
    read = [Image.open(io.BytesIO(source), formats=["JPEG"]) for source in sources]
    assert read[0].tobytes() == read[1].tobytes()
    assert read[0].quantization != read[1].quantization

    fine, coarse = (result[:3] for result in asyncio.run(clean_all(sources, [Role.PICTURES])))

    assert fine == coarse


# Sixty years on, in every way that Python tells the time.
ANOTHER_DAY = """
import datetime, sys, time
later = 60 * 365 * 86400
now, local, utc, nanoseconds = time.time, time.localtime, time.gmtime, time.time_ns
time.time = lambda: now() + later
time.time_ns = lambda: nanoseconds() + later * 10**9
time.localtime = lambda seconds=None: local(time.time() if seconds is None else seconds)
time.gmtime = lambda seconds=None: utc(time.time() if seconds is None else seconds)
class Later(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
datetime.datetime = Later
from trusted.jail import fork_server
from scrubbers.jailed.worker import warm_up
fork_server.main(sys.argv[1:], warm_up)
"""


def spawn_on_another_day(role: Role, _kinds: object) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", ANOTHER_DAY, role.name, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            # Elsewhere on the globe, too.
            env={"LC_ALL": "C", "TZ": "Pacific/Kiritimati"},
        )
    return process, ours


def test_the_same_bytes_come_out_of_a_zygote_that_is_warmed_up_for_that_kind_alone(first) -> None:
    kinds = [sniff_kind(content) for content in pictures()]

    for kind in sorted(set(kinds)):
        of_kind = [index for index, found in enumerate(kinds) if found is kind]
        again = asyncio.run(clean_all([pictures()[index] for index in of_kind], [Role.PICTURES], [kind], fresh=True))
        assert [result[:3] for result in again] == [first[index] for index in of_kind]


def test_the_same_bytes_come_out_on_another_day(first, monkeypatch) -> None:
    monkeypatch.setattr("files.scrub_harness.spawn_zygote", spawn_on_another_day)

    again = [result[:3] for result in asyncio.run(clean_all(pictures(), [Role.PICTURES], fresh=True))]

    assert again == first
