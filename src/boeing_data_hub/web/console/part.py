"""/console/part/{number}: one part: what Boeing said, what we made of it, and everything that ever happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.errors import NotFound
from boeing_data_hub.intake.run import SearchRequest
from boeing_data_hub.model.part_numbers import BadPartNumber, base_number, clean
from boeing_data_hub.normalization import screening
from boeing_data_hub.reporting import differences
from boeing_data_hub.reporting.failures import what_to_do
from boeing_data_hub.store import audit, hand_data, history, keys, orphans, products, raw, sightings, staging
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.store_links import admin_link, picture_link
from boeing_data_hub.web.console.visitors import Operator, Viewer
from boeing_data_hub.web.console.words import ACTIONS

router = APIRouter(prefix="/part")

_EVENTS = 100
_RAW_SHOWN = 20_000  # characters of the raw answer on the page; all of it can be downloaded


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a part's history."""

    at: datetime
    kind: str
    state: str
    text: str
    link: str | None = None
    who: str | None = None
    changes: tuple[dict[str, Any], ...] = ()


def number_of(text: str) -> str:
    """A part number from an address, clean. Raises NotFound where there can be no such part."""
    try:
        return clean(text)
    except BadPartNumber as bad:
        raise NotFound(f"There can be no such part: {bad.sentence}", code="product_not_found") from None


@router.get("/{number:path}/raw.json", response_model=None)
def download_raw(number: str, hub: TheHub, _visitor: Viewer) -> Response:
    """What Boeing last said of the part, whole, as a file."""
    part = number_of(number)

    def step(work: Work) -> dict[str, Any] | None:
        raw_id = raw.newest_id(work, part)
        return raw.about_part(work, raw_id, part) if raw_id is not None else None

    found = hub.database.run(step, hurry=True)
    if found is None:
        raise NotFound("Boeing has not been asked for this part yet.", code="no_raw_data")
    headers = {"Content-Disposition": 'attachment; filename="boeing-answer.json"'}
    return Response(found["payload"], media_type="application/json", headers=headers)


@router.post("/{number:path}/refresh", response_model=None)
def refresh(number: str, hub: TheHub, visitor: Operator) -> Response:
    """Ask Boeing for the part again."""
    part = number_of(number)
    hub.intake.search(
        SearchRequest(part_numbers=[part], owner=visitor.owner, force_refresh=True, source=f"One part: {part}")
    )
    return go(f"/console/part/{quote(part, safe='')}", said="refreshing")


