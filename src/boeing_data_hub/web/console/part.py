"""/console/part/{number}: one part: its prices, its product in the store, its overrides and its history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.batches.failure_groups import what_to_do
from boeing_data_hub.batches.run import SearchRequest
from boeing_data_hub.boeing import raw_answers
from boeing_data_hub.boeing.raw_answers import KeptAnswer
from boeing_data_hub.catalogue import history, screening, staging
from boeing_data_hub.catalogue.history import PastItem
from boeing_data_hub.catalogue.holding import hold_of
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Change
from boeing_data_hub.catalogue.pricing import why
from boeing_data_hub.catalogue.sale import asked_price
from boeing_data_hub.catalogue.staged_part import NO_OVERRIDE, CataloguePart, Override
from boeing_data_hub.catalogue.stock import figure_of, stock_steps, store_location
from boeing_data_hub.db import api_keys, audit
from boeing_data_hub.db.audit import AuditEntry
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import NotFound
from boeing_data_hub.shopify import (
    conflict_rows,
    current_store,
    differences,
    leftover_products,
    part_history,
    products,
    publish_changes,
    sold_pieces,
)
from boeing_data_hub.shopify.conflict_rows import StoreConflict
from boeing_data_hub.shopify.differences import Difference
from boeing_data_hub.shopify.leftover_products import Orphan
from boeing_data_hub.shopify.part_history import Moment
from boeing_data_hub.shopify.products import PublishedProduct
from boeing_data_hub.shopify.publish_changes import PublishChange
from boeing_data_hub.shopify.sold_pieces import Sales
from boeing_data_hub.values.counted import counted
from boeing_data_hub.values.part_numbers import base_number
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.audit_words import ACTIONS
from boeing_data_hub.web.console.figures import seen
from boeing_data_hub.web.console.part_charts import moved
from boeing_data_hub.web.console.part_numbers import number_of
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Operator, Viewer
from boeing_data_hub.web.store_links import admin_link, picture_link

router = APIRouter(prefix="/part")

_EDITED = ("trace", "expiration_date", "notes", "condition", "cert", "price_override")
_EVENTS = 100
_SOLD_DAYS = 30  # days with sales on the page
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
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Stock at a Boeing location. `store`: the store location that sells it; empty: the first; None: it is not sold."""

    location: str
    quantity: int
    store: str | None
    lead_days: int | None


@dataclass(frozen=True, slots=True)
class _Known:
    """Everything that the page of a part shows, read in one transaction."""

    product: CataloguePart | None
    answer: KeptAnswer | None
    items: Sequence[PastItem]
    lines: Sequence[AuditEntry]
    changes: Sequence[PublishChange]
    in_store: PublishedProduct | None
    difference: Difference | None
    moments: Sequence[Moment]
    sales: Sales
    conflict: StoreConflict | None
    orphans: Sequence[Orphan]
    names: Mapping[str, str]
    variants: Sequence[str]


@router.get("/{number:path}/raw.json", response_model=None)
def download_raw(number: str, hub: TheHub, _visitor: Viewer) -> Response:
    """Boeing's last answer for the part, complete, as a file."""
    part = number_of(number)

    found = hub.database.run(lambda work: raw_answers.about_part(work, part), hurry=True)
    if found is None:
        raise NotFound("This part hasn't been searched yet.", code="no_raw_data")
    headers = {"Content-Disposition": 'attachment; filename="boeing-answer.json"'}
    return Response(found.payload, media_type="application/json", headers=headers)


@router.post("/{number:path}/refresh", response_model=None)
def refresh(number: str, hub: TheHub, visitor: Operator) -> Response:
    """Search for the part again."""
    part = number_of(number)
    hub.intake.search(SearchRequest(part_numbers=[part], owner=visitor.owner, force_refresh=True, source=part))
    return go(f"/console/part/{quote(part, safe='')}", said="refreshing")


