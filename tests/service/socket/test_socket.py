"""A home worked on through the socket of another holder of it; the service stands in a thread of the test."""

import inspect
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.store.batches import batch_of
from tutorpulse import errors
from tutorpulse.errors import HomeBusyError, HomeError, HomeVersionError, InputError, UnknownEntityError
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.service.refresh import RefreshReport
from tutorpulse.service.root import open_log, open_pulse
from tutorpulse.service.socket import client, place, server
from tutorpulse.service.socket.client import ServedStore, serving_address
from tutorpulse.service.socket.methods import Tell, Work
from tutorpulse.service.socket.server import SocketServer
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore


def departed(number: int) -> dict[str, object]:
    return {
        "event_id": f"e{number}",
        "event_type": "tutor_departed",
        "ts_us": number,
        "tutor_id": f"t{number}",
    }


def no_refresh(_lines: bool, _tell: Tell) -> RefreshReport:
    raise NotImplementedError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home", create=True)


@pytest.fixture
def held(home: Home) -> Iterator[EventStore]:
    """The store of the holder, which serves the socket."""
    with EventStore.open(home) as store:
        serving = SocketServer(home, store, Work(no_refresh, store.erase), "http://127.0.0.1:1")
        serving.start()
        yield store
        serving.close(5)


@pytest.fixture
def served(home: Home, held: EventStore) -> Iterator[EventStore]:
    with open_log(home) as store:
        assert isinstance(store, ServedStore)
        yield store


def test_every_method_of_the_store_works_through_the_socket() -> None:
    """None of the inherited ones may reach for a database that is not there."""
    of_the_holder = {
        "open",
        "ids",
        "claim",
        "write",
        "tell",
        "writing",
        "checkpoint_every",
        "catch_up",
        "use_threads",
        "places_of_sessions",
        "query_as_it_is",
        "query_over",
        "rows",
        "changes_until",
    }
    public = {n for n, _ in inspect.getmembers(EventStore, inspect.isfunction) if not n.startswith("_")}
    own = {n for n in vars(ServedStore) if not n.startswith("_")}
    assert public - of_the_holder - own == set()


def test_what_is_appended_is_there_for_both_and_known_again(served: EventStore, held: EventStore) -> None:
    batch = batch_of([departed(1), departed(2)])
    assert served.append(batch).accepted == 2
    assert (len(served), len(held)) == (2, 2)
    again = served.append(batch_of([departed(2), departed(3)]))
    assert [again[0], again[1]] == ["duplicate", "accepted"]
    assert held.append(batch).duplicate == 2


def test_reads_are_those_of_the_store(served: EventStore, held: EventStore) -> None:
    held.append(batch_of([departed(n) for n in range(1, 6)]))
    for name in ("newest_us", "oldest_us", "newest_received_us", "counts"):
        assert getattr(served, name)() == getattr(held, name)()
    assert served.entity_ids("tutor").tolist() == held.entity_ids("tutor").tolist()
    table = EVENT_TYPES["tutor_departed"].table
    sql = f"SELECT tutor_id, ts_us, reason FROM {table} WHERE ts_us > ? ORDER BY ts_us"
    for name, column in held.query(sql, [2]).items():
        found = served.query(sql, [np.int64(2)])[name]
        assert len(column) == 3
        np.testing.assert_array_equal(found, column)
        assert found.dtype == column.dtype
    assert served.newest_us() == 5
    served.settle()


def test_an_empty_log_has_no_times(served: EventStore) -> None:
    assert (served.newest_us(), served.oldest_us(), len(served)) == (None, None, 0)


def test_relations_end_with_their_context_and_belong_to_a_thread(served: EventStore) -> None:
    seen: list[object] = []

    def look() -> None:
        with served.ids("wanted", np.array(["z"], object)):
            seen.extend(served.query("SELECT id FROM wanted")["id"].tolist())

    with served.ids("wanted", np.array(["a", None], object)):
        other = threading.Thread(target=look)
        other.start()
        other.join()
        assert served.query("SELECT id FROM wanted")["id"].tolist() == ["a", None]
    assert seen == ["z"]
    served.relation("wanted", {"id": np.array(["b"], object)}).__enter__()


def test_a_visiting_thread_has_a_connection_that_ends_with_the_visit(
    served: EventStore, held: EventStore
) -> None:
    held.append(batch_of([departed(1)]))
    found: list[int] = []

    def look() -> None:
        with served.visit():
            found.append(len(served))
        found.append(len(served._lines))  # type: ignore[attr-defined]

    visitor = threading.Thread(target=look)
    visitor.start()
    visitor.join()
    assert found == [1, 1]
    assert len(served) == 1


