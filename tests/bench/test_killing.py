"""Kills, few and small."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.store.batches import batch_of
from tests.store.test_log import paid
from tutorpulse.bench import killing
from tutorpulse.cli.loading import whole_app
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

pytest.importorskip("uvicorn")


def test_what_the_log_lacks_is_lost_and_what_it_has_again_is_there_twice(tmp_path: Path) -> None:
    home = Home.open(tmp_path, create=True)
    with EventStore.open(home) as store:
        store.append(batch_of([paid("a"), paid("b")]))
    assert killing._held_against(home, ["a"]) == (0, 0)
    assert killing._held_against(home, ["a", "c", "d"]) == (2, 0)
    with EventStore.open(home) as store:
        store._database.execute(
            "INSERT INTO payment_events SELECT * FROM payment_events WHERE event_id = 'b'"
        )
    assert killing._held_against(home, ["a", "c"]) == (1, 1)


@pytest.mark.slow
def test_a_killed_service_comes_back_with_all_that_it_acknowledged(tmp_path: Path) -> None:
    command = ["bench", "kill", "--events", "20000", "--repeats", "2", "--in", str(tmp_path), "--json"]
    ran = CliRunner().invoke(whole_app(), command)
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    details = found["details"]
    assert (details["kills"], details["lost"], details["twice"]) == (2, 0, 0)
    assert details["acknowledged"] > 0
    assert (
        found["verdict"]
        == f"All {details['acknowledged']:,} events acknowledged are there, and no event twice."
    )
    for address_s, event_s in zip(details["to_address_s"], found["repeats"], strict=True):
        assert 0 < address_s < event_s
