"""`bdh search` and `bdh batches ...`, through the HTTP API."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from boeing_data_hub.cli import lists, output, progress
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.cli.ids import RunId, whole_id
from boeing_data_hub.cli.output import ExitCode
from boeing_data_hub.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="List, watch, cancel, retry, undo and export runs.")

Wait = Annotated[bool, typer.Option(help="Wait until it has finished, with progress.")]
Name = Annotated[str | None, typer.Option("--name", help="A name for the run. Default: the list's, or its first part.")]


def _path(api: Api, run_id: str, more: str = "") -> str:
    return f"/api/batches/{whole_id(api, run_id)}{more}"


def search(
    what: Annotated[list[str], typer.Argument(help="A file (CSV, XLSX, text), `-` for stdin, or part numbers.")],
    *,
    sheet: lists.Sheet = "",
    column: lists.Column = "",
    header_row: lists.HeaderRow = None,
    first_row: lists.FirstRow = None,
    delimiter: lists.Delimiter = None,
    encoding: lists.Encoding = None,
    include_hidden: lists.Hidden = False,
    accept_flagged: lists.Accept = False,
    skip_rejected: lists.Skip = False,
    yes: lists.Yes = False,
    wait: Annotated[bool, typer.Option(help="Wait until it has finished, with progress.")] = True,
    force_refresh: Annotated[bool, typer.Option(help="Ignore cached answers.")] = False,
    urgent: Annotated[
        bool, typer.Option("--urgent", help="Take the next Boeing calls, before other searches.")
    ] = False,
    key: Annotated[
        str | None,
        typer.Option("--idempotency-key", help="Reusing a key returns the existing run instead of starting another."),
    ] = None,
    name: Name = None,
    as_json: Json = False,
) -> None:
    """Search Boeing for part numbers.

    Examples: `bdh search list.xlsx`, `bdh search WF338109 AN3-43A`. For a file, it first shows the sheet and column
    it read, the first part numbers, and the rows it skipped.
    """
    options = lists.ListOptions(
        sheet,
        column,
        include_hidden,
        accept_flagged,
        skip_rejected,
        yes,
        as_json,
        header_row=header_row,
        first_row=first_row,
        delimiter=delimiter or "",
        encoding=encoding or "",
    )

    def do(api: Api) -> None:
        listed = lists.listed(api, what, options, verb="Search")
        asked: Document = {"force_refresh": force_refresh, "urgent": urgent}
        if key:
            asked["idempotency_key"] = key
        if name:
            asked["name"] = name
        started = (
            lists.search_file(api, listed.file, asked)
            if listed.file
            else api.call("POST", "/api/bulk-search", json={**listed.body, **asked})
        )
        output.note(f"{started['message']} Run {started['batch_id']}")
        more = {"read": listed.read} if listed.read else {}
        if not wait:
            output.as_json({**started, **more}) if as_json else output.say(started["batch_id"])
            return
        finish(api, started["batch_id"], json_wanted=as_json, more=more)

    with_api(do, json_wanted=as_json)


def finish(api: Api, batch_id: str, *, json_wanted: bool, more: Mapping[str, Any] | None = None) -> None:
    """Wait for a run to finish, show progress and the result, and end the command with its exit code.

    `more`: further keys of the JSON.
    """
    try:
        batch = progress.watch(api, _path(api, batch_id), quiet=json_wanted)
    except KeyboardInterrupt:
        output.note(f"\nStopped watching; the run continues. Watch it again with: bdh batches watch {batch_id}")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if json_wanted:
        output.as_json({**batch, **(more or {})})
    else:
        output.say(batch["message"])
        if batch["failed_count"] or batch["not_for_sale_count"]:
            _print_causes(api.call("GET", _path(api, batch_id, "/failures")))
        if batch["batch_type"] == "search" and batch["normalized_count"]:
            output.note(f"Preview publishing: bdh plan --from {batch_id}")
    raise typer.Exit(progress.exit_code(batch))


def _print_causes(found: Document) -> None:
    for group in found["groups"]:
        output.say(
            f"  {group['count']:>7,}  {group['code']}: {group['what_to_do']}  e.g. {', '.join(group['sample'][:3])}"
        )
    for group in found["not_publishable"]:
        kind = {"blocked": "not for sale", "needs_review": "needs review"}.get(group["kind"], group["kind"])
        output.say(f"  {group['count']:>7,}  {kind}, {group['code']}: {group['message']}")


@app.command("list")
def list_batches(
    *,
    status: Annotated[str | None, typer.Option(help="Only runs with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    as_json: Json = False,
) -> None:
    """List runs, newest first."""

    def do(api: Api) -> None:
        params = {"limit": limit} | ({"status": status} if status else {})
        found = api.call("GET", "/api/batches", params=params)
        if as_json:
            output.as_json(found)
            return
        output.table(
            f"{found['total']:,} runs",
            ["id", "name", "type", "status", "parts", "done %", "failed", "created"],
            [
                (
                    output.Id(b["id"]),
                    b["name"],
                    b["batch_type"],
                    b["outcome"] or b["status"],
                    b["total_items"],
                    b["progress_percent"],
                    b["failed_count"],
                    output.Moment(b["created_at"]),
                )
                for b in found["batches"]
            ],
            of=found["total"],
        )

    with_api(do, json_wanted=as_json)


@app.command()
def show(run_id: RunId, *, as_json: Json = False) -> None:
    """Show a run's progress, and its failures by cause."""

    def do(api: Api) -> None:
        batch = api.call("GET", _path(api, run_id))
        found = api.call("GET", _path(api, run_id, "/failures"))
        if as_json:
            output.as_json({**batch, "failures": found})
            return
        output.say(batch["message"])
        if said := progress.describe(batch):
            output.say(said)
        _print_causes(found)

    with_api(do, json_wanted=as_json)


