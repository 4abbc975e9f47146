"""`tutorpulse simulate` as the shell runs it."""

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from tests.cli.conftest import Run
from tutorpulse.store.tables import read_table

SMALL = ("--tutors", 10, "--students", 60, "--start", "2026-01-01", "--end", "2026-03-01")


def test_the_same_call_writes_the_same_bytes_in_every_packing(run: Run, tmp_path: Path) -> None:
    for name in ("a.ndjson", "b.ndjson", "c.ndjson.gz", "d.ndjson.gz", "e.ndjson.zst"):
        assert run("simulate", *SMALL, "--out", tmp_path / name) == 0
    plain = (tmp_path / "a.ndjson").read_bytes()
    assert plain.count(b"\n") > 500
    assert (tmp_path / "b.ndjson").read_bytes() == plain
    assert gzip.decompress((tmp_path / "c.ndjson.gz").read_bytes()) == plain
    assert (tmp_path / "c.ndjson.gz").read_bytes() == (tmp_path / "d.ndjson.gz").read_bytes()
    unpacked = zstandard.ZstdDecompressor().stream_reader((tmp_path / "e.ndjson.zst").read_bytes()).read()
    assert unpacked == plain
    assert {path.name for path in tmp_path.iterdir()} == {
        *("a.ndjson", "b.ndjson", "c.ndjson.gz", "d.ndjson.gz", "e.ndjson.zst")
    }


def test_parquet_imports_like_the_lines(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = []
    for name in ("a.ndjson", "a.parquet"):
        assert run("simulate", *SMALL, "--out", tmp_path / name) == 0
        capsys.readouterr()
        assert run("import", tmp_path / name, "--home", tmp_path / f"{name}.home", "--json") == 0
        (file,) = json.loads(capsys.readouterr().out)["files"]
        counts.append((file["accepted"], file["rejected"], file["by_type"]))
    assert counts[0] == counts[1]
    assert counts[0][1] == 0


def test_truth_is_written_beside(run: Run, tmp_path: Path) -> None:
    paths = tmp_path / "e.ndjson", tmp_path / "t.parquet"
    arguments = ("--truth", paths[1], "--continuations", 3, "--mornings", 2, "--exit-gap-student", 30)
    assert run("simulate", *SMALL, "--out", paths[0], *arguments, "--exit-gap-tutor", 30) == 0
    rows = list(read_table(paths[1], 100_000))
    assert {kind for part in rows for kind in part["entity_type"]} == {"tutor", "student"}
    assert {"as_of", "entity_id", "exit_14d", "exit_30d", "already_gone", "velocity", "health"} <= rows[
        0
    ].keys()


def test_a_tiny_world_has_lines_and_a_truth(run: Run, tmp_path: Path) -> None:
    size = ("--tutors", 2, "--students", 5, "--start", "2026-01-01", "--end", "2026-01-21", "--seed", 11)
    paths = tmp_path / "e.ndjson", tmp_path / "t.parquet"
    assert run("simulate", *size, "--out", paths[0], "--truth", paths[1], "--continuations", 2) == 0
    assert paths[0].read_bytes().count(b"\n") > 10
    assert sum(len(part["entity_id"]) for part in read_table(paths[1], 1000)) > 0


def test_json_counts_the_events(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("simulate", *SMALL, "--out", tmp_path / "e.ndjson", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["events"] == (tmp_path / "e.ndjson").read_bytes().count(b"\n")
    assert result["days"] == 59


def test_all_parameters_are_listed(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("simulate", "--list-parameters") == 0
    assert "[tutors]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--out FILE or --to URL"),
        (("--out", "e.ndjson", "--to", "http://localhost:1"), "--out FILE or --to URL"),
        (("--out", "none/e.ndjson"), "cannot be written"),
        (("--out", "none/e.parquet"), "cannot be written"),
        (("--out", "e.parquet", "--dirt", "0.1"), "Dirt needs lines"),
        (("--out", "e.ndjson", "--dirt", "much"), "cannot be read"),
        (("--out", "e.ndjson", "--start", "2026-05-01"), "end before it begins"),
        (("--out", "e.ndjson", "--start", "soon"), "is not a time"),
        (("--out", "e.ndjson", "--parameters", "none.toml"), "Give a readable TOML file"),
        (("--to", "localhost"), "is no address"),
        (("--out", "e.ndjson", "--truth", "t.parquet", "--end", "2026-01-05"), "lasts 4 days. Give 7 days"),
    ],
)
def test_what_cannot_be_done_is_refused(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("simulate", *SMALL, *arguments) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.glob("e.*"))
