"""Units as systemd reads them: what it says itself, and without it the folders in its order, all drop-ins among them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audit.mirror.scene import MirrorScene
from audit.observe import units
from audit.observe.units import unit_settings, units_named

SYSTEM = "etc/systemd/system"


def scene(root: Path, files: dict[str, str]) -> MirrorScene:
    for name, line in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"[Service]\n{line}\n")
    return MirrorScene((), root)


@pytest.mark.parametrize(
    "drop_in",
    [
        f"{SYSTEM}/kallskydd-host@.service.d/a.conf", f"{SYSTEM}/kallskydd-host@falun.service.d/a.conf",
        f"{SYSTEM}/kallskydd-.service.d/a.conf", f"{SYSTEM}/service.d/a.conf",
        "run/systemd/system.control/kallskydd-host@falun.service.d/50-IPAccounting.conf",
        "usr/local/lib/systemd/system/kallskydd-host@falun.service.d/a.conf",
    ],
)  # fmt: skip
def test_each_place_of_a_drop_in_holds_after_the_units_own_file(tmp_path, drop_in):
    of = {f"{SYSTEM}/kallskydd-host@.service": "IPAccounting=no", drop_in: "IPAccounting=yes"}

    found = unit_settings(scene(tmp_path, of), "kallskydd-host@falun.service")

    assert [value for _, value, _ in found] == ["no", "yes"]


def test_of_two_files_of_one_name_that_of_the_operator_holds(tmp_path):
    of = {f"{top}/systemd/system/kallskydd.service": f"Nice={number}" for number, top in enumerate(("etc", "usr/lib"))}
    of |= {f"{top}/systemd/system/kallskydd.service.d/a.conf": f"Nice={top}" for top in ("run", "etc")}

    found = unit_settings(scene(tmp_path, of), "kallskydd.service")

    assert [value for _, value, _ in found] == ["0", "etc"]


def test_a_unit_that_has_nothing_but_a_drop_in_is_named(tmp_path):
    host = scene(tmp_path, {f"{SYSTEM}/kallskydd.service.d/a.conf": "", f"{SYSTEM}/other.service": ""})

    assert units_named(host, "kallskydd") == ["kallskydd.service"]


def test_where_systemd_runs_it_is_asked(tmp_path, monkeypatch):
    (tmp_path / "systemctl").write_text(
        "#!/bin/sh\nprintf '# /usr/lib/a.service\\n[Service]\\nNice=1\\n\\n# /run/b.conf\\n[Service]\\nNice=2\\n'\n"
    )
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(units, "_RUNS", tmp_path)

    found = unit_settings(MirrorScene((), Path("/")), "a.service")

    assert found == [("Nice", "1", Path("/usr/lib/a.service")), ("Nice", "2", Path("/run/b.conf"))]
