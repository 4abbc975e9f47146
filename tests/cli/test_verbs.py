import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.main import get_command

from tests.cli.conftest import Run
from tests.service.world import World
from tutorpulse.cli.loading import whole_app
from tutorpulse.service.served import open_scorer, reading_scorer
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

Capture = pytest.CaptureFixture[str]

SUMMARY = {
    "students_processed": 2,
    "tutors_processed": 3,
    "total_processed": 5,
    "student_segments": {"thriving": 0, "healthy": 1, "at_risk": 0, "churned": 1},
    "tutor_segments": {"star": 1, "healthy": 1, "at_risk": 1, "churning": 0},
    "model_version": "m1",
    "timestamp": "2024-10-04T00:00:00Z",
}


def test_refresh_prints_exactly_the_summary(home: Path, run: Run, capsys: Capture) -> None:
    assert run("refresh", "--home", home, "--json") == 0
    printed, noted = capsys.readouterr()
    assert json.loads(printed) == SUMMARY
    assert "note: The newest event is" in noted


def test_refresh_says_a_line_for_each_change_if_asked(
    home: Path, world: World, run: Run, capsys: Capture
) -> None:
    world.tutors["bob"].outputs["churn_risk_14d"] = 0.7
    assert run("refresh", "--home", home, "--verbose") == 0
    printed, said = capsys.readouterr()
    assert "Updated tutor predictions for bob: segment=at_risk, burnout_risk=70.00%, health=75.0" in said
    assert "5 predicted" in printed
    assert "1 changed" in printed


def test_summary_prints_exactly_the_summary(home: Path, run: Run, capsys: Capture) -> None:
    assert run("summary", "--home", home, "--json") == 0
    assert json.loads(capsys.readouterr().out) == SUMMARY


def test_summary_shows_segments_and_statuses(home: Path, run: Run, capsys: Capture) -> None:
    assert run("summary", "--home", home) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["star", "1", "33", "%"] in lines
    assert ["churned", "1", "50", "%"] in lines
    assert ["3", "active,", "1", "departed"] in lines


def test_today_puts_the_dearest_risk_first_with_its_reason_and_leaves_out_the_star(
    home: Path, run: Run, capsys: Capture
) -> None:
    assert run("today", "--home", home, "--json") == 0
    needs = json.loads(capsys.readouterr().out)
    assert [need["entity_id"] for need in needs] == ["stu", "bob"]
    bob = needs[1]
    assert (bob["risk"], bob["worth"], bob["unit"]) == (0.62, 30.0, "price")
    assert bob["expected_loss"] == pytest.approx(18.6)
    assert bob["reason"].startswith("Burnout risk 62 %")


def test_today_can_be_of_one_kind_and_short(home: Path, run: Run, capsys: Capture) -> None:
    assert run("today", "--home", home, "--entity", "tutor", "--limit", 1) == 0
    printed = capsys.readouterr().out
    assert "bob" in printed
    assert "ann" not in printed
    assert "revenue of 30 days" in printed


