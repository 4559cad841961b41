"""The account at the certificate authority: made before the first order, since CAA has to name it.

The key (`account.pem`) is the account: anyone who has it can order what CAA allows. It is made here, never leaves the
folder, and is in the backup. Where the account is (`account.json`) the authority tells again to any holder of the key.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import msgspec
import requests
from acme import client, errors, messages
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from kallskydd.mirror.certificate import key_pem, new_key
from kallskydd.mirror.errors import (
    AccountElsewhere,
    AuthorityRefused,
    AuthorityUnreachable,
    ForbiddenByCaa,
    KeyUnreadable,
    MirrorFault,
    NameNotProved,
    NoAccount,
    TermsNotAgreed,
    TooOften,
)
from kallskydd.mirror.folder import ACCOUNT, ACCOUNT_KEY, read_bounded, write_whole
from kallskydd.mirror.messages import MOST_SECONDS
from kallskydd.mirror.session import tor_session
from onion.socks import SocksAddress

AUTHORITY_SECONDS: Final = 60  # for one answer
MORE_TRIES: Final = 2  # each of two requests: six in all; Pebble refuses one in twenty on purpose

# What an address is made of (RFC 3986), without what parts the values of a CAA record.
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&()*+,=%-]+")

# RFC 8555 §6.7: what the authority says of the name and the way to it. All else is AuthorityRefused.
_KINDS: Final[dict[str | None, type[MirrorFault]]] = {
    "rateLimited": TooOften,
    "caa": ForbiddenByCaa,
    **dict.fromkeys(("connection", "dns", "tls", "unauthorized", "incorrectResponse", "unknownHost"), NameNotProved),
}


class AcmeAccount(msgspec.Struct, frozen=True):
    """Where the account is: what CAA's `accounturi` names."""

    directory: str
    uri: str


class Network(client.ClientNetwork):
    """Tries again where the authority finds a nonce used up (RFC 8555 §6.5); the library does so once only."""

    def post(self, *arguments: Any, **words: Any) -> requests.Response:
        """Sign and send; raises what the library raises."""
        for _ in range(MORE_TRIES):
            try:
                return super().post(*arguments, **words)
            except messages.Error as fault:
                if fault.code != "badNonce":
                    raise
        return super().post(*arguments, **words)


class Authority:
    """A connection to the authority with our key; `retry_after`: how many seconds it last asked us to wait."""

    def __init__(
        self, directory: str, socks: SocksAddress, roots: Path | None, key: ec.EllipticCurvePrivateKey
    ) -> None:
        """Read the directory; raises a MirrorFault."""
        self.retry_after = 0
        self.key = JWKEC(key=key)
        network = Network(self.key, alg=ES256, user_agent="", timeout=AUTHORITY_SECONDS)
        network.session.close()
        network.session = tor_session(socks, roots)
        network.session.hooks["response"].append(self._hear)
        # The library passes its own setting with every request.
        network.verify_ssl = network.session.verify  # type: ignore[assignment]
        with faults_in_words():
            self.client = client.ClientV2(client.ClientV2.get_directory(directory, network), network)

    def terms(self) -> str | None:
        """Where the authority's terms can be read, if it has any; raises AuthorityRefused."""
        meta = getattr(self.client.directory, "meta", None)
        return None if meta is None or not meta.terms_of_service else plain(meta.terms_of_service)

    def register(self) -> str:
        """Make the account, or find it again by its key; returns its address. Raises a MirrorFault."""
        with faults_in_words():
            try:
                made = self.client.new_account(messages.NewRegistration.from_data(terms_of_service_agreed=True))
            except errors.ConflictError as known:
                return plain(known.location)
        return plain(made.uri)

    def enter(self, account: AcmeAccount) -> None:
        """Sign as this account from now on."""
        body = messages.Registration()
        self.client.net.account = messages.RegistrationResource(uri=account.uri, body=body)

    def _hear(self, response: requests.Response, *_: Any, **__: Any) -> None:
        # Given in seconds by every authority we know; a date would be days of waiting that we keep to anyway.
        asked = response.headers.get("Retry-After", "")
        self.retry_after = min(int(asked), MOST_SECONDS) if asked.isascii() and asked.isdecimal() else 0


def plain(untrusted_address: object) -> str:
    """Return an address of the authority's that may stand on a terminal and in a record; raises AuthorityRefused."""
    address = str(untrusted_address)
    if not _PLAIN.fullmatch(address):
        raise AuthorityRefused
    return address


class faults_in_words:  # noqa: N801 - it stands behind `with`
    """Turn what the libraries raise into our own faults, and drop their texts."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, fault: BaseException | None, __: object) -> None:
        if isinstance(fault, messages.Error):
            raise _KINDS.get(fault.code, AuthorityRefused) from None
        if isinstance(fault, errors.ValidationError):
            raise _of_validation(fault) from None
        if isinstance(fault, errors.IssuanceError):
            raise _KINDS.get(fault.error.code, AuthorityRefused) from None
        if isinstance(fault, (requests.RequestException, errors.Error, JoseError, OSError, ValueError, KeyError)):
            raise AuthorityUnreachable from None


def make_account(folder: Path, directory: str, socks: SocksAddress, roots: Path | None, *, agree: bool) -> AcmeAccount:
    """Make the account, or find it again by the key that is there. Raises a MirrorFault."""
    authority = Authority(directory, socks, roots, _key_made_or_read(folder))
    terms = authority.terms()
    if terms and not agree:
        fault = TermsNotAgreed()
        fault.happened = f"The authority makes an account only for those who agree to its terms: {terms}"
        raise fault
    account = AcmeAccount(directory, authority.register())
    write_whole(folder / ACCOUNT, msgspec.json.encode(account))
    return account


def read_account(folder: Path, directory: str) -> AcmeAccount:
    """Return the account that was made; raises NoAccount or AccountElsewhere."""
    untrusted = read_bounded(folder / ACCOUNT)
    if untrusted is None or not (folder / ACCOUNT_KEY).exists():
        raise NoAccount
    try:
        account = msgspec.json.decode(untrusted, type=AcmeAccount)
    except msgspec.MsgspecError:
        raise NoAccount from None
    if account.directory != directory:
        raise AccountElsewhere
    return account


def read_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    """Return the account's key; raises NoAccount or KeyUnreadable."""
    pem = read_bounded(folder / ACCOUNT_KEY)
    if pem is None:
        raise NoAccount
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        raise KeyUnreadable from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyUnreadable
    return key


def _key_made_or_read(folder: Path) -> ec.EllipticCurvePrivateKey:
    if not (folder / ACCOUNT_KEY).exists():
        write_whole(folder / ACCOUNT_KEY, key_pem(new_key()))
    return read_key(folder)


def _of_validation(fault: errors.ValidationError) -> MirrorFault:
    """Return the authority's first reason for not believing us; without one, that it did not see our answer."""
    challenges = [one for authorization in fault.failed_authzrs for one in authorization.body.challenges]
    codes = [challenge.error.code for challenge in challenges if challenge.error is not None]
    return _KINDS.get(codes[0], AuthorityRefused)() if codes else NameNotProved()
