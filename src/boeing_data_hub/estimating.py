"""From settings, rows and the store to what an estimate is reckoned from. Each may be away; what is assumed is said."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from boeing_data_hub.clock import now
from boeing_data_hub.errors import BadInput, HubError
from boeing_data_hub.model.budget import BUCKET_SECONDS, PLANS, SMALLEST_BUCKET, SMALLEST_RATE
from boeing_data_hub.model.rates import parse_rate_limit
from boeing_data_hub.outside import store_access
from boeing_data_hub.publishing.forecast import Capacity
from boeing_data_hub.publishing.storefront import facts_of
from boeing_data_hub.reporting.estimate import Question, estimate
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.client import NoAccount, ShopifyClient
from boeing_data_hub.store import health, outlook
from boeing_data_hub.store.health import PostgresRefused
from boeing_data_hub.store.outlook import Outlook

_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What is asked in place of what is.

    Attributes:
        at_limit: a Boeing limit, such as `2/m`.
        batch_size: part numbers in a call.
        plan: a plan of the store, one of `PLANS`.
        variants: that the store has.
        known: of the parts, those the store has already.
        offline: ask neither Postgres nor the store.
    """

    at_limit: str | None = None
    batch_size: int | None = None
    plan: str | None = None
    variants: int | None = None
    known: int | None = None
    offline: bool = False


@dataclass(frozen=True, slots=True)
class _Store:
    rate: float
    available: float
    told: bool
    variants: int | None
    is_plus: bool


def reckon(
    settings: Settings,
    parts: int,
    *,
    part_numbers: Sequence[str] = (),
    what_if: WhatIf,
    search: bool = True,
    publish: bool = True,
) -> dict[str, Any]:
    """An estimate, in JSON values.

    Args:
        settings: the environment.
        parts: how many part numbers.
        part_numbers: themselves, where they are known.
        what_if: what to reckon with instead.
        search: estimate the search.
        publish: estimate the publishing.

    Raises:
        BadInput: a limit or a plan that is none.
    """
    assumed: list[str] = []
    rows = None if what_if.offline else _rows(settings, part_numbers, assumed)
    if what_if.offline:
        assumed.append("Nothing was asked (--offline): nobody waits, and no answer is at hand.")
    store = _store(settings, what_if, rows, assumed) if publish else _Store(SMALLEST_RATE, 0.0, False, None, False)
    if publish and part_numbers == () and what_if.known is None:
        assumed.append("All parts are new in the store; `--known N` says otherwise, as a file's part numbers do.")
    if search and not part_numbers:
        assumed.append("No part has an answer fresh enough to be used again; a file's part numbers would tell.")
    known = what_if.known if what_if.known is not None else (rows.known if rows else 0)
    question = Question(
        parts=parts,
        fresh=rows.fresh if rows else 0,
        known=min(known, parts),
        limit=parse_rate_limit(what_if.at_limit or settings.boeing_api_rate_limit),
        batch_size=what_if.batch_size or settings.boeing_batch_size,
        confirm_missing=settings.hub_confirm_missing,
        ahead=rows.ahead if rows else 0,
        first_wait=rows.first_wait if rows else 0.0,
        capacity=Capacity(
            available=store.available,
            restore_rate=store.rate,
            known=store.told,
            lines_per_second=rows.pace if rows else None,
            lanes=settings.hub_bulk_lanes,
            bulk_from=settings.hub_bulk_publish_from,
            bulk_lines=settings.hub_bulk_lines,
            variants=store.variants,
            is_plus=store.is_plus,
        ),
        most_in_search=settings.max_bulk_search_size,
        most_in_publish=settings.max_bulk_publish_size,
        assumed=tuple(assumed),
    )
    return estimate(question, search=search, publish=publish)


def _rows(settings: Settings, part_numbers: Sequence[str], assumed: list[str]) -> Outlook | None:
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    if url:
        with (
            suppress(PostgresRefused, health.NotAnsweredError),
            health.connected(url, seconds=_SECONDS) as connection,
            health.reading(connection) as work,
        ):
            return outlook.look(work, part_numbers, younger_than=settings.hub_reuse_fresh_for)
    assumed.append("Postgres could not be asked: nobody waits, no answer is at hand, and no part is in the store.")
    return None


def _store(settings: Settings, what_if: WhatIf, rows: Outlook | None, assumed: list[str]) -> _Store:
    if what_if.plan is not None:
        rate = PLANS.get(what_if.plan.lower())
        if rate is None:
            raise BadInput(f"There is no plan {what_if.plan!r}. Plans are {', '.join(PLANS)}.", code="bad_plan")
        is_plus = what_if.plan.lower() in {"plus", "enterprise"}
        return _Store(rate, rate * BUCKET_SECONDS, False, what_if.variants, is_plus)
    asked = None if what_if.offline else _ask(settings)
    if asked is not None:
        variants = what_if.variants if what_if.variants is not None else asked.variants
        return _Store(asked.rate, asked.available, True, variants, asked.is_plus)
    if rows is not None and rows.budget is not None and rows.budget.known:
        account = rows.budget
        restored = account.restore_rate * max(0.0, (now() - account.as_of).total_seconds())
        available = max(0.0, min(account.maximum, account.free + account.held + restored))
        assumed.append("The store did not answer; its budget is the one it told last.")
        return _Store(account.restore_rate, available, True, what_if.variants, False)
    assumed.append(
        f"The store did not answer; {SMALLEST_RATE:g} points a second are assumed, as on the smallest plan "
        f"(--plan {', '.join(PLANS)})."
    )
    return _Store(SMALLEST_RATE, SMALLEST_BUCKET, False, what_if.variants, False)


def _ask(settings: Settings) -> _Store | None:
    """What the store says of its bucket and its variants; None where it does not answer. One call of eight points."""
    if not settings.shopify_store_domain.strip() or not settings.shopify_admin_api_token.get_secret_value():
        return None
    account = NoAccount()
    try:
        access = replace(store_access(settings), connect_timeout=_SECONDS, call_deadline=_SECONDS)
        client = ShopifyClient(access, account)
        try:
            facts = facts_of(client.run("shop_facts", {}), address=access.origin)
        finally:
            client.close()
    except HubError:
        return None
    if account.seen is None:
        return None
    return _Store(account.seen.restore_rate, account.seen.available, True, facts.variants, facts.is_plus)
