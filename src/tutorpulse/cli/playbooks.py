"""`tutorpulse playbooks`: what actions do."""

from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.service.proof.playbooks import measure
from tutorpulse.service.proof.shapes import Playbook, Playbooks
from tutorpulse.service.root import open_pulse
from tutorpulse.service.served import reading_scorer


@app.command()
def playbooks(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """Tell what actions do, from the rules that hold out a share: measured anew from the log, with intervals."""
    with open_pulse(home) as pulse:
        found = measure(pulse, reading_scorer(pulse))
    if as_json:
        console.print_json(found)
    elif found.items:
        _show(found)
    else:
        console.print_line(
            "No rule holds anybody out, so nothing can be said of what actions do. Give one `hold_out` in rules.toml."
        )


def _show(found: Playbooks) -> None:
    for playbook in found.items:
        console.out.print(views.section(_title(playbook), Text("\n".join(_told(playbook)))))
    console.out.print(Text("\n".join(found.limits), "dim"))


def _title(playbook: Playbook) -> str:
    return (
        f"{playbook.action} ({playbook.rule}): suggested to {playbook.enrolled_acted}, held back from "
        f"{playbook.enrolled_held}"
    )


def _told(playbook: Playbook) -> list[str]:
    return [playbook.sentence, *(effect.sentence for effect in playbook.effects), playbook.uplift.sentence]
