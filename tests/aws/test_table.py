"""One contract for the table in memory, moto's and the real DynamoDB Local."""

import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.aws.conftest import new_table
from tests.aws.memory_table import MemoryTable
from tutorpulse.aws.table import Items
from tutorpulse.errors import RefusedItemError

_IDS, _SORTS = st.sampled_from(["a", "b"]), st.sampled_from(["x", "y", "z#1", "z#2"])
_KEYS = st.tuples(_IDS, _SORTS)
_VALUES = st.dictionaries(
    st.sampled_from(["text", "number", "ratio", "flag", "bytes", "list", "map"]),
    st.one_of(
        st.text(max_size=5),
        st.integers(-(10**15), 10**15),
        st.floats(-1e15, 1e15, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-100),
        st.booleans(),
        st.binary(min_size=1, max_size=5),
        st.lists(st.integers(0, 9), max_size=3),
        st.dictionaries(st.sampled_from(["p", "q"]), st.integers(0, 9), max_size=2),
    ),
    max_size=4,
)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _KEYS, _VALUES),
        st.tuples(st.just("put_new"), _KEYS, _VALUES),
        st.tuples(st.just("put_where"), _KEYS, st.integers(0, 4), st.sampled_from(["<", "<=", ">", "<>"])),
        st.tuples(
            st.just("add"),
            _KEYS,
            st.integers(1, 3),
            st.sets(st.sampled_from("pqr")),
        ),
        st.tuples(st.just("remove"), _KEYS),
        st.tuples(st.just("drop"), _KEYS, st.integers(0, 5)),
        st.tuples(st.just("stamp"), _KEYS, st.sampled_from(["2026-01-01", "2026-01-02"])),
        st.tuples(st.just("together"), st.lists(_KEYS, min_size=1, max_size=3, unique=True), _VALUES),
    ),
    max_size=12,
)


def applied(table: Items, step: tuple[Any, ...], prefix: str) -> Any:
    """What a step answers. Keys begin with `prefix`, so that histories do not meet."""
    name, key, *more = step
    if name == "together":
        table.write_together([{"entity_id": prefix + k[0], "entity_type": k[1], **more[0]} for k in key])
        return None
    pk, sk = prefix + key[0], key[1]
    identity = {"entity_id": pk, "entity_type": sk}
    match name:
        case "put":
            return table.put({**identity, **more[0]})
        case "put_new":
            return table.put_new({**identity, **more[0]})
        case "put_where":
            return table.put_where({**identity, "revision": more[0]}, "revision", more[1])
        case "add":
            return table.add((pk, sk), {"revision": more[0]}, {"days": more[1]})
        case "remove":
            return table.remove(pk, sk)
        case "stamp":
            return table.put({**identity, "timestamp": more[0], "segment": "star", "hidden": 1})
    return table.drop((pk, sk), ("days", "timestamp"), ("revision", more[0]))


def seen(table: Items, prefix: str) -> Any:
    partitions = [
        list(table.between(prefix + pk, low, high)) for pk in "ab" for low, high in ((" ", "~"), ("y", "z#1"))
    ]
    alone = [table.get(prefix + pk, "x") for pk in "ab"]
    return partitions, alone


def listed(table: Items, prefix: str) -> Any:
    found = [
        [item for item in table.of_type(sk, since, newest) if item["entity_id"].startswith(prefix)]
        for sk in ("x", "z#1")
        for since in ("", "2026-01-02")
        for newest in (False, True)
    ]
    return [sorted(some, key=lambda item: (item["timestamp"], item["entity_id"])) for some in found]


@pytest.fixture(params=["moto", "dynamodb-local"], scope="module")
def real(request: pytest.FixtureRequest) -> Items:
    return new_table(request.getfixturevalue("moto_client" if request.param == "moto" else "client_of_local"))


@given(_STEPS)
@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_history_leaves_what_the_table_in_memory_holds(
    real: Items, steps: list[tuple[Any, ...]]
) -> None:
    prefix, oracle = uuid.uuid4().hex, MemoryTable()
    for step in steps:
        assert applied(real, step, prefix) == applied(oracle, step, prefix), step
    assert seen(real, prefix) == seen(oracle, prefix)
    assert listed(real, prefix) == listed(oracle, prefix)


def test_an_item_that_is_too_large_is_refused_for_good(real: Items) -> None:
    with pytest.raises(RefusedItemError, match="Send it smaller"):
        real.put({"entity_id": "large", "entity_type": "x", "text": "x" * 450_000})


def test_more_items_than_a_page_holds_come_in_order(real: Items) -> None:
    for number in range(7):
        real.put({"entity_id": "paged", "entity_type": f"e#{number}", "text": "x" * 300_000})
    assert [item["entity_type"] for item in real.between("paged", "e#", "e#~")] == [
        f"e#{n}" for n in range(7)
    ]
