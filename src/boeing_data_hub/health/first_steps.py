"""The first steps of a new installation, each ticked by what is in the database. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """Which of the first steps are done.

    Attributes:
        boeing: Boeing has answered.
        store: the hub has reached a Shopify store.
        set_up: the store's metafield definitions and webhooks were created; after 30 days, the doctor alone says so.
        searched: a list was searched, and has parts that are known.
        published: a part is in the store, or was.
    """

    boeing: bool
    store: bool
    set_up: bool
    searched: bool
    published: bool

    @property
    def are_done(self) -> bool:
        """True if none is left, so that the list can go."""
        return self.boeing and self.store and self.set_up and self.searched and self.published


def look(work: Work) -> FirstSteps:
    """Which steps are done, by five index look-ups."""
    return work.records(FirstSteps, _SQL["look"])[0]
