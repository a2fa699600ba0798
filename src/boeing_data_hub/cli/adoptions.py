"""`bdh store adopt --all`: link the products of an existing store to parts, by a plan that a person approves."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from boeing_data_hub.cli import batches, output, progress
from boeing_data_hub.cli.access import with_api
from boeing_data_hub.cli.client import Api, Document

Every = Annotated[
    bool, typer.Option("--all", help="Read the whole store, match its products to your parts, and create a plan.")
]
Plan = Annotated[
    str | None, typer.Option("--plan", metavar="ID", help="Continue with this plan instead of creating a new one.")
]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept", metavar="RULE[/DOUBT]", help="Also link doubtful products, e.g. title/weak_rule."),
]
Take = Annotated[
    list[str] | None,
    typer.Option("--take", metavar="PRODUCT[:SKU]", help="Link this product, e.g. the other one of two duplicates."),
]
Archive = Annotated[bool, typer.Option("--archive-copies", help="Archive the other products of linked parts.")]
Complete = Annotated[
    bool, typer.Option("--complete-skus", help="Let the next publish complete SKUs that were cut. Default: keep them.")
]
Csv = Annotated[
    Path | None, typer.Option("--to", metavar="FILE", help="Write the whole plan to this file, .csv or .xlsx.")
]
Cancel = Annotated[str | None, typer.Option("--cancel", metavar="ID", help="Stop a plan that is being carried out.")]
Undo = Annotated[str | None, typer.Option("--undo", metavar="ID", help="Undo a plan that was carried out.")]

_API: Final = "/api/store/adoptions"
_STATES: Final = {
    "done": "linked or archived", "linked": "linked already", "changed": "skipped: changed since the plan",
    "refused": "refused by Shopify", "planned": "not reached", "sending": "not reached", "undone": "undone",
    "left": "left as they are", "undoing": "not undone yet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person chose on the command line."""

    plan: str | None
    accept: tuple[str, ...]
    take: tuple[str, ...]
    archive: bool
    complete_skus: bool
    csv: Path | None


def adopt(asked: Asked, *, yes: bool, wait: bool, as_json: bool) -> None:
    """Make or continue a plan, show it, and carry it out after a confirmation."""

    def do(api: Api) -> None:
        started = api.call("GET", f"{_API}/{asked.plan}") if asked.plan else api.call("POST", _API)
        if started["state"] == "planning":
            output.note(f"Plan {started['id']}: your store is being read.")
            progress.follow_job(api, started["job_id"])
        _choose(api, started["id"], asked)
        plan = api.call("GET", f"{_API}/{started['id']}")
        if asked.csv is not None:
            batches.save(api, f"{_API}/{plan['id']}/export", asked.csv)
        if not as_json:
            _print(plan)
        if plan["state"] not in {"waiting", "stopped"} or not plan["chosen"]:
            if as_json:
                output.as_json(plan)
            return
        if not (yes or _agreed(plan["chosen"])):
            output.as_json(plan) if as_json else output.note(
                f"Nothing was changed. Continue with: bdh store adopt --plan {plan['id']} --yes"
            )
            return
        body = {"expected": plan["chosen"], "complete_skus": asked.complete_skus}
        _follow(api, api.call("POST", f"{_API}/{plan['id']}/approve", json=body), wait=wait, as_json=as_json)

    with_api(do, json_wanted=as_json)


def end(plan: str, how: str, *, wait: bool, as_json: bool) -> None:
    """Undo or cancel a plan."""

    def do(api: Api) -> None:
        path = f"{_API}/{plan}"
        if how == "undo":
            _follow(api, api.call("POST", f"{path}/undo"), wait=wait, as_json=as_json)
        else:
            done = api.call("DELETE", path)
            output.as_json(done) if as_json else output.say(f"Plan {done['id']} is {done['state']}.")

    with_api(do, json_wanted=as_json)


def _choose(api: Api, plan: str, asked: Asked) -> None:
    path = f"{_API}/{plan}/choices"
    for each in asked.take:
        product, _, part = each.partition(":") if not each.startswith("gid:") else _gid(each)
        whole = product if product.startswith("gid:") else f"gid://shopify/Product/{product}"
        api.call("POST", path, json={"choice": "adopt", "product_id": whole, "part": part or None})
    for each in asked.accept:
        rule, given, doubt = each.partition("/")
        done = api.call("POST", path, json={"choice": "adopt", "rule": rule, "doubt": doubt if given else None})
        output.note(f"{each}: {done['products']:,} products are chosen.")
    if asked.archive:
        done = api.call("POST", path, json={"choice": "archive"})
        output.note(f"{done['products']:,} copies will be archived.")


def _gid(given: str) -> tuple[str, str, str]:
    product, colon, part = given.removeprefix("gid:").partition(":")
    return f"gid:{product}", colon, part


def _print(plan: Document) -> None:
    output.say(f"Plan {plan['id']}: {plan['products']:,} products, {plan['parts']:,} parts ({plan['state']})")
    if plan["note"]:
        output.say(plan["note"])
    for group in plan["groups"]:
        name = "/".join(filter(None, (group["rule"], group["doubt"])))
        chosen = "".join(f", {group[what]:,} to {what}" for what in ("adopt", "archive") if group[what])
        output.say(f"{group['products']:>7,}  {group['confidence']}  {name}{chosen}. {group['reason']}")
        for one in group["examples"]:
            part = one["part"] or ", ".join(one["candidates"])
            output.say(f"         {one['product_id'].rpartition('/')[2]}  {one['sku'] or '-'}  {one['title']!r}"
                       f"{', part ' + part if part else ''}")  # fmt: skip


def _agreed(total: int) -> bool:
    if not sys.stdin.isatty():
        return False
    told = f"Type {total} to change these products, anything else to stop"
    return typer.prompt(told, default="", err=True) == str(total)


def _follow(api: Api, started: Document, *, wait: bool, as_json: bool) -> None:
    if wait:
        progress.follow_job(api, started["job_id"])
    ended: dict[str, Any] = api.call("GET", f"{_API}/{started['id']}")
    if as_json:
        output.as_json(ended)
        return
    output.say(f"Plan {ended['id']} is {ended['state']}.")
    for state, products in ended["states"].items():
        output.say(f"{products:>7,}  {_STATES.get(state, state)}")
    for state in ("changed", "refused", "left"):
        if ended["states"].get(state):
            found = api.call("GET", f"{_API}/{ended['id']}/products", params={"state": state, "limit": 20})
            for one in found["products"]:
                output.say(f"  {one['part']} ({one['product_id'].rpartition('/')[2]}): {one['note']}")
