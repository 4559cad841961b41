"""One order, by RFC 8555 with tls-alpn-01 (RFC 8737), in these steps.

  1. a new key for the certificate, and the order for the one name;
  2. for each question of the authority: the challenge certificate goes up, the authority is told, and it looks;
  3. the challenge comes down, whatever has happened;
  4. the certificate is fetched and judged: our key, our name, valid now;
  5. key and chain are put in their place as a whole. Until then the old certificate is the one in use.

The library knows tls-alpn-01 no more; the two classes that bring it back are registered with it here.
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

# The authority looks from several places, each with a time limit of its own; through tor each answer takes a second.
POLL_SECONDS: Final = 180


@challenges.ChallengeResponse.register
class TlsAlpnResponse(challenges.KeyAuthorizationChallengeResponse):
    """What tells the authority to look."""

    typ = METHOD


@challenges.Challenge.register
class TlsAlpn(challenges.KeyAuthorizationChallenge):
    """The authority's question."""

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
    """Order, and keep what comes. `raise_challenge` returns once the challenge is up. Raises a MirrorFault."""
    key = new_key()
    with faults_in_words():
        wanted = authority.client.new_order(signing_request(key, name))
        for authorization in wanted.authorizations:
            if authorization.body.status == messages.STATUS_VALID:
                continue  # the authority remembers an earlier answer
            _answer(authority, name, authorization, now, raise_challenge)
        deadline = datetime.now() + timedelta(seconds=POLL_SECONDS)  # noqa: DTZ005 - the library compares with this
        done = authority.client.poll_and_finalize(wanted, deadline)
        pem = key_pem(key) + done.fullchain_pem.encode("ascii")
    facts = read_certificate(pem, name, now)
    write_whole(folder / CERTIFICATE, pem)
    return facts


def _answer(
    authority: Authority,
    name: str,
    authorization: messages.AuthorizationResource,
    now: datetime,
    raise_challenge: Callable[[bytes], None],
) -> None:
    question = next((one for one in authorization.body.challenges if isinstance(one.chall, TlsAlpn)), None)
    if question is None:
        raise AuthorityRefused
    digest = question.chall.validation(authority.key)
    raise_challenge(challenge_pem(name, digest, now))
    authority.client.answer_challenge(question, question.chall.response(authority.key))
