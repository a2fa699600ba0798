"""/console/settings: connections and whether they work, the rules in force, who holds keys, who changed what."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.clock import now
from boeing_data_hub.errors import BadInput, NotFound
from boeing_data_hub.hub import Hub
from boeing_data_hub.normalization import pricing
from boeing_data_hub.store import audit, keys, sessions, workers
from boeing_data_hub.store.keys import ApiKey
from boeing_data_hub.store.work import Work
from boeing_data_hub.web import store_setup
from boeing_data_hub.web.access import SCOPES, TheHub
from boeing_data_hub.web.console.figures import limit
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Administrator, Viewer, Visitor
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/settings")

_LINES = 100
_MOST_PRICE = Decimal(10_000_000)


def _price(text: str) -> Decimal | None:
    """A price typed into the worked example; None where the field is empty. Raises BadInput."""
    if not text.strip():
        return None
    try:
        value = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        raise BadInput("That is no price. Write it like 430.01.") from None
    if not value.is_finite() or not 0 < value < _MOST_PRICE:
        raise BadInput("A price is above 0 and below 10,000,000.")
    return value


def _example(hub: Hub, list_price: str, net_price: str) -> dict[str, Any]:
    rules = hub.normalization_rules
    wrong = None
    listed, net = Decimal("430.01"), Decimal("387.00")
    try:
        if list_price.strip() or net_price.strip():
            listed, net = _price(list_price), _price(net_price)
    except BadInput as error:
        wrong = error.message
    return {
        "wrong": wrong,
        "list_price": list_price or str(listed or ""),
        "net_price": net_price or str(net or ""),
        "prices": pricing.price(listed, net, rules),
    }


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
        locations=hub.locations,
        limit=limit(hub.boeing_limit),
        spacing=hub.boeing_limit.spacing if hub.boeing_limit else None,
        batch_size=hub.intake.rules.batch_size,
        reuse_for=hub.intake.rules.reuse_fresh_for,
        example=_example(hub, list_price, net_price),
        policy=hub.shop.listing_policy,
        store=_store_facts(hub),
        chores=hub.household.chores.status(),
    )


def _store_facts(hub: Hub) -> dict[str, Any]:
    """What is set of the store; its token never."""
    s = hub.settings
    return {
        "domain": s.shopify_store_domain.strip(),
        "version": s.shopify_api_version,
        "max_publish": s.max_bulk_publish_size,
        "bulk_from": s.hub_bulk_publish_from,
        "bulk_lines": s.hub_bulk_lines,
        "bulk_lanes": s.hub_bulk_lanes,
    }


@router.post("/metafields", response_model=None)
def set_up_metafields(hub: TheHub, visitor: Administrator) -> Response:
    """Make the metafield definitions the store lacks. Safe to repeat."""
    _ = hub.shop.access
    store_setup.set_up(hub, actor=visitor.owner)
    return go("/console/settings", said="set-up")


@router.post("/test")
def try_connections(request: Request, hub: TheHub, _visitor: Administrator) -> HTMLResponse:
    """Try every connection now. It changes nothing, and asks Boeing for a token only, never for a part."""
    return _settings(request, hub, "", "", findings=hub.examine())


@router.get("/keys")
def show_keys(request: Request, hub: TheHub, visitor: Administrator) -> HTMLResponse:
    """Every key, without the keys themselves."""
    return _keys(request, hub, visitor)


def _keys(request: Request, hub: Hub, visitor: Visitor, *, http_status: int = 200, **told: Any) -> HTMLResponse:
    found = hub.database.run(keys.all_keys, hurry=True)
    rows = [(key, _state(key)) for key in found]
    rows.sort(key=lambda row: row[1] != "live")
    context: dict[str, Any] = {"made": None, "secret": None, "wrong": None, "name": "", **told}
    mine = visitor.owner.removeprefix("key:")
    return page(request, "pages/keys.html", http_status=http_status, rows=rows, scopes=SCOPES, mine=mine, **context)


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
    """Make a key and show it: on this answer, and never again."""
    scopes = sorted({one for one in scope or [] if one in SCOPES})
    lasts = int(days) if days.strip().isdigit() and 0 < int(days) <= 36_500 else None  # noqa: PLR2004 - a century
    wrong = None
    if not name.strip():
        wrong = "Give the key a name, so that people know what it is for."
    elif not scopes:
        wrong = "Choose at least one scope."
    elif days.strip() and lasts is None:
        wrong = "Days is a whole number from 1 to 36,500, or empty for a key that does not expire."
    if wrong:
        return _keys(request, hub, visitor, http_status=422, wrong=wrong, name=name)

    def step(work: Work) -> tuple[ApiKey, str]:
        made = keys.create(work, name=name.strip(), scopes=scopes, days=lasts)
        audit.record(work, actor=visitor.owner, action="key.create", target=made[0].id, details={"scopes": scopes})
        return made

    record, secret = hub.database.run(step)
    return _keys(request, hub, visitor, made=record, secret=secret)


@router.post("/keys/{key_id}/revoke", response_model=None)
def revoke_key(key_id: str, hub: TheHub, visitor: Administrator) -> Response:
    """Revoke a key, and sign out everyone who came in with it."""

    def step(work: Work) -> None:
        record = keys.revoke(work, key_id)
        if record is None:
            raise NotFound("There is no such key.", code="key_not_found")
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
    before: Annotated[int | None, Query(ge=1)] = None,
) -> HTMLResponse:
    """Who changed what, newest first."""

    def step(work: Work) -> tuple[list[dict[str, Any]], dict[str, str]]:
        return audit.page(work, limit=_LINES + 1, before=before, action=action or None), keys.names(work)

    lines, names = hub.database.run(step, hurry=True)
    return page(
        request,
        "pages/audit.html",
        lines=lines[:_LINES],
        names=names,
        action=action,
        first=before is None,
        next_before=lines[_LINES - 1]["id"] if len(lines) > _LINES else None,
    )
