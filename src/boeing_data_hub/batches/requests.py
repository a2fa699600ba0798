"""Requests as frozen values, and the fingerprints that identify a repeated request. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from boeing_data_hub.work.batch import RETRY_KEY, UNDO_KEY, Batch, BatchOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A search request.

    Attributes:
        part_numbers: clean, unique, in order.
        owner: the owner of the idempotency key.
        idempotency_key: the caller's name for this request; None: every request is new.
        force_refresh: call Boeing even for parts with a fresh answer.
        retry_of: the batch whose failed items are retried.
        actor: who makes the request, for the audit log, if not the owner.
        source: where the list came from, for people, e.g. a file name.
        quote: id of the quote for which these parts are searched.
        urgent: take the next slots, before other searches.
        columns: headers of the other columns of the list's file, which are kept beside the parts.
        cells: for each part, its cells in these columns.
    """

    part_numbers: Sequence[str]
    owner: str
    actor: str | None = None
    idempotency_key: str | None = None
    force_refresh: bool = False
    retry_of: UUID | None = None
    source: str | None = None
    quote: int | None = None
    urgent: bool = False
    columns: Sequence[str] = ()
    cells: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRequest:
    """A publish request; see `SearchRequest` for the shared attributes.

    Attributes:
        undo_of: the batch to undo; then the part numbers are its SKUs.
        found_by: the search that found these parts. Repeated, it is the same request, even if the parts have changed
            since.
        plan: wait for approval, and then do exactly what the plan shows.
        source: where the list came from, for people.
    """

    part_numbers: Sequence[str]
    owner: str
    actor: str | None = None
    idempotency_key: str | None = None
    retry_of: UUID | None = None
    undo_of: UUID | None = None
    found_by: UUID | None = None
    plan: bool = False
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted request: its batch, and True if this call created it."""

    batch: Batch
    is_new: bool


def publish_fingerprint(request: PublishRequest) -> str:
    """As `search_fingerprint`; never equal to a search's."""
    asked = ["publish", request.plan, str(request.retry_of), str(request.undo_of)]
    if request.found_by is not None:
        return hashlib.sha256(json.dumps([*asked, str(request.found_by)]).encode()).hexdigest()
    digest = hashlib.sha256(json.dumps(asked).encode())
    digest.update("\n".join(request.part_numbers).encode())
    return digest.hexdigest()


def search_fingerprint(request: SearchRequest) -> str:
    """The fingerprint of a search: requests are the same if their cleaned parts, in order, and options are."""
    asked = [request.force_refresh, str(request.retry_of), *(["urgent"] if request.urgent else [])]
    digest = hashlib.sha256(json.dumps(asked).encode())
    digest.update("\n".join(request.part_numbers).encode())
    return digest.hexdigest()


def name_of(part_numbers: Sequence[str]) -> str:
    """The name of a list without one: `AN3-43A=K3 and 2 more`."""
    if not part_numbers:
        return "No parts"
    more = len(part_numbers) - 1
    return f"{part_numbers[0]} and {more:,} more" if more else part_numbers[0]


def search_options(request: SearchRequest) -> BatchOptions:
    """The options stored with a search."""
    return BatchOptions(
        source=request.source or name_of(request.part_numbers),
        force_refresh=request.force_refresh,
        urgent=request.urgent,
        quote=request.quote,
    )


def publish_options(request: PublishRequest, *, bulk_from: int) -> BatchOptions:
    """The options stored with a publish run; `bulk_from`: number of parts from which it uses bulk operations."""
    return BatchOptions(
        source=request.source or name_of(request.part_numbers),
        bulk=len(request.part_numbers) >= bulk_from and not request.plan,
        undo_of=request.undo_of,
        planned=request.plan,
    )


# A follow-up belongs to the owner of the original batch, so that two people who request it at once get the same one.


def search_again(batch: Batch, failed: Sequence[str], *, actor: str) -> SearchRequest:
    """The request that searches the failed parts of a search again."""
    return SearchRequest(
        part_numbers=failed,
        owner=batch.owner,
        actor=actor,
        idempotency_key=f"{RETRY_KEY}{batch.id}",
        force_refresh=True,
        retry_of=batch.id,
        source=batch.options.source,
        urgent=batch.options.urgent,
    )


def publish_again(batch: Batch, failed: Sequence[str], *, actor: str) -> PublishRequest:
    """The request that publishes the failed parts of a publish run again; for an undo, that undoes them again."""
    return PublishRequest(
        part_numbers=failed,
        owner=batch.owner,
        actor=actor,
        idempotency_key=f"{RETRY_KEY}{batch.id}",
        retry_of=batch.id,
        source=batch.options.source,
        undo_of=batch.options.undo_of,
    )


def take_back(batch: Batch, skus: Sequence[str], *, actor: str) -> PublishRequest:
    """The request that undoes a publish run for these SKUs."""
    return PublishRequest(
        part_numbers=skus,
        owner=batch.owner,
        actor=actor,
        idempotency_key=f"{UNDO_KEY}{batch.id}",
        undo_of=batch.id,
        source=batch.options.source,
    )
