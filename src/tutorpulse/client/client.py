"""The client: a method for each question; answers are the structs that the service makes them of."""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import TracebackType
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from tutorpulse.client.following import follow
from tutorpulse.client.transport import Retries, Transport
from tutorpulse.client.worklist import WorklistCalls
from tutorpulse.decisions.insights import Insight
from tutorpulse.decisions.summary import Summary
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries import alert_shapes, shapes, upkeep_shapes, what_if_shapes
from tutorpulse.service.shown import Page

T = TypeVar("T")
Event = Mapping[str, Any]

EVENTS_AT_ONCE = 1_000
_PAGE = 1_000
_DEFAULT_RETRIES = Retries()


class Client(WorklistCalls):
    """One service, with one key. Use as a context manager, or close it. Threads may share it.

    Every method raises ServiceError where the service refuses, or cannot be reached after all attempts.
    """

    def __init__(
        self,
        address: str,
        key: str,
        timeout_s: float = 30.0,
        retries: Retries = _DEFAULT_RETRIES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`address` such as `https://ops.example:8600`; `transport` stands in for the network."""
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._http = httpx.Client(base_url=address, headers=headers, timeout=timeout_s, transport=transport)
        self._transport = Transport(self._http, retries)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    # Events

    def send(self, events: Iterable[Event], at_once: int = EVENTS_AT_ONCE) -> shapes.PostReceipt:
        """Send events, `at_once` in each post, and say what became of them; all that were accepted are on disk.

        `events` of the answer are those that were not accepted, by their place among all that were given. Where a post fails for
        good, those before it were taken; sending all of them again adds nothing.
        """
        waiting, sent = iter(events), 0
        total = shapes.PostReceipt(0, 0, 0, [])
        while some := list(islice(waiting, at_once)):
            total = added(total, self._post(some), sent)
            sent += len(some)
        return total

    def _post(self, events: list[Event]) -> shapes.PostReceipt:
        body = gzip.compress(msgspec.json.encode(events), compresslevel=1)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return read(self._transport.send("POST", "/v1/events", None, body, headers), shapes.PostReceipt)

    def rejects(
        self, state: Literal["open", "replayed", "dismissed"] = "open"
    ) -> Iterator[shapes.ShownReject]:
        """Events that broke the contract, in order of source and place."""
        for page in self._pages("/v1/rejects", {"state": state}, shapes.RejectList):
            yield from page.items

    def replay(self, rejects: Iterable[shapes.RejectToTry] | None = None) -> shapes.Replayed:
        """Try rejects again, corrected where an event is given; None: all that are open."""
        wanted = shapes.ReplayRequest(None if rejects is None else tuple(rejects))
        return self._put("/v1/rejects/replay", wanted, shapes.Replayed)

    # Tutors and students

    def tutors(self, **asked: Any) -> Iterator[shapes.TutorItem]:
        """Tutors, page after page; `asked` are the parameters of `GET /v1/tutors`, such as `segment=["at_risk"]`, `risk_min=0.4`."""
        for page in self._pages("/v1/tutors", asked, shapes.TutorList):
            yield from page.items

    def students(self, **asked: Any) -> Iterator[shapes.StudentItem]:
        """Students, page after page; `asked` are the parameters of `GET /v1/students`."""
        for page in self._pages("/v1/students", asked, shapes.StudentList):
            yield from page.items

    def tutor(self, entity_id: str) -> Page:
        """All about one tutor."""
        return self._get(path_of("tutor", entity_id), Page)

    def student(self, entity_id: str) -> Page:
        """All about one student."""
        return self._get(path_of("student", entity_id), Page)

    def history(
        self, kind: EntityType, entity_id: str, since: str | None = None, until: str | None = None
    ) -> shapes.History:
        """Its predictions of record, oldest first."""
        return self._get(path_of(kind, entity_id) + "/history", shapes.History, since=since, until=until)

    def changes(
        self, kind: EntityType, entity_id: str, since: str, until: str | None = None
    ) -> shapes.Comparison:
        """Why its predictions moved since then, or between two times: what the data and what a change of the model did."""
        return self._get(path_of(kind, entity_id) + "/changes", shapes.Comparison, since=since, until=until)

    def what_if(self, kind: EntityType, entity_id: str) -> what_if_shapes.WhatIf:
        """The smallest realistic changes that would lower its risk, as the model sees it."""
        return self._get(path_of(kind, entity_id) + "/what-if", what_if_shapes.WhatIf)

    def decide(
        self, recommendation_id: str, state: Literal["done", "dismissed"], note: str | None = None
    ) -> shapes.Decided:
        """Mark a recommendation."""
        path = f"/v1/recommendations/{quoted(recommendation_id)}"
        return self._put(path, shapes.Decision(state, note), shapes.Decided)

    def erase(self, kind: EntityType, entity_id: str) -> upkeep_shapes.ErasedEntity:
        """Erase a tutor or student for good; needs a key with the scope `admin`."""
        return read(self._transport.send("DELETE", path_of(kind, entity_id)), upkeep_shapes.ErasedEntity)

    # The market

    def refresh(self) -> Summary:
        """Score everybody now, and wait until that is done."""
        return read(self._transport.send("POST", "/v1/refresh"), Summary)

    def summary(self) -> Summary:
        """How many are in which segment now."""
        return self._get("/v1/summary", Summary)

    def segments(self) -> shapes.Segments:
        """Segments, statuses and subjects with their counts."""
        return self._get("/v1/segments", shapes.Segments)

    def moves(self, since: str | None = None, **asked: Any) -> Iterator[shapes.Move]:
        """Who entered or left a segment, oldest first, up to now; `asked` are the parameters of `GET /v1/segments/moves`."""
        params = {"since": since, "limit": _PAGE} | asked
        while page := self._get("/v1/segments/moves", shapes.MoveList, **params):
            yield from page.items
            if not page.items:
                return
            params["cursor"] = page.next_cursor

    # Insights

    def insights(self, **asked: Any) -> Iterator[Insight]:
        """Insights, the last written first, page after page; `asked` are the parameters of `GET /insights/recent`."""
        params = {"limit": _PAGE} | asked
        while True:
            page = self._get("/insights/recent", shapes.InsightList, **params)
            yield from page.insights
            if page.next_token is None:
                return
            params["nextToken"] = page.next_token

    def insight_counts(self, **asked: Any) -> shapes.InsightCounts:
        """Counts over all insights; `asked` are the parameters of `GET /insights/aggregations`."""
        return self._get("/insights/aggregations", shapes.InsightCounts, **asked)

    def insight(self, alert_id: str) -> Insight:
        """One insight."""
        return self._get(f"/insights/{quoted(alert_id)}", Insight)

    def follow(self, after: str | None = None) -> Iterator[tuple[str, Insight]]:
        """Insights as they are written, each with its event's id, for ever; None: from now on.

        A connection that ends is made again where it ended. Keep the last id to go on later.
        """
        return follow(self._transport, after)

    # Alerts

    def alerts(self, **asked: Any) -> Iterator[alert_shapes.ShownAlert]:
        """Alerts, the last opened first, page after page; `asked` are the parameters of `GET /v1/alerts`, such as `severity=["critical"]`."""
        for page in self._pages("/v1/alerts", asked, alert_shapes.AlertList):
            yield from page.items

    def alert_counts(self) -> alert_shapes.AlertCounts:
        """How many alerts are not resolved."""
        return self._get("/v1/alerts/counts", alert_shapes.AlertCounts)

    def alert(self, alert_id: str) -> alert_shapes.ShownAlert:
        """One alert."""
        return self._get(alert_path(alert_id), alert_shapes.ShownAlert)

    def alert_history(self, alert_id: str) -> alert_shapes.AlertHistory:
        """What became of one alert, oldest first."""
        return self._get(alert_path(alert_id) + "/history", alert_shapes.AlertHistory)

    def acknowledge_alert(self, alert_id: str, note: str | None = None) -> alert_shapes.ShownAlert:
        """Somebody sees to it."""
        path = alert_path(alert_id) + "/acknowledge"
        return self._put(path, alert_shapes.NoteRequest(note), alert_shapes.ShownAlert)

    def snooze_alert(self, alert_id: str, minutes: float, note: str | None = None) -> alert_shapes.ShownAlert:
        """Not a word about it for so long."""
        path = alert_path(alert_id) + "/snooze"
        return self._put(path, alert_shapes.SnoozeRequest(minutes, note), alert_shapes.ShownAlert)

    def resolve_alert(self, alert_id: str, note: str | None = None) -> alert_shapes.ShownAlert:
        """It is done with."""
        path = alert_path(alert_id) + "/resolve"
        return self._put(path, alert_shapes.NoteRequest(note), alert_shapes.ShownAlert)

    def judge_alert(
        self, alert_id: str, verdict: Literal["confirmed", "wrong"], reason: str | None = None
    ) -> alert_shapes.ShownAlert:
        """Say whether it was right; a wrong one needs a reason."""
        path = alert_path(alert_id) + "/feedback"
        return self._put(path, alert_shapes.FeedbackRequest(verdict, reason), alert_shapes.ShownAlert)

    def alert_rules(self) -> alert_shapes.RuleList:
        """The rules in force, and how right each was."""
        return self._get("/v1/alert-rules", alert_shapes.RuleList)

    def silence(self, asked: alert_shapes.SilenceRequest) -> alert_shapes.ShownSilence:
        """Tell nobody for a while."""
        return self._put("/v1/silences", asked, alert_shapes.ShownSilence)

    def silences(self) -> alert_shapes.SilenceList:
        """The silences that last or are to come."""
        return self._get("/v1/silences", alert_shapes.SilenceList)

    def end_silence(self, silence_id: str) -> alert_shapes.ShownSilence:
        """End a silence before its time."""
        return self._put(f"/v1/silences/{quoted(silence_id)}/end", {}, alert_shapes.ShownSilence)

    def receivers(self) -> alert_shapes.ReceiverList:
        """Who is told of alerts, and how it stands with each."""
        return self._get("/v1/receivers", alert_shapes.ReceiverList)

    def test_receiver(self, name: str) -> alert_shapes.Tried:
        """Send a receiver a trial message."""
        path = f"/v1/receivers/{quoted(name)}/test"
        return read(self._transport.send("POST", path, None, b""), alert_shapes.Tried)

    def audit(self, **asked: Any) -> Iterator[upkeep_shapes.AuditEntry]:
        """Who did what, the newest first, page after page; `asked` are the parameters of `GET /v1/audit`."""
        for page in self._pages("/v1/audit", asked, upkeep_shapes.AuditList):
            yield from page.items

    # Models

    def models(self) -> shapes.Models:
        """The models of the home, with their figures."""
        return self._get("/v1/models", shapes.Models)

    def model_history(self) -> shapes.ModelHistory:
        """What became of the home's models, newest first."""
        return self._get("/v1/models/history", shapes.ModelHistory)

    def drift(self) -> shapes.Drift:
        """The newest judgement of drift of each kind."""
        return self._get("/v1/models/drift", shapes.Drift)

    def promote(self, version: str, reason: str = "") -> shapes.ModelChange:
        """Put a saved model, or `starter`, in force."""
        return self._put("/v1/models/promote", shapes.ModelChoice(version, reason), shapes.ModelChange)

    def rollback(self, reason: str = "") -> shapes.ModelChange:
        """Put the model back in force that served before the present one."""
        return self._put("/v1/models/rollback", shapes.ModelEnd(reason), shapes.ModelChange)

    def cast_shadow(self, version: str, reason: str = "") -> shapes.ModelChange:
        """Have a saved model, or `starter`, score beside the one in force without being shown."""
        return self._put("/v1/models/shadow", shapes.ModelChoice(version, reason), shapes.ModelChange)

    def lift_shadow(self, reason: str = "") -> shapes.ModelChange:
        """Have no model score in shadow; what it said stays on record."""
        return self._put("/v1/models/shadow/end", shapes.ModelEnd(reason), shapes.ModelChange)

    def track_record(self, **asked: Any) -> shapes.TrackRecord:
        """What came true of the predictions; `asked` are the parameters of `GET /v1/track-record`."""
        return self._get("/v1/track-record", shapes.TrackRecord, **asked)

    def features(self, entity_type: EntityType | None = None) -> shapes.FeatureCatalog:
        """The catalog of features."""
        return self._get("/v1/features", shapes.FeatureCatalog, entity_type=entity_type)

    def _get(self, path: str, shape: type[T], **params: Any) -> T:
        return read(self._transport.send("GET", path, params), shape)

    def _put(self, path: str, content: object, shape: type[T]) -> T:
        headers = {"Content-Type": "application/json"}
        return read(self._transport.send("POST", path, None, msgspec.json.encode(content), headers), shape)

    def _pages(self, path: str, asked: Mapping[str, Any], shape: type[T]) -> Iterator[T]:
        params = {"limit": _PAGE} | dict(asked)
        while True:
            page: Any = self._get(path, shape, **params)
            yield page
            if page.next_cursor is None:
                return
            params["cursor"] = page.next_cursor


def read(response: httpx.Response, shape: type[T]) -> T:
    """The content of an answer."""
    return msgspec.json.decode(response.content, type=shape)


def path_of(kind: EntityType, entity_id: str) -> str:
    """The path of one tutor or student."""
    return f"/v1/{kind}s/{quoted(entity_id)}"


def alert_path(alert_id: str) -> str:
    """The path of one alert."""
    return f"/v1/alerts/{quoted(alert_id)}"


def quoted(part: str) -> str:
    """A part of a path, whatever it holds."""
    return quote(part, safe="")


def added(total: shapes.PostReceipt, more: shapes.PostReceipt, sent: int) -> shapes.PostReceipt:
    """Two receipts as one; the second is of events after `sent` others."""
    moved = [msgspec.structs.replace(event, index=event.index + sent) for event in more.events]
    return shapes.PostReceipt(
        total.accepted + more.accepted,
        total.duplicate + more.duplicate,
        total.rejected + more.rejected,
        total.events + moved,
    )
