"""`tutorpulse settings`: the settings in force."""

from tutorpulse import settings as table_of
from tutorpulse.cli import console, views
from tutorpulse.cli.app import app


@app.command()
def settings(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """Show every setting: its value in force, its default and its meaning."""
    inforce = table_of.load(home)
    rows = [
        {"name": name, "value": getattr(inforce, name), "default": default, "meaning": sentence}
        for name, (sentence, default) in table_of.setting_docs().items()
    ]
    if as_json:
        console.print_json(rows)
        return
    table = views.plain_table("setting", "value", "default", "meaning")
    table.columns[0].no_wrap = True
    for row in rows:
        value, default = (_shown(row[key]) for key in ("value", "default"))
        table.add_row(
            row["name"], f"[bold]{value}[/]" if value != default else value, default, row["meaning"]
        )
    console.out.print(table)
    console.print_line(
        f"Set them in {home / table_of.FILE_NAME} as `name = value`, or in the environment as {table_of.ENVIRONMENT_PREFIX}NAME."
    )


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
