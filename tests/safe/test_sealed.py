"""Sealed files: what comes out is what went in, whole, or nothing."""

import io
import stat
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import BadSeal, WrongKey
from bot.safe.keys import Keyring
from bot.safe.private import written
from bot.safe.sealed import FRAME, MAGIC, SealedReader, SealedWriter, is_sealed

KEYS = Keyring([Keyring.new()])


def seal(plain: bytes, keys: Keyring = KEYS) -> bytes:
    raw = io.BytesIO()
    with SealedWriter(raw, keys) as sealed:
        sealed.write(plain)
    return raw.getvalue()


def unseal(sealed: bytes, keys: Keyring = KEYS) -> bytes:
    return SealedReader(io.BytesIO(sealed), keys).read()


def frames(sealed: bytes) -> list[bytes]:
    found, at = [], len(MAGIC)
    while at < len(sealed):
        length = 4 + int.from_bytes(sealed[at : at + 4], "big")
        found.append(sealed[at : at + length])
        at += length
    return found


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_what_is_written_in_pieces_comes_back_whole(pieces: list[bytes]):
    raw = io.BytesIO()
    with SealedWriter(raw, KEYS) as sealed:
        for piece in pieces:
            assert sealed.write(piece) == len(piece)
    assert unseal(raw.getvalue()) == b"".join(pieces)


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME])
def test_every_size_comes_back(size: int):
    plain = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    sealed = seal(plain)
    assert unseal(sealed) == plain
    assert size < 20 or plain[:20] not in sealed
    assert len(sealed) < size * 1.01 + 1000, "no base64 in the file"


SEALED = seal(b"a" * (3 * FRAME + 5))


@given(st.integers(0, len(SEALED) - 1))
def test_a_missing_end_is_noticed_wherever_it_was_cut(at: int):
    with pytest.raises((BadSeal, WrongKey)):
        unseal(SEALED[:at])


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed_wherever_it_is(at: int, change: int):
    broken = bytearray(SEALED)
    broken[at] ^= change
    with pytest.raises((BadSeal, WrongKey)):
        unseal(bytes(broken))


@given(st.permutations(range(5)))
def test_frames_out_of_order_are_noticed(order: list[int]):
    parts = frames(SEALED)
    assert len(parts) == 5
    mixed = MAGIC + b"".join(parts[place] for place in order)
    if order == [0, 1, 2, 3, 4]:
        assert mixed == SEALED
        return
    with pytest.raises(BadSeal):
        unseal(mixed)


def test_frames_of_another_file_left_out_or_after_the_end_are_noticed():
    mine, other = frames(SEALED), frames(seal(b"b" * (3 * FRAME + 5)))
    for wrong in (
        [mine[0], other[1], *mine[2:]],
        [*mine[:2], *mine[3:]],
        mine[:4],
        [*mine, mine[4]],
        [*mine, b"x"],
        [b"\xff\xff\xff\xff"],
    ):
        with pytest.raises(BadSeal):
            unseal(MAGIC + b"".join(wrong))


def test_a_wrong_key_is_told_from_damage():
    with pytest.raises(WrongKey):
        unseal(SEALED, Keyring([Keyring.new()]))
    with pytest.raises(BadSeal):
        unseal(b"PK\x03\x04 a plain archive")


def test_a_file_that_was_not_finished_is_refused():
    raw = io.BytesIO()
    sealed = SealedWriter(raw, KEYS)
    sealed.write(b"half" * FRAME)
    sealed.abandon()
    sealed.close()
    with pytest.raises(BadSeal):
        unseal(raw.getvalue())


def test_looking_at_the_start_does_not_move_the_file():
    for content, sealed in ((SEALED, True), (b"", False), (b"short", False)):
        raw = io.BytesIO(content)
        assert is_sealed(raw) is sealed
        assert raw.tell() == 0


def test_memory_stays_flat(tmp_path: Path):
    file, size = tmp_path / "large", 40
    tracemalloc.start()
    try:
        with file.open("wb") as raw, SealedWriter(raw, KEYS) as sealed:
            for _ in range(size):
                sealed.write(b"x" * FRAME)
        with file.open("rb") as raw:
            reader, total = SealedReader(raw, KEYS), 0
            while part := reader.read(FRAME):
                total += len(part)
        assert total == size * FRAME
        assert tracemalloc.get_traced_memory()[1] < 20 * FRAME
    finally:
        tracemalloc.stop()


def test_a_private_file_is_whole_or_not_there(tmp_path: Path):
    file = tmp_path / "export.zip"
    file.write_bytes(b"older")
    file.chmod(0o644)

    def fail() -> None:
        with written(file, overwrite=True) as raw:
            raw.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert file.read_bytes() == b"older"
    with written(file, overwrite=True) as raw:
        raw.write(b"newer")
    assert file.read_bytes() == b"newer"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [child.name for child in tmp_path.iterdir()] == ["export.zip"]
