"""`bdh failures list | retry | ignore | reopen | export`: parts whose latest result is a failure, over all runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.batches import save
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.cli.ids import whole_id

app = typer.Typer(no_args_is_help=True, help="List, retry, ignore and export open failures of all runs.")

Kind = Literal["search", "publish", "undo"]
TheKind = Annotated[Kind, typer.Argument(help="search, publish or undo.")]
SomeKind = Annotated[Kind | None, typer.Option("--kind", help="Only search, publish or undo.")]
Code = Annotated[str | None, typer.Option("--code", help="Only this cause, e.g. boeing_timeout.")]
Run = Annotated[str | None, typer.Option("--run", help="Only those that last failed in this run.")]
Older = Annotated[int | None, typer.Option("--older-than", min=0, help="Only those open for at least this many hours.")]
Newer = Annotated[int | None, typer.Option("--newer-than", min=0, help="Only those open for at most this many hours.")]
Part = Annotated[list[str] | None, typer.Option("--part", help="Only this part number; may be repeated.")]
Every = Annotated[bool, typer.Option("--all", help="Every open failure of the kind.")]
Ignored = Annotated[bool, typer.Option("--ignored", help="Those that are ignored.")]


def _filter(
    api: Api, kind: str | None, code: str | None, run: str | None, older: int | None, newer: int | None
) -> Document:
    given = {
        "kind": kind,
        "code": code,
        "batch_id": whole_id(api, run) if run else None,
        "older_than_hours": older,
        "newer_than_hours": newer,
    }
    return {name: value for name, value in given.items() if value is not None}


@app.command("list")
def list_failures(
    *,
    kind: SomeKind = None,
    code: Code = None,
    run: Run = None,
    older_than: Older = None,
    newer_than: Newer = None,
    ignored: Ignored = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """List parts whose latest result is a failure, newest first."""

    def do(api: Api) -> None:
        params = {"limit": limit, "state": "ignored" if ignored else "open"}
        found = api.call("GET", "/api/failures", params=params | _filter(api, kind, code, run, older_than, newer_than))
        if as_json:
            output.as_json(found)
            return
        output.table(
            "Open failures" if not ignored else "Ignored failures",
            ["part", "in", "cause", "list", "run", "since", "error"],
            [
                (
                    f["part_number"],
                    f["kind"],
                    f["error_code"],
                    f["list"],
                    output.Id(f["batch_id"]),
                    output.Moment(f["since"]),
                    f["error"],
                )
                for f in found["failures"]
            ],
        )
        if found["next_after"]:
            output.note("There are more: narrow the filter, or use `bdh failures export`.")
        for cause in found["causes"]:
            output.note(f"{cause['parts']:,} {cause['code']}: {cause['what_to_do']}")

    with_api(do, json_wanted=as_json)


@app.command()
def retry(
    kind: Annotated[Literal["search", "publish"], typer.Argument(help="search or publish.")],
    *,
    code: Code = None,
    run: Run = None,
    older_than: Older = None,
    newer_than: Newer = None,
    part: Part = None,
    every: Every = False,
    as_json: Json = False,
) -> None:
    """Search for, or publish, failed parts again, in one new run."""

    def do(api: Api) -> None:
        body = _filter(api, kind, code, run, older_than, newer_than) | _chosen(part, every=every)
        done = api.call("POST", "/api/failures/retry", json=body)
        if as_json:
            output.as_json(done)
            return
        output.say(done["message"])
        if done["batch_id"]:
            output.note(f"Watch it: bdh batches watch {done['batch_id']}")
        if done["remaining"]:
            output.note(f"{done['remaining']:,} more match. Repeat the command when this run has finished.")

    with_api(do, json_wanted=as_json)


@app.command()
def ignore(
    kind: TheKind,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; the audit log keeps it.")],
    code: Code = None,
    run: Run = None,
    older_than: Older = None,
    newer_than: Newer = None,
    part: Part = None,
    every: Every = False,
    as_json: Json = False,
) -> None:
    """Ignore failures until they fail for another cause."""
    _mark("ignore", kind, (code, run, older_than, newer_than), _chosen(part, every=every), reason, as_json=as_json)


@app.command()
def reopen(
    kind: TheKind,
    *,
    code: Code = None,
    run: Run = None,
    part: Part = None,
    every: Every = False,
    as_json: Json = False,
) -> None:
    """Show ignored failures again."""
    _mark("reopen", kind, (code, run, None, None), _chosen(part, every=every), None, as_json=as_json)


@app.command()
def export(
    *,
    kind: SomeKind = None,
    code: Code = None,
    run: Run = None,
    older_than: Older = None,
    newer_than: Newer = None,
    ignored: Ignored = False,
    to: Annotated[Path | None, typer.Option("--to", help="A .csv or .xlsx file; without it, CSV on stdout.")] = None,
) -> None:
    """Write every failure that matches to a file."""

    def do(api: Api) -> None:
        params = {"state": "ignored" if ignored else "open"}
        save(api, "/api/failures", to, params=params | _filter(api, kind, code, run, older_than, newer_than))

    with_api(do, json_wanted=False)


def _chosen(parts: list[str] | None, *, every: bool) -> Document:
    return ({"part_numbers": parts} if parts else {}) | ({"all_open": True} if every else {})


def _mark(
    what: str,
    kind: str,
    filters: tuple[str | None, str | None, int | None, int | None],
    chosen: Document,
    reason: str | None,
    *,
    as_json: bool,
) -> None:
    def do(api: Api) -> None:
        body = _filter(api, kind, *filters) | chosen | ({"reason": reason} if reason is not None else {})
        done = api.call("POST", f"/api/failures/{what}", json=body)
        if as_json:
            output.as_json(done)
            return
        output.say(done["message"])
        if done["remaining"]:
            output.note(f"{done['remaining']:,} more match. Repeat the command for them.")

    with_api(do, json_wanted=as_json)
