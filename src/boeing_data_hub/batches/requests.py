"""What people ask for, as frozen values, and the fingerprints by which a repeated request is recognised. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from boeing_data_hub.work.batch import RETRY_KEY, UNDO_KEY, Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A search to accept.

    Attributes:
        part_numbers: clean, unique, in order.
        owner: whose idempotency keys are meant.
        idempotency_key: the caller's word for this request; None: every request is a new one.
        force_refresh: ask Boeing even where a fresh answer is at hand.
        retry_of: the batch whose failed items these are.
        actor: who asks, for the audit log, where it is not the owner.
        source: where the list came from, for people, e.g. a file's name.
        quote: id of the quote that these parts are searched for.
    """

    part_numbers: Sequence[str]
    owner: str
    actor: str | None = None
    idempotency_key: str | None = None
    force_refresh: bool = False
    retry_of: UUID | None = None
    source: str | None = None
    quote: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRequest:
    """A publishing to accept; see `SearchRequest` for what they share.

    Attributes:
        undo_of: the batch whose changes are to be taken back; then the part numbers are its SKUs.
        found_by: the search that has found these parts. Sent again, it is the same request, whatever has become of
            them since.
        plan: it waits for a person's word, and is then done exactly as its plan shows.
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
    """An accepted request: its batch, and whether this very call made it."""

    batch: Batch
    is_new: bool


def publish_fingerprint(request: PublishRequest) -> str:
    """As `search_fingerprint`; never equal to that of a search."""
    asked = ["publish", request.plan, str(request.retry_of), str(request.undo_of)]
    if request.found_by is not None:
        return hashlib.sha256(json.dumps([*asked, str(request.found_by)]).encode()).hexdigest()
    digest = hashlib.sha256(json.dumps(asked).encode())
    digest.update("\n".join(request.part_numbers).encode())
    return digest.hexdigest()


def search_fingerprint(request: SearchRequest) -> str:
    """Two requests are the same when their cleaned parts, in order, and their options are."""
    digest = hashlib.sha256(json.dumps([request.force_refresh, str(request.retry_of)]).encode())
    digest.update("\n".join(request.part_numbers).encode())
    return digest.hexdigest()


def name_of(part_numbers: Sequence[str]) -> str:
    """What a list without a name is called: `AN3-43A=K3 and 2 more`."""
    if not part_numbers:
        return "No parts"
    more = len(part_numbers) - 1
    return f"{part_numbers[0]} and {more:,} more" if more else part_numbers[0]


def search_options(request: SearchRequest) -> dict[str, Any]:
    """What is kept with the batch of a search."""
    options: dict[str, Any] = {"force_refresh": request.force_refresh}
    options["source"] = request.source or name_of(request.part_numbers)
    if request.quote is not None:
        options["quote"] = request.quote
    return options


def publish_options(request: PublishRequest, *, bulk_from: int) -> dict[str, Any]:
    """What is kept with the batch of a publishing; `bulk_from`: parts from which it goes by bulk operations."""
    options: dict[str, Any] = {"bulk": len(request.part_numbers) >= bulk_from and not request.plan}
    if request.undo_of is not None:
        options["undo_of"] = str(request.undo_of)
    if request.plan:
        options["planned"] = True
    options["source"] = request.source or name_of(request.part_numbers)
    return options


# Follow-ups belong to the owner of the batch they follow, so that two people who ask at once get one.


def search_again(batch: Batch, failed: Sequence[str], *, actor: str) -> SearchRequest:
    """Have Boeing asked afresh for the failed parts of a search."""
    return SearchRequest(
        part_numbers=failed,
        owner=batch.owner,
        actor=actor,
        idempotency_key=f"{RETRY_KEY}{batch.id}",
        force_refresh=True,
        retry_of=batch.id,
        source=batch.options.get("source"),
    )


def publish_again(batch: Batch, failed: Sequence[str], *, actor: str) -> PublishRequest:
    """Publish the failed parts of a publishing again; or take them back again, where it was an undo."""
    undo_of = batch.options.get("undo_of")
    return PublishRequest(
        part_numbers=failed,
        owner=batch.owner,
        actor=actor,
        idempotency_key=f"{RETRY_KEY}{batch.id}",
        retry_of=batch.id,
        source=batch.options.get("source"),
        undo_of=UUID(undo_of) if undo_of else None,
    )


def take_back(batch: Batch, skus: Sequence[str], *, actor: str) -> PublishRequest:
    """Undo what a publishing did to these SKUs."""
    return PublishRequest(
        part_numbers=skus,
        owner=batch.owner,
        actor=actor,
        idempotency_key=f"{UNDO_KEY}{batch.id}",
        undo_of=batch.id,
        source=batch.options.get("source"),
    )
