"""Files to blocks of lines: compressions, cuts, damage."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tutorpulse.errors import InputError
from tutorpulse.events import readers
from tutorpulse.events.readers import Format, check_file, format_of, read_array, read_blocks

PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", PACKERS)
@given(
    lines=st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=30),
    size=st.integers(1, 50),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_blocks_are_whole_lines_and_all_of_them(
    tmp_path: Path, suffix: str, lines: list[bytes], size: int
) -> None:
    data = b"{" + b"\n".join(lines)
    path = written(tmp_path, "a.ndjson" + suffix, PACKERS[suffix](data))
    before, readers.BLOCK_BYTES = readers.BLOCK_BYTES, size
    try:
        blocks = list(read_blocks(path))
    finally:
        readers.BLOCK_BYTES = before
    assert b"".join(blocks) == data
    assert all(block.endswith(b"\n") for block in blocks[:-1])


def test_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    assert list(read_blocks(written(tmp_path, "a.ndjson", b"\xef\xbb\xbf{}\n{}"))) == [b"{}\n{}"]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_files_may_be_of_several_parts(tmp_path: Path, suffix: str) -> None:
    pack = PACKERS[suffix]
    path = written(tmp_path, "a.ndjson" + suffix, pack(b"{}\n{") + pack(b"}\n"))
    assert list(read_blocks(path)) == [b"{}\n{}\n"]


def test_compression_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    assert list(read_blocks(written(tmp_path, "a.ndjson", gzip.compress(b"{}")))) == [b"{}"]


def test_progress_counts_the_bytes_on_disk(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ndjson.gz", gzip.compress(b"{}\n" * 100_000))
    told: list[int] = []
    list(read_blocks(path, told.append))
    assert sum(told) == path.stat().st_size


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("cut", [1, 10, 200])
def test_truncated_compression_is_refused_before_use(tmp_path: Path, suffix: str, cut: int) -> None:
    packed = PACKERS[suffix](bytes(range(256)) * 40)
    path = written(tmp_path, "a.ndjson" + suffix, packed[:-cut])
    with pytest.raises(
        InputError, match=r"is cut short: its compression has no end. Fetch or make it again."
    ):
        check_file(path)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_damaged_compression_is_refused_before_use(tmp_path: Path, suffix: str) -> None:
    pack = gzip.compress if suffix == ".gz" else zstandard.ZstdCompressor(write_checksum=True).compress
    packed = bytearray(pack(bytes(range(256)) * 40))
    packed[20:40] = bytes(20)
    with pytest.raises(InputError, match=r"is damaged: .* Fetch or make it again; nothing of it was used."):
        check_file(written(tmp_path, "a.ndjson" + suffix, bytes(packed)))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.ndjson does not exist. Check the spelling"):
        check_file(tmp_path / "nowhere.ndjson")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder. Name the files in it, such as .*/\*.ndjson."):
        check_file(tmp_path)


@pytest.mark.parametrize("suffix", PACKERS)
def test_empty_file(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError, match=r"is empty. Nothing can be read from it."):
        check_file(written(tmp_path, "a.ndjson" + suffix, PACKERS[suffix](b"")))


def test_utf16_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is UTF-16. Convert it to UTF-8"):
        check_file(written(tmp_path, "a.ndjson", "{}".encode("utf-16")))


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path, "a.ndjson", b"{}")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"cannot be read: Permission denied. Check its permissions."):
        check_file(path)


def test_endless_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LONGEST_LINE_BYTES", 1 << 20)
    path = written(tmp_path, "a.ndjson", bytes(3 << 20))
    with pytest.raises(InputError, match=r"has a line of over 1 MB. Is it JSON with one event on each line?"):
        list(read_blocks(path))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.ndjson", Format.LINES),
        ("a.b.JSONL.GZ", Format.LINES),
        ("a.json.zst", Format.JSON),
        ("a.csv", Format.CSV),
        ("a.tsv.gz", Format.CSV),
        ("a.parquet", Format.PARQUET),
    ],
)
def test_format_by_name(name: str, kind: Format) -> None:
    assert format_of(Path(name)) is kind


@pytest.mark.parametrize("name", ["a", "a.txt", "a.xlsx", "ndjson", "a.gz"])
def test_unknown_format_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(InputError, match=r"\.ndjson, \.jsonl, \.json, \.csv, \.tsv, \.parquet"):
        format_of(Path(name))


class TestArray:
    """Files that are one JSON array."""

    def test_items_are_kept_as_they_are(self, tmp_path: Path) -> None:
        path = written(tmp_path, "a.json.gz", gzip.compress(b'\xef\xbb\xbf \n[{"a": 1},\n 2, "x"]'))
        assert read_array(path) == [b'{"a": 1}', b"2", b'"x"']

    def test_lines_are_no_array(self, tmp_path: Path) -> None:
        assert read_array(written(tmp_path, "a.json", b'\n{"a": [1]}\n')) is None

    def test_truncated_array_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"begins like a JSON array and is none. Was it cut short?"):
            read_array(written(tmp_path, "a.json", b'[{"a": 1},'))

    def test_huge_array_is_refused_with_a_way_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(readers, "LARGEST_ARRAY_BYTES", 10)
        with pytest.raises(InputError, match=r"Write one event on each line instead"):
            read_array(written(tmp_path, "a.json.gz", gzip.compress(b"[" + b" " * (1 << 20) + b"]")))
