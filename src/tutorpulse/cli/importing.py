"""`tutorpulse import`: files of events into the home."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tutorpulse import settings
from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.progress import progress_bar
from tutorpulse.clock import SystemClock, format_time
from tutorpulse.events.batch import Reject
from tutorpulse.events.mapping import load_mapping, shipped_mappings
from tutorpulse.service.importing import (
    FileReport,
    ImportOptions,
    Preview,
    Received,
    import_sources,
    preview_sources,
)
from tutorpulse.service.replaying import raw_value
from tutorpulse.service.root import open_log
from tutorpulse.service.sources import open_sources
from tutorpulse.store.home import Home

_RAW_SHOWN = 200

MappingOption = Annotated[
    str | None,
    typer.Option(
        "--mapping",
        help=f"What the columns of a foreign table mean: a TOML file, or one of {', '.join(shipped_mappings())}.",
    ),
]
ReceivedOption = Annotated[
    Received,
    typer.Option(help="When events that do not say so were received: when they happened, or now."),
]


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="NDJSON, JSON, CSV or Parquet; .gz and .zst too.")],
    home: console.HomeOption = console.DEFAULT_HOME,
    mapping: MappingOption = None,
    received: ReceivedOption = "event",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would come of it; write nothing.")
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Import files of events. Importing a file twice adds nothing; bad events go to the rejects, with their reason."""
    sources = open_sources(files, load_mapping(mapping) if mapping else None)
    options = import_options(home, received)
    with progress_bar("Reading" if dry_run else "Importing") as progress:
        if dry_run:
            found = preview_sources(sources, options, progress)
            _show_preview(found, as_json)
            return
        with open_log(Home.open(home, create=True)) as store:
            reports = import_sources(store, sources, options, progress).files
    _show(reports, as_json)


def import_options(home: Path, received: Received) -> ImportOptions:
    """The options of an import into that home, now."""
    tolerance = settings.load(home).future_tolerance_hours
    return ImportOptions(SystemClock().now_us(), received, tolerance)


def _show(reports: Sequence[FileReport], as_json: bool) -> None:
    if as_json:
        totals = {name: sum(getattr(r, name) for r in reports) for name in _COUNTS}
        console.print_json(totals | {"files": [_as_data(report) for report in reports]})
        return
    for report in reports:
        console.print_line(
            f"{report.file}: {report.read:,} events read, {report.accepted:,} accepted, "
            f"{report.duplicate:,} duplicate, {report.rejected:,} rejected"
        )
        _print_details(report)
    if any(report.rejected for report in reports):
        console.print_line("Rejected events are kept: see `tutorpulse rejects list`.")


def _show_preview(preview: Preview, as_json: bool) -> None:
    if as_json:
        files = [_as_data(report) for report in preview.files]
        console.print_json({"dry_run": True, "files": files, "events": preview.events})
        return
    for report in preview.files:
        console.print_line(
            f"{report.file}: {report.read:,} events, {report.accepted:,} valid, {report.rejected:,} would be rejected"
        )
        _print_details(report)
    console.print_line("The first events:")
    for event in preview.events:
        console.print_line("  " + msgspec.json.encode(event).decode())
    console.print_line("Nothing was written.")


_COUNTS = ("read", "accepted", "duplicate", "rejected")


def _print_details(report: FileReport) -> None:
    for name, count in Counter(report.by_type).most_common():
        console.print_line(f"  {count:>12,} {name}")
    if report.oldest_us is not None and report.newest_us is not None:
        console.print_line(f"  from {format_time(report.oldest_us)} to {format_time(report.newest_us)}")
    for reject in report.rejects:
        console.print_line("  " + reject_line(reject))


def reject_line(reject: Reject) -> str:
    """One line on a reject: where it stood, what is wrong, and what came."""
    where = f"{reject.source}:{reject.place}"
    field = f"{reject.field}: " if reject.field else ""
    return f"{where}: {field}{reject.reason}: {reject.raw[:_RAW_SHOWN].decode(errors='replace')}"


def reject_data(reject: Reject) -> dict[str, Any]:
    """A reject for `--json`."""
    return {
        "source": reject.source,
        "place": reject.place,
        "field": reject.field,
        "reason": reject.reason,
        "event": raw_value(reject.raw),
    }


def _as_data(report: FileReport) -> dict[str, Any]:
    times = (report.oldest_us, report.newest_us)
    oldest, newest = (None if us is None else format_time(us) for us in times)
    return (
        {"file": report.file}
        | {name: getattr(report, name) for name in _COUNTS}
        | {
            "by_type": report.by_type,
            "oldest": oldest,
            "newest": newest,
            "rejects": [reject_data(reject) for reject in report.rejects],
        }
    )