@app.command()
def watch(run_id: RunId, *, as_json: Json = False) -> None:
    """Watch a run until it has finished. Ctrl-C stops watching, not the run."""
    with_api(lambda api: finish(api, run_id, json_wanted=as_json), json_wanted=as_json)


@app.command()
def cancel(
    run_id: Annotated[str | None, typer.Argument(help="The run's id, or its first digits.")] = None,
    *,
    every: Annotated[
        Literal["search", "publish"] | None, typer.Option("--all", help="All open runs of this type: search, publish.")
    ] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="With --all: only those of this owner.")] = None,
    source: Annotated[str | None, typer.Option("--list", help="With --all: only those of this list.")] = None,
    older_than: Annotated[
        int | None, typer.Option("--older-than", min=0, help="With --all: accepted at least so many hours ago.")
    ] = None,
    queued: Annotated[
        bool, typer.Option("--queued", help="With --all: only those none of whose parts is done yet.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Cancel a run, or all open runs that match. Completed parts stay as they are."""
    if (run_id is None) == (every is None):
        raise typer.BadParameter("Give a run's id, or --all with search or publish.")
    given = {"owner": owner, "source": source, "older_than_hours": older_than, "queued": queued or None}
    body = {name: value for name, value in given.items() if value is not None} or {"all_open": True}

    def do(api: Api) -> None:
        if run_id is not None:
            done = api.call("DELETE", _path(api, run_id))
        else:
            done = api.call("POST", "/api/batches/cancel", json={"batch_type": every, **body})
        output.as_json(done) if as_json else output.say(done["message"])

    with_api(do, json_wanted=as_json)


@app.command()
def rename(run_id: RunId, name: Annotated[str, typer.Argument(help="The new name.")], *, as_json: Json = False) -> None:
    """Give a run another name."""

    def do(api: Api) -> None:
        done = api.call("PATCH", _path(api, run_id), json={"name": name})
        output.as_json(done) if as_json else output.say(done["message"])

    with_api(do, json_wanted=as_json)


@app.command()
def retry(run_id: RunId, *, wait: Wait = True, as_json: Json = False) -> None:
    """Retry the failed parts of a run, as a new run."""
    _follow_up(run_id, "/retry", wait=wait, as_json=as_json)


@app.command()
def undo(run_id: RunId, *, wait: Wait = True, as_json: Json = False) -> None:
    """Undo a publish run: archive what it created, restore what it changed."""
    _follow_up(run_id, "/undo", wait=wait, as_json=as_json)


def _follow_up(run_id: str, what: str, *, wait: bool, as_json: bool) -> None:
    with_api(
        lambda api: started(api, api.call("POST", _path(api, run_id, what)), wait=wait, as_json=as_json),
        json_wanted=as_json,
    )


def started(api: Api, answer: Document, *, wait: bool, as_json: bool) -> None:
    """Say which run has started; then wait for it, or print its id."""
    output.note(f"{answer['message']} Run {answer['batch_id']}")
    if wait:
        finish(api, answer["batch_id"], json_wanted=as_json)
    output.as_json(answer) if as_json else output.say(answer["batch_id"])


@app.command()
def export(
    run_id: RunId,
    *,
    to: Annotated[
        Path | None, typer.Option("--to", help="The file to write, .csv or .xlsx. Default: CSV on stdout.")
    ] = None,
    other_columns: Annotated[
        bool, typer.Option("--other-columns", help="Put the other columns of the run's own file first.")
    ] = False,
) -> None:
    """Export the failed parts as CSV or XLSX, to correct and search again."""
    params: Document = {"other_columns": "true"} if other_columns else {}
    with_api(lambda api: save(api, _path(api, run_id, "/failures"), to, params=params), json_wanted=False)


def save(api: Api, path: str, to: Path | None, *, params: Document | None = None) -> None:
    """Save a download of the API. The file's ending decides the format; without a file, CSV goes to stdout.

    Raises:
        BadInput: the file cannot be written.
    """
    kind = "xlsx" if to is not None and to.suffix.lower() == ".xlsx" else "csv"
    pieces = api.download(path, params={"format": kind, **(params or {})})
    if to is None:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()  # the mark is for spreadsheets, not for pipes
        for piece in pieces:
            sys.stdout.write(decoder.decode(piece))
        return
    first = next(pieces, b"")  # before the file is opened: a rejected export must not empty an earlier one
    try:
        with to.open("wb") as file:
            file.writelines(chain([first], pieces))
    except OSError as error:
        raise BadInput(f"{to} cannot be written: {error.strerror}.", code="unwritable_file") from error
    output.note(f"Written to {to}.")
