"""Pebble, Debian's small ACME server, with its name server and DNS over HTTPS, all on loopback.

Pebble looks up names at `pebble-challtestsrv`, whose every name is 127.0.0.1, and proves them at the port it is given.
It does not check CAA.
"""

from __future__ import annotations

import ipaddress
import json
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

AUTHORITY, RESOLVERS = "authority.test", ("one.test", "two.test")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Certificate and key of authority and resolvers; the certificate is its own root."""
    key, day = ec.generate_private_key(ec.SECP256R1()), timedelta(days=2)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test root")])
    now = datetime.now(UTC)
    names = [x509.DNSName(one) for one in (AUTHORITY, *RESOLVERS, "localhost")]
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    made = made.add_extension(
        x509.SubjectAlternativeName([*names, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
    )
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    certificate, private = folder / "root.pem", folder / "root.key"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


@dataclass
class Pebble:
    """`proved_at`: the port on loopback at which a name is proved."""

    folder: Path
    proved_at: int
    _children: list[subprocess.Popen] = field(default_factory=list)

    def __enter__(self) -> Self:
        for program in ("pebble", "pebble-challtestsrv"):
            assert shutil.which(program), f"{program} is missing: scripts/setup.sh test"
        self.roots, key = self_signed(self.folder)
        self.port, self.management, self.names, self.doh, self.name_management = (free_port() for _ in range(5))
        self._spawn(
            "pebble-challtestsrv", "-dns01", f"127.0.0.1:{self.names}", "-doh", f"127.0.0.1:{self.doh}",
            "-doh-cert", self.roots, "-doh-cert-key", key, "-http01", "", "-https01", "", "-tlsalpn01", "",
            "-management", f"127.0.0.1:{self.name_management}", "-defaultIPv6", "",
        )  # fmt: skip
        self.start(key)
        return self

    def start(self, key: Path) -> None:
        config = self.folder / "pebble.json"
        config.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(self.roots), "privateKey": str(key), "httpPort": free_port(),
            "tlsPort": self.proved_at, "certificateValidityPeriod": 90 * 86400,
        }}))  # fmt: skip
        # Nonces are refused now and then, as RFC 8555 lets an authority do, and no proof is remembered.
        environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "5", "PEBBLE_AUTHZREUSE": "0"}
        self._spawn("pebble", "-config", config, "-dnsserver", f"127.0.0.1:{self.names}", "-strict", **environment)
        for port in (self.port, self.management, self.doh, self.name_management):
            wait_for_port(port)

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.kill()
            child.wait()

    @property
    def directory(self) -> str:
        return f"https://{AUTHORITY}:{self.port}/dir"

    @property
    def resolvers(self) -> tuple[str, ...]:
        return tuple(f"https://{name}:{self.doh}/dns-query" for name in RESOLVERS)

    def root(self) -> str:
        """The root that signs what Pebble issues."""
        context = ssl.create_default_context(cafile=self.roots)
        with urllib.request.urlopen(f"https://127.0.0.1:{self.management}/roots/0", context=context) as answer:
            return answer.read().decode()

    def set_caa(self, name: str, *records: tuple[str, str]) -> None:
        self._manage("clear-caa", host=name)
        if records:
            self._manage("add-caa", host=name, policies=[{"tag": tag, "value": value} for tag, value in records])

    def _manage(self, verb: str, **what: object) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.name_management}/{verb}", json.dumps(what).encode())
        urllib.request.urlopen(request).close()  # noqa: S310 - an address of our own

    def _spawn(self, *command: object, **environment: str) -> None:
        self._children.append(
            subprocess.Popen(
                [str(one) for one in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={"PATH": "/usr/bin:/bin", **environment},
            )
        )  # fmt: skip


def wait_for_port(port: int, within: float = 20) -> None:
    deadline = time.monotonic() + within
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nothing listens on {port}"
            time.sleep(0.05)
        else:
            return