def test_show_has_everything_on_one_page(home: Path, run: Run, capsys: Capture) -> None:
    assert run("show", "bob", "--home", home, "--json") == 0
    page = json.loads(capsys.readouterr().out)
    assert (page["entity_type"], page["status"], page["current"]["segment"]) == ("tutor", "active", "at_risk")
    assert page["current"]["outputs"]["burnout_risk"] == 0.62
    assert len(page["history"]) == 1
    assert [r["rule"] for r in page["recommendations"]] == ["tutor_wellness_check", "tutor_reduce_load"]
    assert {i["prediction_type"] for i in page["insights"]} == {"churn_risk", "tutor_capacity"}
    assert {e["output"] for e in page["explanations"]} == {"burnout_risk", "health_score"}
    facts = {fact["name"]: fact["value"] for fact in page["facts"]}
    assert facts["utilization_rate"] == pytest.approx(0.97)
    assert facts["avg_rating"] is None


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_page_fits_the_terminal(
    home: Path, run: Run, capsys: Capture, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run("show", "bob", "--home", home) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= int(columns)
    text = "\n".join(lines)
    for expected in ("at_risk", "Wellness check-in", "utilization 97 % (> 90 %)", "Not known: ", "Facts"):
        assert expected in text


def test_who_is_gone_has_a_page_too(home: Path, run: Run, capsys: Capture) -> None:
    assert run("show", "gone", "--home", home) == 0
    assert "Never scored: departed" in capsys.readouterr().out


def test_an_id_of_both_kinds_needs_the_kind(home: Path, run: Run, capsys: Capture) -> None:
    assert run("show", "both", "--home", home) == 2
    assert "Both a tutor and a student have the id 'both'. Say which with --entity." in _said(capsys)
    assert run("show", "both", "--entity", "student", "--home", home) == 0


def test_act_marks_a_recommendation_and_it_leaves_the_page(home: Path, run: Run, capsys: Capture) -> None:
    run("show", "bob", "--home", home, "--json")
    wanted = json.loads(capsys.readouterr().out)["recommendations"][0]["recommendation_id"]
    assert run("act", wanted, "done", "--by", "carla", "--note", "called", "--home", home, "--json") == 0
    marked = json.loads(capsys.readouterr().out)
    assert (marked["state"], marked["decided_by"], marked["note"]) == ("done", "carla", "called")
    run("show", "bob", "--home", home, "--json")
    left = json.loads(capsys.readouterr().out)["recommendations"]
    assert [r["rule"] for r in left] == ["tutor_reduce_load"]


def test_erase_leaves_nothing_of_one_and_all_of_the_other(home: Path, run: Run, capsys: Capture) -> None:
    assert run("erase", "both", "--entity", "student", "--yes", "--home", home) == 0
    assert "Erased student both: 0 events" in capsys.readouterr().out
    assert run("show", "both", "--home", home) == 0
    capsys.readouterr()
    assert run("erase", "ann", "--entity", "tutor", "--yes", "--home", home, "--json") == 0
    assert json.loads(capsys.readouterr().out)["events"] == 1
    assert run("erase", "ann", "--entity", "tutor", "--yes", "--home", home) == 2
    assert "No tutor 'ann' is known" in _said(capsys)


def test_erase_asks_first(home: Path, run: Run, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115
    assert run("erase", "ann", "--entity", "tutor", "--home", home) == 1
    assert run("show", "ann", "--home", home) == 0


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
def test_predictions_go_to_a_file(home: Path, run: Run, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"predictions.{ending}"
    assert run("predictions", "--out", out, "--home", home) == 0
    with EventStore.open(Home.open(home)) as store:
        found = store.query(f"SELECT * FROM '{out}' ORDER BY entity_type, entity_id")
    assert found["entity_id"].tolist() == ["both", "stu", "ann", "bob", "both", "gone"]
    assert found["segment"].tolist() == ["healthy", "churned", "star", "at_risk", "healthy", None]
    assert found["churn_risk_14d"].tolist()[:5] == [0.1, 0.8, 0.1, 0.62, 0.1]


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
def test_the_file_marks_what_operators_set_by_hand(home: Path, run: Run, tmp_path: Path, ending: str) -> None:
    out, who = tmp_path / f"predictions.{ending}", ("--by", "=cmd", "--home", home)
    assert run("overrides", "set", "bob", "healthy", "--until", "2024-11-01", "--reason", "agreed", *who) == 0
    assert run("states", "set", "stu", "on_leave", *who) == 0
    assert run("predictions", "--out", out, "--home", home) == 0
    marks = ("segment", "model_segment", "override_owner", "override_expires", "operator_state")
    found = {row["entity_id"]: [row[name] or None for name in marks] for row in _rows_of(out)}
    owner = "'=cmd" if ending == "csv" else "=cmd"
    assert found["bob"] == ["healthy", "at_risk", owner, "2024-11-01T00:00:00Z", None]
    assert found["stu"] == ["churned", None, None, None, "on_leave"]
    assert all(found[who][1:] == [None] * 4 for who in ("ann", "gone"))


def _rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)) if path.suffix == ".csv" else [json.loads(line) for line in file]


def test_what_nobody_has_is_text_in_parquet(home: Path, run: Run, tmp_path: Path) -> None:
    run("predictions", "--out", tmp_path / "p.parquet", "--home", home)
    schema = pq.read_schema(tmp_path / "p.parquet")
    assert {str(schema.field(name).type) for name in ("model_segment", "override_expires", "as_of")} == {
        "string"
    }


def test_what_is_not_known_is_empty_in_csv(home: Path, run: Run, tmp_path: Path) -> None:
    run("predictions", "--out", tmp_path / "p.csv", "--home", home)
    with (tmp_path / "p.csv").open(encoding="utf-8") as file:
        gone = list(csv.DictReader(file))[-1]
    assert (gone["entity_id"], gone["status"], gone["as_of"], gone["health_score"]) == (
        "gone",
        "departed",
        "",
        "",
    )


def test_settings_shows_each_with_its_value_and_meaning(home: Path, run: Run, capsys: Capture) -> None:
    (home / "settings.toml").write_text("star_sessions_min = 9\n")
    assert run("settings", "--home", home, "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(Settings.__struct_fields__)
    assert next((r["value"], r["default"]) for r in rows if r["name"] == "star_sessions_min") == (9, 4)
    assert run("settings", "--home", home) == 0
    assert "star_sessions_min" in capsys.readouterr().out


VERBS = [
    ("refresh",),
    ("summary",),
    ("today",),
    ("show", "ann"),
    ("act", "x", "done"),
    ("erase", "ann", "--entity", "tutor", "--yes"),
]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_without_a_home_a_verb_says_to_import_first(
    verb: tuple[str, ...], run: Run, capsys: Capture, tmp_path: Path
) -> None:
    assert run(*verb, "--home", tmp_path / "nowhere") == 2
    assert "There is no home at" in _said(capsys)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("verb", [("refresh",), ("today",), ("show", "ann")], ids=lambda verb: verb[0])
def test_a_busy_home_is_said_to_be_busy(verb: tuple[str, ...], home: Path, run: Run, capsys: Capture) -> None:
    with EventStore.open(Home.open(home)):
        assert run(*verb, "--home", home) == 2
    assert "is in use" in _said(capsys)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    with EventStore.open(Home.open(tmp_path / "empty", create=True)):
        return tmp_path / "empty"


def test_refresh_of_an_empty_home_says_to_import(empty: Path, run: Run, capsys: Capture) -> None:
    assert run("refresh", "--home", empty) == 2
    assert "holds no events. Run `tutorpulse import FILE` first." in _said(capsys)


def test_without_a_model_every_verb_says_that_the_starter_serves(
    home: Path, run: Run, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutorpulse.cli.refresh.open_scorer", open_scorer)
    for verb in ("today", "show"):
        monkeypatch.setattr(f"tutorpulse.cli.{verb}.reading_scorer", reading_scorer)
    for arguments in (("refresh",), ("summary",), ("today",), ("show", "ann")):
        assert run(*arguments, "--home", home) == 0
        assert "Starter model, learnt from simulated marketplaces, not from yours" in _said(capsys)


@pytest.mark.parametrize("verb", [("summary",), ("today",), ("show", "ann")], ids=lambda verb: verb[0])
def test_before_the_first_refresh_a_verb_says_to_refresh(
    verb: tuple[str, ...], empty: Path, run: Run, capsys: Capture
) -> None:
    assert run(*verb, "--home", empty) == 2
    assert "Nothing was predicted yet. Run `tutorpulse refresh` first." in _said(capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "nobody"), "No tutor or student 'nobody' is known as of the last refresh"),
        (("show", "ann", "--entity", "student"), "No student 'ann' is known"),
        (("show", "ann", "--entity", "dog"), "'dog' is not one of 'tutor', 'student'"),
        (("act", "nothing", "done"), "No recommendation has the id 'nothing'"),
        (("act", "nothing", "perhaps"), "'perhaps' is not one of 'done', 'dismissed'"),
        (("erase", "nobody", "--entity", "tutor", "--yes"), "No tutor 'nobody' is known"),
        (("predictions", "--out", "p.xls"), "p.xls ends with none of .csv, .ndjson, .jsonl, .parquet"),
        (("predictions", "--out", "no/where/p.csv"), "no/where/p.csv cannot be written"),
    ],
)
def test_a_wrong_argument_is_refused(
    arguments: tuple[str, ...], message: str, home: Path, run: Run, capsys: Capture
) -> None:
    assert run(*arguments, "--home", home) == 2
    assert message in _said(capsys)