@router.get("/{number:path}")
def show(number: str, request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """One part, staged or not."""
    part = number_of(number)

    def step(work: Work) -> dict[str, Any]:
        raw_id = raw.newest_id(work, part)
        return {
            "product": staging.get(work, part),
            "answer": raw.about_part(work, raw_id, part) if raw_id is not None else None,
            "items": history.of_part(work, part, limit=_EVENTS),
            "audit": audit.of_target(work, part, limit=_EVENTS),
            "changed": products.changes_of_sku(work, part, limit=_EVENTS),
            "in_store": products.find(work, part),
            "by_hand": hand_data.get(work, part),
            "difference": differences.of_parts(work, [part], hub.shop.listing_policy).get(part),
            "conflict": sightings.open_of(work, part),
            "orphans": [one for one in orphans.of_skus(work, [part]) if one["state"] == "due"],
            "names": keys.names(work),
            "variants": [sku for sku in staging.matching(work, limit=20, search=base_number(part)) if sku != part],
        }

    told = hub.database.run(step, hurry=True)
    if told["product"] is None and not told["items"] and told["answer"] is None:
        raise NotFound(
            "Nothing is known of this part: it was never searched for. Start a search for it.", code="product_not_found"
        )
    happenings = sorted(
        [*_from_items(told["items"]), *_from_audit(told["audit"]), *_from_changes(told["changed"])],
        key=lambda one: one.at,
        reverse=True,
    )
    in_store = told["in_store"]
    same_base = [sku for sku in told["variants"] if base_number(sku) == base_number(part)]
    mapped = hub.normalization_rules.mapped_locations
    return page(
        request,
        "pages/part.html",
        part=part,
        product=told["product"],
        in_store=in_store,
        store_link=admin_link(hub, in_store["product_id"]) if in_store else None,
        picture=picture_link(hub, in_store["image_url"]) if in_store else None,
        by_hand=told["by_hand"],
        edits=[line for line in told["audit"] if line["action"] == "part.edit"],
        difference=told["difference"],
        conflict=told["conflict"],
        orphans=told["orphans"],
        has_store=bool(hub.settings.shopify_store_domain.strip()),
        answer=told["answer"],
        raw_shown=_RAW_SHOWN,
        happenings=happenings,
        names=told["names"],
        variants=same_base,
        mapped=mapped,
        rules=hub.normalization_rules,
    )


def _from_items(rows: list[dict[str, Any]]) -> Iterator[Happening]:
    for row in rows:
        link = f"/console/runs/{row['batch_id']}"
        if row["batch_type"] == "publish":
            yield from _from_publishing(row, link)
            continue
        asked = f"Searched for as {row['part_number']}" + (", as a retry" if row["retry_of"] else "")
        yield Happening(row["created_at"], "item", "", asked, link, row["owner"])
        if row["fetched_at"] is not None:
            reused = row["fetched_at"] < row["created_at"]
            text = "An earlier answer of Boeing was used again." if reused else "Boeing answered."
            yield Happening(max(row["fetched_at"], row["created_at"]), "item", "extracted", text, link)
        if told := _end(row):
            yield Happening(row["updated_at"], "item", row["state"], told, link)


def _from_publishing(row: dict[str, Any], link: str) -> Iterator[Happening]:
    """What a publishing did with the part; changes in the store are told by the memory of changes."""
    undo = bool(row["options"].get("undo_of"))
    match row["state"]:
        case "published" if row["outcome"] == "unchanged":
            text = "Nothing to take back." if undo else f"The store had it already. {row['reason'] or ''}".strip()
            yield Happening(row["updated_at"], "outcome", "unchanged", text, link, row["owner"])
        case "failed":
            text = f"{row['error'] or 'Not published.'} {what_to_do(row['error_code'])}"
            yield Happening(row["updated_at"], "outcome", row["outcome"] or "failed", text, link, row["owner"])
        case "cancelled" if row["started_at"] is None and row["options"].get("planned"):
            yield Happening(row["updated_at"], "outcome", "", "A plan with it was discarded.", link, row["owner"])
        case "cancelled":
            text = "The run was cancelled before it was sent."
            yield Happening(row["updated_at"], "outcome", "cancelled", text, link, row["owner"])
        case "published" if row["reason"]:
            yield Happening(row["updated_at"], "outcome", row["outcome"] or "", row["reason"], link, row["owner"])
        case "pending" if row["status"] == "pending":
            text = "A plan with it waits for a word."
            yield Happening(row["created_at"], "outcome", "pending", text, link, row["owner"])
        case "pending":
            text = row["error"] or "To be published."
            yield Happening(row["updated_at"], "outcome", "pending", text, link, row["owner"])
        case _:
            pass


def _from_changes(rows: list[dict[str, Any]]) -> Iterator[Happening]:
    """What was ever changed in the store."""
    for row in rows:
        link = f"/console/runs/{row['batch_id']}"
        text = "Made in the store." if row["action"] == "created" else "Changed in the store:"
        yield Happening(row["at"], "outcome", row["action"], text, link, None, tuple(row["changes"]))


def _end(row: dict[str, Any]) -> str | None:
    """What became of an item, in a sentence; None while it is under way."""
    match row["state"]:
        case "normalized" if row["reason"]:
            return f"Staged. {screening.SENTENCES.get(row['reason'], row['reason'])}"
        case "normalized":
            return "Staged, ready to sell."
        case "failed":
            return f"{row['error'] or 'Failed.'} {what_to_do(row['error_code'])}"
        case "cancelled":
            return "The run was cancelled before it was done."
        case "pending" if row["error"]:
            return f"Asked again after {row['attempts']} failed calls: {row['error']}"
        case _:
            return None


def _from_audit(rows: list[dict[str, Any]]) -> Iterator[Happening]:
    for row in rows:
        action = str(row["action"])
        changes: tuple[dict[str, Any], ...] = ()
        if action == "part.edit":
            changes = tuple({"field": name, **values} for name, values in row["details"].items())
        yield Happening(row["at"], "audit", action, ACTIONS.get(action, action), None, row["actor"], changes)
