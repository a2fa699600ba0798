"""A plan on the terminal: the number of parts by action, and the first parts of each."""

from __future__ import annotations

from boeing_data_hub.cli import output
from boeing_data_hub.cli.client import Document

_SHOWN = 10
_WORDS = {
    "create": "to create", "update": "to update", "restock": "to restock", "unchanged": "unchanged",
    "blocked": "not for sale", "conflict": "in conflict",
}  # fmt: skip


def print_plan(plan: Document) -> None:
    """Print a plan."""
    output.say(plan["message"])
    if totals := plan["totals"]:
        _print_totals(totals)
    for action, word in _WORDS.items():
        parts = plan[action]
        if not parts or action == "unchanged":
            continue
        output.say(f"\n{plan['counts'][action]:,} {word}:")
        for part in parts[:_SHOWN]:
            name = part["part_number"] if part["sku"] in {"", part["part_number"]} else part["sku"]
            output.say(f"  {name}{': ' + part['sentence'] if part['sentence'] else ''}")
            if action == "create":
                output.say(f"      {_listing(part['changes'])}")
                continue
            for change in part["changes"][:_SHOWN]:
                output.say(f"      {change['field']}: {change['old']} → {change['new']}")
        if plan["counts"][action] > _SHOWN:
            output.say(f"  and {plan['counts'][action] - _SHOWN:,} more")


def _listing(changes: list[Document]) -> str:
    """A new product on one line: title, price, cost, and pieces by location."""
    values = {change["field"]: change["new"] for change in changes}
    stock = {name.removeprefix("stock."): pieces for name, pieces in values.items() if name.startswith("stock.")}
    said = [str(values.get("title", "")), f"price {values.get('price', 'none')}"]
    if "cost" in values:
        said.append(f"cost {values['cost']}")
    where = ", ".join(f"{pieces:,} at {place or 'the first location'}" for place, pieces in stock.items())
    return ", ".join([*said, where or "no stock"])


def _print_totals(totals: Document) -> None:
    if totals["new_products"]:
        margin = f" (cost {totals['new_cost']}, margin {totals['new_margin']} %)" if totals["new_margin"] else ""
        output.say(
            f"New: {totals['new_products']:,} products, {totals['new_pieces']:,} pieces, worth {totals['new_value']} "
            f"{totals['currency']} at your prices{margin}."
        )
    if held := totals["held"]:
        output.say(f"Held for review: {held:,} changes; your store keeps what it has. See `bdh reviews list`.")
    if moved := totals["prices_up"] + totals["prices_down"]:
        output.say(
            f"Price changes: {moved:,} ({totals['prices_up']:,} up, {totals['prices_down']:,} down), median "
            f"{totals['median_percent']} %. Largest:"
        )
        for move in totals["largest"]:
            output.say(f"  {move['sku']}: {move['old']} → {move['new']} ({move['percent']} %)")
