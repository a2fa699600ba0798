"""/console/parts: the staged catalogue, found by part number, by status, by what the store has; and acts on many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.hub import Hub
from boeing_data_hub.normalization import screening
from boeing_data_hub.reporting import differences
from boeing_data_hub.reporting.overview import MOST_COUNTED
from boeing_data_hub.store import audit, catalogue, hand_data, staging
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import publish
from boeing_data_hub.web.console import search as new_search
from boeing_data_hub.web.console.making import TheMaking
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Operator, Publisher, Viewer, Visitor
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/parts")

_ON_A_PAGE: Final = 50
_COMPARED: Final = 400  # parts renewed since they were published that one page compares with what is in the store
Status = Literal["fetched", "blocked", "needs_review", "published", ""]
Store = Literal["absent", "live", "differs", ""]
_SAID: Final = {"absent": "not in the store", "live": "in the store", "differs": "different in the store"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filter: how the number begins, the status, and what the store has."""

    q: str
    status: str
    store: str

    @property
    def is_anything(self) -> bool:
        """Whether it leaves something out."""
        return bool(self.q or self.status or self.store)

    def said(self) -> str:
        """The filter in words."""
        status = self.status.replace("_", " ")
        return ", ".join(one for one in (self.q and f"search {self.q[:40]!r}", status, _SAID.get(self.store)) if one)


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
    """The list, in the order of part numbers; `after` continues behind a page."""
    wanted = Wanted(q, status, store)

    def step(work: Work) -> dict[str, Any]:
        parts, next_after, looked = _found(work, hub, wanted, after or None)
        counted = {"status": status or None, "search": q}
        skus = [part["sku"] for part in parts]
        return {
            "parts": parts,
            "next_after": next_after,
            "looked_through": looked,
            "excluded": hand_data.excluded_among(work, skus),
            "differences": differences.of_parts(work, skus, hub.shop.listing_policy)
            if store in {"live", "differs"}
            else {},
            "about": staging.about_how_many(work),
            "matching": staging.count_up_to(work, MOST_COUNTED, **counted) if (q or status) and not store else None,
        }

    told = hub.database.run(step, hurry=True)
    return page(
        request,
        "pages/parts.html",
        **told,
        q=q,
        status=status,
        store=store,
        filtered=wanted.is_anything,
        first=not after,
        most_counted=MOST_COUNTED,
        most_refreshed=hub.intake.rules.max_search,
        most_published=hub.intake.rules.max_publish,
        sentences=screening.SENTENCES,
        has_store=bool(hub.settings.shopify_store_domain.strip()),
    )


def _found(
    work: Work, hub: Hub, wanted: Wanted, after: str | None
) -> tuple[list[dict[str, Any]], str | None, int | None]:
    """A page of parts, the SKU the next begins behind, and how many of the store's products were looked through."""
    search, status = wanted.q, wanted.status or None
    if wanted.store == "differs":
        candidates, end = catalogue.renewed(
            work, looked_through=catalogue.LOOKED_THROUGH, search=search, status=status, after=after
        )
        compared = candidates[:_COMPARED]
        known = differences.of_parts(work, [part["sku"] for part in compared], hub.shop.listing_policy)
        differing = [part for part in compared if part["sku"] in known and known[part["sku"]].differs]
        shown = differing[:_ON_A_PAGE]
        if len(differing) > _ON_A_PAGE:
            end = shown[-1]["sku"]
        elif len(candidates) > _COMPARED:
            end = compared[-1]["sku"]
        return shown, end, catalogue.LOOKED_THROUGH if end else None
    browse = {"absent": catalogue.absent, "live": catalogue.live}.get(wanted.store, staging.browse)
    found = browse(work, limit=_ON_A_PAGE + 1, status=status, search=search, after=after)
    shown = found[:_ON_A_PAGE]
    return shown, shown[-1]["sku"] if len(found) > _ON_A_PAGE else None, None


