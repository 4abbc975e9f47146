"""The dashboard's third-party files: pinned by hash, from no named place, whole."""

import gzip
import json
from pathlib import Path

import pytest

from tools import assets


def test_every_package_is_pinned_by_hash_and_none_by_address() -> None:
    text = (assets.SOURCE / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: one for name, one in json.loads(text)["packages"].items() if name}
    assert packages
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert "resolved" not in text
    assert "://" not in text


def test_versions_are_exact() -> None:
    described = json.loads((assets.SOURCE / "package.json").read_text(encoding="utf-8"))
    wanted = described["dependencies"] | described["devDependencies"]
    assert all(version[0].isdigit() for version in wanted.values())


@pytest.mark.skipif(not assets.is_built(), reason="the assets are not built: pip install -e .")
def test_what_is_in_the_package_is_what_the_description_names_and_packed_files_unpack_to_it() -> None:
    folder = assets.bring()
    described = json.loads((assets.SOURCE / "package.json").read_text(encoding="utf-8"))
    assert set(described["copied"]) <= {path.name for path in folder.iterdir()}
    packed = list(folder.glob("*.gz"))
    assert packed
    for path in packed:
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()


def test_built_files_of_another_lock_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(assets, "TARGET", tmp_path / "vendor")
    assert not assets.is_built()
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / assets.STAMP).write_text("0" * 16)
    assert not assets.is_built()
    kept = assets.cache() / "copied"
    kept.mkdir(parents=True)
    (kept / assets.STAMP).write_text(assets.lock_hash())
    assert assets.is_built()