@router.get("/{number:path}")
def show(
    number: str,
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    since: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> HTMLResponse:
    """The page of a part, whether it is staged or not; `since`: the page of what has moved."""
    part = number_of(number)

    policy = hub.shop.listing_policy
    prices = policy.prices

    def step(work: Work) -> _Known:
        return _Known(
            product=staging.get(work, part),
            answer=raw_answers.about_part(work, part),
            items=history.of_part(work, part, limit=_EVENTS),
            lines=audit.of_target(work, part, limit=_EVENTS),
            changes=publish_changes.of_sku(work, part, limit=_EVENTS),
            in_store=products.find(work, part),
            difference=differences.of_parts(work, [part], policy, hub.settings).get(part),
            moments=part_history.of_part(work, part, currency=hub.settings.hub_currency),
            sales=sold_pieces.of_part(work, current_store.read(work), part, limit=_SOLD_DAYS),
            conflict=conflict_rows.open_of(work, part),
            orphans=leftover_products.due_of(work, [part]),
            names=api_keys.names(work),
            variants=[sku for sku in staging.browse(work, limit=20, search=base_number(part)) if sku != part],
        )

    known = hub.database.run(step, hurry=True)
    if known.product is None and not known.items and known.answer is None:
        raise NotFound("This part hasn't been searched yet. Search for it first.", code="product_not_found")
    happenings = sorted(
        [*_from_items(known.items), *_from_audit(known.lines), *_from_changes(known.changes)],
        key=lambda one: one.at,
        reverse=True,
    )
    product, in_store = known.product, known.in_store
    same_base = [sku for sku in known.variants if base_number(sku) == base_number(part)]
    rules = hub.normalization_rules
    figure = figure_of(product, policy) if product is not None else None
    return page(
        request,
        "pages/part.html",
        part=part,
        product=product,
        in_store=in_store,
        store_link=admin_link(hub, in_store.product_id) if in_store else None,
        picture=picture_link(hub, in_store.image_url) if in_store else None,
        our_price=asked_price(product, prices) if product is not None else None,
        form=edit_form(product.override) if product is not None else {},
        by_hand=product.override if product is not None and product.override != NO_OVERRIDE else None,
        edits=[line for line in known.lines if line.action == "part.edit"],
        difference=known.difference,
        conflict=known.conflict,
        orphans=known.orphans,
        has_store=bool(hub.settings.shopify_store_domain.strip()),
        answer=known.answer,
        raw_shown=_RAW_SHOWN,
        happenings=happenings,
        moved=moved(known.moments, since=since),
        sales=known.sales,
        names=known.names,
        variants=same_base,
        places=_places(product, policy) if product is not None else (),
        offered=figure,
        held=hold_of(product, policy.hold_rules) if product is not None else None,
        stock_steps=tuple(stock_steps(figure)) if figure is not None else (),
        rules=rules,
        why=why(product, prices) if product is not None else None,
    )


def _places(product: CataloguePart, policy: ListingPolicy) -> list[Place]:
    usual, rules = product.estimated_lead_time_days, policy.stock_rules
    return [
        Place(
            each.location, each.quantity, store, rules.lead_days_of(each.location, usual) if store is not None else None
        )
        for each in product.locations
        for store in (store_location(each.location, policy),)
    ]


def edit_form(override: Override) -> dict[str, str]:
    """The fields of the form that edits an override, each with the text it is filled with."""
    values = {name: getattr(override, name) for name in _EDITED}
    return {name: seen(value) for name, value in values.items()}


def _from_items(items: Iterable[PastItem]) -> Iterator[Happening]:
    for item in items:
        link = f"/console/runs/{item.batch_id}"
        if item.batch_type == "publish":
            yield from _from_publishing(item, link)
            continue
        asked = f"Searched as {item.part_number}" + (" (retry)" if item.is_retry else "")
        yield Happening(item.created_at, "item", "", asked, link, item.owner)
        if item.fetched_at is not None:
            reused = item.fetched_at < item.created_at
            text = "An earlier Boeing response was reused." if reused else "Boeing responded."
            yield Happening(max(item.fetched_at, item.created_at), "item", "extracted", text, link)
        if told := _end(item):
            yield Happening(item.updated_at, "item", item.state, told, link)


def _from_publishing(item: PastItem, link: str) -> Iterator[Happening]:
    """The outcome of a publish run for the part. Changes in the store come from `_from_changes`."""
    undo = item.is_undo
    match item.state:
        case "published" if item.outcome == "unchanged":
            text = "Nothing to undo." if undo else f"Your store was up to date. {item.reason or ''}".strip()
            yield Happening(item.updated_at, "outcome", "unchanged", text, link, item.owner)
        case "failed":
            text = f"{item.error or 'Not published.'} {what_to_do(item.error_code)}"
            yield Happening(item.updated_at, "outcome", item.outcome or "failed", text, link, item.owner)
        case "not_for_sale":
            text = f"{item.error or 'Not for sale.'} {what_to_do(item.error_code)}"
            yield Happening(item.updated_at, "outcome", "blocked", text, link, item.owner)
        case "cancelled" if item.started_at is None and item.is_planned:
            yield Happening(item.updated_at, "outcome", "", "A plan with this part was discarded.", link, item.owner)
        case "cancelled":
            text = "The run was cancelled before this part was sent."
            yield Happening(item.updated_at, "outcome", "cancelled", text, link, item.owner)
        case "published" if item.reason:
            yield Happening(item.updated_at, "outcome", item.outcome or "", item.reason, link, item.owner)
        case "pending" if item.status == "pending":
            text = "Included in a plan waiting for approval."
            yield Happening(item.created_at, "outcome", "pending", text, link, item.owner)
        case "pending":
            text = item.error or "Waiting to be published."
            yield Happening(item.updated_at, "outcome", "pending", text, link, item.owner)
        case _:
            pass


def _from_changes(changes: Iterable[PublishChange]) -> Iterator[Happening]:
    """Every change made in the store."""
    for one in changes:
        link = f"/console/runs/{one.batch_id}"
        text = "New product in your store." if one.action == "created" else "Changed in your store:"
        yield Happening(one.at, "outcome", one.action, text, link, None, one.changes)


def _end(item: PastItem) -> str | None:
    """The outcome of an item, in a sentence; None while it is not done."""
    match item.state:
        case "normalized" if item.reason:
            return screening.SENTENCES.get(item.reason, item.reason)
        case "normalized":
            return "Ready to publish."
        case "failed":
            return f"{item.error or 'Failed.'} {what_to_do(item.error_code)}"
        case "cancelled":
            return "The run was cancelled before this part was done."
        case "pending" if item.error:
            return f"Retrying after {counted(item.attempts, 'failed call')}: {item.error}"
        case _:
            return None


def _from_audit(lines: Iterable[AuditEntry]) -> Iterator[Happening]:
    for line in lines:
        action = line.action
        changes: tuple[Change, ...] = ()
        if action == "part.edit":
            changes = tuple(Change(name, values["old"], values["new"]) for name, values in line.details.items())
        yield Happening(line.at, "audit", action, ACTIONS.get(action, action), None, line.actor, changes)
