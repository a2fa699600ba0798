"""The root of `bdh`: its commands by name, and errors that no command handles."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Final

import typer

from boeing_data_hub import __version__
from boeing_data_hub.cli import output
from boeing_data_hub.cli.commands import PASSED_ON, Entry, group
from boeing_data_hub.cli.output import ExitCode

COMMANDS: Final = {
    "demo": Entry(
        "sandbox", "demo", "Start", "Search and publish a real part list on this machine, with sandboxes.", PASSED_ON
    ),
    "up": Entry("start", "up", "Start", "Run everything on this machine: API, workers and scheduler."),
    "console": Entry(
        "console", "console", "Start", "Sign in to the console: print a one-time link and open it in a browser."
    ),
    "serve": Entry("start", "serve", "Start", "Run one API process."),
    "worker": Entry("start", "worker", "Start", "Run one worker process for one or more queues."),
    "beat": Entry("start", "beat", "Start", "Run the scheduler."),
    "sandbox": Entry("sandbox", "app", "Start", "Run a sandbox of Boeing or of Shopify."),
    "search": Entry("batches", "search", "Work", "Search Boeing for part numbers."),
    "part": Entry("parts", "part", "Work", "Show a part's prices and stock, and how ours are calculated."),
    "find": Entry("finding", "find", "Work", "Find parts, runs, plans and quotes by one text."),
    "estimate": Entry(
        "estimating", "estimate", "Work", "Estimate how long a search and publish will take. Changes nothing."
    ),
    "plan": Entry("publishing", "plan", "Work", "Preview what publishing would change and cost. Changes nothing."),
    "publish": Entry("publishing", "publish", "Work", "Publish priced parts to the store."),
    "plans": Entry("plans", "app", "Work", "List, show, approve and discard publish plans."),
    "prices": Entry("prices", "app", "Work", "Write, preview and activate price lists."),
    "reviews": Entry("reviews", "app", "Work", "List, approve and refuse changes that guards hold back."),
    "store": Entry("store", "app", "Work", "Set up the store; list products; resolve conflicts and leftovers."),
    "batches": Entry("batches", "app", "Work", "List, watch, cancel, retry, undo and export runs."),
    "failures": Entry("failures", "app", "Work", "List, retry, ignore and export open failures of all runs."),
    "lists": Entry("part_lists", "app", "Work", "Save, refresh and search lists; preview how a file is read."),
    "quotes": Entry("quotes", "app", "Work", "Request, list, show and export quotes, and turn them into draft orders."),
    "db": Entry("operate", "db", "Operate", "Create and upgrade the database tables."),
    "keys": Entry("operate", "keys_app", "Operate", "Create, list and revoke API keys."),
    "sessions": Entry("sessions", "app", "Operate", "List and end sessions of the console."),
    "housekeeping": Entry("housekeeping", "app", "Operate", "Show or run data clean-up."),
    "digest": Entry("housekeeping", "digest_app", "Operate", "Show, send and list the daily digest."),
    "notifications": Entry(
        "notifying", "app", "Operate", "Choose who is notified of what: Slack, Teams, webhooks, e-mail."
    ),
    "pause": Entry(
        "pausing",
        "pause",
        "Operate",
        "Pause calls to Boeing, publishing, or sync.",
    ),
    "resume": Entry("pausing", "resume", "Operate", "End a pause by hand."),
    "doctor": Entry("examining", "doctor", "Operate", "Check everything the hub needs, and say how to fix it."),
}

app = typer.Typer(
    name="bdh",
    cls=group(COMMANDS),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Boeing Data Hub: price and availability from Boeing Distribution, reviewed and published to Shopify.",
    epilog="Data goes to stdout, notes to stderr. Exit codes: 0 done, 1 error, 2 usage, 3 finished with failed parts, "
    "4 credentials, 5 not found, 6 conflict, 8 unreachable, 130 interrupted.",
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if wanted:
        output.say(f"bdh {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of `bdh` itself."""
    del version


def main() -> None:
    """The entry point of `bdh`. An invalid setting is reported by name, without its value."""
    try:
        app(prog_name="bdh")
    except ValueError as error:
        if not (wrong := _invalid_settings(error)):
            raise
        for line in wrong:
            output.note(line)
        output.note("Correct the environment or the file .env. Nothing was started.")
        sys.exit(ExitCode.USAGE)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)


def _invalid_settings(error: ValueError) -> list[str]:
    """A line for each setting that pydantic rejected; empty for any other error. It does not import pydantic."""
    pydantic: Any = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(error, pydantic.ValidationError):
        return []
    lines: list[str] = []
    found: Any = error
    for one in found.errors(include_input=False, include_context=False, include_url=False):
        name = ".".join(str(part) for part in one["loc"]).upper()
        said = one["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {said}" if name else said)
    return lines
