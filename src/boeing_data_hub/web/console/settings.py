"""/console/settings: connections and whether they work, the rules in force, API keys, and the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.catalogue import pricing
from boeing_data_hub.catalogue.priceable import PriceFacts
from boeing_data_hub.clock import now
from boeing_data_hub.db import api_keys, audit, sessions
from boeing_data_hub.db.api_keys import ApiKey
from boeing_data_hub.db.audit import AuditEntry
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, Conflict, HubError, NotFound
from boeing_data_hub.values.counted import counted
from boeing_data_hub.web import store_setup
from boeing_data_hub.web.access import SCOPES, TheHub
from boeing_data_hub.web.console.figures import limit
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Administrator, Viewer, Visitor
from boeing_data_hub.web.limits import LARGEST_ID, STORABLE
from boeing_data_hub.work import workers

router = APIRouter(prefix="/settings")

_LINES = 100
_MOST_PRICE = Decimal(10_000_000)


def _price(text: str) -> Decimal | None:
    """A price typed into the example; None if the field is empty. Raises BadInput."""
    if not text.strip():
        return None
    try:
        value = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        raise BadInput("Enter a price like 430.01.") from None
    if not value.is_finite() or not 0 < value < _MOST_PRICE:
        raise BadInput("Enter a price above 0 and below 10,000,000.")
    return value


@dataclass(frozen=True, slots=True)
class Example:
    """A price calculated from two prices that were typed in."""

    wrong: str | None
    list_price: str
    net_price: str
    steps: Sequence[str]
    prices: pricing.Prices


def _example(hub: Hub, list_price: str, net_price: str) -> Example:
    wrong = None
    listed, net = Decimal("430.01"), Decimal("387.00")
    try:
        if list_price.strip() or net_price.strip():
            listed, net = _price(list_price), _price(net_price)
    except BadInput as error:
        wrong = error.message
    part = PriceFacts("", listed, net)
    return Example(
        wrong,
        list_price or str(listed or ""),
        net_price or str(net or ""),
        pricing.why(part, hub.prices).steps,
        pricing.prices_of(part, hub.prices),
    )


@router.get("")
def show(
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    list_price: Annotated[str, Query(max_length=30)] = "",
    net_price: Annotated[str, Query(max_length=30)] = "",
) -> HTMLResponse:
    """Connections, rules, workers."""
    return _settings(request, hub, list_price, net_price, findings=None)


def _settings(request: Request, hub: Hub, list_price: str, net_price: str, findings: Any) -> HTMLResponse:
    silent_after = hub.live.worker_silent_after
    alive = hub.database.run(lambda work: workers.alive(work, silent_after=silent_after), hurry=True)
    return page(
        request,
        "pages/settings.html",
        findings=findings,
        workers=alive,
        rules=hub.normalization_rules,
        locations=hub.settings.shopify_location_map,
        limit=limit(hub.boeing_limit),
        spacing=hub.boeing_limit.spacing if hub.boeing_limit else None,
        batch_size=hub.settings.boeing_batch_size,
        reuse_for=hub.settings.hub_reuse_fresh_for,
        example=_example(hub, list_price, net_price),
        policy=hub.shop.listing_policy,
        not_sold=hub.settings.hub_locations_not_sold,
        reserve=_reserve(hub),
        lead_days="; ".join(f"{name}: {days} d" for name, days in hub.settings.hub_location_lead_days.items()),
        store=_store_facts(hub),
        chores=hub.upkeep.chores.status(),
    )


def _reserve(hub: Hub) -> str:
    pieces, percent = hub.settings.hub_stock_reserve, hub.settings.hub_stock_reserve_percent
    told = [counted(pieces, "piece")] if pieces else []
    if percent:
        told.append(f"{percent.normalize():f} %")
    return " or ".join(told) + (", whichever is more" if len(told) > 1 else "") or "none"


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The settings of the store that the page shows. Its token is not among them."""

    domain: str
    version: str
    max_publish: int
    bulk_from: int
    bulk_lines: int
    bulk_lanes: int


def _store_facts(hub: Hub) -> StoreFacts:
    s = hub.settings
    return StoreFacts(
        s.shopify_store_domain.strip(),
        s.shopify_api_version,
        s.max_bulk_publish_size,
        s.hub_bulk_publish_from,
        s.hub_bulk_lines,
        s.hub_bulk_lanes,
    )


@router.post("/metafields", response_model=None)
def set_up_metafields(hub: TheHub, visitor: Administrator) -> Response:
    """Create the metafield definitions that the store lacks. Safe to repeat."""
    _ = hub.shop.access
    if differing := store_setup.set_up(hub, actor=visitor.owner).definitions.differing:
        raise Conflict(
            f"Your store defines {', '.join(differing)} with another type. These definitions were left unchanged, and "
            "parts with a value for them may be rejected. The others are set up.",
            code="definitions_differ",
        )
    return go("/console/settings", said="set-up")


