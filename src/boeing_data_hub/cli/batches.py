"""Searching and batches: `bdh search`, `bdh batches ...`. Everything here goes through the HTTP API."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from boeing_data_hub.cli import output, progress
from boeing_data_hub.cli.client import Api
from boeing_data_hub.cli.local import connect
from boeing_data_hub.cli.output import ExitCode
from boeing_data_hub.errors import BadInput, HubError, NotFound
from boeing_data_hub.settings import Settings

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="List, watch, cancel, retry, undo and export batches.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
BatchId = Annotated[str, typer.Argument(help="The batch's id.")]


def with_api(do: Callable[[Api], T], *, json_wanted: bool) -> T:
    """Run something against the API; errors are told and end the command with their exit code."""
    try:
        api = connect(Settings())
        try:
            return do(api)
        finally:
            api.close()
    except HubError as error:
        output.fail(error, json_wanted=json_wanted)


def _path(batch_id: str, more: str = "") -> str:
    try:
        return f"/api/batches/{UUID(batch_id)}{more}"
    except ValueError:  # as part of an address it might mean something else
        raise NotFound(
            f"There is no such batch as {batch_id}. `bdh batches list` shows those there are.", code="batch_not_found"
        ) from None


def search(
    what: Annotated[list[str], typer.Argument(help="A file (CSV, XLSX, text), `-` for stdin, or part numbers.")],
    *,
    wait: Annotated[bool, typer.Option(help="Wait for the end, with progress.")] = True,
    force_refresh: Annotated[bool, typer.Option(help="Ask Boeing even where a fresh answer is at hand.")] = False,
    key: Annotated[str | None, typer.Option("--idempotency-key", help="Sent again, it gives the same batch.")] = None,
    skip_rejected: Annotated[bool, typer.Option(help="Start without the lines that are not part numbers.")] = False,
    as_json: Json = False,
) -> None:
    """Search Boeing for part numbers: `bdh search list.xlsx`, `bdh search WF338109 AN3-43A`."""

    def do(api: Api) -> None:
        body = request_of(api, what, skip_rejected=skip_rejected)
        body["force_refresh"] = force_refresh
        if key:
            body["idempotency_key"] = key
        started = api.call("POST", "/api/bulk-search", json=body)
        output.note(f"{started['message']} Batch {started['batch_id']}")
        if not wait:
            output.as_json(started) if as_json else output.say(started["batch_id"])
            return
        finish(api, started["batch_id"], json_wanted=as_json)

    with_api(do, json_wanted=as_json)


def request_of(api: Api, what: list[str], *, skip_rejected: bool) -> dict[str, Any]:
    """The body of a request for these parts, a file's content read by the hub.

    Raises:
        BadInput: there is no such file, or lines of it are not part numbers.
    """
    if what == ["-"]:
        return {"part_numbers_text": _stdin()}
    path = Path(what[0])
    if len(what) > 1 or not path.is_file():
        if len(what) == 1 and (path.suffix.lower() in {".csv", ".xlsx", ".txt"} or "/" in what[0]):
            raise BadInput(f"There is no file {what[0]}.", code="no_such_file")
        return {"part_numbers": what}
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{what[0]} cannot be read: {error.strerror}.", code="unreadable_file") from error
    read = api.call("POST", "/api/uploads", files={"file": (path.name, content)})
    if read["rejected_count"] and not skip_rejected:
        raise BadInput(
            f"{read['rejected_count']:,} lines of {path.name} are not part numbers. Nothing was started. Correct them, "
            "or use --skip-rejected.",
            code="bad_part_numbers",
            details={"rejected": read["rejected"]},
        )
    if read["duplicate_count"]:
        output.note(f"{read['duplicate_count']:,} duplicates were left out.")
    return {"part_numbers": read["part_numbers"]}


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("What stands on stdin is not UTF-8 text. Nothing was started.", code="bad_encoding") from None


def finish(api: Api, batch_id: str, *, json_wanted: bool) -> None:
    """Wait for the end of a batch with progress, tell how it went, and end the command with that exit code."""
    try:
        batch = progress.watch(api, _path(batch_id), quiet=json_wanted)
    except KeyboardInterrupt:
        output.note(f"\nStopped watching; the batch goes on. Watch it again with: bdh batches watch {batch_id}")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if json_wanted:
        output.as_json(batch)
    else:
        output.say(batch["message"])
        if batch["failed_count"]:
            _tell_failures(api.call("GET", _path(batch_id, "/failures")))
        if batch["batch_type"] == "search" and batch["normalized_count"]:
            output.note(f"See what publishing it would do: bdh plan --from {batch_id}")
    raise typer.Exit(progress.exit_code(batch))


def _tell_failures(found: dict[str, Any]) -> None:
    for group in found["groups"]:
        output.say(
            f"  {group['count']:>7,}  {group['code']}: {group['what_to_do']}  e.g. {', '.join(group['sample'][:3])}"
        )


@app.command("list")
def list_batches(
    *,
    status: Annotated[str | None, typer.Option(help="Only this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    as_json: Json = False,
) -> None:
    """Batches, newest first."""

    def do(api: Api) -> None:
        params = {"limit": limit} | ({"status": status} if status else {})
        found = api.call("GET", "/api/batches", params=params)
        if as_json:
            output.as_json(found)
            return
        output.table(
            f"{found['total']:,} batches",
            ["id", "type", "status", "items", "done %", "failed", "created"],
            [
                (
                    b["id"],
                    b["batch_type"],
                    b["outcome"] or b["status"],
                    b["total_items"],
                    b["progress_percent"],
                    b["failed_count"],
                    b["created_at"],
                )
                for b in found["batches"]
            ],
        )

    with_api(do, json_wanted=as_json)


@app.command()
def show(batch_id: BatchId, *, as_json: Json = False) -> None:
    """Where a batch stands, and its failures by cause."""

    def do(api: Api) -> None:
        batch = api.call("GET", _path(batch_id))
        found = api.call("GET", _path(batch_id, "/failures"))
        if as_json:
            output.as_json({**batch, "failures": found})
            return
        output.say(batch["message"])
        if said := progress.describe(batch):
            output.say(said)
        _tell_failures(found)
        for group in found["not_publishable"]:
            output.say(f"  {group['count']:>7,}  {group['kind']}, {group['code']}: {group['message']}")

    with_api(do, json_wanted=as_json)


@app.command()
def watch(batch_id: BatchId, *, as_json: Json = False) -> None:
    """Follow a batch until it has finished. Ctrl-C stops watching, not the batch."""
    with_api(lambda api: finish(api, batch_id, json_wanted=as_json), json_wanted=as_json)


@app.command()
def cancel(batch_id: BatchId, *, as_json: Json = False) -> None:
    """Cancel what is not done. What was done stays."""

    def do(api: Api) -> None:
        done = api.call("DELETE", _path(batch_id))
        output.as_json(done) if as_json else output.say(done["message"])

    with_api(do, json_wanted=as_json)


@app.command()
def retry(
    batch_id: BatchId,
    *,
    wait: Annotated[bool, typer.Option(help="Wait for the end, with progress.")] = True,
    as_json: Json = False,
) -> None:
    """Search for, or publish, the failed parts again, as a new batch."""

    def do(api: Api) -> None:
        started = api.call("POST", _path(batch_id, "/retry"))
        output.note(f"{started['message']} Batch {started['batch_id']}")
        if wait:
            finish(api, started["batch_id"], json_wanted=as_json)
        output.as_json(started) if as_json else output.say(started["batch_id"])

    with_api(do, json_wanted=as_json)


@app.command()
def undo(
    batch_id: BatchId,
    *,
    wait: Annotated[bool, typer.Option(help="Wait for the end, with progress.")] = True,
    as_json: Json = False,
) -> None:
    """Take back what a publish batch did: archive what it created, restore what it changed."""

    def do(api: Api) -> None:
        started = api.call("POST", _path(batch_id, "/undo"))
        output.note(f"{started['message']} Batch {started['batch_id']}")
        if wait:
            finish(api, started["batch_id"], json_wanted=as_json)
        output.as_json(started) if as_json else output.say(started["batch_id"])

    with_api(do, json_wanted=as_json)


@app.command()
def export(
    batch_id: BatchId,
    *,
    to: Annotated[
        Path | None, typer.Option("--to", help="A file, .csv or .xlsx; CSV on stdout when not given.")
    ] = None,
) -> None:
    """The failed items as CSV or XLSX, to correct and search again."""
    with_api(lambda api: save(api, _path(batch_id, "/failures"), to), json_wanted=False)


def save(api: Api, path: str, to: Path | None) -> None:
    """Write what the API gives as a file: its kind is that of the name; CSV on stdout without one.

    Raises:
        BadInput: the file cannot be written.
    """
    kind = "xlsx" if to is not None and to.suffix.lower() == ".xlsx" else "csv"
    pieces = api.download(path, params={"format": kind})
    if to is None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        for piece in pieces:
            sys.stdout.write(decoder.decode(piece))
        return
    first = next(pieces, b"")  # before the file is opened: an export that is refused must not empty an earlier one
    try:
        with to.open("wb") as file:
            file.writelines(chain([first], pieces))
    except OSError as error:
        raise BadInput(f"{to} cannot be written: {error.strerror}.", code="unwritable_file") from error
    output.note(f"Written to {to}.")
