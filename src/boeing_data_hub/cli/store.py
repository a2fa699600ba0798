"""`bdh store ...`: set up the store, look products up, and list what differs from what was published."""

from __future__ import annotations

from typing import Annotated

import typer

from boeing_data_hub.cli import conflicts, leftover_products, output, progress
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api
from boeing_data_hub.cli.commands import Entry, group

app = typer.Typer(
    cls=group(
        {"connect": Entry("connecting", "connect", "Access", "Connect a store of another organization than the app's.")}
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
    skus: Annotated[list[str] | None, typer.Argument(help="Check these SKUs. Default: all published products.")] = None,
    *,
    look: Annotated[bool, typer.Option("--look", help="Check the store now, then list.")] = False,
    prefix: Annotated[str | None, typer.Option(help="Check SKUs that begin with this.")] = None,
    field: Annotated[
        str | None, typer.Option(help="List only differences in this field, e.g. price or status.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 200,
    as_json: Json = False,
) -> None:
    """List products that are out of sync: the store differs from what was published. Changes nothing.

    It shows the result of the last check; `--look` checks now.
    """

    def do(api: Api) -> None:
        if look or skus or prefix:
            started = api.call("POST", "/api/store/check", json={"skus": skus or None, "prefix": prefix})
            output.note(started["message"])
            progress.follow_job(api, started["job"]["id"])
        params = {"limit": limit} | ({"field": field} if field else {})
        found = api.call("GET", "/api/store/differences", params=params)
        if as_json:
            output.as_json(found)
            return
        rows = [
            (one["sku"], each["field"], each["ours"], each["there"], each["policy"].replace("_", " "))
            for one in found["differences"]
            for each in one["differences"]
        ]
        last = found["last_look"]["created_at"] if found["last_look"] else "never"
        output.table(f"{len(found['differences']):,} products are out of sync (last full check: {last})",
                     ["sku", "field", "published", "in the store", "next publish"], rows)  # fmt: skip

    with_api(do, json_wanted=as_json)


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
