"""`tutorpulse settings`: the settings in force."""

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from tutorpulse import settings as table_of
from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.settings import Origin, Settings


@app.command()
def settings(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """Show every setting: its value in force, where that comes from, its default and its meaning."""
    rows = settings_in_force(table_of.load(home), table_of.origins(home))
    if as_json:
        console.print_json(rows)
        return
    table = views.plain_table("setting", "value", "from", "default", "meaning", fixed=(0, 2))
    for row in rows:
        value, default = (_shown(row[key]) for key in ("value", "default"))
        table.add_row(str(row["name"]), _marked(value, row), str(row["from"]), default, str(row["meaning"]))
    console.out.print(table)
    console.print_line(
        f"Set them in {home / table_of.FILE_NAME} as `name = value`, or in the environment as {table_of.ENVIRONMENT_PREFIX}NAME."
    )


def settings_in_force(inforce: Settings, origins: Mapping[str, Origin]) -> list[dict[str, object]]:
    """Each setting with its value, where that comes from, its default and its meaning."""
    return [
        {
            "name": name,
            "value": getattr(inforce, name),
            "from": origins[name],
            "default": default,
            "meaning": sentence,
        }
        for name, (sentence, default) in table_of.setting_docs().items()
    ]


def short_table(rows: Sequence[Mapping[str, object]]) -> Table:
    """Name, value and origin of each."""
    table = views.plain_table("setting", "value", "from", fixed=(0, 2))
    for row in rows:
        table.add_row(str(row["name"]), _marked(_shown(row["value"]), row), str(row["from"]))
    return table


def _marked(value: str, row: Mapping[str, object]) -> Text:
    return Text(value, "bold" if row["value"] != row["default"] else "")


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
