"""Pictures that the store has received but not yet processed, as rows: which to check, and which to send again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.retry import RetryPolicy

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedPicture:
    """A product whose picture the store could not process.

    Attributes:
        state: `resend`, or `failed` if it is not sent again.
        said: the store's message.
        sent_again: how often it was sent again.
        at: when it was last sent or checked, or is sent again.
        batch_id: the run that sent it.
    """

    sku: str
    product_id: str | None
    title: str
    image_url: str | None
    state: str
    said: str | None
    sent_again: int
    at: datetime | None
    batch_id: UUID | None


def anything_due(work: Work, *, first: float) -> bool:
    """True if a picture of the current store could be checked or sent again now.

    Args:
        work: the transaction.
        first: seconds after sending until the first check.
    """
    return bool(work.value(_SQL["anything_due"], {"first": first}))


def take_due(work: Work, shop: str, *, looks: RetryPolicy, limit: int) -> dict[str, int]:
    """Take the SKUs whose picture is due for a check, with how often each was checked before.

    Args:
        work: the transaction.
        shop: the store.
        looks: the seconds from one check to the next.
        limit: maximum number of SKUs.
    """
    values = {"shop": shop, "first": looks.first, "waits": looks.schedule(), "limit": limit}
    return {row["sku"]: row["media_looks"] for row in work.rows(_SQL["take_due"], values)}


def failed(work: Work, shop: str, told: Mapping[str, str], *, resends: RetryPolicy) -> dict[str, int]:
    """Save that the store could not process these pictures. Each is sent again, up to the limit.

    Args:
        work: the transaction.
        shop: the store.
        told: the store's message by SKU.
        resends: how often a picture is sent again, and after how many seconds each time.

    Returns:
        By SKU, how often it was sent again before; `resends.attempts` if it is not sent again.
    """
    values = {"shop": shop, "most": resends.attempts, "waits": resends.schedule(), "told": _records(told)}
    return {row["sku"]: row["media_sent"] for row in work.rows(_SQL["failed"], values)}


def end(work: Work, shop: str, skus: Sequence[str], state: str | None, *, said: str | None = None) -> None:
    """Stop checking these: the store took too long (`unknown`), rejects them (`failed`), or has no product (None)."""
    work.do(_SQL["end"], [state, said, shop, list(skus)])


@dataclass(frozen=True, slots=True)
class Resend:
    """A picture that is sent again. `attempts`: tries that did not reach the store are not counted."""

    sku: str
    attempts: int = 0


def next_resend(work: Work, shop: str) -> Resend | None:
    """The picture that is due to be sent again, and whose SKU no worker holds."""
    return work.record(Resend, _SQL["next_resend"], [shop])


def learn(work: Work, shop: str, media_ids: Mapping[str, str]) -> None:
    """Save the media ids of these SKUs' pictures."""
    if media_ids:
        work.do(_SQL["learn"], [_records(media_ids), shop])


def sent_again(work: Work, shop: str, sku: str, *, others: Sequence[str]) -> None:
    """Save that the picture was sent again and must be checked. `others`: media ids of pictures that others added."""
    work.do(_SQL["sent_again"], [list(others), shop, sku])


def put_off(work: Work, shop: str, sku: str, *, wait: float) -> None:
    """Retry a picture that could not be sent, in so many seconds."""
    work.do(_SQL["put_off"], [wait, shop, sku])


def tell_items(work: Work, shop: str, told: Mapping[str, str], *, code: str | None) -> None:
    """Set the remark about the picture on the items of the runs that sent it.

    Args:
        work: the transaction.
        shop: the store.
        told: sentence by SKU; an empty one removes the remark.
        code: the reason code; None if the picture is ready.
    """
    work.do(_SQL["tell_items"], {"shop": shop, "code": code, "told": _records(told)})


def count_given_up(work: Work) -> int:
    """How many pictures the store could not process and are not sent again, counted up to 1,000."""
    return work.value(_SQL["count_given_up"])


def listed(work: Work, *, limit: int, after: str = "") -> list[FailedPicture]:
    """Products whose picture the store could not process, in SKU order after `after`."""
    return work.records(FailedPicture, _SQL["listed"], [after, limit])


def _records(told: Mapping[str, str]) -> str:
    return msgspec.json.encode([{"sku": sku, "said": said} for sku, said in sorted(told.items())]).decode()
