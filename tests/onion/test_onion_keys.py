"""Onion keys and client keys: made here, and the same as tor's."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey
from nacl.signing import SigningKey
from networks.conftest_tor import new_client_key

from onion.address import address_from_public, public_from_address
from onion.errors import BadAddress, BadKey, KeyExists
from onion.keys import (
    ClientAuthKey,
    OnionKey,
    client_public_key,
    new_onion_key,
    read_onion_key,
    write_onion_key,
)

# The Tor Project's own onion, a published address that none of our code made.
TOR_PROJECT = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid"


def test_the_public_half_is_the_one_an_independent_ed25519_derives():
    seed = bytes(range(32))
    expanded = bytearray(hashlib.sha512(seed).digest())
    expanded[0] &= 248
    expanded[31] = expanded[31] & 63 | 64

    key = OnionKey(bytes(expanded))

    assert key.public_key == bytes(SigningKey(seed).verify_key)


def test_every_new_key_has_another_address_that_reads_back():
    one, two = new_onion_key(), new_onion_key()

    assert one.address != two.address
    assert public_from_address(one.address) == one.public_key
    assert len(base64.b64decode(one.key_content())) == 64


def test_a_published_address_of_others_survives_the_round_trip():
    public = public_from_address(TOR_PROJECT + ".onion")

    assert address_from_public(public) == TOR_PROJECT


@pytest.mark.parametrize("position", [0, 20, 51, 53, 55])
def test_an_address_with_one_wrong_character_is_refused(position):
    wrong = "b" if TOR_PROJECT[position] != "b" else "c"
    untrusted = TOR_PROJECT[:position] + wrong + TOR_PROJECT[position + 1 :]

    with pytest.raises(BadAddress):
        public_from_address(untrusted)


@given(st.text(max_size=70))
def test_text_that_nobody_made_as_an_address_is_refused(untrusted):
    with pytest.raises(BadAddress):
        public_from_address(untrusted)


def test_a_key_file_is_private_reads_back_and_is_never_overwritten(tmp_path):
    key, path = new_onion_key(), tmp_path / "key"

    write_onion_key(path, key)

    assert path.stat().st_mode & 0o777 == 0o600
    assert read_onion_key(path) == key
    with pytest.raises(KeyExists):
        write_onion_key(path, new_onion_key())
    assert read_onion_key(path) == key


@pytest.mark.parametrize("content", [b"", b"x" * 96, b"== ed25519v1-secret: type0 ==\x00\x00\x00" + b"\xff" * 64])
def test_a_file_that_is_no_key_is_refused(tmp_path, content):
    path = tmp_path / "key"
    path.write_bytes(content)

    with pytest.raises(BadKey):
        read_onion_key(path)


def test_a_client_key_pair_is_the_one_an_independent_x25519_derives():
    key = new_client_key()

    private = base64.b32decode(key.private + "====")

    assert base64.b32decode(key.public + "====") == bytes(PrivateKey(private).public_key)
    assert client_public_key(key.public.lower()) == key.public
    assert ClientAuthKey(key.private).public == key.public


@pytest.mark.parametrize("untrusted", ["", "A", "A" * 51, "A" * 53, "Å" * 52, "1" * 52, "A" * 52 + "\n"])
def test_a_text_that_is_no_client_key_is_refused(untrusted):
    with pytest.raises(BadKey):
        client_public_key(untrusted)


def test_no_repr_shows_a_key():
    onion, client = new_onion_key(), new_client_key()

    shown = repr(onion) + repr(client)

    assert onion.key_content() not in shown
    assert repr(onion.expanded) not in shown
    assert client.private not in shown
