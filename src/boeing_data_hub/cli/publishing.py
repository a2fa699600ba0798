"""Publishing: `bdh publish`, `bdh plan`, `bdh plans ...`, `bdh store ...`. All of it goes through the HTTP API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.batches import Json, finish, request_of, save, with_api
from boeing_data_hub.cli.client import Api
from boeing_data_hub.errors import NotFound

plans = typer.Typer(no_args_is_help=True, help="Look at plans, approve and discard them.")
store = typer.Typer(no_args_is_help=True, help="Set up the store, look into it, decide conflicts and orphans.")

What = Annotated[
    list[str] | None, typer.Argument(help="A file (CSV, XLSX, text), `-` for stdin, or staged part numbers.")
]
FromBatch = Annotated[str | None, typer.Option("--from", help="A search: publish what it has found.")]
Key = Annotated[str | None, typer.Option("--idempotency-key", help="Sent again, it gives the same batch.")]
Skip = Annotated[bool, typer.Option("--skip-rejected", help="Go on without the lines that are not part numbers.")]
PlanId = Annotated[str, typer.Argument(help="The plan's id.")]

_SHOWN = 10
_LOOKING = 900.0  # seconds: a plan looks into the store for every part, at the pace that is left by what is publishing
_WORDS = {
    "create": "created", "update": "updated", "restock": "restocked", "unchanged": "unchanged",
    "blocked": "blocked", "conflict": "in conflict",
}  # fmt: skip


def publish(
    what: What = None,
    *,
    from_batch: FromBatch = None,
    plan: Annotated[str | None, typer.Option("--plan", help="Run this plan, exactly as it was shown.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the end, with progress.")] = True,
    key: Key = None,
    skip_rejected: Skip = False,
    as_json: Json = False,
) -> None:
    """Publish staged parts to the store: `bdh publish list.xlsx`, `bdh publish WF338109=K3`, `bdh publish --from ID`"""

    def do(api: Api) -> None:
        if plan is not None:
            if what or from_batch or key:
                raise typer.BadParameter("A plan names its parts itself: give --plan alone.")
            started = api.call("POST", _plan_path(plan, "/approve"), timeout=_LOOKING)
        else:
            body = _body(api, what, from_batch, skip_rejected=skip_rejected)
            if key:
                body["idempotency_key"] = key
            started = api.call("POST", "/api/bulk-publish", json=body)
        output.note(f"{started['message']} Batch {started['batch_id']}")
        if wait:
            finish(api, started["batch_id"], json_wanted=as_json)
        output.as_json(started) if as_json else output.say(started["batch_id"])

    with_api(do, json_wanted=as_json)


def plan(
    what: What = None,
    *,
    from_batch: FromBatch = None,
    skip_rejected: Skip = False,
    as_json: Json = False,
) -> None:
    """Show what publishing would do, part by part, and what it would cost. Nothing is changed."""

    def do(api: Api) -> None:
        body = _body(api, what, from_batch, skip_rejected=skip_rejected)
        made = api.call("POST", "/api/bulk-publish", json={**body, "dry_run": True}, timeout=_LOOKING)
        if as_json:
            output.as_json(made)
            return
        _tell(made["plan"])
        if any(made["plan"]["counts"][action] for action in ("create", "update", "restock")):
            output.say(f"\nRun exactly this with: bdh plans approve {made['plan_id']}")

    with_api(do, json_wanted=as_json)


def _body(api: Api, what: list[str] | None, from_batch: str | None, *, skip_rejected: bool) -> dict[str, Any]:
    if from_batch is not None:
        if what:
            raise typer.BadParameter("Give either parts or a search with --from, not both.")
        return {"from_batch": from_batch}
    if not what:
        raise typer.BadParameter("Name a file or parts, or a search with --from.")
    return request_of(api, what, skip_rejected=skip_rejected)


def _tell(plan: dict[str, Any]) -> None:
    output.say(plan["message"])
    for action, word in _WORDS.items():
        parts = plan[action]
        if not parts or action == "unchanged":
            continue
        output.say(f"\n{plan['counts'][action]:,} {word}:")
        for part in parts[:_SHOWN]:
            name = part["part_number"] if part["sku"] in {"", part["part_number"]} else part["sku"]
            output.say(f"  {name}{': ' + part['sentence'] if part['sentence'] else ''}")
            for change in part["changes"][:_SHOWN]:
                output.say(f"      {change['field']}: {change['old']} → {change['new']}")
        if plan["counts"][action] > _SHOWN:
            output.say(f"  and {plan['counts'][action] - _SHOWN:,} more")


def _plan_path(plan_id: str, more: str = "") -> str:
    try:
        return f"/api/plans/{UUID(plan_id)}{more}"
    except ValueError:
        raise NotFound(f"There is no such plan as {plan_id}. `bdh plan` makes one.", code="plan_not_found") from None


@plans.command("show")
def show_plan(plan_id: PlanId, *, as_json: Json = False) -> None:
    """A plan, as it was made."""

    def do(api: Api) -> None:
        found = api.call("GET", _plan_path(plan_id))
        output.as_json(found) if as_json else _tell(found)

    with_api(do, json_wanted=as_json)


@plans.command("export")
def export_plan(
    plan_id: PlanId,
    *,
    to: Annotated[
        Path | None, typer.Option("--to", help="A file, .csv or .xlsx; CSV on stdout when not given.")
    ] = None,
) -> None:
    """A plan as CSV or XLSX: a row for each field that would change."""
    with_api(lambda api: save(api, _plan_path(plan_id, "/items"), to), json_wanted=False)


@plans.command()
def approve(
    plan_id: PlanId,
    *,
    wait: Annotated[bool, typer.Option(help="Wait for the end, with progress.")] = True,
    as_json: Json = False,
) -> None:
    """Run a plan exactly as it was shown. When something has changed since, it says what, and nothing is sent."""

    def do(api: Api) -> None:
        started = api.call("POST", _plan_path(plan_id, "/approve"), timeout=_LOOKING)
        output.note(f"{started['message']} Batch {started['batch_id']}")
        if wait:
            finish(api, started["batch_id"], json_wanted=as_json)
        output.as_json(started) if as_json else output.say(started["batch_id"])

    with_api(do, json_wanted=as_json)


@plans.command()
def discard(plan_id: PlanId, *, as_json: Json = False) -> None:
    """Discard a plan that waits."""

    def do(api: Api) -> None:
        done = api.call("DELETE", _plan_path(plan_id))
        output.as_json(done) if as_json else output.say(done["message"])

    with_api(do, json_wanted=as_json)


@store.command("setup")
def set_up(*, as_json: Json = False) -> None:
    """Make the metafield definitions the store lacks. Safe to repeat."""

    def do(api: Api) -> None:
        done = api.call("POST", "/api/shopify/metafields/setup")
        if as_json:
            output.as_json(done)
            return
        output.say(f"{len(done['created'])} definitions made, {len(done['existing'])} were there.")
        if done["differing"]:
            output.say(f"There with another type, and left as they are: {', '.join(done['differing'])}.")

    with_api(do, json_wanted=as_json)


@store.command()
def check(sku: Annotated[str, typer.Argument(help="The full part number.")], *, as_json: Json = False) -> None:
    """Whether the store has a product with exactly this SKU."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/shopify/check", params={"sku": sku})
        if as_json:
            output.as_json(found)
        elif found["shopifyProductId"] is None:
            output.say("The store has no product with this SKU.")
        else:
            output.say(f"{found['shopifyProductId']} ({'ours' if found['ours'] else 'not ours'})")

    with_api(do, json_wanted=as_json)


