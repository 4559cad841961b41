"""The demonstration leaves nothing: what a member's application fetched in it lies outside of its folder, and goes too."""

from __future__ import annotations

from desk.keep.cache import cache_folder_of
from desk.keep.keyfile import DeskHome
from kallskydd.demo.world import DemoWorld, Desk


async def test_what_the_members_applications_fetched_goes_with_the_demonstration(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    folder = tmp_path / "demo"
    desk = Desk(folder / "desk-anna", folder / "passphrase", folder / "net")
    cache = cache_folder_of(DeskHome(desk.folder))
    cache.mkdir(parents=True)
    (cache / "fetched").write_bytes(b"sealed")
    desk.folder.mkdir(parents=True)
    world = DemoWorld(folder)
    world.desks.append(desk)

    await world.close()

    assert cache.is_relative_to(tmp_path / "caches")
    assert not cache.exists()
    assert not folder.exists()
