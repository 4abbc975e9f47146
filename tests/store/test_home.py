"""The home folder: what is refused, and with which words."""

from pathlib import Path

import pytest

from tutorpulse.errors import HomeBusyError, HomeError, HomeVersionError
from tutorpulse.store.home import LAYOUT_VERSION, Home
from tutorpulse.store.log import EventStore


def test_a_file_is_no_home(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(HomeError, match=r"is a file. Give a folder with --home"):
        Home.open(path, create=True)


def test_a_read_verb_without_a_home_is_told_to_import_first(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="Run `tutorpulse import FILE` first"):
        Home.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("x")
    with pytest.raises(HomeError, match=r"holds other things \(photo.jpg\)"):
        Home.open(tmp_path, create=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["photo.jpg"]


def test_settings_may_be_written_before_the_first_use(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("")
    assert Home.open(tmp_path, create=True).path == tmp_path


def test_a_home_that_cannot_be_made_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(
        HomeError, match=r"Cannot make a home at .*: Permission denied. Give a folder that you may write"
    ):
        Home.open(tmp_path / "home", create=True)


def test_a_home_that_cannot_be_written_is_refused(home: Home) -> None:
    (home.path / "lock").mkdir()
    with pytest.raises(HomeError, match=r"Cannot write in the home .* Mend its permissions"):
        EventStore.open(home)


def test_a_home_of_a_newer_layout_is_refused(home: Home) -> None:
    (home.path / "version").write_text(str(LAYOUT_VERSION + 1))
    with pytest.raises(HomeVersionError, match=rf"has layout {LAYOUT_VERSION + 1}; .* Upgrade tutorpulse"):
        Home.open(home.path)


def test_a_damaged_version_is_named(home: Home) -> None:
    (home.path / "version").write_text("one")
    with pytest.raises(HomeError, match="holds 'one' where a number should be"):
        Home.open(home.path)


def test_a_home_is_held_by_one_and_free_when_closed(home: Home) -> None:
    with (
        EventStore.open(home),
        pytest.raises(HomeBusyError, match=r"is in use \(process \d+\). Wait until it is done"),
    ):
        EventStore.open(home)
    EventStore.open(home).close()


def test_readers_share_a_home_and_keep_writers_out(home: Home) -> None:
    EventStore.open(home).close()
    with (
        EventStore.open(home, read_only=True),
        EventStore.open(home, read_only=True),
        pytest.raises(HomeBusyError),
    ):
        EventStore.open(home)


def test_a_failed_opening_leaves_the_home_free(home: Home) -> None:
    home.events_path.write_bytes(b"no database" * 1000)
    with pytest.raises(HomeError, match=r"Cannot open .*events\.duckdb: .* Restore the home from a copy"):
        EventStore.open(home)
    home.events_path.unlink()
    EventStore.open(home).close()


def test_reading_a_home_without_a_log_says_to_import(home: Home) -> None:
    with pytest.raises(HomeError, match=r"holds no events. Run `tutorpulse import FILE` first"):
        EventStore.open(home, read_only=True)
