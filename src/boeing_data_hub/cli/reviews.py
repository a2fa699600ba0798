"""`bdh reviews list | approve | refuse`: changes that guards hold back."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.cli.ids import whole_id
from boeing_data_hub.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="List, approve and refuse changes that guards hold back.")

Ids = Annotated[list[int] | None, typer.Argument(help="The reviews' ids, as in `bdh reviews list`.")]
Cause = Annotated[str | None, typer.Option("--cause", help="All with this cause, e.g. price_fell.")]
Field = Annotated[str | None, typer.Option("--field", help="All of this field: price, stock, unit or currency.")]
Run = Annotated[str | None, typer.Option("--run", help="All changes that held back this run: run it anyway.")]
Prefix = Annotated[str | None, typer.Option("--sku", help="All parts whose SKU begins with this.")]
Every = Annotated[bool, typer.Option("--all", help="Every open review.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


@app.command("list")
def list_reviews(
    *,
    state: Annotated[str, typer.Option(help="open, approved, refused or closed.")] = "open",
    cause: Cause = None,
    field: Field = None,
    run: Run = None,
    sku: Prefix = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """List changes that were held back, newest first."""

    def do(api: Api) -> None:
        params = {"state": state, "limit": limit, **_filter(api, cause, field, run, sku)}
        found = api.call("GET", "/api/reviews", params=params)
        if as_json:
            output.as_json(found)
            return
        total = sum(one["reviews"] for one in found["causes"])
        output.table(
            f"{total:,} changes",
            ["id", "sku", "field", "published", "new", "cause", "found"],
            [
                (r["id"], r["sku"], r["field"], r["old"], r["new"], r["cause"], output.Moment(r["found_at"]))
                for r in found["reviews"]
            ],
            of=total,
        )

    with_api(do, json_wanted=as_json)


def _filter(api: Api, cause: str | None, field: str | None, run: str | None, sku: str | None) -> Document:
    given = {"cause": cause, "field": field, "sku_prefix": sku, "batch_id": whole_id(api, run) if run else None}
    return {name: value for name, value in given.items() if value is not None}


@app.command()
def approve(
    ids: Ids = None,
    *,
    cause: Cause = None,
    field: Field = None,
    run: Run = None,
    sku: Prefix = None,
    every: Every = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Approve changes: their new values are published at once."""
    _decide("approve", ids, (cause, field, run, sku), every=every, yes=yes, as_json=as_json)


@app.command()
def refuse(
    ids: Ids = None,
    *,
    cause: Cause = None,
    field: Field = None,
    run: Run = None,
    sku: Prefix = None,
    every: Every = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Refuse changes: the store keeps what it has until Boeing reports another value."""
    _decide("refuse", ids, (cause, field, run, sku), every=every, yes=yes, as_json=as_json)


def _decide(
    decision: str,
    ids: list[int] | None,
    filters: tuple[str | None, str | None, str | None, str | None],
    *,
    every: bool,
    yes: bool,
    as_json: bool,
) -> None:
    if not (ids or every or any(filters)):
        raise typer.BadParameter("Give ids, a filter, or --all.")

    def do(api: Api) -> None:
        wanted = _filter(api, *filters)
        if not ids:
            found = api.call("GET", "/api/reviews", params={"limit": 1, **wanted})
            _confirm(decision, sum(one["reviews"] for one in found["causes"]), yes=yes)
        body: Document = {"decision": decision, **wanted}
        body |= {"ids": ids} if ids else {"all_open": True}
        decided, runs = 0, list[str]()
        while True:
            done = api.call("POST", "/api/reviews/decisions", json=body)
            decided += done["decided"]
            runs += [done["batch_id"]] if done["batch_id"] else []
            if not done["decided"] or not done["remaining"]:
                break
        if as_json:
            output.as_json({"decided": decided, "batch_ids": runs, "remaining": done["remaining"]})
            return
        output.say(f"{decided:,} changes {'approved' if decision == 'approve' else 'refused'}.")
        for each in runs:
            output.note(f"Publishing them: bdh batches watch {each}")

    with_api(do, json_wanted=as_json)


def _confirm(decision: str, total: int, *, yes: bool) -> None:
    if yes or not total:
        return
    if not sys.stdin.isatty():
        raise BadInput(f"{total:,} changes match. Nothing was changed. Repeat with --yes to {decision} them.",
                       code="not_confirmed")  # fmt: skip
    if typer.prompt(f"Type {total} to {decision} them, anything else to stop", default="", err=True) != str(total):
        output.note("Nothing was changed.")
        raise typer.Exit(output.ExitCode.DONE)
