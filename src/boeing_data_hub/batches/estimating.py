"""Makes an estimate from settings, database and store. If one is unavailable, the estimate says what it assumes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from boeing_data_hub.batches import estimate_inputs
from boeing_data_hub.batches.estimate import Estimate, Question, estimate
from boeing_data_hub.batches.estimate_inputs import Outlook
from boeing_data_hub.connections import store_access, store_tokens, store_way, tokens_database
from boeing_data_hub.db import probe
from boeing_data_hub.db.probe import PostgresRefused
from boeing_data_hub.errors import BadInput, HubError
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.client import NoAccount, ShopifyClient
from boeing_data_hub.shopify.forecast import Capacity
from boeing_data_hub.shopify.storefront import facts_of
from boeing_data_hub.work.bucket import BUCKET_SECONDS, PLANS, SMALLEST_BUCKET, SMALLEST_RATE
from boeing_data_hub.work.rate_limit import parse_rate_limit

_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Assumptions that replace the real values.

    Attributes:
        at_limit: a Boeing limit, such as `2/m`.
        batch_size: part numbers per call.
        plan: Shopify plan, one of `PLANS`.
        variants: number of variants in the store.
        known: of the parts, those already in the store.
        offline: call neither Postgres nor the store.
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
) -> Estimate:
    """Make an estimate.

    Args:
        settings: the environment.
        parts: how many part numbers.
        part_numbers: if known.
        what_if: assumptions.
        search: estimate the search.
        publish: estimate the publish run.

    Raises:
        BadInput: the limit or plan is invalid.
    """
    assumed: list[str] = []
    rows = None if what_if.offline else _rows(settings, part_numbers, assumed)
    if what_if.offline:
        assumed.append("No network calls (--offline): assumes an empty queue and no recent answers.")
    store = _store(settings, what_if, rows, assumed) if publish else _Store(SMALLEST_RATE, 0.0, False, None, False)
    if publish and part_numbers == () and what_if.known is None:
        assumed.append("All parts are assumed to be new in the store; use `--known N`, or a file of part numbers.")
    if search and not part_numbers:
        assumed.append("No part is assumed to have a recent answer; a file of part numbers would show which do.")
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
    url = settings.postgres_url if settings.database_url else ""
    if url:
        with (
            suppress(PostgresRefused, probe.NotAnsweredError),
            probe.connected(url, seconds=_SECONDS) as connection,
            probe.reading(connection) as work,
        ):
            return estimate_inputs.look(work, part_numbers, younger_than=settings.hub_reuse_fresh_for)
    assumed.append("Postgres is not available: assumes an empty queue, no recent answers, and no part in the store.")
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
        assumed.append("The store did not respond; its last known API budget is used.")
        return _Store(account.restore_rate, account.available, True, what_if.variants, False)
    assumed.append(
        f"The store did not answer; {SMALLEST_RATE:g} points a second are assumed, as on the smallest plan "
        f"(--plan {', '.join(PLANS)})."
    )
    return _Store(SMALLEST_RATE, SMALLEST_BUCKET, False, what_if.variants, False)


def _ask(settings: Settings) -> _Store | None:
    """The store's bucket and number of variants; None if it does not answer. Costs one call of eight points."""
    if not settings.has_store or store_way(settings) not in {"app", "lasting"}:
        return None
    account = NoAccount()
    try:
        access = replace(store_access(settings), connect_timeout=_SECONDS, call_deadline=_SECONDS)
        with tokens_database(settings, seconds=_SECONDS) as database:
            client = ShopifyClient(access, account, store_tokens(settings, access, database))
            try:
                facts = facts_of(client.run("shop_facts", {}), address=access.origin)
            finally:
                client.close()
    except HubError:
        return None
    if account.seen is None:
        return None
    return _Store(account.seen.restore_rate, account.seen.available, True, facts.variants, facts.is_plus)
