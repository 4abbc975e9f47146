"""`tutorpulse serve`: the home as a service, until it is stopped."""

import logging
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from tutorpulse import settings as table_of
from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.settings import settings_in_force, short_table
from tutorpulse.errors import InputError
from tutorpulse.store.home import Home

if TYPE_CHECKING:
    from tutorpulse.api.running.run import Running

_NEEDED = ("argon2", "fastapi", "httptools", "jinja2", "prometheus_client", "uvicorn", "uvloop")


@app.command()
def serve(
    home: console.HomeOption = console.DEFAULT_HOME,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0: any free one.", show_default="8600")] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="Certificate and its chain, as a PEM file; without, no TLS.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key, as a PEM file.")] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            help="Address or network of a proxy whose X-Forwarded headers are believed; repeatable."
        ),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Serve the home: events in over HTTP, predictions fresh within a second. Stops on SIGTERM and Ctrl-C.

    The log goes to standard error, a JSON object a line.
    """
    check_installed()
    from tutorpulse.api.running.logs import log_as_json
    from tutorpulse.api.running.run import opened
    from tutorpulse.dashboard.mounting import mount

    flags: dict[str, object] = {
        "host": host,
        "port": port,
        "tls_certificate": None if tls_certificate is None else str(tls_certificate),
        "tls_key": None if tls_key is None else str(tls_key),
        "trusted_proxies": tuple(trusted_proxy) if trusted_proxy else None,
    }
    path = Home.open(home, create=True).path
    settings = table_of.load(path, os.environ, **flags)
    log_as_json(settings.prediction_log)
    with opened(path, settings, mount) as running:
        rows = settings_in_force(settings, table_of.origins(path, os.environ, **flags))
        with running.server.capture_signals():
            _tell(running, path, rows, as_json)
            running.server.serve_until_stopped()
    end_at_once()


def end_at_once() -> None:
    """End the process, all being closed: unloading these libraries in order took the interpreter one to three seconds."""
    logging.shutdown()
    console.flush()
    os._exit(0)


def check_installed() -> None:
    """Raises InputError where a library that the service needs is not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(
            f"The service needs {', '.join(missing)}. Install with `pip install 'tutorpulse[serve]'`."
        )


def _tell(running: "Running", home: Path, rows: list[dict[str, object]], as_json: bool) -> None:
    """Where it serves, with which settings, and the first administrator's link."""
    link = None if running.claim is None else running.address + running.claim
    if as_json:
        console.print_json({"address": running.address, "home": str(home), "claim": link, "settings": rows})
        console.flush()
        return
    console.out.print(short_table(rows))
    console.print_line(f"\nServing {home} at {running.address}")
    if link:
        console.print_line(f"For the first administrator, once: {link}")
    console.flush()
    if running.listening.exposed:
        console.err.print(
            Text(
                "warning: reachable from other machines without TLS. Put a proxy with TLS before it.",
                "yellow",
            )
        )
