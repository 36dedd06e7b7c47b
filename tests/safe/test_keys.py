import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Config
from bot.domain.errors import NotConfigured, WrongKey
from bot.safe.keys import Keyring


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_again_and_cannot_be_read(plain: bytes):
    ring = Keyring([Keyring.new()])
    sealed = ring.seal(plain)
    assert ring.open(sealed) == plain
    assert len(plain) < 8 or plain not in sealed


def test_a_new_key_opens_what_the_old_one_sealed_and_seals_it_anew():
    old, new = Keyring.new(), Keyring.new()
    sealed = Keyring([old]).seal(b"token")
    both = Keyring([new, old])
    assert both.open(sealed) == b"token"
    assert Keyring([new]).open(both.rotate(sealed)) == b"token"
    with pytest.raises(WrongKey):
        Keyring([new]).open(sealed)


def test_a_changed_seal_is_refused():
    ring = Keyring([Keyring.new()])
    sealed = bytearray(ring.seal(b"token"))
    sealed[20] ^= 1
    for broken in (bytes(sealed), b"", b"no seal"):
        with pytest.raises(WrongKey):
            ring.open(broken)
        with pytest.raises(WrongKey):
            ring.rotate(broken)


def test_keys_are_read_from_the_settings_and_never_shown():
    key = Keyring.new()
    config = Config.from_env({"EARMARK_KEYS": f" {key} , {Keyring.new()}"})
    assert len(config.keys) == 2
    assert key not in repr(config)
    assert Config.from_env({}).keyring() is None
    ring = config.keyring()
    assert ring is not None
    assert key not in repr(ring)
    for bad in ("short", key[:-2], "ä" * 44):
        with pytest.raises(NotConfigured) as caught:
            Config.from_env({"EARMARK_KEYS": bad}).keyring()
        assert caught.value.setting == "EARMARK_KEYS"
