"""The client for asyncio. Made of `client.py` by `make docs`; edit there."""

import gzip
from collections.abc import AsyncIterator, Iterable, Mapping
from itertools import islice
from types import TracebackType
from typing import Any, Literal, TypeVar

import httpx
import msgspec

from tutorpulse.client.async_transport import AsyncTransport, follow
from tutorpulse.client.async_worklist import AsyncWorklistCalls
from tutorpulse.client.client import EVENTS_AT_ONCE, Event, added, alert_path, path_of, quoted, read
from tutorpulse.client.transport import Retries
from tutorpulse.decisions.insights import Insight
from tutorpulse.decisions.summary import Summary
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries import alert_shapes, shapes, upkeep_shapes, what_if_shapes
from tutorpulse.service.shown import Page

T = TypeVar("T")

_PAGE = 1_000
_DEFAULT_RETRIES = Retries()


class AsyncClient(AsyncWorklistCalls):
    """One service, with one key. Use with `async with`, or close it. Tasks may share it.

    Every method raises ServiceError where the service refuses, or cannot be reached after all attempts.
    """

    def __init__(
        self,
        address: str,
        key: str,
        timeout_s: float = 30.0,
        retries: Retries = _DEFAULT_RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`address` such as `https://ops.example:8600`; `transport` stands in for the network."""
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._http = httpx.AsyncClient(
            base_url=address, headers=headers, timeout=timeout_s, transport=transport
        )
        self._transport = AsyncTransport(self._http, retries)

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    # Events

    async def send(self, events: Iterable[Event], at_once: int = EVENTS_AT_ONCE) -> shapes.PostReceipt:
        """Send events, `at_once` in each post, and say what became of them; all that were accepted are on disk.

        `events` of the answer are those that were not accepted, by their place among all that were given. Where a post fails for
        good, those before it were taken; sending all of them again adds nothing.
        """
        waiting, sent = iter(events), 0
        total = shapes.PostReceipt(0, 0, 0, [])
        while some := list(islice(waiting, at_once)):
            total = added(total, await self._post(some), sent)
            sent += len(some)
        return total

    async def _post(self, events: list[Event]) -> shapes.PostReceipt:
        body = gzip.compress(msgspec.json.encode(events), compresslevel=1)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return read(await self._transport.send("POST", "/v1/events", None, body, headers), shapes.PostReceipt)

    async def rejects(
        self, state: Literal["open", "replayed", "dismissed"] = "open"
    ) -> AsyncIterator[shapes.ShownReject]:
        """Events that broke the contract, in order of source and place."""
        async for page in self._pages("/v1/rejects", {"state": state}, shapes.RejectList):
            for item in page.items:
                yield item

    async def replay(self, rejects: Iterable[shapes.RejectToTry] | None = None) -> shapes.Replayed:
        """Try rejects again, corrected where an event is given; None: all that are open."""
        wanted = shapes.ReplayRequest(None if rejects is None else tuple(rejects))
        return await self._put("/v1/rejects/replay", wanted, shapes.Replayed)

    # Tutors and students

    async def tutors(self, **asked: Any) -> AsyncIterator[shapes.TutorItem]:
        """Tutors, page after page; `asked` are the parameters of `GET /v1/tutors`, such as `segment=["at_risk"]`, `risk_min=0.4`."""
        async for page in self._pages("/v1/tutors", asked, shapes.TutorList):
            for item in page.items:
                yield item

    async def students(self, **asked: Any) -> AsyncIterator[shapes.StudentItem]:
        """Students, page after page; `asked` are the parameters of `GET /v1/students`."""
        async for page in self._pages("/v1/students", asked, shapes.StudentList):
            for item in page.items:
                yield item

    async def tutor(self, entity_id: str) -> Page:
        """All about one tutor."""
        return await self._get(path_of("tutor", entity_id), Page)

    async def student(self, entity_id: str) -> Page:
        """All about one student."""
        return await self._get(path_of("student", entity_id), Page)

    async def history(
        self, kind: EntityType, entity_id: str, since: str | None = None, until: str | None = None
    ) -> shapes.History:
        """Its predictions of record, oldest first."""
        return await self._get(
            path_of(kind, entity_id) + "/history", shapes.History, since=since, until=until
        )

    async def changes(
        self, kind: EntityType, entity_id: str, since: str, until: str | None = None
    ) -> shapes.Comparison:
        """Why its predictions moved since then, or between two times: what the data and what a change of the model did."""
        return await self._get(
            path_of(kind, entity_id) + "/changes", shapes.Comparison, since=since, until=until
        )

    async def what_if(self, kind: EntityType, entity_id: str) -> what_if_shapes.WhatIf:
        """The smallest realistic changes that would lower its risk, as the model sees it."""
        return await self._get(path_of(kind, entity_id) + "/what-if", what_if_shapes.WhatIf)

    async def decide(
        self, recommendation_id: str, state: Literal["done", "dismissed"], note: str | None = None
    ) -> shapes.Decided:
        """Mark a recommendation."""
        path = f"/v1/recommendations/{quoted(recommendation_id)}"
        return await self._put(path, shapes.Decision(state, note), shapes.Decided)

    async def erase(self, kind: EntityType, entity_id: str) -> upkeep_shapes.ErasedEntity:
        """Erase a tutor or student for good; needs a key with the scope `admin`."""
        return read(
            await self._transport.send("DELETE", path_of(kind, entity_id)), upkeep_shapes.ErasedEntity
        )

    # The market

    async def refresh(self) -> Summary:
        """Score everybody now, and wait until that is done."""
        return read(await self._transport.send("POST", "/v1/refresh"), Summary)

    async def summary(self) -> Summary:
        """How many are in which segment now."""
        return await self._get("/v1/summary", Summary)

    async def segments(self) -> shapes.Segments:
        """Segments, statuses and subjects with their counts."""
        return await self._get("/v1/segments", shapes.Segments)

    async def moves(self, since: str | None = None, **asked: Any) -> AsyncIterator[shapes.Move]:
        """Who entered or left a segment, oldest first, up to now; `asked` are the parameters of `GET /v1/segments/moves`."""
        params = {"since": since, "limit": _PAGE} | asked
        while page := await self._get("/v1/segments/moves", shapes.MoveList, **params):
            for item in page.items:
                yield item
            if not page.items:
                return
            params["cursor"] = page.next_cursor

    # Insights

    async def insights(self, **asked: Any) -> AsyncIterator[Insight]:
        """Insights, the last written first, page after page; `asked` are the parameters of `GET /insights/recent`."""
        params = {"limit": _PAGE} | asked
        while True:
            page = await self._get("/insights/recent", shapes.InsightList, **params)
            for item in page.insights:
                yield item
            if page.next_token is None:
                return
            params["nextToken"] = page.next_token

    async def insight_counts(self, **asked: Any) -> shapes.InsightCounts:
        """Counts over all insights; `asked` are the parameters of `GET /insights/aggregations`."""
        return await self._get("/insights/aggregations", shapes.InsightCounts, **asked)

    async def insight(self, alert_id: str) -> Insight:
        """One insight."""
        return await self._get(f"/insights/{quoted(alert_id)}", Insight)

    async def follow(self, after: str | None = None) -> AsyncIterator[tuple[str, Insight]]:
        """Insights as they are written, each with its event's id, for ever; None: from now on.

        A connection that ends is made again where it ended. Keep the last id to go on later.
        """
        async for found in follow(self._transport, after):
            yield found

    # Alerts

    async def alerts(self, **asked: Any) -> AsyncIterator[alert_shapes.ShownAlert]:
        """Alerts, the last opened first, page after page; `asked` are the parameters of `GET /v1/alerts`, such as `severity=["critical"]`."""
        async for page in self._pages("/v1/alerts", asked, alert_shapes.AlertList):
            for item in page.items:
                yield item

    async def alert_counts(self) -> alert_shapes.AlertCounts:
        """How many alerts are not resolved."""
        return await self._get("/v1/alerts/counts", alert_shapes.AlertCounts)

    async def alert(self, alert_id: str) -> alert_shapes.ShownAlert:
        """One alert."""
        return await self._get(alert_path(alert_id), alert_shapes.ShownAlert)

    async def alert_history(self, alert_id: str) -> alert_shapes.AlertHistory:
        """What became of one alert, oldest first."""
        return await self._get(alert_path(alert_id) + "/history", alert_shapes.AlertHistory)

    async def acknowledge_alert(self, alert_id: str, note: str | None = None) -> alert_shapes.ShownAlert:
        """Somebody sees to it."""
        path = alert_path(alert_id) + "/acknowledge"
        return await self._put(path, alert_shapes.NoteRequest(note), alert_shapes.ShownAlert)

    async def snooze_alert(
        self, alert_id: str, minutes: float, note: str | None = None
    ) -> alert_shapes.ShownAlert:
        """Not a word about it for so long."""
        path = alert_path(alert_id) + "/snooze"
        return await self._put(path, alert_shapes.SnoozeRequest(minutes, note), alert_shapes.ShownAlert)

    async def resolve_alert(self, alert_id: str, note: str | None = None) -> alert_shapes.ShownAlert:
        """It is done with."""
        path = alert_path(alert_id) + "/resolve"
        return await self._put(path, alert_shapes.NoteRequest(note), alert_shapes.ShownAlert)

    async def judge_alert(
        self, alert_id: str, verdict: Literal["confirmed", "wrong"], reason: str | None = None
    ) -> alert_shapes.ShownAlert:
        """Say whether it was right; a wrong one needs a reason."""
        path = alert_path(alert_id) + "/feedback"
        return await self._put(path, alert_shapes.FeedbackRequest(verdict, reason), alert_shapes.ShownAlert)

    async def alert_rules(self) -> alert_shapes.RuleList:
        """The rules in force, and how right each was."""
        return await self._get("/v1/alert-rules", alert_shapes.RuleList)

    async def silence(self, asked: alert_shapes.SilenceRequest) -> alert_shapes.ShownSilence:
        """Tell nobody for a while."""
        return await self._put("/v1/silences", asked, alert_shapes.ShownSilence)

    async def silences(self) -> alert_shapes.SilenceList:
        """The silences that last or are to come."""
        return await self._get("/v1/silences", alert_shapes.SilenceList)

    async def end_silence(self, silence_id: str) -> alert_shapes.ShownSilence:
        """End a silence before its time."""
        return await self._put(f"/v1/silences/{quoted(silence_id)}/end", {}, alert_shapes.ShownSilence)

    async def receivers(self) -> alert_shapes.ReceiverList:
        """Who is told of alerts, and how it stands with each."""
        return await self._get("/v1/receivers", alert_shapes.ReceiverList)

    async def test_receiver(self, name: str) -> alert_shapes.Tried:
        """Send a receiver a trial message."""
        path = f"/v1/receivers/{quoted(name)}/test"
        return read(await self._transport.send("POST", path, None, b""), alert_shapes.Tried)

    async def audit(self, **asked: Any) -> AsyncIterator[upkeep_shapes.AuditEntry]:
        """Who did what, the newest first, page after page; `asked` are the parameters of `GET /v1/audit`."""
        async for page in self._pages("/v1/audit", asked, upkeep_shapes.AuditList):
            for item in page.items:
                yield item

    # Models

    async def models(self) -> shapes.Models:
        """The models of the home, with their figures."""
        return await self._get("/v1/models", shapes.Models)

    async def model_history(self) -> shapes.ModelHistory:
        """What became of the home's models, newest first."""
        return await self._get("/v1/models/history", shapes.ModelHistory)

    async def drift(self) -> shapes.Drift:
        """The newest judgement of drift of each kind."""
        return await self._get("/v1/models/drift", shapes.Drift)

    async def promote(self, version: str, reason: str = "") -> shapes.ModelChange:
        """Put a saved model, or `starter`, in force."""
        return await self._put("/v1/models/promote", shapes.ModelChoice(version, reason), shapes.ModelChange)

    async def rollback(self, reason: str = "") -> shapes.ModelChange:
        """Put the model back in force that served before the present one."""
        return await self._put("/v1/models/rollback", shapes.ModelEnd(reason), shapes.ModelChange)

    async def cast_shadow(self, version: str, reason: str = "") -> shapes.ModelChange:
        """Have a saved model, or `starter`, score beside the one in force without being shown."""
        return await self._put("/v1/models/shadow", shapes.ModelChoice(version, reason), shapes.ModelChange)

    async def lift_shadow(self, reason: str = "") -> shapes.ModelChange:
        """Have no model score in shadow; what it said stays on record."""
        return await self._put("/v1/models/shadow/end", shapes.ModelEnd(reason), shapes.ModelChange)

    async def track_record(self, **asked: Any) -> shapes.TrackRecord:
        """What came true of the predictions; `asked` are the parameters of `GET /v1/track-record`."""
        return await self._get("/v1/track-record", shapes.TrackRecord, **asked)

    async def features(self, entity_type: EntityType | None = None) -> shapes.FeatureCatalog:
        """The catalog of features."""
        return await self._get("/v1/features", shapes.FeatureCatalog, entity_type=entity_type)

    async def _get(self, path: str, shape: type[T], **params: Any) -> T:
        return read(await self._transport.send("GET", path, params), shape)

    async def _put(self, path: str, content: object, shape: type[T]) -> T:
        headers = {"Content-Type": "application/json"}
        return read(
            await self._transport.send("POST", path, None, msgspec.json.encode(content), headers), shape
        )

    async def _pages(self, path: str, asked: Mapping[str, Any], shape: type[T]) -> AsyncIterator[T]:
        params = {"limit": _PAGE} | dict(asked)
        while True:
            page: Any = await self._get(path, shape, **params)
            yield page
            if page.next_cursor is None:
                return
            params["cursor"] = page.next_cursor
