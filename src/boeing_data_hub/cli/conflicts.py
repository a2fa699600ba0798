"""`bdh store conflicts | adopt | leave | publish-new`: list conflicts, and resolve one or many."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from boeing_data_hub.cli import adoptions, output, progress
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.errors import BadInput

_FILTERS = {"kind": "kind", "cause": "cause", "vendor": "vendor", "sku": "sku_prefix"}

What = Annotated[
    list[str] | None,
    typer.Argument(
        help="SKUs of the conflicting parts. With --all-matching, filters: kind=look_alike, cause=cut_suffix, "
        "vendor=NAME, sku=NAS* (the beginning), list=FILE (one SKU per line)."
    ),
]
Matching = Annotated[
    bool,
    typer.Option("--all-matching", help="Every open conflict that matches all filters; without filters, all of them."),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes", help="Do not ask for confirmation. Without it, and without a terminal, conflicts are only counted."
    ),
]
Wait = Annotated[bool, typer.Option(help="Wait until it has finished.")]


def list_open(*, as_json: Json = False) -> None:
    """List parts that another product in the store conflicts with: same SKU, same URL handle, or a look-alike."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/conflicts", params={"limit": 1000})
        if as_json:
            output.as_json(found)
            return
        rows = [
            (c["sku"], c["kind"], c["cause"] or "", c["product_id"], c["title"], output.Moment(c["found_at"]))
            for c in found["conflicts"]
        ]
        output.table(f"{len(rows):,} conflicts", ["sku", "kind", "cause", "product", "title", "found"], rows)

    with_api(do, json_wanted=as_json)


def decide(what: list[str] | None, decision: str, *, all_matching: bool, yes: bool, wait: bool, as_json: bool) -> None:
    """Decide one conflict, or many: those are counted first, and decided after a confirmation."""
    given = what or []
    if not given and not all_matching:
        raise typer.BadParameter("Give a SKU, or --all-matching with filters.")

    def do(api: Api) -> None:
        if len(given) == 1 and not all_matching:
            done = api.call("POST", f"/api/conflicts/{quote(given[0], safe='')}", json={"decision": decision})
            output.as_json(done) if as_json else output.say(done["message"])
            return
        wanted = filter_of(given) if all_matching else {"skus": given}
        _decide_many(api, wanted, decision, yes=yes, wait=wait, as_json=as_json)

    with_api(do, json_wanted=as_json)


def _decide_many(api: Api, wanted: Document, decision: str, *, yes: bool, wait: bool, as_json: bool) -> None:
    asked = {"decision": decision, "filter": wanted}
    preview = api.call("POST", "/api/store/decisions", json={**asked, "dry_run": True})
    if not as_json:
        _print_matching(preview, decision)
    if not preview["total"] or not (yes or _agreed(preview["total"])):
        if as_json:
            output.as_json(preview)
        elif preview["total"]:
            output.note("Nothing was changed. Repeat with --yes to decide them.")
        return
    started = api.call("POST", "/api/store/decisions", json={**asked, "expected": preview["total"]})
    output.note(started["message"])
    ended = progress.follow_job(api, started["job"]["id"]) if wait else started["job"]
    if as_json:
        output.as_json(ended)
        return
    output.say(f"{ended['done'] - ended['failed']:,} of {ended['total']:,} decided.")
    for one in ended.get("refused", ())[:20]:
        output.say(f"  {one['sku']}: {one['error']}")


def filter_of(given: list[str]) -> Document:
    """The filter given by words such as `kind=look_alike`.

    Raises:
        BadInput: a word is not a filter.
    """
    wanted: Document = {}
    for each in given:
        name, found, value = each.partition("=")
        if name == "list" and found:
            try:
                lines = Path(value).read_text(encoding="utf-8-sig").splitlines()
            except (OSError, UnicodeError) as error:
                raise BadInput(f"{value}: {error}. Nothing was changed.", code="bad_filter") from None
            wanted["skus"] = [line.strip() for line in lines if line.strip()]
        elif name in _FILTERS and found and value:
            wanted[_FILTERS[name]] = value.removesuffix("*") if name == "sku" else value
        else:
            raise BadInput(
                f"{each!r} is not a filter: use kind=, cause=, vendor=, sku= or list=. Nothing was changed.",
                code="bad_filter",
            )
    return wanted


def _print_matching(preview: Document, decision: str) -> None:
    output.say(f"{preview['total']:,} open conflicts match ({decision}):")
    for group in preview["groups"]:
        name = " ".join(filter(None, (group["kind"], group["cause"])))
        output.say(f"  {group['conflicts']:>6,}  {name}{', vendor ' + group['vendor'] if group['vendor'] else ''}")
    for one in preview["sample"]:
        output.say(f"  {one['sku']}: {one['title'] or ''} ({one['product_id'] or 'no product'})")


def _agreed(total: int) -> bool:
    if not sys.stdin.isatty():
        return False
    return typer.prompt(f"Type {total} to decide them, anything else to stop", default="", err=True) == str(total)


def adopt(
    what: What = None,
    *,
    all_matching: Matching = False,
    every: adoptions.Every = False,
    plan: adoptions.Plan = None,
    accept: adoptions.Accept = None,
    take: adoptions.Take = None,
    archive_copies: adoptions.Archive = False,
    complete_skus: adoptions.Complete = False,
    csv: adoptions.Csv = None,
    cancel: adoptions.Cancel = None,
    undo: adoptions.Undo = None,
    yes: Yes = False,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Link the part to the existing product. The hub manages it from now on and updates it at the next publish.

    `--all` reads the whole store, matches its products to your parts, and links them together after a confirmation.
    """
    ended = undo or cancel
    if ended is not None:
        adoptions.end(ended, "undo" if undo else "cancel", wait=wait, as_json=as_json)
    elif every or plan:
        asked = adoptions.Asked(
            plan, tuple(accept or ()), tuple(take or ()), archive=archive_copies, complete_skus=complete_skus, csv=csv
        )
        adoptions.adopt(asked, yes=yes, wait=wait, as_json=as_json)
    else:
        decide(what, "adopt", all_matching=all_matching, yes=yes, wait=wait, as_json=as_json)


def leave(
    what: What = None, *, all_matching: Matching = False, yes: Yes = False, wait: Wait = True, as_json: Json = False
) -> None:
    """Leave the existing product unchanged and do not publish the part."""
    decide(what, "leave", all_matching=all_matching, yes=yes, wait=wait, as_json=as_json)


def publish_new(
    what: What = None, *, all_matching: Matching = False, yes: Yes = False, wait: Wait = True, as_json: Json = False
) -> None:
    """Publish the part as a new product, beside the look-alike."""
    decide(what, "publish_new", all_matching=all_matching, yes=yes, wait=wait, as_json=as_json)
