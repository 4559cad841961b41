"""Order a certificate by ACME (RFC 8555) with the challenge tls-alpn-01 (RFC 8737), in these steps.

  1. a new key for the certificate, and the order for the one name;
  2. for each challenge: the keeper serves the challenge certificate, the authority is notified, and validates it;
  3. the certificate is fetched and checked: our key, our name, valid now;
  4. key and chain replace the old ones atomically. Until then the old certificate stays in use.

The keeper stops serving the challenge certificate when this child ends, whatever the result
(kallskydd.serve.mirror_child). The ACME library no longer supports tls-alpn-01: two classes register it here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from acme import challenges, messages
from josepy.jwk import JWK

from kallskydd.mirror.account import Authority, faults_in_words
from kallskydd.mirror.caa import METHOD
from kallskydd.mirror.certificate import (
    CertificateFacts,
    challenge_pem,
    key_pem,
    new_key,
    read_certificate,
    signing_request,
)
from kallskydd.mirror.errors import AuthorityRefused
from kallskydd.mirror.folder import CERTIFICATE, write_whole

# The authority validates from several places, each with its own time limit; through tor each answer takes a second.
POLL_SECONDS: Final = 180


@challenges.ChallengeResponse.register
class TlsAlpnResponse(challenges.KeyAuthorizationChallengeResponse):
    """Asks the authority to validate the challenge."""

    typ = METHOD


@challenges.Challenge.register
class TlsAlpn(challenges.KeyAuthorizationChallenge):
    """The challenge as the authority sends it."""

    response_cls, typ = TlsAlpnResponse, METHOD

    def validation(self, account_key: JWK, **_: Any) -> bytes:
        """Return the digest that the challenge certificate carries."""
        return hashlib.sha256(self.key_authorization(account_key).encode()).digest()


def order_certificate(
    authority: Authority,
    folder: Path,
    name: str,
    now: datetime,
    raise_challenge: Callable[[bytes], None],
) -> CertificateFacts:
    """Order a certificate for `name` and store it with its new key in `folder`. Raises a MirrorFault.

    `raise_challenge` takes the challenge certificate as PEM, and returns once it is served to the authority.
    """
    key = new_key()
    with faults_in_words():
        order = authority.client.new_order(signing_request(key, name))
        for authorization in order.authorizations:
            if authorization.body.status == messages.STATUS_VALID:
                continue  # the authority still accepts an earlier validation
            _answer_challenge(authority, name, authorization, now, raise_challenge)
        deadline = datetime.now() + timedelta(seconds=POLL_SECONDS)  # noqa: DTZ005 - the library compares with this
        finalized = authority.client.poll_and_finalize(order, deadline)
        pem = key_pem(key) + finalized.fullchain_pem.encode("ascii")
    facts = read_certificate(pem, name, now)
    write_whole(folder / CERTIFICATE, pem)
    return facts


def _answer_challenge(
    authority: Authority,
    name: str,
    authorization: messages.AuthorizationResource,
    now: datetime,
    raise_challenge: Callable[[bytes], None],
) -> None:
    challenge = next((one for one in authorization.body.challenges if isinstance(one.chall, TlsAlpn)), None)
    if challenge is None:
        raise AuthorityRefused
    digest = challenge.chall.validation(authority.key)
    raise_challenge(challenge_pem(name, digest, now))
    authority.client.answer_challenge(challenge, challenge.chall.response(authority.key))
