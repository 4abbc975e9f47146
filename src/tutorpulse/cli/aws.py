"""`tutorpulse aws`: the same core on AWS."""

import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.service.root import open_pulse
from tutorpulse.service.serving import Serving, serving

if TYPE_CHECKING:
    from tutorpulse.aws.deploying import Package

aws = typer.Typer(
    no_args_is_help=True, help="The same core on AWS: package it, deploy it, see what it costs."
)
app.add_typer(aws, name="aws")

_OUT = Path("aws-build")
OutOption = Annotated[Path, typer.Option(help="Folder for what is built; emptied where it is built anew.")]


@aws.command()
def package(
    out: OutOption = _OUT,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Build the functions' asset and the model's archive, with the home's settings, rules and model."""
    _check_installed("boto3", "mangum")
    from tutorpulse.aws.deploying import package as build

    _tell(as_json, build(out, home, _of_home(home)))


@aws.command()
def deploy(
    out: OutOption = _OUT,
    home: console.HomeOption = console.DEFAULT_HOME,
    model_image: Annotated[
        str, typer.Option(help="The model server's image in ECR; without, Docker builds it.")
    ] = "",
    budget_usd: Annotated[
        float, typer.Option(min=1, help="The month's sum that the budget alarm watches.")
    ] = 50.0,
    bootstrap: Annotated[
        bool, typer.Option(help="Prepare account and region for CDK where that was not done.")
    ] = True,
    diff: Annotated[bool, typer.Option("--diff", help="Show what would change, and change nothing.")] = False,
    synth: Annotated[
        bool,
        typer.Option("--synth", help="Build and check everything, and deploy nothing; needs no account."),
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Build, bootstrap if need be, and deploy the stack to the account and region of your AWS credentials."""
    _check_installed("aws_cdk", "boto3", "cdk_nag", "mangum")
    from tutorpulse.aws import deploying

    choice = deploying.Choice(model_image, budget_usd)
    environment, prepared = (dict(os.environ), True) if synth else _account(not model_image and not diff)
    packed = deploying.package(out, home, _of_home(home))
    if not model_image:
        packed = replace(
            packed, container=str(deploying.lay_wheel(deploying.RECIPE, out / "container").resolve())
        )
    if synth:
        template = deploying.synthesise(out, packed, choice, environment)
        _tell(as_json, packed, f"; {template}", template=str(template))
        return
    steps = deploying.commands(out, bootstrap and not diff and not prepared, diff)
    deploying.run(steps, packed, choice, environment, quiet=as_json)
    if as_json:
        _tell(as_json, packed, ran=steps)


def _account(builds_image: bool) -> tuple[dict[str, str], bool]:
    """The environment of a deployment, and whether account and region were prepared for CDK; asked before anything is built."""
    from tutorpulse.aws.account import account, check_docker

    found = account(os.environ)
    if builds_image:
        check_docker(os.environ)
    console.print_note(f"Account {found.number}, region {found.region}.")
    return {**os.environ, "AWS_REGION": found.region}, found.is_bootstrapped()


def _tell(as_json: bool, packed: "Package", more: str = "", **told: object) -> None:
    if as_json:
        console.print_json({**_told(packed), **told})
    else:
        console.print_line(
            f"{packed.asset.folder}: {packed.asset.unzipped_bytes:,} bytes unzipped; {packed.model}{more}"
        )


def _told(packed: "Package") -> dict[str, str | int]:
    return {
        "asset": str(packed.asset.folder),
        "unzipped_bytes": packed.asset.unzipped_bytes,
        "python": packed.asset.python,
        "model": str(packed.model),
    }


@aws.command()
def cost(
    sessions: Annotated[
        list[float] | None,
        typer.Option(min=1, help="Sessions a day, repeatable.", show_default="3,000 and 3,000,000"),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """What a month costs at so many sessions a day, from the prices and amounts that it prints. No bill was ever looked at."""
    from tutorpulse.aws.cost import DAYS, PRICES, Load, month, total

    loads = [Load(count) for count in sessions or [3_000.0, 3_000_000.0]]
    months = [month(load) for load in loads]
    if as_json:
        console.print_json(
            [
                {
                    "sessions_per_day": load.sessions_per_day,
                    "usd_per_month": round(total(lines), 2),
                    "lines": [
                        {"what": x.what, "price": x.price, "amount": x.amount, "usd": x.usd} for x in lines
                    ],
                }
                for load, lines in zip(loads, months, strict=True)
            ]
        )
        return
    table = views.plain_table("", "price, USD", *(f"{load.sessions_per_day:,.0f} a day" for load in loads))
    for parts in zip(*months, strict=True):
        first = parts[0]
        table.add_row(
            first.what, f"{PRICES[first.price].usd:g} {first.price}", *(f"{part.usd:,.2f}" for part in parts)
        )
    table.add_row(f"month of {DAYS} days", "", *(f"{total(lines):,.2f}" for lines in months))
    console.out.print(table)


def _of_home(home: Path) -> Serving:
    """The models in force. There every kind is served: who comes in through the stream need not be in the home's log."""
    if home == console.DEFAULT_HOME and not home.exists():
        console.print_note(
            f"There is no home at {home}: the starter model and the usual settings are packaged."
        )
        return serving(home / "models", _is_served)
    with open_pulse(home) as pulse:
        return serving(pulse.home.models_path, _is_served)


def _is_served(_: EntityType) -> bool:
    return True


def _check_installed(*modules: str) -> None:
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise InputError(f"This needs {', '.join(missing)}. Install with `pip install 'tutorpulse[infra]'`.")