def test_a_file_is_written_by_who_asks_for_it(served: EventStore, tmp_path: Path) -> None:
    served.append(batch_of([departed(1)]))
    served.copy_to("SELECT 1 AS one", str(tmp_path / "out.csv"), "FORMAT csv, HEADER")
    assert (tmp_path / "out.csv").read_text() == "one\n1\n"
    with pytest.raises(InputError, match=r"cannot be written: .* Give a file in a folder that exists"):
        served.copy_to("SELECT 1 AS one", str(tmp_path / "no" / "out.csv"), "FORMAT csv")


def test_refusals_keep_their_kind_and_words(served: EventStore) -> None:
    with pytest.raises(UnknownEntityError, match="No tutor 'nobody' is known"):
        served.erase("tutor", "nobody")
    with pytest.raises(InputError, match="No reject 'r'"):
        served.reject("r")
    with pytest.raises(InputError, match="The service knows no 'dance'"):
        served.ask(int, "dance")  # type: ignore[attr-defined]


def test_every_error_of_ours_can_travel() -> None:
    def below(kind: type[BaseException]) -> Iterator[type[BaseException]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    assert all(getattr(errors, kind.__name__) is kind for kind in below(errors.TutorpulseError))


def test_an_erasure_is_done_by_the_service(served: EventStore, held: EventStore) -> None:
    held.append(batch_of([departed(1), departed(2)]))
    assert served.erase("tutor", "t1").events == 1
    assert len(held) == 1


def test_only_the_owner_may_connect(held: EventStore, home: Home) -> None:
    assert stat.S_IMODE((home.path / place.SOCKET_FILE).stat().st_mode) == 0o600


def test_the_service_says_where_it_serves(held: EventStore, home: Home) -> None:
    hello = serving_address(home.path)
    assert hello
    assert (hello.address, hello.pid) == ("http://127.0.0.1:1", os.getpid())


def test_a_home_with_a_long_path_is_served_too(tmp_path: Path) -> None:
    home = Home.open(tmp_path / ("long" * 40), create=True)
    with EventStore.open(home) as store:
        serving = SocketServer(home, store, Work(no_refresh, store.erase))
        serving.start()
        with open_log(home) as found:
            assert len(found) == 0
        serving.close(5)


def test_without_a_service_a_verb_opens_the_home_itself(home: Home) -> None:
    with open_log(home) as store:
        assert not isinstance(store, ServedStore)


def test_a_socket_that_a_dead_service_left_is_no_service(home: Home) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(home.path / place.SOCKET_FILE))
    assert serving_address(home.path) is None
    with open_log(home) as store:
        serving = SocketServer(home, store, Work(no_refresh, store.erase))
        serving.start()
        assert serving_address(home.path)
        serving.close(5)
    assert not (home.path / place.SOCKET_FILE).exists()


def test_a_holder_without_a_socket_is_still_said_to_hold_it(home: Home) -> None:
    with EventStore.open(home), pytest.raises(HomeBusyError, match="is in use"), open_pulse(home.path):
        pass


def test_a_service_of_another_version_is_refused(
    held: EventStore, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "__version__", "99")
    with pytest.raises(HomeVersionError, match=r"runs version .*, this is 99\. Restart the service"):
        open_log(home)


def test_a_socket_of_another_user_is_said_to_be_one(
    held: EventStore, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(client, "connect", denied)
    with pytest.raises(HomeError, match=r"cannot be reached: Permission denied\. Run this as the user"):
        open_log(home)


def test_when_the_service_goes_a_verb_is_told_so(home: Home) -> None:
    with EventStore.open(home) as store:
        serving = SocketServer(home, store, Work(no_refresh, store.erase))
        serving.start()
        served = open_log(home)
        serving.close(5)
        with closing(served), pytest.raises(HomeError, match=r"is gone\. What was acknowledged is kept"):
            len(served)


ENDLESS = "SELECT SUM(sqrt(a.range)) AS s FROM range(10000000) a, range(10000000) b"


@pytest.mark.parametrize("end", ["client", "service"])
def test_a_long_query_is_stopped_when_either_side_goes(
    home: Home, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    begun = threading.Event()
    watched = server._watched

    def told(*arguments: object) -> object:
        begun.set()
        return watched(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(server, "_watched", told)
    with EventStore.open(home) as store:
        serving = SocketServer(home, store, Work(no_refresh, store.erase))
        serving.start()
        served = open_log(home)
        assert isinstance(served, ServedStore)
        asking = threading.Thread(target=_expect_gone, args=(lambda: served.query(ENDLESS),))
        asking.start()
        begun.wait()
        if end == "client":
            for line in served._lines:
                line.shutdown(socket.SHUT_RDWR)
            _until(lambda: not serving._guests)
        serving.close(30)
        asking.join()
        assert not serving._guests


def _expect_gone(ask: Callable[[], object]) -> None:
    with pytest.raises(HomeError, match="is gone"):
        ask()


def _until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not come about")
