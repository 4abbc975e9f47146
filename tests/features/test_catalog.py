"""The catalog is the contract: names, order, entries that say what they are."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tutorpulse.features import compile as compiling
from tutorpulse.features.catalog import Catalog, Feature, Measure
from tutorpulse.features.compile import CATALOGS, compile_query, feature_set_hash
from tutorpulse.features.frame import ENTITY_TYPES, FEATURE_COUNT, EntityType
from tutorpulse.features.scope import Scope


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_there_are_46_features_of_each_kind(kind: EntityType) -> None:
    assert len(CATALOGS[kind].features) == FEATURE_COUNT


def _contract() -> Path:
    path = ROOT.parent / "shared" / "spec" / "features.md"
    if not path.is_file():
        pytest.skip("no specification beside the checkout (../shared/spec)")
    return path


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_names_and_order_are_the_contracts(kind: EntityType) -> None:
    section = _contract().read_text(encoding="utf-8").split(f"## {kind.capitalize()}\n")[1].split("\n## ")[0]
    names: list[str] = []
    for word in re.findall(r"`([a-z0-9_]+)`", section):
        names.append(re.sub(r"\d+d$", "", names[-1]).rstrip("_") + word if word.startswith("_") else word)
    contract = list(dict.fromkeys(name for name in names if name != "premium_tiers"))
    assert [feature.name for feature in CATALOGS[kind].features] == contract


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_every_feature_says_what_it_is(kind: EntityType) -> None:
    for feature in CATALOGS[kind].shown():
        assert feature.group, feature.name
        assert feature.unit, feature.name
        assert feature.sentence[0].isalnum(), feature.name
        assert feature.sentence.endswith("."), feature.name


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_each_feature_compiles_by_itself(kind: EntityType) -> None:
    scope = Scope(kind, 0, 0, zone_offsets=(("UTC", 0, 1, 0),))
    for feature in CATALOGS[kind].shown():
        assert f" AS {feature.name}" in compile_query([feature.name], scope)


def test_a_query_holds_only_what_was_asked_for() -> None:
    sql = compile_query(["sessions_taught_7d"], Scope("tutor", 0, 0))
    assert "tutor_events" not in sql
    assert "market" not in sql


def test_an_unknown_name_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="no_such_feature"):
        compile_query(["no_such_feature"], Scope("tutor", 0, 0))


def test_a_name_defined_twice_is_a_mistake() -> None:
    once = Measure("a", "sessions", "COUNT(*)")
    with pytest.raises(AssertionError, match="defined twice"):
        Catalog((), (), (once,), (once,))


def test_the_hash_follows_definitions_and_not_their_wording(monkeypatch: pytest.MonkeyPatch) -> None:
    before = feature_set_hash()
    assert re.fullmatch(r"[0-9a-f]{16}", before)

    def with_first(**changes: str) -> str:
        catalog = CATALOGS["tutor"]
        first = Feature(**{**vars(catalog.features[0]), **changes})
        changed = Catalog((first, *catalog.features[1:]), catalog.context, catalog.facts, catalog.measures)
        monkeypatch.setitem(compiling.CATALOGS, "tutor", changed)
        return feature_set_hash()

    assert with_first(sentence="Said otherwise.", unit="lessons") == before
    assert with_first(sql="COUNT(*)") != before
