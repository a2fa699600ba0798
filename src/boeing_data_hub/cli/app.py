"""The command line, all of it: what a person does with a hub, from a terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from boeing_data_hub import __version__
from boeing_data_hub.cli import (
    batches,
    demo,
    estimating,
    examining,
    housekeeping,
    operate,
    output,
    publishing,
    quotes,
    start,
)
from boeing_data_hub.cli.output import ExitCode

app = typer.Typer(
    name="bdh",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Boeing Data Hub: price and availability from Boeing Distribution, staged and published to Shopify.",
)
app.command(rich_help_panel="Start")(demo.demo)
app.command(rich_help_panel="Start")(start.up)
app.command(rich_help_panel="Start")(start.serve)
app.command(rich_help_panel="Start")(start.worker)
app.command(rich_help_panel="Start")(start.beat)
app.add_typer(start.sandbox, name="sandbox", rich_help_panel="Start")
app.command(rich_help_panel="Work")(batches.search)
app.command(rich_help_panel="Work")(estimating.estimate)
app.command(rich_help_panel="Work")(publishing.plan)
app.command(rich_help_panel="Work")(publishing.publish)
app.add_typer(publishing.plans, name="plans", rich_help_panel="Work")
app.add_typer(publishing.store, name="store", rich_help_panel="Work")
app.add_typer(batches.app, name="batches", rich_help_panel="Work")
app.add_typer(quotes.app, name="quotes", rich_help_panel="Work")
app.add_typer(operate.db, name="db", rich_help_panel="Operate")
app.add_typer(operate.keys_app, name="keys", rich_help_panel="Operate")
app.add_typer(housekeeping.app, name="housekeeping", rich_help_panel="Operate")
app.add_typer(housekeeping.digest_app, name="digest", rich_help_panel="Operate")
app.command(rich_help_panel="Operate")(examining.doctor)


def _version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if wanted:
        output.say(f"bdh {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Data on stdout, notes on stderr.

    Exit codes: 0 done, 1 error, 2 usage, 3 finished with failed items, 4 credentials, 5 not found, 6 conflict,
    8 unreachable, 130 interrupted.
    """
    del version


def main() -> None:
    """The entry point of `bdh`. A setting that cannot be used is named, without its value."""
    try:
        app()
    except ValidationError as error:
        for one in error.errors(include_input=False, include_context=False, include_url=False):
            name = ".".join(str(part) for part in one["loc"]).upper()
            said = one["msg"].removeprefix("Value error, ")
            output.note(f"{name}: {said}" if name else said)
        output.note("Correct the environment or the file .env. Nothing was started.")
        sys.exit(ExitCode.USAGE)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