@router.post("/test")
def try_connections(request: Request, hub: TheHub, _visitor: Administrator) -> HTMLResponse:
    """Test every connection now. Sends nothing, and asks Boeing for a token only, never for a part.

    A store that answers is noted as the current one.
    """
    findings = hub.examine()
    if any(one.code == "store_ok" for one in findings):
        with suppress(HubError):  # the next call to the store will say why
            hub.shop.storefront.facts()
    return _settings(request, hub, "", "", findings=findings)


@router.get("/keys")
def show_keys(request: Request, hub: TheHub, visitor: Administrator) -> HTMLResponse:
    """All API keys: names and scopes, not the keys themselves."""
    return _keys(request, hub, visitor)


@dataclass(frozen=True, slots=True)
class KeyForm:
    """The form for a new key: what was typed, what is wrong with it, or the key that it created.

    Attributes:
        made: the new key's record.
        secret: the new key itself, which is shown once.
    """

    made: ApiKey | None = None
    secret: str | None = None
    wrong: str | None = None
    name: str = ""


def _keys(
    request: Request, hub: Hub, visitor: Visitor, form: KeyForm = KeyForm(), *, http_status: int = 200
) -> HTMLResponse:
    found = hub.database.run(api_keys.all_keys, hurry=True)
    rows = [(key, _state(key)) for key in found]
    rows.sort(key=lambda row: row[1] != "live")
    mine = visitor.owner.removeprefix("key:")
    return page(
        request,
        "pages/keys.html",
        form,
        http_status=http_status,
        rows=rows,
        scopes=SCOPES,
        mine=mine,
        days=hub.settings.hub_key_days,
    )


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now() else "live"


@router.post("/keys")
def create_key(
    request: Request,
    hub: TheHub,
    visitor: Administrator,
    name: Annotated[str, Form(max_length=100, pattern=STORABLE)] = "",
    scope: Annotated[list[str] | None, Form()] = None,
    days: Annotated[str, Form(max_length=6)] = "",
) -> HTMLResponse:
    """Create a key and show it: in this response, and never again."""
    scopes = sorted({one for one in scope or [] if one in SCOPES})
    typed = days.strip() or str(hub.settings.hub_key_days)
    lasts = int(typed) if typed.isascii() and typed.isdigit() and int(typed) <= 36_500 else None  # noqa: PLR2004 - a century
    wrong = None
    if not name.strip():
        wrong = "Enter a name for the key."
    elif not scopes:
        wrong = "Choose at least one permission."
    elif lasts is None:
        wrong = "Enter a whole number of days up to 36,500; 0 for a key that never expires."
    if wrong:
        return _keys(request, hub, visitor, KeyForm(wrong=wrong, name=name), http_status=422)

    def step(work: Work) -> tuple[ApiKey, str]:
        made = api_keys.create(work, name=name.strip(), scopes=scopes, days=lasts or None)
        audit.record(work, actor=visitor.owner, action="key.create", target=made[0].id, details={"scopes": scopes})
        return made

    record, secret = hub.database.run(step)
    return _keys(request, hub, visitor, KeyForm(made=record, secret=secret))


@router.post("/keys/{key_id}/revoke", response_model=None)
def revoke_key(key_id: str, hub: TheHub, visitor: Administrator) -> Response:
    """Revoke a key, and end the sessions that were started with it."""

    def step(work: Work) -> None:
        record = api_keys.revoke(work, key_id) if key_id.isalnum() else None  # Postgres refuses NUL
        if record is None:
            raise NotFound("This key doesn't exist.", code="key_not_found")
        sessions.end_of_key(work, key_id)
        audit.record(work, actor=visitor.owner, action="key.revoke", target=key_id)

    hub.database.run(step)
    return go("/console/settings/keys", said="revoked")


@router.get("/audit")
def show_audit(
    request: Request,
    hub: TheHub,
    _visitor: Administrator,
    action: Annotated[str, Query(max_length=50, pattern=r"^[a-z._]*$")] = "",
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> HTMLResponse:
    """The audit log, newest first."""

    def step(work: Work) -> tuple[Sequence[AuditEntry], dict[str, str]]:
        return audit.page(work, limit=_LINES + 1, before=before, action=action or None), api_keys.names(work)

    lines, names = hub.database.run(step, hurry=True)
    return page(
        request,
        "pages/audit.html",
        lines=lines[:_LINES],
        names=names,
        action=action,
        first=before is None,
        next_before=lines[_LINES - 1].id if len(lines) > _LINES else None,
    )
