"""Bodies: packed and not, and what is refused of them."""

import gzip
import io
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.api.bodies import unpack
from tutorpulse.api.problems import ProblemError

MOST = 50_000
zstd = zstandard.ZstdCompressor().compress


@given(
    parts=st.lists(st.binary(max_size=9_000), min_size=1, max_size=4),
    packer=st.sampled_from([gzip.compress, zstd]),
)
def test_unpacking_is_the_inverse_of_packing_in_one_member_or_more(
    parts: list[bytes], packer: object
) -> None:
    encoding = "gzip" if packer is gzip.compress else "zstd"
    sent = b"".join(map(packer, parts))  # type: ignore[arg-type]
    assert unpack(sent, encoding, MOST) == b"".join(parts)


def test_a_stream_without_a_stated_size_is_read() -> None:
    sink = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(sink, closefd=False) as writer:
        writer.write(b"x" * 40_000)
    assert unpack(sink.getvalue(), "zstd", MOST) == b"x" * 40_000


@pytest.mark.parametrize(("encoding", "packer"), [("gzip", gzip.compress), ("zstd", zstd)])
def test_a_bomb_is_refused_before_it_is_unpacked(
    encoding: str, packer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = packer(bytes(200_000_000))  # type: ignore[operator]
    unpacked = [0]
    real = zlib.decompressobj

    class Counting:
        def __init__(self, *arguments: int) -> None:
            self._real = real(*arguments)
            self.eof, self.unused_data = False, b""

        def decompress(self, data: bytes) -> bytes:
            content = self._real.decompress(data)
            unpacked[0] += len(content)
            return content

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    with pytest.raises(
        ProblemError, match=r"more than 50,000 bytes. Send the events in smaller batches"
    ) as refused:
        unpack(bomb, encoding, MOST)
    assert refused.value.kind == "body-too-large"
    assert unpacked[0] < 10_000_000


@pytest.mark.parametrize(("encoding", "packer"), [("gzip", gzip.compress), ("zstd", zstd)])
@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-3], lambda b: b"no" + b, lambda b: b + b"more", lambda _: b""]
)
def test_a_damaged_stream_is_refused(encoding: str, packer: object, spoil: object) -> None:
    sent = spoil(packer(b"events" * 50))  # type: ignore[operator]
    with pytest.raises(ProblemError, match=f"no whole {encoding} stream"):
        unpack(sent, encoding, MOST)


def test_thousands_of_empty_members_are_refused() -> None:
    with pytest.raises(ProblemError, match="no whole gzip stream"):
        unpack(gzip.compress(b"") * 1_500, "gzip", MOST)
