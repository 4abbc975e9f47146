"""The index of ids: exact at any shape of runs, and never ahead of its manifest."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorpulse.store import index as index_module
from tutorpulse.store.digests import Digests
from tutorpulse.store.index import MANIFEST_FILE, IdIndex


def random_digests(count: int, seed: int = 0) -> Digests:
    halves = np.random.default_rng(seed).integers(0, 1 << 64, (2, count), np.uint64, endpoint=False)
    return Digests(halves[0], halves[1])


def loaded(folder: Path, flush_ids: int = 64) -> IdIndex:
    index = IdIndex(folder, flush_ids)
    index.load()
    return index


@settings(max_examples=30)
@given(sizes=st.lists(st.integers(1, 200), min_size=1, max_size=15), flush_ids=st.integers(1, 300))
def test_what_was_added_is_found_and_nothing_else(
    sizes: list[int], flush_ids: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    everything = random_digests(sum(sizes) + 100)
    ends = np.cumsum(sizes)
    index = loaded(tmp_path_factory.mktemp("ids"), flush_ids)
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        index.add(everything[start:end], int(end))
    assert index.contains(everything).tolist() == [True] * int(ends[-1]) + [False] * 100
    assert len(index) == ends[-1]


@pytest.mark.parametrize("merge_ids", [1, 7, 1000])
def test_merging_by_ranges_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, merge_ids: int
) -> None:
    monkeypatch.setattr(index_module, "_MERGE_IDS", merge_ids)
    index = loaded(tmp_path / "ids", flush_ids=40)
    everything = random_digests(300)
    for start in range(0, 300, 20):
        index.add(everything[start : start + 20], start + 20)
    assert index.contains(everything).all()
    assert (np.diff(index._runs[0].hi.astype(object)) > 0).all()


def test_runs_stay_few(tmp_path: Path) -> None:
    index = loaded(tmp_path / "ids", flush_ids=10)
    everything = random_digests(5000)
    for start in range(0, 5000, 10):
        index.add(everything[start : start + 10], start + 10)
    assert len(index._runs) <= np.log2(500) + 1
    assert len(list(index.folder.glob("*.ids"))) == len(index._runs)


def test_a_reopened_index_knows_its_runs_and_up_to_where(tmp_path: Path) -> None:
    index = loaded(tmp_path / "ids", flush_ids=50)
    everything = random_digests(90)
    index.add(everything[:60], 60)
    index.add(everything[60:], 90)
    again = loaded(tmp_path / "ids")
    assert again.watermark == 60
    assert again.contains(everything).tolist() == [True] * 60 + [False] * 30


def test_at_closing_a_long_tail_is_written_and_a_short_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "WORTH_WRITING_IDS", 50)
    index = loaded(tmp_path / "ids", flush_ids=1000)
    everything = random_digests(60)
    index.add(everything[:49], 49)
    index.settle_tail()
    assert index.watermark == 0
    index.add(everything[49:], 60)
    index.settle_tail()
    assert index.watermark == 60
    assert loaded(tmp_path / "ids").contains(everything).all()


@pytest.mark.parametrize("damage", ["missing", "garbage", "other fields", "short run", "lost run"])
def test_a_damaged_index_is_empty_rather_than_wrong(tmp_path: Path, damage: str) -> None:
    index = loaded(tmp_path / "ids", flush_ids=10)
    index.add(random_digests(30), 30)
    manifest, run = index.folder / MANIFEST_FILE, next(index.folder.glob("*.ids"))
    match damage:
        case "missing":
            manifest.unlink()
        case "garbage":
            manifest.write_bytes(b"\xff{")
        case "other fields":
            manifest.write_bytes(b'{"watermark": 3}')
        case "short run":
            run.write_bytes(run.read_bytes()[:-16])
        case "lost run":
            run.unlink()
    again = loaded(tmp_path / "ids")
    assert (again.watermark, len(again)) == (0, 0)


def test_a_run_without_a_manifest_entry_is_a_leftover_and_goes(tmp_path: Path) -> None:
    index = loaded(tmp_path / "ids", flush_ids=10)
    index.add(random_digests(30), 30)
    (index.folder / "00000077.ids").write_bytes(b"half a run")
    again = loaded(tmp_path / "ids")
    assert len(again) == 30
    assert len(list(index.folder.glob("*.ids"))) == 1
