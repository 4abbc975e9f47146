from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.batches import batch_of
from tutorpulse.errors import HomeError, InputError
from tutorpulse.store.backup import MANIFEST_FILE, Opened, backup, read_manifest, restore
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import State


def departed(*numbers: int) -> list[dict[str, object]]:
    return [
        {"event_id": f"e{n}", "event_type": "tutor_departed", "ts_us": n, "tutor_id": f"t{n}"}
        for n in numbers
    ]


@pytest.fixture
def opened(home: Home) -> Iterator[Opened]:
    (home.path / "models" / "m1").mkdir(parents=True)
    (home.path / "models" / "m1" / "manifest.json").write_text("{}")
    (home.path / "settings.toml").write_text("port = 1\n")
    with EventStore.open(home) as store, closing(State(home.state_path)) as state:
        store.append(batch_of(departed(1, 2, 3)))
        state.keys.create("till", ["read"], 5)
        yield Opened(home, store, state)


def test_a_restored_home_holds_what_was_there_and_knows_its_events(opened: Opened, tmp_path: Path) -> None:
    made = backup(opened, tmp_path / "copy", 7)
    opened.store.append(batch_of(departed(4)))
    assert restore(tmp_path / "copy", tmp_path / "new") == made
    home = Home.open(tmp_path / "new")
    with EventStore.open(home) as store:
        assert len(store) == made.events == 3
        assert store.append(batch_of(departed(1, 2, 3, 4))).accepted == 1
    with closing(State(home.state_path)) as state:
        assert [row.name for row in state.keys.all()] == ["till"]
    assert (home.path / "models" / "m1" / "manifest.json").read_text() == "{}"
    assert (home.path / "settings.toml").read_text() == "port = 1\n"


def test_the_home_stays_in_use_while_it_is_copied(opened: Opened, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        assert len(opened.store.query("SELECT 1 AS one")["one"]) == 1
        opened.state.keys.create("meanwhile", ["read"], 5)

    backup(opened, tmp_path / "copy", 7, progress)
    assert told
    assert told[-1][0] == told[-1][1]
    assert opened.store.append(batch_of(departed(4))).accepted == 1


def test_an_existing_folder_is_left_alone(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"exists\. Give a new folder"):
        backup(opened, tmp_path, 7)


def test_a_backup_that_fails_leaves_nothing(opened: Opened, tmp_path: Path) -> None:
    def full(_done: int, _total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"cannot be written: No space left on device"):
        backup(opened, tmp_path / "copy", 7, full)
    assert [p.name for p in tmp_path.iterdir()] == ["home"]
    assert opened.store.append(batch_of(departed(4))).accepted == 1


@pytest.mark.parametrize("name", ["events.duckdb", "state.sqlite", "version"])
def test_a_damaged_backup_is_refused_and_makes_no_home(opened: Opened, tmp_path: Path, name: str) -> None:
    copy, new = tmp_path / "copy", tmp_path / "new"
    backup(opened, copy, 7)
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(InputError, match=rf"{name} is not as it was backed up"):
        restore(copy, new)
    (copy / name).unlink()
    with pytest.raises(InputError, match=f"lacks {name}"):
        restore(copy, new)
    assert not new.exists()


def test_what_is_no_backup_is_refused(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no backup: .* Give the folder that `tutorpulse backup` made"):
        read_manifest(tmp_path)
    backup(opened, tmp_path / "copy", 7)
    manifest = tmp_path / "copy" / MANIFEST_FILE
    manifest.write_text(manifest.read_text().replace('"version"', '"../home/version"'))
    with pytest.raises(InputError, match=r"lacks \.\./home/version"):
        restore(tmp_path / "copy", tmp_path / "new")


def test_a_home_in_the_way_is_not_touched(opened: Opened, tmp_path: Path) -> None:
    backup(opened, tmp_path / "copy", 7)
    with pytest.raises(HomeError, match=r"holds something\. Stop its service, move it away"):
        restore(tmp_path / "copy", opened.home.path)
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "copy", tmp_path / "empty")


def test_a_place_that_cannot_be_written_is_said(opened: Opened, tmp_path: Path) -> None:
    backup(opened, tmp_path / "copy", 7)
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="cannot be made: Not a directory"):
        restore(tmp_path / "copy", tmp_path / "file" / "new")
