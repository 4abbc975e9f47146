"""The event stream of a world in time order: as NDJSON lines, or as batches of columns."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.events.batch import EventBatch
from tutorpulse.simulate import cells, columns, engine, lines
from tutorpulse.simulate.journal import Events
from tutorpulse.simulate.names import Names, names_of
from tutorpulse.simulate.record import Record
from tutorpulse.simulate.state import Ints, World

SPAN_DAYS = 7
"""Days of lines made at once where nobody waits for the first of them: long enough that many events share each step of making them."""

_SPANS_AHEAD = 1
"""Texts that wait while one is made: the world need not stand still for a slow writer, and memory stays small."""


@dataclass(frozen=True)
class Text:
    """Lines of whole days, one after the other with a line's end each, in time order, and their times in microseconds."""

    lines: bytes
    ts_us: Ints


def texts(
    world: World, days: int, span_days: int = SPAN_DAYS, record: Record | None = None
) -> Iterator[Text]:
    """The lines of the world's next `days`, `span_days` at a time; they are the same for any span.

    When a text has been given, the world stands on the morning after it, and `record`, if given, has heard of it.
    """
    names, made = names_of(world), 0
    for span in engine.spans(world, days, record, span_days):
        text = _text(names, span, made)
        made += len(text.ts_us)
        yield text


def texts_ahead(
    world: World, days: int, record: Record | None = None, lived: Callable[[], object] = lambda: None
) -> Iterator[Text]:
    """As `texts`, but made in a thread of their own while the world goes on: it is further on than the text given.

    `lived` is called whenever a span is over, while the world stands on the morning after it.
    """
    names, made = names_of(world), 0
    waiting: deque[Future[Text]] = deque()
    with ThreadPoolExecutor(1, "lines") as maker:
        for span in engine.spans(world, days, record, SPAN_DAYS):
            lived()
            waiting.append(maker.submit(_text, names, span, made))
            made += sum(len(events.ts_us) for events in span)
            if len(waiting) > _SPANS_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _text(names: Names, span: Sequence[Events], made: int) -> Text:
    tables = [
        lines.lines_of(names, events, numbers)
        for events, numbers in zip(span, _numbers(span, made), strict=True)
    ]
    ts_us, order = _in_time(span)
    return Text(cells.woven(tables, _by_type(span, _ranks(order))), ts_us[order])


def line_chunks(
    world: World, days: int, span_days: int = 1, record: Record | None = None
) -> Iterator[tuple[list[str], Ints]]:
    """As `texts`, line by line without their ends, with their times."""
    for text in texts(world, days, span_days, record):
        yield text.lines.decode().split("\n")[:-1], text.ts_us


def batches(
    world: World, days: int, span_days: int = 30, record: Record | None = None
) -> Iterator[EventBatch]:
    """The same events, ids and all, as one batch for each span; `position` is the place in the order of time."""
    names, made = names_of(world), 0
    for span in engine.spans(world, days, record, span_days):
        batch = columns.batch_of(names, span, _numbers(span, made), _places(span))
        made += batch.size
        yield batch


def _in_time(span: Sequence[Events]) -> tuple[Ints, Ints]:
    """All times, and their order; at one second the order of types in a life holds."""
    ts_us = np.concatenate([np.empty(0, np.int64), *(events.ts_us for events in span)])
    return ts_us, np.argsort(ts_us, kind="stable")


def _numbers(span: Sequence[Events], made: int) -> list[Ints]:
    """The number of each event, by type: days in turn, so that numbers do not hang on the length of spans, then types."""
    day = np.concatenate([np.empty(0, np.int64), *(events.ts_us // DAY_US for events in span)])
    return _by_type(span, made + _ranks(np.argsort(day, kind="stable")))


def _places(span: Sequence[Events]) -> list[Ints]:
    """The place of each event in its span's time order, by type."""
    _, order = _in_time(span)
    return _by_type(span, _ranks(order))


def _ranks(order: Ints) -> Ints:
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _by_type(span: Sequence[Events], values: Ints) -> list[Ints]:
    ends = np.cumsum([len(events.ts_us) for events in span], dtype=np.int64)
    return np.split(values, ends)[: len(span)]