def _matching(work: Work, wanted: Wanted, limit: int) -> list[str]:
    """SKUs of all that match, at most `limit`. What differs is sorted out by the plan or the search that follows."""
    status = wanted.status or None
    match wanted.store:
        case "absent":
            rows = catalogue.absent(work, limit=limit, search=wanted.q, status=status)
        case "live":
            rows = catalogue.live(work, limit=limit, search=wanted.q, status=status)
        case "differs":
            rows = catalogue.renewed(work, looked_through=None, search=wanted.q, status=status)[0][:limit]
        case _:
            return staging.matching(work, limit=limit, status=status, search=wanted.q)
    return [row["sku"] for row in rows]


def chosen(
    q: Annotated[str, Form(max_length=100, pattern=STORABLE)] = "",
    status: Annotated[Status, Form()] = "",
    store: Annotated[Store, Form()] = "",
    which: Annotated[Literal["all", "selected"], Form()] = "all",
    sku: Annotated[list[str] | None, Form(max_length=200)] = None,
) -> tuple[Wanted, list[str] | None]:
    """What a form of the list is about: its filter; and the parts that were ticked, or None for all that match."""
    ticked = [one[:255].replace("\0", "\ufffd") for one in sku or []]
    return Wanted(q, status, store), ticked if which == "selected" else None


Chosen = Annotated[tuple[Wanted, list[str] | None], Depends(chosen)]


def _of(hub: Hub, chosen: tuple[Wanted, list[str] | None], limit: int) -> tuple[Sequence[str], str]:
    """The parts meant, and in words where they are from."""
    wanted, ticked = chosen
    if ticked is not None:
        staged = hub.database.run(lambda work: [row["sku"] for row in staging.get_many(work, ticked)])
        return staged, f"Parts of the catalogue ({len(staged):,} chosen)"
    found = hub.database.run(lambda work: _matching(work, wanted, limit), patience=20)
    return found, f"Parts of the catalogue ({wanted.said() or 'all'})"


@router.post("/refresh", response_model=None)
def refresh_matching(hub: TheHub, visitor: Operator, which: Chosen) -> Response:
    """Make a list of the parts, and show what searching them again would cost. Nothing is started yet."""
    found, source = _of(hub, which, hub.intake.rules.max_search)
    if not found:
        return go("/console/parts", said="empty-list")
    return new_search.keep(hub, visitor, found, source)


@router.post("/publish", response_model=None)
def publish_matching(hub: TheHub, making: TheMaking, visitor: Publisher, which: Chosen) -> Response:
    """Make a plan of the parts, at most as many as one may hold."""
    found, source = _of(hub, which, hub.intake.rules.max_publish + 1)
    if not found:
        return go("/console/parts", said="empty-list")
    return publish.planned(hub, making, visitor, found, source)


@router.post("/exclude", response_model=None)
def exclude_matching(hub: TheHub, visitor: Publisher, which: Chosen) -> Response:
    """Exclude the parts from publishing."""
    return _exclude(hub, visitor, which, excluded=True)


@router.post("/include", response_model=None)
def include_matching(hub: TheHub, visitor: Publisher, which: Chosen) -> Response:
    """Let the parts be published again."""
    return _exclude(hub, visitor, which, excluded=False)


def _exclude(hub: Hub, visitor: Visitor, which: tuple[Wanted, list[str] | None], *, excluded: bool) -> Response:
    most = hub.intake.rules.max_search
    found, source = _of(hub, which, most + 1)

    def step(work: Work) -> None:
        changed = hand_data.exclude(work, found[:most], excluded=excluded, actor=visitor.owner)
        details = {"excluded": {"old": not excluded, "new": excluded}}
        audit.record_each(work, actor=visitor.owner, action="part.edit", targets=changed, details=details)
        action = "parts.exclude" if excluded else "parts.include"
        audit.record(work, actor=visitor.owner, action=action, target=source, details={"parts": len(changed)})

    hub.database.run(step, patience=20)
    said = "excluded-capped" if len(found) > most else "excluded" if excluded else "included"
    wanted = which[0]
    return go("/console/parts", said=said, q=wanted.q, status=wanted.status, store=wanted.store)
