"""What `status` says of the keys of the mirror's handshakes."""

from __future__ import annotations

import ssl

import pytest

from kallskydd.commands import status


@pytest.mark.parametrize(
    ("version", "words"), [((3, 5, 0, 0, 0), "can use X25519MLKEM768"), ((3, 4, 9, 0, 0), "OpenSSL 3.5")]
)
def test_status_says_whether_the_keys_are_of_the_kind_that_a_quantum_computer_does_not_open(
    monkeypatch, version, words
):
    monkeypatch.setattr(ssl, "OPENSSL_VERSION_INFO", version)

    found = status._mirror_keys()

    assert words in found.words
    assert found.well
