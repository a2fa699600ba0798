"""The current store: the one that the hub publishes to. Rows of earlier stores are kept, but not shown."""

from __future__ import annotations

from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


def read(work: Work) -> str | None:
    """The id of the current store; None if none was ever connected."""
    return work.value(_SQL["read"])


def note(work: Work, shop: str) -> bool:
    """Make this store the current one. False if it already was."""
    return bool(work.do(_SQL["note"], [shop]))
