"""Key and certificate as one PEM: made, read and judged. Imports cryptography, so the keeper does not import this."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kallskydd.mirror.errors import CertificateUnusable
from kallskydd.mirror.folder import PEM_BYTES, fingerprint

PEM: Final = serialization.Encoding.PEM
# RFC 8737: the extension by which the authority knows the certificate that answers its question.
ACME_IDENTIFIER: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
# How far our clock may be behind that of an authority which does not date back what it issues.
CLOCK_SKEW: Final = timedelta(minutes=10)
_OCTET_STRING_OF_32: Final = b"\x04\x20"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What the keeper needs to know of a certificate."""

    not_before: datetime
    not_after: datetime
    fingerprint: str


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a key on P-256, which every browser and every authority takes."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the key in the clear; the folder's rights keep it."""
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def signing_request(key: ec.EllipticCurvePrivateKey, name: str) -> bytes:
    """Return the request for a certificate with this name and no other fact."""
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = request.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return request.sign(key, hashes.SHA256()).public_bytes(PEM)


def challenge_pem(name: str, digest: bytes, now: datetime) -> bytes:
    """Key and certificate that answer the authority: for the name alone, signed by itself (RFC 8737)."""
    key, day, nobody = new_key(), timedelta(days=1), x509.Name([])
    made = x509.CertificateBuilder(nobody, nobody, key.public_key(), x509.random_serial_number(), now - day, now + day)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
    identifier = x509.UnrecognizedExtension(ACME_IDENTIFIER, _OCTET_STRING_OF_32 + digest)
    made = made.add_extension(identifier, critical=True)
    return key_pem(key) + made.sign(key, hashes.SHA256()).public_bytes(PEM)


def read_certificate(pem: bytes, name: str, now: datetime) -> CertificateFacts:
    """Judge key and chain for this name and moment; raises CertificateUnusable."""
    if len(pem) > PEM_BYTES:
        raise CertificateUnusable
    try:
        key = serialization.load_pem_private_key(pem, password=None)
        leaf, *issuers = x509.load_pem_x509_certificates(pem)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        known = names.get_values_for_type(x509.DNSName)
        same_key = _public(key.public_key()) == _public(leaf.public_key())
        for one, issuer in zip([leaf, *issuers], issuers, strict=False):
            one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature, x509.ExtensionNotFound):
        raise CertificateUnusable from None
    wanted = {name, f"*.{name.partition('.')[2]}"}
    if not same_key or not wanted & {one.lower() for one in known}:
        raise CertificateUnusable
    if not leaf.not_valid_before_utc - CLOCK_SKEW <= now < leaf.not_valid_after_utc:
        raise CertificateUnusable
    _require_openssl_takes(pem)
    der = leaf.public_bytes(serialization.Encoding.DER)
    return CertificateFacts(leaf.not_valid_before_utc, leaf.not_valid_after_utc, fingerprint(der))


def serial_of(pem: bytes) -> str | None:
    """Return the serial number of the first certificate in a PEM, as hex; None if there is none that reads."""
    try:
        return f"{x509.load_pem_x509_certificates(pem)[0].serial_number:x}"
    except ValueError:
        return None


def _require_openssl_takes(pem: bytes) -> None:
    """Load it as the intake does (intake/mirror/contexts.py), before it takes the place of one that serves."""
    with os.fdopen(os.memfd_create("mirror"), "wb") as memory:
        memory.write(pem)
        memory.flush()
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(f"/proc/self/fd/{memory.fileno()}", password="")
        except (OSError, ValueError):
            raise CertificateUnusable from None


def key_first(pem: bytes) -> bytes:
    """Return the same key and chain as the service keeps them: key, leaf, those that issued it, and nothing else."""
    key = serialization.load_pem_private_key(pem, password=None)
    own = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return own + b"".join(one.public_bytes(PEM) for one in x509.load_pem_x509_certificates(pem))


def _public(key: object) -> bytes:
    if not hasattr(key, "public_bytes"):
        raise TypeError
    made: bytes = key.public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return made
