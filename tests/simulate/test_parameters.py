"""One documented file of parameters."""

import tomllib
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import msgspec
import pytest

from tutorpulse.errors import InputError
from tutorpulse.simulate import parameters
from tutorpulse.simulate.parameters import Parameters


def test_every_parameter_has_a_sentence() -> None:
    for section in msgspec.structs.fields(Parameters):
        for name, hint in get_type_hints(section.type, include_extras=True).items():
            if name in section.type.__struct_fields__:
                assert get_origin(hint) is Annotated, name
                sentence = next(
                    m.description for m in reversed(get_args(hint)) if isinstance(m, msgspec.Meta)
                )
                assert sentence
                assert sentence.endswith(".")


def test_what_is_printed_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "all.toml"
    path.write_text(parameters.as_toml(Parameters()), encoding="utf-8")
    assert parameters.load(path) == Parameters()
    assert set(tomllib.loads(path.read_text())) == set(Parameters.__struct_fields__)


def test_a_file_overrides_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "some.toml"
    path.write_text("[tutors]\nfade_days = 9.0\n")
    found = parameters.load(path)
    assert found.tutors.fade_days == 9.0
    assert found.students == Parameters().students


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tutors]\nfade_dais = 9\n", "unknown field `fade_dais`"),
        ("[tutors]\ndecline = 2.0\n", "<= 1.0"),
        ("[calendar]\nmonths = [1.0]\n", "calendar.months has 1 values. Give 12."),
        ("[tutors\n", "Give a readable TOML file."),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(InputError, match="wrong") as error:
        parameters.load(path)
    assert message in str(error.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Give a readable TOML file"):
        parameters.load(tmp_path / "none.toml")
