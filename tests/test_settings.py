from pathlib import Path

import msgspec
import pytest

from tutorpulse.errors import SettingsError
from tutorpulse.settings import FILE_NAME, Settings, load, origins, setting_docs


def test_defaults_hold_where_nothing_is_said(tmp_path: Path) -> None:
    assert load(tmp_path, {}) == Settings()


def test_the_environment_wins_over_the_file_and_a_flag_over_both(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("star_sessions_min = 5\nrecommendations_max = 3\n")
    environment = {"TUTORPULSE_STAR_SESSIONS_MIN": "6", "TUTORPULSE_RECOMMENDATIONS_MAX": "2"}
    settings = load(tmp_path, environment, recommendations_max=1)
    assert (settings.star_sessions_min, settings.recommendations_max) == (6, 1)


def test_a_list_in_the_environment_is_separated_by_commas() -> None:
    assert load(None, {"TUTORPULSE_PREMIUM_TIERS": "gold,black"}).premium_tiers == ("gold", "black")


def test_an_exit_gap_is_auto_or_days() -> None:
    assert load(None, {}).exit_gap_days_tutor == "auto"
    assert load(None, {"TUTORPULSE_EXIT_GAP_DAYS_TUTOR": "45"}).exit_gap_days_tutor == 45


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("star_health = 90", "unknown field `star_health`"),
        ("star_health_above = 190", "<= 100.0.*star_health_above"),
        ('churn_label = "gone"', "Invalid enum value 'gone'.*churn_label"),
        (
            'marketplace_timezone = "Mars/Base"',
            "marketplace_timezone = 'Mars/Base' is no time zone.*Europe/Berlin",
        ),
        ("star_health_above = ", "is no TOML file.*Mend or remove it"),
    ],
)
def test_a_bad_setting_is_refused_by_name(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / FILE_NAME).write_text(line)
    with pytest.raises(SettingsError, match=message):
        load(tmp_path, {})


def test_every_setting_has_a_sentence() -> None:
    assert list(setting_docs()) == [field.name for field in msgspec.structs.fields(Settings)]
    assert all(sentence.endswith(".") for sentence, _ in setting_docs().values())


def test_of_each_setting_is_known_where_it_comes_from(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("port = 1\naccess_log = false\nstar_sessions_min = 9\n")
    given = origins(tmp_path, {"TUTORPULSE_PORT": "2", "TUTORPULSE_HOST": "::1"}, host="x", tls_key=None)
    assert list(given) == list(Settings.__struct_fields__)
    said = {name: given[name] for name in ("port", "access_log", "host", "tls_key")}
    assert said == {"port": "environment", "access_log": "file", "host": "flag", "tls_key": "default"}
