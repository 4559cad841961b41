"""What the files of an installation should be, each by its hash: the manifest of the build, and Debian's own lists.

A manifest has the commit in its first line (`# commit NAME`) and then `sha256  name`, as sha256sum writes it: names
below the folder of the packages, or whole paths. `make dist` makes it from a commit, and `make install` leaves that of
what it installed in `share/MANIFEST`.

Debian's lists (/var/lib/dpkg/info/*.md5sums) hold MD5 sums and nothing else. A file that was changed after its package
was made does not have the sum of before; a package that was made to collide could hide one, and who is root can change
the list. So they prove less than a hash of the auditor's own.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

MANIFEST = "MANIFEST"
_COMMIT = "# commit "
_MD5_AND_BLANKS = 34
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Build:
    """The commit that it was made of, as the manifest says; SHA-256 by name."""

    commit: str
    files: Mapping[str, str]

    def of(self, chosen: Callable[[str], bool]) -> Mapping[str, str]:
        """Return those files whose name is chosen."""
        return {name: digest for name, digest in self.files.items() if chosen(name)}


def parse_manifest(text: str) -> Build:
    """Return what a manifest says; raises ValueError."""
    lines = text.splitlines()
    commit = lines[0].removeprefix(_COMMIT) if lines and lines[0].startswith(_COMMIT) else ""
    pairs = (line.split("  ", 1) for line in lines if line and not line.startswith("#"))
    return Build(commit, {name: digest for digest, name in pairs})


def installed_build(prefix: Path) -> Build | None:
    """Return the manifest that lies with an installation; None if there is none that reads."""
    try:
        return parse_manifest((prefix / "share" / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def manifest_of(packages: Path, commit: str) -> str:
    """Return the manifest of all that lies in a folder of packages."""
    paths = sorted(path for path in packages.rglob("*") if path.is_file())
    with ThreadPoolExecutor(_THREADS) as pool:
        digests = list(pool.map(sha256_of, paths))
    lines = (
        f"{digest}  {path.relative_to(packages).as_posix()}\n" for path, digest in zip(paths, digests, strict=True)
    )
    return f"{_COMMIT}{commit}\n{''.join(lines)}"


def changed(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Return which files differ from their hash or are not there."""
    names = list(wanted)
    with ThreadPoolExecutor(_THREADS) as pool:
        digests = pool.map(lambda name: _digest(folder / name, "sha256"), names)
        return sorted(name for name, digest in zip(names, digests, strict=True) if digest != wanted[name])


def changed_md5(wanted: Mapping[str, str]) -> list[str]:
    """Return which files differ from their MD5 sum or are not there."""
    return sorted(path for path, digest in wanted.items() if _digest(Path(path), "md5") != digest)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits; raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def md5_of(path: Path) -> str:
    """Return the MD5 of a file in hexadecimal digits; raises OSError."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def packaged(info: Path, wanted: Iterable[str]) -> dict[str, str]:
    """Return the MD5 sums that Debian's packages have for these paths, of those that are of a package."""
    # Before the folders /bin, /lib and /sbin were merged into /usr the lists had names without it.
    names = {spelled: path for path in wanted for spelled in (path.lstrip("/"), path.removeprefix("/usr/").lstrip("/"))}
    return {path: sums[name] for name, path in names.items() if name in (sums := _lists(info))}


def of_a_folder(info: Path, folder: str, suffix: str) -> dict[str, str]:
    """Return the MD5 sums of all files in a folder of the system that have this suffix, by whole path."""
    start = folder.lstrip("/") + "/"
    return {
        f"/{name}": digest for name, digest in _lists(info).items() if name.startswith(start) and name.endswith(suffix)
    }


def _digest(path: Path, algorithm: str) -> str | None:
    try:
        return hashlib.new(algorithm, path.read_bytes(), usedforsecurity=False).hexdigest()
    except OSError:
        return None


@functools.lru_cache(maxsize=1)
def _lists(info: Path) -> dict[str, str]:
    """Every line of every list; raises FileNotFoundError on a system without."""
    lists = sorted(info.glob("*.md5sums"))
    if not lists:
        raise FileNotFoundError(info)
    return {
        line[_MD5_AND_BLANKS:]: line[: _MD5_AND_BLANKS - 2]
        for one in lists
        for line in one.read_text("utf-8", errors="surrogateescape").splitlines()
    }
