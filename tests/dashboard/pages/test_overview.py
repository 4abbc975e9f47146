"""The overview says what the queries say."""

from tests.dashboard.conftest import Look
from tutorpulse.service.live.service import Service
from tutorpulse.service.queries.overview import overview


def test_every_segment_stands_there_with_its_count(look: Look, service: Service) -> None:
    with service.states.one() as state:
        found = overview(state, service.pulse.clock.now_us())
    text = look("/").text
    for kind in found.kinds:
        for segment in kind.segments:
            assert f'href="/{kind.entity_type}s?segment={segment.segment}"' in text
    assert f'<span class="figure">{found.kinds[0].scored}</span>' in text


def test_the_slow_parts_come_after_the_page(look: Look) -> None:
    assert 'data-part="/parts/needs"' in look("/").text
    for part in ("needs", "subjects"):
        answer = look(f"/parts/{part}")
        assert answer.status_code == 200
        assert "<html" not in answer.text
