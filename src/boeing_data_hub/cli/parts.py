"""`bdh part`: one part's prices and stock, and how they are calculated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api


def part(
    sku: Annotated[str, typer.Argument(help="The full part number with its suffix, such as AN3-5=9B.")],
    *,
    as_json: Json = False,
) -> None:
    """Show a part's prices and stock, and how ours are calculated."""

    def do(api: Api) -> None:
        found = api.call("GET", f"/api/products/staging/{quote(sku.strip(), safe='')}")
        if as_json:
            output.as_json(found)
        else:
            for line in _lines(found):
                output.say(line)

    with_api(do, json_wanted=as_json)


def _lines(part: dict[str, Any]) -> Iterator[str]:
    by_hand: dict[str, Any] = part["hand_data"] or {}
    currency = part["currency"] or ""
    yield f"{part['sku']}: {part['boeing_name'] or part['title']}"
    yield f"Status: {part['status']}" + (f". {part['status_detail']}" if part["status_detail"] else "")
    if by_hand.get("excluded"):
        yield "Excluded from publishing."
    if part["hold"]:
        yield part["hold"]
    yield f"Boeing: list price {part['list_price'] or '-'}, net price {part['net_price'] or '-'} {currency}".rstrip()
    if by_hand.get("price_override") is not None:
        yield f"Our price: {by_hand['price_override']}, set by hand. By the rules: {part['price'] or 'none'}"
    else:
        yield f"Our price: {part['price'] or 'none'}"
    yield f"  {part['price_by']}"
    for step in part["price_steps"]:
        yield f"  {step}"
    offered = part["offered"]
    if offered is None:
        yield "For sale: none, because a stock figure is unreadable."
        return
    yield f"For sale: {offered['pieces']:,}"
    for step in offered["steps"]:
        yield f"  {step}"
    for place, pieces in sorted(offered["by_location"].items()):
        yield f"  {place or 'Default location'}: {pieces:,}"
    if offered["lead_days"] is not None:
        yield f"Lead time: {offered['lead_days']} day" + ("" if offered["lead_days"] == 1 else "s")
    yield f"Updated: {part['fetched_at']}"
