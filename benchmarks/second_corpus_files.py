"""The second corpus: test files of published packages, fetched by name, version and hash with pip.

Nothing of theirs is in this repository. pip asks each package for its metadata, which runs that package's build code:
on a machine where that matters, fetch in a container and hand the folder over with --cache.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Source packages that carry files of our kinds: name, version, SHA-256.
PACKAGES = (
    ("img2pdf", "0.6.3", "219518020f5bd242bdc46493941ea3f756f664c2e86f2454721e74353f58cd95"),
    ("ocrmypdf", "17.13.0", "151c35d810eb628fbc5cb9bbe80b834ecf094737efa0e7a2e9e1fac3c730ed49"),
    ("pdftotext", "4.0.0", "6c949f01bb0fea4560cc23e4b8b017188647d22f99a604a7ed3d09f72f43e634"),
    ("pikepdf", "10.18.0", "cb555ebff93482e8a6eb55881488b469bbb2b5675161c1b93a0510a8642d98d0"),
    ("pillow", "13.0.0", "cdcd1ba258178f7356d74170c9a81ba4eab6a5d55748bc402a5a2a6fe6be3510"),
    ("pillow-heif", "1.8.1", "521ebffb8a181d56c3904e5a61f20903edee0d9d3275967b8fb345f866215c06"),
    ("pyhanko", "0.38.0", "267d6d3fa460b0f0e9c5362a2d7979dccbe1e6b1f8d89ba0818dd0c45b5f300e"),
    ("pypdf", "7.1.1", "2eff4e2fc5fb22a6d6711e6f1166cdc9ab5765d90cd0d77dfea3f4aa91a27b1d"),
    ("pypdfium2", "5.15.2", "0185193bbdf0cc39f0bf31954c25f12edb81048bcb628ea4fc3dccf8d2ce2aef"),
    ("reportlab", "5.1.0", "6878200464527e87672d19e9f7cfc6bb890e3a6931e74ac6a1a8d1754aa55671"),
    ("tabula-py", "2.10.0", "75968a83fe978e5d56ccf23f0f0255a459c256b7b52db7cabe5ac795bb3b12df"),
    ("wand", "0.7.2", "0387fd08848d00cadd1d885fcb19a17dd4250df2029e5338b6b668b7fed64b5b"),
    ("weasyprint", "70.0", "c263abf0e86c747b12af678b67f85f4abbfb97d18a20503031e7ba94e4b8cf8c"),
)
ENDINGS = {".pdf", ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".bmp", ".heic", ".heif", ".avif"}
EXPORTS = ("web", "office")
_MOST_BYTES = 50 * 2**20  # what the intake takes
_FTYP_AT = 4
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}


@dataclass(frozen=True)
class Original:
    """One file of the corpus. `name` is its package and its path there, or what it was exported as."""

    name: str
    kind: str
    content: bytes

    @property
    def group(self) -> str:
        """Return web or office for what was exported here, else the kind."""
        made = self.name.partition("/")[0]
        return made if made in EXPORTS else self.kind


def fetch(cache: Path, wanted_packages: Sequence[tuple[str, str, str]] = PACKAGES) -> None:
    """Download the packages that are not in the folder yet; raises CalledProcessError if pip fails."""
    cache.mkdir(parents=True, exist_ok=True)
    missing = [package for package in wanted_packages if archive(cache, package) is None]
    for name, version, digest in missing:
        print(f"fetching {name} {version}", file=sys.stderr)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
            wanted.write(f"{name}=={version} --hash=sha256:{digest}\n")
            wanted.flush()
            # Only this package as source: what its build needs may come ready made. Nothing is installed, so
            # it does not matter for which Python it was written.
            subprocess.run(
                [*(sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps"),
                 *("--ignore-requires-python", "--no-binary", name, "--dest", cache, "--requirement", wanted.name)],
                check=True,
            )  # fmt: skip


def originals(cache: Path) -> Iterator[Original]:
    """Yield every file of our kinds in the packages, each content once, sorted by name."""
    seen = set()
    for package in PACKAGES:
        source = archive(cache, package)
        if source is None:
            raise FileNotFoundError(package[0])
        with tarfile.open(source) as members:
            for member in sorted(members, key=lambda member: member.name):
                path = Path(member.name)
                if not member.isfile() or path.suffix.lower() not in ENDINGS or member.size > _MOST_BYTES:
                    continue
                opened = members.extractfile(member)
                content = opened.read() if opened else b""
                kind = kind_of(content)
                digest = hashlib.sha256(content).digest()
                if kind and digest not in seen:
                    seen.add(digest)
                    yield Original("/".join((package[0], *path.parts[1:])), kind, content)


def named(
    cache: Path, packages: Sequence[tuple[str, str, str]], pattern: re.Pattern[str]
) -> Iterator[tuple[str, bytes]]:
    """Yield each file of the packages whose path the pattern finds, by its package and name; each content once."""
    seen = set()
    for package in packages:
        source = archive(cache, package)
        if source is None:
            raise FileNotFoundError(package[0])
        with tarfile.open(source) as members:
            # In the archive's own order: going back in it would inflate it from its beginning.
            wanted = [member for member in members if member.isfile() and pattern.search(member.name)]
            found = [(member.name, opened.read()) for member in wanted if (opened := members.extractfile(member))]
        for name, content in sorted(found):
            digest = hashlib.sha256(content).digest()
            if digest not in seen:
                seen.add(digest)
                yield f"{package[0]}/{Path(name).name}", content


def kind_of(content: bytes) -> str | None:
    """The kind that a file's first bytes claim; None for what we never said we would take."""
    beginnings = (
        (b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF87a", "gif"), (b"GIF89a", "gif"),
        (b"BM", "bmp"), (b"II*\0", "tiff"), (b"MM\0*", "tiff"),
    )  # fmt: skip
    for beginning, kind in beginnings:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    if content[_FTYP_AT : _FTYP_AT + 4] == b"ftyp":
        brands = {content[at : at + 4] for at in range(8, int.from_bytes(content[:4], "big"), 4)}
        return "avif" if b"avif" in brands else "heic" if brands & _HEIC_BRANDS else None
    return "pdf" if b"%PDF-" in content[:1024] else None


def archive(cache: Path, package: tuple[str, str, str]) -> Path | None:
    """The package's archive with the right hash, if it is there."""
    name, version, digest = package
    for found in cache.glob(f"*{version}.*"):
        same = found.name.lower().replace("_", "-").startswith(f"{name}-{version.lower()}.")
        if same and hashlib.sha256(found.read_bytes()).hexdigest() == digest:
            return found
    return None