@store.command("products")
def list_products(
    *,
    search: Annotated[str | None, typer.Option(help="SKU from its start; dashes and case ignored.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """What we have published."""

    def do(api: Api) -> None:
        params = {"limit": limit} | ({"search": search} if search else {})
        found = api.call("GET", "/api/products/published", params=params)
        if as_json:
            output.as_json(found)
            return
        output.table(
            f"{found['total']:,} products",
            ["sku", "price", "state", "product", "published"],
            [(p["sku"], p["price"], p["state"], p["product_id"], p["published_at"]) for p in found["products"]],
        )

    with_api(do, json_wanted=as_json)


@store.command("conflicts")
def list_conflicts(*, as_json: Json = False) -> None:
    """Parts whose SKU or address the store has from somebody else."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/conflicts", params={"limit": 1000})
        if as_json:
            output.as_json(found)
            return
        rows = [(c["sku"], c["kind"], c["product_id"], c["title"], c["found_at"]) for c in found["conflicts"]]
        output.table(f"{len(rows):,} conflicts", ["sku", "kind", "product", "title", "found"], rows)

    with_api(do, json_wanted=as_json)


def _decide(sku: str, decision: str, *, as_json: bool) -> None:
    def do(api: Api) -> None:
        done = api.call("POST", f"/api/conflicts/{quote(sku, safe='')}", json={"decision": decision})
        output.as_json(done) if as_json else output.say(done["message"])

    with_api(do, json_wanted=as_json)


@store.command()
def adopt(sku: Annotated[str, typer.Argument(help="Of the conflict.")], *, as_json: Json = False) -> None:
    """Take the other product over: it is ours from now on, and the next publishing brings it up to date."""
    _decide(sku, "adopt", as_json=as_json)


@store.command()
def leave(sku: Annotated[str, typer.Argument(help="Of the conflict.")], *, as_json: Json = False) -> None:
    """Leave the other product alone; the part is not published."""
    _decide(sku, "leave", as_json=as_json)


@store.command("orphans")
def list_orphans(*, as_json: Json = False) -> None:
    """Products of ours that are to leave the store."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/orphans")
        if as_json:
            output.as_json(found)
            return
        rows = [(o["id"], o["sku"], o["product_id"], o["attempts"], o["error"]) for o in found["orphans"]]
        output.table(f"{len(rows):,} orphans", ["id", "sku", "product", "tries", "last error"], rows)

    with_api(do, json_wanted=as_json)


def _decide_orphan(orphan_id: int, what: str, *, as_json: bool) -> None:
    def do(api: Api) -> None:
        done = api.call("POST", f"/api/orphans/{orphan_id}/{what}")
        output.as_json(done) if as_json else output.say(done["message"])

    with_api(do, json_wanted=as_json)


@store.command("retry-orphan")
def retry_orphan(orphan_id: Annotated[int, typer.Argument(help="Its id.")], *, as_json: Json = False) -> None:
    """Try again at once to take an orphan out of the store."""
    _decide_orphan(orphan_id, "retry", as_json=as_json)


@store.command("keep-orphan")
def keep_orphan(orphan_id: Annotated[int, typer.Argument(help="Its id.")], *, as_json: Json = False) -> None:
    """Let an orphan stay in the store."""
    _decide_orphan(orphan_id, "keep", as_json=as_json)
