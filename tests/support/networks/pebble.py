"""Pebble, Debian's small ACME server, with its name server and DNS over HTTPS, all on loopback.

Pebble looks up names at `pebble-challtestsrv`, whose every name is 127.0.0.1, and proves them at the port it is given.
It does not check CAA.
"""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from dataclasses import dataclass
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
class Child:
    """A program that ends with the test."""

    process: subprocess.Popen | None = None

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def spawn(self, *command: object, ports: tuple[int, ...], **environment: str) -> None:
        assert shutil.which(command[0]), f"{command[0]} is missing: scripts/setup.sh test"
        self.process = subprocess.Popen(
            [str(one) for one in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, **environment},
        )  # fmt: skip
        for port in ports:
            wait_for_port(port)


@dataclass
class NameServer(Child):
    """DNS for the authority, and a resolver by DNS over HTTPS; every name is 127.0.0.1."""

    roots: Path = Path()
    key: Path = Path()

    def __enter__(self) -> Self:
        self.dns, self.doh, self.management = (free_port() for _ in range(3))
        self.spawn(
            "pebble-challtestsrv", "-dns01", f"127.0.0.1:{self.dns}", "-doh", f"127.0.0.1:{self.doh}",
            "-doh-cert", self.roots, "-doh-cert-key", self.key, "-http01", "", "-https01", "", "-tlsalpn01", "",
            "-management", f"127.0.0.1:{self.management}", "-defaultIPv6", "", ports=(self.doh, self.management),
        )  # fmt: skip
        return self

    def set_caa(self, name: str, *records: tuple[str, str]) -> None:
        self._manage("clear-caa", host=name)
        if records:
            self._manage("add-caa", host=name, policies=[{"tag": tag, "value": value} for tag, value in records])

    def _manage(self, verb: str, **what: object) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.management}/{verb}", json.dumps(what).encode())
        urllib.request.urlopen(request).close()  # noqa: S310 - an address of our own


@dataclass
class Pebble(Child):
    """`proved_at`: the port on loopback at which a name is proved."""

    folder: Path = Path()
    proved_at: int = 0

    def __enter__(self) -> Self:
        self.roots, self.key = self_signed(self.folder)
        self.names = NameServer(roots=self.roots, key=self.key).__enter__()
        self.port, self.management = free_port(), free_port()
        config = self.folder / "pebble.json"
        config.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(self.roots), "privateKey": str(self.key), "httpPort": free_port(),
            "tlsPort": self.proved_at, "certificateValidityPeriod": 90 * 86400,
        }}))  # fmt: skip
        self.spawn(
            "pebble", "-config", config, "-dnsserver", f"127.0.0.1:{self.names.dns}", "-strict",
            ports=(self.port, self.management),
            # Nonces are refused now and then, as RFC 8555 lets an authority do. An account's earlier proof is taken again
            # once in a hundred orders, not never: Pebble compares `rand.Intn(100) > 0`.
            PEBBLE_VA_NOSLEEP="1", PEBBLE_WFE_NONCEREJECT="5", PEBBLE_AUTHZREUSE="0",
        )  # fmt: skip
        return self

    def __exit__(self, *why: object) -> None:
        super().__exit__(*why)
        self.names.__exit__(*why)

    def set_caa(self, name: str, *records: tuple[str, str]) -> None:
        self.names.set_caa(name, *records)

    @property
    def directory(self) -> str:
        return f"https://{AUTHORITY}:{self.port}/dir"

    @property
    def resolvers(self) -> tuple[str, ...]:
        return tuple(f"https://{name}:{self.names.doh}/dns-query" for name in RESOLVERS)

    def root(self) -> str:
        """The root that signs what Pebble issues."""
        context = ssl.create_default_context(cafile=self.roots)
        with urllib.request.urlopen(f"https://127.0.0.1:{self.management}/roots/0", context=context) as answer:
            return answer.read().decode()


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
