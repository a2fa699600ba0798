"""Databases that run steps as a day with bad luck would, and hubs put together with them.

A step may be run again from its start: after a deadlock its first run was rolled back, and after a commit whose reply
was lost it was carried out. `BDH_TEST_STEPS` has every hub of the tests meet one of the two in every transaction.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from typing import Literal, TypeVar

from psycopg.errors import SerializationFailure

from boeing_data_hub.app import Hub
from boeing_data_hub.db.unit_of_work import Database, Work

T = TypeVar("T")
Luck = Literal["good", "aborted", "unacknowledged"]
LUCK: Luck = os.environ.get("BDH_TEST_STEPS", "good")  # type: ignore[assignment]


class AbortedDatabase(Database):
    """Rolls each step back at its end once, as Postgres does with one of two transactions that are in conflict."""

    def run(self, step: Callable[[Work], T], *, patience: float = 1.0, hurry: bool = False) -> T:
        runs = 0

        def unlucky(work: Work) -> T:
            nonlocal runs
            runs += 1
            result = step(work)
            if runs == 1:
                raise SerializationFailure
            return result

        return super().run(unlucky, patience=patience, hurry=hurry)


class UnacknowledgedDatabase(Database):
    """Commits each step and runs it again, as where the connection breaks before the reply to COMMIT."""

    def run(self, step: Callable[[Work], T], *, patience: float = 1.0, hurry: bool = False) -> T:
        super().run(step, patience=patience, hurry=hurry)
        return super().run(step, patience=patience, hurry=hurry)


DATABASES: dict[Luck, type[Database]] = {
    "good": Database,
    "aborted": AbortedDatabase,
    "unacknowledged": UnacknowledgedDatabase,
}


class UnluckyHub(Hub):
    """A hub whose steps meet this luck.

    Args:
        luck: what happens in each transaction.
    """

    luck: Luck = LUCK

    @cached_property
    def database(self) -> Database:
        settings = self.settings
        return DATABASES[self.luck](settings.postgres_url, size=settings.hub_database_pool, name=self.name)
