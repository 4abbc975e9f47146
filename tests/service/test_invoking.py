"""A model elsewhere gives what it gives in process: one contract for every predictor."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path

import msgspec
import numpy as np
import pytest
import uvicorn
from starlette.testclient import TestClient

from tests.features.memory import MemoryStore
from tutorpulse.api.model_app import bind, create_model_app
from tutorpulse.clock import DAY_US
from tutorpulse.errors import ArtifactError, InputError, ModelError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.model import wire
from tutorpulse.model.contract import OUTPUTS
from tutorpulse.model.registry import STARTER_FOLDER, starter
from tutorpulse.model.remote import ContractPredictor, HttpTransport, RemotePredictor
from tutorpulse.service.bundling import read_bundle, write_bundle
from tutorpulse.service.invoking import Invocation, Invoker, contract_outputs
from tutorpulse.service.serving import ServedModel, Serving

NOW_US = 20_000 * DAY_US


@pytest.fixture(scope="module")
def served() -> Serving:
    artifact = starter(feature_set_hash())
    assert artifact is not None
    return Serving(dict.fromkeys(ENTITY_TYPES, artifact))


@pytest.fixture(scope="module")
def frames(served: Serving) -> dict[EntityType, FeatureFrame]:
    """Real frames of made-up numbers: some without any session."""
    dice = np.random.default_rng(5)
    found: dict[EntityType, FeatureFrame] = {}
    for kind in ENTITY_TYPES:
        with_columns = compute(MemoryStore().fill([]), kind, NOW_US, entity_ids=np.array(["a", "b"], object))
        rows = 300
        facts = {name: np.full(rows, np.nan) for name in with_columns.facts}
        facts["first_activity_us"] = NOW_US - dice.integers(1, 400, rows) * float(DAY_US)
        facts["first_session_us"] = facts["first_activity_us"]
        facts["reached_total"] = dice.integers(0, 60, rows).astype(float)
        facts["completed_total"] = facts["reached_total"]
        found[kind] = replace(
            with_columns,
            entity_ids=np.array([f"{kind}_{i}" for i in range(rows)], object),
            features=dice.gamma(2, 2, (rows, 46)).astype(np.float32),
            context=dice.gamma(2, 20, (rows, with_columns.context.shape[1])).astype(np.float32),
            facts=facts,
        )
    return found


@dataclass
class InProcess:
    """Carries requests to an invoker without any network."""

    invoker: Invoker

    def invoke(self, body: bytes, content_type: str, attributes: str = "") -> bytes:
        return self.invoker.answer(Invocation(body, content_type, attributes)).body


@pytest.fixture(scope="module")
def address(served: Serving) -> Iterator[str]:
    bound = bind("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(create_model_app(Invoker(served)), lifespan="off", log_config=None)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_a_served_model_predicts_over_http_what_it_predicts_in_process(
    served: Serving, frames: dict[EntityType, FeatureFrame], address: str, kind: EntityType
) -> None:
    remote = RemotePredictor(HttpTransport(address), feature_set_hash())
    here, there = ServedModel(served).predict(frames[kind]), remote.predict(frames[kind])
    for name in (*wire.NUMBERS, "confidence", "from_cohort", "entity_ids"):
        np.testing.assert_array_equal(getattr(there, name), getattr(here, name), name)
    assert there.model_version == here.model_version == remote.version


@pytest.mark.parametrize("kind", ENTITY_TYPES)
def test_the_contract_alone_gives_the_five_of_the_46(
    served: Serving, frames: dict[EntityType, FeatureFrame], address: str, kind: EntityType
) -> None:
    fill = {kind: [None] * 46}
    found = ContractPredictor(HttpTransport(address), "endpoint", fill).predict(frames[kind])
    expected = contract_outputs(served, kind, frames[kind].features)
    for name in OUTPUTS:
        np.testing.assert_array_equal(getattr(found, name), expected[name], name)
    assert np.isnan(found.already_gone).all()
    assert not found.confidence.any()
    assert (found.churn_risk_14d <= found.churn_risk_30d).all()


def test_what_is_missing_is_filled_as_the_artifact_says(frames: dict[EntityType, FeatureFrame]) -> None:
    seen: list[bytes] = []

    class Listening:
        def invoke(self, body: bytes, content_type: str, attributes: str = "") -> bytes:
            seen.append(body)
            return wire.contract_bytes({name: np.zeros(1) for name in OUTPUTS}, 1)

    one = frames["tutor"].take(np.array([0]))
    features = one.features.copy()
    features[0, :2] = np.nan
    fill = {"tutor": [7.5, None, *[0.0] * 44]}
    ContractPredictor(Listening(), "v", fill).predict(replace(one, features=features))
    sent = wire.read_csv(seen[0])[0]
    assert sent[0] == 7.5
    assert np.isnan(sent[1])
    np.testing.assert_array_equal(sent[2:], features[0, 2:])


def test_large_frames_go_in_parts_and_come_back_whole(
    served: Serving, frames: dict[EntityType, FeatureFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutorpulse.model.remote.ROWS_PER_REQUEST", 70)
    remote = RemotePredictor(InProcess(Invoker(served)), feature_set_hash())
    here, there = ServedModel(served).predict(frames["student"]), remote.predict(frames["student"])
    np.testing.assert_array_equal(there.churn_risk_30d, here.churn_risk_30d)
    assert there.entity_ids.tolist() == here.entity_ids.tolist()


def test_a_model_elsewhere_explains_nothing_and_says_so(
    served: Serving, frames: dict[EntityType, FeatureFrame]
) -> None:
    remote = RemotePredictor(InProcess(Invoker(served)), feature_set_hash())
    told = remote.explain(frames["tutor"].take(np.array([0, 1])), "churn_risk_14d")
    assert [(e.drivers, e.note) for e in told] == [
        ((), "the model is served elsewhere: drivers need its artifact here")
    ] * 2


def test_a_served_model_of_other_features_is_refused_on_both_sides(
    served: Serving, frames: dict[EntityType, FeatureFrame]
) -> None:
    with pytest.raises(ArtifactError, match="made for other features"):
        RemotePredictor(InProcess(Invoker(served)), "other")
    with pytest.raises(ArtifactError, match="Run the same version on both sides"):
        Invoker(served).answer(Invocation(wire.frame_bytes(frames["tutor"], "other"), wire.FRAME))


def test_ping_is_answered_and_rows_without_their_kind_are_refused(served: Serving) -> None:
    with TestClient(create_model_app(Invoker(served))) as client:
        assert client.get("/ping").status_code == 200
        rows = b",".join([b"1"] * 46)
        refused = client.post("/invocations", content=rows, headers={"content-type": "text/csv"})
        assert refused.status_code == 422
        assert "Rows need their kind" in refused.json()["detail"]
        body = msgspec.json.encode({"entity_type": "student", "instances": [[1.0] * 46, [None] * 46]})
        answered = client.post("/invocations", content=body, headers={"content-type": "application/json"})
        assert [list(row) for row in answered.json()["predictions"]] == [list(OUTPUTS)] * 2
        assert (
            client.post("/invocations", content=b"", headers={"content-type": "text/plain"}).status_code
            == 422
        )


def test_rows_that_do_not_say_their_kind_take_the_servers(served: Serving) -> None:
    answered = Invoker(served, "tutor").answer(Invocation(b",".join([b"1"] * 46), "text/csv; charset=utf-8"))
    assert msgspec.json.decode(answered.body)["predictions"][0]["health_score"][0] > 0


def test_a_server_that_is_not_there_is_a_model_that_cannot_be_reached() -> None:
    with pytest.raises(ModelError, match="cannot be reached"):
        RemotePredictor(HttpTransport("http://127.0.0.1:9"), feature_set_hash())


def test_a_server_of_another_make_is_no_model_server_of_ours() -> None:
    class Other:
        def invoke(self, body: bytes, content_type: str, attributes: str = "") -> bytes:
            return b'{"predictions": []}'

    with pytest.raises(ModelError, match="no model server of tutorpulse"):
        RemotePredictor(Other(), feature_set_hash())


def test_an_archive_serves_what_was_packed_and_is_the_same_bytes_again(
    served: Serving, tmp_path: Path
) -> None:
    import tarfile

    first, second = tmp_path / "model.tar.gz", tmp_path / "again.tar.gz"
    assert write_bundle(tmp_path / "none", served, STARTER_FOLDER, first) == first.stat().st_size
    write_bundle(tmp_path / "none", served, STARTER_FOLDER, second)
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    found = read_bundle(tmp_path / "unpacked")
    assert found.version == served.version
    assert set(found.by_kind) == set(ENTITY_TYPES)


def test_a_folder_without_a_model_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="tutorpulse model package"):
        read_bundle(tmp_path)
    with pytest.raises(InputError, match="Cannot write"):
        write_bundle(tmp_path, Serving({}), tmp_path, tmp_path / "no" / "model.tar.gz")


def test_the_server_takes_http_1_1_with_many_requests_on_a_connection(address: str) -> None:
    connection = HTTPConnection(address.removeprefix("http://"))
    for _ in range(3):
        connection.request("GET", "/ping")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
    connection.close()
