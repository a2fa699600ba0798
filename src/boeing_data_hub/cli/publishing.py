"""`bdh publish` and `bdh plan`, through the HTTP API."""

from __future__ import annotations

from typing import Annotated

import typer

from boeing_data_hub.cli import lists, output, plan_words, plans
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.batches import Name, Wait, started
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.cli.ids import whole_id

What = Annotated[
    list[str] | None,
    typer.Argument(help="A file (CSV, XLSX, text), `-` for stdin, or part numbers that were searched."),
]
FromBatch = Annotated[
    str | None, typer.Option("--from", help="The id of a search: publish everything it found that can be sold.")
]
Key = Annotated[
    str | None,
    typer.Option("--idempotency-key", help="Reusing a key returns the existing run instead of starting another."),
]


def publish(
    what: What = None,
    *,
    from_batch: FromBatch = None,
    plan: Annotated[str | None, typer.Option("--plan", help="Run this plan exactly as shown.")] = None,
    wait: Wait = True,
    key: Key = None,
    name: Name = None,
    sheet: lists.Sheet = "",
    column: lists.Column = "",
    include_hidden: lists.Hidden = False,
    accept_flagged: lists.Accept = False,
    skip_rejected: lists.Skip = False,
    yes: lists.Yes = False,
    as_json: Json = False,
) -> None:
    """Publish priced parts to the store.

    Examples: `bdh publish list.xlsx`, `bdh publish WF338109=K3`, `bdh publish --from ID`.
    """
    options = lists.ListOptions(sheet, column, include_hidden, accept_flagged, skip_rejected, yes, as_json)

    def do(api: Api) -> None:
        if plan is not None:
            if what or from_batch or key or name:
                raise typer.BadParameter("A plan already names its parts: use --plan alone.")
            answer = plans.start(api, plan)
        else:
            body = _body(api, what, from_batch, options, name=name, verb="Publish")
            if key:
                body["idempotency_key"] = key
            answer = api.call("POST", "/api/bulk-publish", json=body)
        started(api, answer, wait=wait, as_json=as_json)

    with_api(do, json_wanted=as_json)


def plan(
    what: What = None,
    *,
    from_batch: FromBatch = None,
    sheet: lists.Sheet = "",
    column: lists.Column = "",
    include_hidden: lists.Hidden = False,
    accept_flagged: lists.Accept = False,
    skip_rejected: lists.Skip = False,
    name: Name = None,
    as_json: Json = False,
) -> None:
    """Preview what publishing would change and cost. Changes nothing.

    The plan lists every part and can be run later exactly as shown.
    """
    options = lists.ListOptions(sheet, column, include_hidden, accept_flagged, skip_rejected, as_json=as_json)

    def do(api: Api) -> None:
        body = _body(api, what, from_batch, options, name=name, verb=None)
        made = api.call("POST", "/api/bulk-publish", json={**body, "dry_run": True}, timeout=plans.READING_THE_STORE)
        if as_json:
            output.as_json(made)
            return
        plan_words.print_plan(made["plan"])
        if any(made["plan"]["counts"][action] for action in ("create", "update", "restock")):
            output.say(f"\nRun this plan with: bdh plans approve {made['plan_id']}")

    with_api(do, json_wanted=as_json)


def _body(
    api: Api,
    what: list[str] | None,
    from_batch: str | None,
    options: lists.ListOptions,
    *,
    name: str | None,
    verb: str | None,
) -> Document:
    if from_batch is not None:
        if what:
            raise typer.BadParameter("Give part numbers or --from, not both.")
        body: Document = {"from_batch": whole_id(api, from_batch)}
    elif what:
        body = lists.listed(api, what, options, verb=verb).body
    else:
        raise typer.BadParameter("Give a file, part numbers, or a search with --from.")
    return body | ({"name": name} if name else {})
