"""`tutorpulse verify`: is everything in the home whole?"""

import typer
from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.cli.progress import progress_bar
from tutorpulse.service.root import open_pulse
from tutorpulse.service.verifying import verify_home

UNSOUND_EXIT_CODE = 1


@app.command()
def verify(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """Read all of the home: checksums, counts, the index of ids against the log, the state. Exit code 1 if not all is whole."""
    with open_pulse(home) as pulse, progress_bar("Comparing ids") as tell:
        checks = list(verify_home(pulse, tell))
    whole = all(check.sound for check in checks)
    if as_json:
        console.print_json({"whole": whole, "checks": checks})
    else:
        table = views.plain_table("", "", "found", fixed=(0, 1))
        for check in checks:
            mark = Text("ok", "green") if check.sound else Text("damaged", "bold red")
            table.add_row(check.name, mark, " ".join(filter(None, (check.found, check.advice))))
        console.out.print(table)
    if not whole:
        raise typer.Exit(UNSOUND_EXIT_CODE)
