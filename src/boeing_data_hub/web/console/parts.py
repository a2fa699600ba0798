"""/console/parts: the staged catalogue, by part number, status and what the store has; and actions on many parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.catalogue import excluding, screening, staging
from boeing_data_hub.catalogue.excluding import Exclusion
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.pricing import PriceRules
from boeing_data_hub.catalogue.sale import asked_price
from boeing_data_hub.catalogue.staged_part import CataloguePart
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health.conditions import MOST_COUNTED
from boeing_data_hub.shopify import below_cost, catalogue_status, differences, products
from boeing_data_hub.shopify.below_cost import BelowCost
from boeing_data_hub.values.counted import counted
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import publish
from boeing_data_hub.web.console import search as new_search
from boeing_data_hub.web.console.plan_jobs import ThePlanJobs
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Operator, Publisher, Viewer, Visitor
from boeing_data_hub.web.console.words import word
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.store_links import admin_link

router = APIRouter(prefix="/parts")

_ON_A_PAGE: Final = 50
_COMPARED: Final = 400  # parts renewed since they were published that one page compares with what is in the store
Status = Literal["fetched", "blocked", "needs_review", "published", ""]
Store = Literal["absent", "live", "differs", "below_cost", ""]
_SAID: Final = {
    "absent": "not in the store",
    "live": "in the store",
    "differs": "out of sync",
    "below_cost": "sold below cost",
}

_BROWSE: Final = {"absent": catalogue_status.absent, "live": catalogue_status.live, "below_cost": below_cost.skus}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filter: the beginning of the part number, the status, and what the store has."""

    q: str
    status: str
    store: str

    @property
    def is_anything(self) -> bool:
        """True if any filter is set."""
        return bool(self.q or self.status or self.store)

    def said(self) -> str:
        """The filter in words."""
        status = word("part", self.status).text.lower() if self.status else ""
        return ", ".join(
            one for one in (self.q and f"starting with {self.q[:40]}", status, _SAID.get(self.store)) if one
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsView:
    """A page of the list.

    Attributes:
        prices: our price by SKU.
        links: the page in Shopify's admin by SKU, of products in a real store.
        next_after: the SKU after which the next page begins.
        looked_through: products of the store that were compared for this page; None: no comparison was needed.
        excluded: SKUs that are not to be published.
        differences: by SKU, where the list compares with the store.
        losses: by SKU, where the list is of products sold below cost.
        about: parts in the catalog, estimated.
        matching: parts that match, counted to `MOST_COUNTED`.
    """

    parts: Sequence[CataloguePart]
    prices: Mapping[str, Decimal | None]
    links: Mapping[str, str]
    next_after: str | None
    looked_through: int | None
    excluded: AbstractSet[str]
    differences: Mapping[str, object]
    losses: Mapping[str, BelowCost]
    about: int
    matching: int | None


@router.get("")
def show(
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    q: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
    status: Status = "",
    store: Store = "",
    after: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
) -> HTMLResponse:
    """The list, in the order of part numbers. `after` continues after a page."""
    wanted = Wanted(q, status, store)
    policy = hub.shop.listing_policy

    def step(work: Work) -> PartsView:
        skus, next_after, looked = _found(work, hub, policy, wanted, after or None)
        counted = {"status": status or None, "search": q}
        staged = staging.by_sku(work, skus)
        parts = [staged[sku] for sku in skus if sku in staged]
        compare = store in {"live", "differs"}
        return PartsView(
            parts=parts,
            prices={part.sku: asked_price(part, policy.prices) for part in parts},
            links=_links(work, hub, skus),
            next_after=next_after,
            looked_through=looked,
            excluded={part.sku for part in parts if part.override.excluded},
            differences=differences.of_parts(work, skus, policy, hub.settings) if compare else {},
            losses={one.sku: one for one in below_cost.of_parts(work, skus)} if store == "below_cost" else {},
            about=staging.about_how_many(work),
            matching=staging.count_up_to(work, MOST_COUNTED, **counted) if (q or status) and not store else None,
        )

    return page(
        request,
        "pages/parts.html",
        hub.database.run(step, hurry=True),
        q=q,
        status=status,
        store=store,
        filtered=wanted.is_anything,
        first=not after,
        most_counted=MOST_COUNTED,
        most_refreshed=hub.settings.max_bulk_search_size,
        most_published=hub.settings.max_bulk_publish_size,
        sentences=screening.SENTENCES,
        has_store=bool(hub.settings.shopify_store_domain.strip()),
    )


def _links(work: Work, hub: Hub, skus: Sequence[str]) -> dict[str, str]:
    found = products.ids_in_store(work, skus)
    return {sku: link for sku, product_id in found.items() if (link := admin_link(hub, product_id))}


def _found(
    work: Work, hub: Hub, policy: ListingPolicy, wanted: Wanted, after: str | None
) -> tuple[list[str], str | None, int | None]:
    """The SKUs of a page, the SKU after which the next begins, and how many products of the store were compared."""
    search, status = wanted.q, wanted.status or None
    if wanted.store == "differs":
        renewed = catalogue_status.renewed(
            work,
            looked_through=catalogue_status.LOOKED_THROUGH,
            search=search,
            status=status,
            after=after,
            rules=policy.prices,
        )
        end, compared = renewed.end, renewed.skus[:_COMPARED]
        known = differences.of_parts(work, compared, policy, hub.settings)
        differing = [sku for sku in compared if sku in known and known[sku].differs]
        shown = differing[:_ON_A_PAGE]
        if len(differing) > _ON_A_PAGE:
            end = shown[-1]
        elif len(renewed.skus) > _COMPARED:
            end = compared[-1]
        return shown, end, catalogue_status.LOOKED_THROUGH if end else None
    browse = _BROWSE.get(wanted.store, staging.browse)
    found = browse(work, limit=_ON_A_PAGE + 1, status=status, search=search, after=after)
    shown = found[:_ON_A_PAGE]
    return shown, shown[-1] if len(found) > _ON_A_PAGE else None, None


def _matching(work: Work, rules: PriceRules, wanted: Wanted, limit: int) -> list[str]:
    """SKUs of all parts that match, at most `limit`. The plan or search that follows drops those that do not differ."""
    status = wanted.status or None
    match wanted.store:
        case "absent":
            return catalogue_status.absent(work, limit=limit, search=wanted.q, status=status)
        case "live":
            return catalogue_status.live(work, limit=limit, search=wanted.q, status=status)
        case "below_cost":
            return below_cost.skus(work, limit=limit, search=wanted.q, status=status)
        case "differs":
            return catalogue_status.renewed(
                work, looked_through=None, search=wanted.q, status=status, rules=rules
            ).skus[:limit]
        case _:
            return staging.browse(work, limit=limit, status=status, search=wanted.q)


def chosen(
    q: Annotated[str, Form(max_length=100, pattern=STORABLE)] = "",
    status: Annotated[Status, Form()] = "",
    store: Annotated[Store, Form()] = "",
    which: Annotated[Literal["all", "selected"], Form()] = "all",
    sku: Annotated[list[str] | None, Form(max_length=200)] = None,
) -> tuple[Wanted, list[str] | None]:
    """What a form of the list refers to: its filter, and the parts that were ticked, or None for all that match."""
    ticked = [one[:255].replace("\0", "\ufffd") for one in sku or []]
    return Wanted(q, status, store), ticked if which == "selected" else None


Chosen = Annotated[tuple[Wanted, list[str] | None], Depends(chosen)]


def _of(hub: Hub, chosen: tuple[Wanted, list[str] | None], limit: int) -> tuple[Sequence[str], str]:
    """The parts a form refers to, and a name for their source."""
    wanted, ticked = chosen
    if ticked is not None:
        staged = hub.database.run(lambda work: [part.sku for part in staging.get_many(work, ticked)])
        return staged, f"{counted(len(staged), 'part')} from the catalog"
    rules = hub.prices
    found = hub.database.run(lambda work: _matching(work, rules, wanted, limit), patience=20)
    return found, f"Catalog ({wanted.said() or 'all parts'})"


@router.post("/refresh", response_model=None)
def refresh_matching(hub: TheHub, visitor: Operator, which: Chosen) -> Response:
    """Draft a search for the parts, and preview its cost. Nothing is started yet."""
    found, source = _of(hub, which, hub.settings.max_bulk_search_size)
    if not found:
        return go("/console/parts", said="empty-list")
    return new_search.keep(hub, visitor, found, source)


@router.post("/publish", response_model=None)
def publish_matching(hub: TheHub, jobs: ThePlanJobs, visitor: Publisher, which: Chosen) -> Response:
    """Create a plan for the parts, up to the limit of one plan."""
    found, source = _of(hub, which, hub.settings.max_bulk_publish_size + 1)
    if not found:
        return go("/console/parts", said="empty-list")
    return publish.planned(hub, jobs, visitor, found, source)


Typed = Annotated[str, Form(max_length=20, pattern=STORABLE)]


@router.post("/exclude", response_model=None)
def exclude_matching(request: Request, hub: TheHub, visitor: Publisher, which: Chosen, typed: Typed = "") -> Response:
    """Exclude the parts from publishing; many only after their number was typed."""
    return _exclude(request, hub, visitor, which, typed, excluded=True)


@router.post("/include", response_model=None)
def include_matching(request: Request, hub: TheHub, visitor: Publisher, which: Chosen, typed: Typed = "") -> Response:
    """Include the parts in publishing again; many only after their number was typed."""
    return _exclude(request, hub, visitor, which, typed, excluded=False)


def _exclude(
    request: Request,
    hub: Hub,
    visitor: Visitor,
    which: tuple[Wanted, list[str] | None],
    typed: str,
    *,
    excluded: bool,
) -> Response:
    most = hub.settings.max_bulk_search_size
    found, source = _of(hub, which, most + 1)
    number = len(found[:most])
    if which[1] is None and number > _ON_A_PAGE and typed.replace(",", "").strip() != str(number):
        return page(
            request,
            "pages/parts_confirm.html",
            http_status=422 if typed else 200,
            wanted=which[0],
            chosen=which[0].said(),
            number=number,
            more=len(found) > most,
            examples=found[:10],
            excluded=excluded,
            typed=typed,
        )

    def step(work: Work) -> Exclusion:
        return excluding.exclude(work, found[:most], excluded=excluded, actor=visitor.owner, source=source)

    at = hub.database.run(step, patience=20).at
    said = ("excluded" if excluded else "included") + ("-capped" if len(found) > most else "")
    wanted = which[0]
    mark = at.isoformat() if at else None
    return go("/console/parts", said=said, undo=mark, q=wanted.q, status=wanted.status, store=wanted.store)