def test_predictions_before_the_first_refresh(empty: Path, run: Run, capsys: Capture, tmp_path: Path) -> None:
    assert run("predictions", "--out", tmp_path / "p.csv", "--home", empty) == 2
    assert "Nothing was predicted yet" in _said(capsys)
    assert not (tmp_path / "p.csv").exists()


def test_the_demo_leaves_a_folder_of_somebody_else_alone(run: Run, capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert run("demo", "--home", tmp_path) == 2
    assert "was not made by a demonstration and is left alone" in _said(capsys)
    assert (tmp_path / "mine.txt").exists()


def _said(capsys: Capture) -> str:
    """Standard error in one line, without the frames and breaks that a terminal needs."""
    return " ".join(capsys.readouterr().err.replace("│", " ").split())


@pytest.mark.slow
def test_the_demo_runs_twice_in_the_same_place(run: Run, tmp_path: Path, capsys: Capture) -> None:
    for _ in range(2):
        assert run("demo", "--once", "--tutors", 60, "--students", 400, "--home", tmp_path / "demo") == 0
        printed = capsys.readouterr().out
        assert "predicted as of" in printed
        assert "Who needs someone today" in printed


@pytest.mark.slow
def test_the_demo_tells_its_result_as_one_json_object(run: Run, tmp_path: Path, capsys: Capture) -> None:
    assert (
        run("demo", "--once", "--json", "--tutors", 60, "--students", 400, "--home", tmp_path / "demo") == 0
    )
    printed = json.loads(capsys.readouterr().out)
    assert printed["summary"]["total_processed"] > 0
    assert all(need["reason"] for need in printed["today"])


def test_every_verb_has_json() -> None:
    def verbs(command: Any, path: str) -> Iterator[tuple[str, Any]]:
        for name, child in getattr(command, "commands", {}).items():
            yield from verbs(child, f"{path} {name}")
        if not hasattr(command, "commands"):
            yield path, command

    found = {
        path: [o for p in verb.params for o in p.opts] for path, verb in verbs(get_command(whole_app()), "")
    }
    assert len(found) > 15
    assert [path for path, options in found.items() if "--json" not in options] == []


def test_show_says_so_where_nothing_can_be_compared(
    home: Path, world: World, run: Run, capsys: Capture
) -> None:
    capsys.readouterr()
    assert run("show", "bob", "--home", home, "--since", "2024-01-01") == 2
    assert "no two predictions of record" in capsys.readouterr().err.replace("\n", " ")


def test_show_tells_what_would_lower_the_risk_or_why_nothing_does(
    home: Path, world: World, run: Run, capsys: Capture
) -> None:
    capsys.readouterr()
    assert run("show", "bob", "--home", home, "--what-if", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["entity_id"], told["output"], told["value"]) == ("bob", "burnout_risk", 0.62)
    assert run("show", "bob", "--home", home, "--what-if") == 0
    assert "bob: nothing within what is usual lowers it" in capsys.readouterr().out


def test_show_says_between_what_the_expected_sessions_lie(home: Path, run: Run, capsys: Capture) -> None:
    assert run("show", "bob", "--home", home) == 0
    assert "Nine of ten such expectations come to between" in capsys.readouterr().out


def test_a_broken_model_leaves_the_last_predictions_marked_stale_and_opens_an_alert(
    home: Path, run: Run, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("predictions", "--home", home, "--out", home.parent / "before.csv") == 0
    monkeypatch.setattr("tutorpulse.cli.refresh.open_scorer", open_scorer)
    broken = Home.open(home).models_path / "2026-01-01-broken"
    broken.mkdir(parents=True)
    (broken / "manifest.json").write_text("{")
    (broken.parent / "current").write_text("2026-01-01-broken\n")
    capsys.readouterr()
    assert run("refresh", "--home", home) == 2
    assert "The manifest of model 2026-01-01-broken is damaged" in capsys.readouterr().err.replace("\n", " ")
    assert run("predictions", "--home", home, "--out", home.parent / "after.csv") == 0
    before, after = (list(csv.DictReader((home.parent / f"{n}.csv").open())) for n in ("before", "after"))
    assert [row["churn_risk_14d"] for row in after] == [row["churn_risk_14d"] for row in before]
    assert {row["stale"] for row in before} == {"false"}
    assert {row["stale"] for row in after if row["frozen"] == "false"} == {"true"}
    capsys.readouterr()
    assert run("alerts", "list", "--home", home, "--json") == 0
    told = capsys.readouterr().out
    assert "the model cannot be used" in told
