"""`bdh store ...`: set up the store, look products up, and list what differs from what was published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boeing_data_hub.cli import conflicts, leftover_products, output, progress
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.batches import save
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.cli.commands import Entry, group
from boeing_data_hub.errors import Unavailable

app = typer.Typer(
    cls=group(
        {
            "connect": Entry(
                "connecting", "connect", "Access", "Connect a store that belongs to another organization than the app."
            )
        }
    ),
    no_args_is_help=True,
    help="Set up the store; list products; resolve conflicts and leftovers.",
)


@app.command("setup")
def set_up(*, as_json: Json = False) -> None:
    """Create the metafield definitions and webhook subscriptions that the store lacks. Safe to repeat."""

    def do(api: Api) -> None:
        done = api.call("POST", "/api/shopify/metafields/setup")
        if as_json:
            output.as_json(done)
            return
        output.say(f"Created {len(done['created'])} metafield definitions ({len(done['existing'])} already existed).")
        if done["differing"]:
            output.say(f"Already defined with another type, left unchanged: {', '.join(done['differing'])}.")
        hooks = done["webhooks"]
        if hooks["note"]:
            output.say(hooks["note"])
        else:
            output.say(f"Subscribed to {len(hooks['created'])} webhooks ({len(hooks['existing'])} already existed).")

    with_api(do, json_wanted=as_json)


@app.command()
def check(sku: Annotated[str, typer.Argument(help="The full part number.")], *, as_json: Json = False) -> None:
    """Check whether the store has a product with exactly this SKU."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/shopify/check", params={"sku": sku})
        if as_json:
            output.as_json(found)
        elif found["shopifyProductId"] is None:
            output.say("The store has no product with this SKU.")
        else:
            output.say(
                f"{found['shopifyProductId']} ({'managed by the hub' if found['ours'] else 'not managed by the hub'})"
            )

    with_api(do, json_wanted=as_json)


@app.command("products")
def list_products(
    *,
    search: Annotated[str | None, typer.Option(help="The beginning of the SKU; dashes and case are ignored.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """List published products."""

    def do(api: Api) -> None:
        params = {"limit": limit} | ({"search": search} if search else {})
        found = api.call("GET", "/api/products/published", params=params)
        if as_json:
            output.as_json(found)
            return
        output.table(
            f"{found['total']:,} products",
            ["sku", "price", "state", "product", "published"],
            [
                (p["sku"], p["price"], p["state"], p["product_id"], output.Moment(p["published_at"]))
                for p in found["products"]
            ],
            of=found["total"],
        )

    with_api(do, json_wanted=as_json)


app.command("conflicts")(conflicts.list_open)
app.command("adopt")(conflicts.adopt)
app.command("leave")(conflicts.leave)
app.command("publish-new")(conflicts.publish_new)


@app.command()
def differences(
    *,
    prefix: Annotated[str | None, typer.Option(help="List only SKUs that begin with this.")] = None,
    field: Annotated[
        str | None, typer.Option(help="List only differences in this field, e.g. price or status.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 200,
    as_json: Json = False,
) -> None:
    """List products that are out of sync: the store differs from what was published. Changes nothing.

    It shows what comparisons, webhooks and publish runs have seen so far; `bdh store compare` compares all now.
    """

    def do(api: Api) -> None:
        wanted = {name: value for name, value in (("field", field), ("prefix", prefix)) if value}
        found = api.call("GET", "/api/store/differences", params={"limit": limit, **wanted})
        if as_json:
            output.as_json(found)
            return
        last = found["snapshot"]["taken_at"] if found["snapshot"] else None
        _show(found, f"{len(found['differences']):,} products are out of sync (last comparison: {last or 'never'})")

    with_api(do, json_wanted=as_json)


@app.command()
def compare(
    *,
    field: Annotated[
        str | None, typer.Option(help="List only differences in this field, e.g. price, stock or status.")
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="List only SKUs that begin with this.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 200,
    to: Annotated[Path | None, typer.Option("--to", help="Write all to this file, .csv or .xlsx.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all as CSV.")] = False,
    as_json: Json = False,
) -> None:
    """Compare everything that was published with the store, by one bulk query. Changes nothing.

    For each difference it shows what was published, what the store has, and what the next publish will do.
    """

    def do(api: Api) -> None:
        started = api.call("POST", "/api/store/compare")
        output.note(started["message"])
        snapshot = progress.follow_snapshot(api, started["snapshot"]["id"])
        if snapshot["outcome"] != "complete":
            raise Unavailable(f"The store could not be compared. {snapshot['note']}", code="snapshot_failed")
        wanted = {name: value for name, value in (("field", field), ("prefix", prefix)) if value}
        if to is not None or as_csv:
            save(api, "/api/store/differences/export", to, params=wanted)
            return
        found = api.call("GET", "/api/store/differences", params={"limit": limit, **wanted})
        if as_json:
            output.as_json(found)
            return
        output.say(
            f"{snapshot['compared']:,} products compared, {snapshot['differing']:,} differ. The store has "
            f"{snapshot['products']:,} products."
        )
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in found["counts"].items())
        _show(found, kinds or "no differences")

    with_api(do, json_wanted=as_json)


def _show(found: Document, title: str) -> None:
    rows = [
        (one["sku"], each["field"], each["ours"], each["there"], each["policy"].replace("_", " "))
        for one in found["differences"]
        for each in one["differences"]
    ]
    output.table(title, ["sku", "field", "published", "in the store", "next publish"], rows)


@app.command()
def pictures(*, as_json: Json = False) -> None:
    """List product images that Shopify could not process."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/store/pictures", params={"limit": 1000})
        if as_json:
            output.as_json(found)
            return
        rows = [(one["sku"], one["state"], one["sent_again"], one["said"]) for one in found["pictures"]]
        output.table(f"{len(rows):,} images failed", ["sku", "state", "sent again", "Shopify's message"], rows)

    with_api(do, json_wanted=as_json)


app.command("orphans")(leftover_products.list_all)
app.command("retry-orphan")(leftover_products.retry)
app.command("keep-orphan")(leftover_products.keep)
