"""`bdh store orphans | retry-orphan | keep-orphan`: leftover products, which the hub created and is removing."""

from __future__ import annotations

from typing import Annotated

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api


def list_all(*, as_json: Json = False) -> None:
    """List leftover products: the hub created them and is removing them."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/orphans")
        if as_json:
            output.as_json(found)
            return
        rows = [(o["id"], o["sku"], o["product_id"], o["attempts"], o["error"]) for o in found["orphans"]]
        output.table(f"{len(rows):,} leftover products", ["id", "sku", "product", "attempts", "last error"], rows)

    with_api(do, json_wanted=as_json)


def _decide(orphan_id: int, what: str, *, as_json: bool) -> None:
    def do(api: Api) -> None:
        done = api.call("POST", f"/api/orphans/{orphan_id}/{what}")
        output.as_json(done) if as_json else output.say(done["message"])

    with_api(do, json_wanted=as_json)


def retry(
    orphan_id: Annotated[int, typer.Argument(help="The leftover product's id, as in `bdh store orphans`.")],
    *,
    as_json: Json = False,
) -> None:
    """Retry removing a leftover product now."""
    _decide(orphan_id, "retry", as_json=as_json)


def keep(
    orphan_id: Annotated[int, typer.Argument(help="The leftover product's id, as in `bdh store orphans`.")],
    *,
    as_json: Json = False,
) -> None:
    """Keep a leftover product in the store."""
    _decide(orphan_id, "keep", as_json=as_json)
