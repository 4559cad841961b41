"""The demonstration's mirror: the relay itself on a loopback port, and a certificate of its own authority's.

The browser's connection ends in the intake, as at a real mirror; only the authority is the demonstration's own. It may
vouch for the one name, and its key is in the memory of this process alone and for a moment.

The name is made up for each run. A browser that was told to trust the authority keeps what the mirror asks of it (https
alone, for a year) under that name, and a fixed one would be met again by whatever else runs on this computer. Browsers
lead every name under `.localhost` to this computer without asking anybody.
"""

from __future__ import annotations

import secrets
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kallskydd.mirror.certificate import PEM, key_pem, new_key
from kallskydd.mirror.folder import CERTIFICATE, mirror_folder, write_whole

_DAY: Final = timedelta(days=1)
_ISSUES: Final = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=False, encipher_only=False, decipher_only=False,
)  # fmt: skip
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class DemoMirror:
    """Where the mirror is, and what a browser needs to believe it."""

    name: str
    port: int
    # The relay's own: its tor, and whatever it should write, which is nothing.
    folder: Path
    authority: Path

    @classmethod
    def new(cls, folder: Path) -> DemoMirror:
        """Make up a name and choose a free port; `folder` is made."""
        folder.mkdir(mode=0o700)
        with socket.create_server((LOOPBACK, 0)) as free:
            port = free.getsockname()[1]
        name = f"ks-{secrets.token_hex(4)}.localhost"
        return cls(name, port, folder, folder.parent / "demonstration-authority.pem")

    @property
    def origin(self) -> str:
        return f"https://{self.name}:{self.port}"

    def set_up(self, home: Path) -> None:
        """Name the mirror in a home that has been made, and put its key and certificate there."""
        with (home / "config.toml").open("a") as config:
            config.write(f'\n[mirror]\nname = "{self.name}"\nport = {self.port}\ncertificates = "by hand"\n')
        authority, pem = new_certificate(self.name, datetime.now(UTC))
        self.authority.write_bytes(authority)
        mirror_folder(home).mkdir(mode=0o700, exist_ok=True)
        write_whole(mirror_folder(home) / CERTIFICATE, pem)

    def trusting(self) -> ssl.SSLContext:
        """Return what a browser has that believes the demonstration's authority and nobody else."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.set_alpn_protocols(["http/1.1"])
        return context

    def relay_words(self, onion: str, network: Path) -> list[str]:
        """Return the command, without the program, that starts the relay."""
        place = ["--listen", f"{LOOPBACK}:{self.port}", "--onion", f"{onion}:443", "--name", self.name]
        return ["relay", *place, "--tor-network", str(network), "--end-with-stdin"]


def new_certificate(name: str, now: datetime) -> tuple[bytes, bytes]:
    """Make an authority that may vouch for this name alone, and key and certificate of the name, for two days."""
    authority_key, key = new_key(), new_key()
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kallskydd demonstration")])
    bounds = now - _DAY, now + 2 * _DAY
    made = x509.CertificateBuilder(issuer, issuer, authority_key.public_key(), x509.random_serial_number(), *bounds)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(x509.NameConstraints([x509.DNSName(name)], None), critical=True)
    # This and what names the keys is asked for where certificates are read strictly, as Python 3.13 does.
    made = made.add_extension(_ISSUES, critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
    authority = made.sign(authority_key, hashes.SHA256()).public_bytes(PEM)
    subject = x509.Name([])
    leaf = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), *bounds)
    leaf = leaf.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    leaf = leaf.add_extension(by, critical=False)
    return authority, key_pem(key) + leaf.sign(authority_key, hashes.SHA256()).public_bytes(PEM)
