"""`bdh plans list | show | export | approve | discard`: plans that wait for approval."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from boeing_data_hub.cli import output, plan_words
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.batches import Wait, save, started
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.cli.ids import PlanId, whole_id

app = typer.Typer(no_args_is_help=True, help="List, show, approve and discard publish plans.")

READING_THE_STORE: Final = 900.0  # seconds: a plan reads every part from the store, at the pace running publishes leave


@app.command("list")
def list_plans(*, limit: Annotated[int, typer.Option(min=1, max=100)] = 20, as_json: Json = False) -> None:
    """List plans that wait for approval, newest first."""

    def do(api: Api) -> None:
        params = {"status": "pending", "batch_type": "publish", "limit": limit}
        found = api.call("GET", "/api/batches", params=params)
        if as_json:
            output.as_json(found)
            return
        output.table(
            f"{found['total']:,} plans waiting for approval",
            ["id", "name", "parts", "created"],
            [
                (output.Id(one["id"]), one["name"], one["total_items"], output.Moment(one["created_at"]))
                for one in found["batches"]
            ],
            of=found["total"],
        )

    with_api(do, json_wanted=as_json)


@app.command("show")
def show_plan(plan_id: PlanId, *, as_json: Json = False) -> None:
    """Show a plan."""

    def do(api: Api) -> None:
        found = api.call("GET", _plan_path(api, plan_id))
        output.as_json(found) if as_json else plan_words.print_plan(found)

    with_api(do, json_wanted=as_json)


@app.command("export")
def export_plan(
    plan_id: PlanId,
    *,
    to: Annotated[
        Path | None, typer.Option("--to", help="The file to write, .csv or .xlsx. Default: CSV on stdout.")
    ] = None,
) -> None:
    """Export a plan as CSV or XLSX, one row per field that would change."""
    with_api(lambda api: save(api, _plan_path(api, plan_id, "/items"), to), json_wanted=False)


@app.command()
def approve(
    plan_id: PlanId,
    *,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Run a plan exactly as shown. If anything has changed since, it lists the changes and sends nothing."""

    def do(api: Api) -> None:
        started(api, start(api, plan_id), wait=wait, as_json=as_json)

    with_api(do, json_wanted=as_json)


@app.command()
def discard(plan_id: PlanId, *, as_json: Json = False) -> None:
    """Discard a plan that waits for approval."""

    def do(api: Api) -> None:
        done = api.call("DELETE", _plan_path(api, plan_id))
        output.as_json(done) if as_json else output.say(done["message"])

    with_api(do, json_wanted=as_json)


def start(api: Api, plan_id: str) -> Document:
    """Approve a plan; the run that it becomes."""
    return api.call("POST", _plan_path(api, plan_id, "/approve"), timeout=READING_THE_STORE)


def _plan_path(api: Api, plan_id: str, more: str = "") -> str:
    return f"/api/plans/{whole_id(api, plan_id, noun='plan')}{more}"
