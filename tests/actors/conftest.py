"""A stage for two actors: an empty database, an empty store, and a hub for each, made for every meeting."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from tests.support.patience import Deadline
from tests.support.publishing import STORE_MAP, Desk
from tests.support.two_actors import Point, StoppingHub, Stops, Wire, meet, wire_to

from boeing_data_hub.app import Hub
from boeing_data_hub.settings import Settings
from boeing_data_hub.work.batch import Batch
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl
from boeing_data_hub_sandbox.boeing.control_client import environment as boeing_environment
from boeing_data_hub_sandbox.services.postgres import Postgres
from boeing_data_hub_sandbox.services.redis import RedisServer
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl, environment

_BY_THE_CLOCK = (
    "SharedBudget._change.step",
    "Publishing.work()",
    "seconds_to_next",
    "Pacing.reserve.step",
    "PostgresMemory.look()",
    "Parts._carry_out()()",  # a look whether runs were cancelled
)
"""Points that an actor passes as often as its clock says, so that one of them may not come again."""
_EXPIRE = "UPDATE hub.leases SET expires_at = now() - interval '1 second' WHERE starts_with(owner, 'first@')"
_OPEN = (
    "SELECT (SELECT count(*) FROM hub.orphans WHERE state = 'due') AS leftovers,"
    " (SELECT count(*) FROM hub.bulk_runs WHERE state <> 'ended') AS runs,"
    " (SELECT count(*) FROM hub.store_snapshots WHERE state <> 'ended') AS snapshots,"
    " (SELECT count(*) FROM hub.store_jobs WHERE state = 'open') AS jobs,"
    " (SELECT count(*) FROM hub.batch_items i JOIN hub.batches b ON b.id = i.batch_id"
    "  WHERE b.batch_type = 'publish' AND b.status <> 'pending' AND i.state IN ('pending', 'extracted')) AS items"
)
_DOUBTED = (
    "SELECT sku FROM hub.products p WHERE intent IS NOT NULL AND NOT EXISTS (SELECT FROM hub.batch_items i"
    " WHERE p.sku = ANY(i.skus) AND i.state = 'pending')"
)


@dataclass
class Scene:
    """Two hubs on one database and one store.

    Attributes:
        first: the desk of the actor that stops.
        other: the desk of the other one, which also sets the scene and judges.
        boeing: what the test holds of Boeing.
        batches: those that must have ended well in the end.
        notes: whatever a play remembers.
    """

    first: Desk
    other: Desk
    boeing: BoeingSandboxControl
    batches: list[Batch]
    notes: dict[str, Any]

    @property
    def store(self) -> ShopifyControl:
        return self.other.store

    def warm(self) -> None:
        """The first has read what is the same for all parts, as a process has that runs for a while."""
        storefront = self.first.hub.shop.storefront
        storefront.facts()
        storefront.ensure_identity()

    def frozen_for_long(self) -> None:
        """The first has been silent for longer than its leases last."""
        self.other.do(_EXPIRE)
        hub = self.first.hub
        assert isinstance(hub, StoppingHub)
        hub.lose_its_leases()

    def recover(self) -> None:
        """A sweep finds the silent worker, and another worker does what is due."""
        self.frozen_for_long()
        self.other.hub.recovery.sweep()
        self.quiet()

    def quiet(self) -> None:
        """Work until nothing is left that a worker could do."""
        deadline = Deadline(40)
        while True:
            self.other.the_wait_is_over()
            done = self.other.work(2.0)
            self.other.hub.recovery.sweep()
            (left,) = self.other.rows(_OPEN)
            if not done and not any(left.values()):
                return
            if deadline.passed:
                raise AssertionError(self.state())

    def state(self) -> dict[str, Any]:
        """The rows, for the message of a failure."""
        tables = {
            "batches": "SELECT batch_type, status, created_at FROM hub.batches ORDER BY created_at",
            "items": "SELECT part_number, state, outcome, attempts, deaths, error, updated_at FROM hub.batch_items",
            "leases": "SELECT stage, owner, part_numbers FROM hub.leases",
            "products": "SELECT sku, state, price, intent, differences FROM hub.products",
            "leftovers": "SELECT sku, product_id, state, reason, error FROM hub.orphans",
            "bulk": "SELECT state, attempts, note, operation_id FROM hub.bulk_runs",
            "snapshots": "SELECT state, outcome, attempts, note, compared, differing FROM hub.store_snapshots",
            "jobs": "SELECT kind, state, attempts, note, done, told, failed FROM hub.store_jobs",
            "paused": "SELECT line, pause_reason, pause_note FROM hub.pacing WHERE pause_reason IS NOT NULL",
        }
        found = {name: self.other.rows(query) for name, query in tables.items()}
        return {name: [[str(value) for value in row.values()] for row in rows] for name, rows in found.items() if rows}

    def settle(self) -> None:
        """Both are done: what is left is recovered, and what is in doubt is published once more, as people would."""
        self.other.do(_EXPIRE)
        self.other.hub.recovery.sweep()
        self.quiet()
        if doubted := [row["sku"] for row in self.other.rows(_DOUBTED)]:
            self.notes["doubted"] = doubted
            self.other.publish(doubted)
            self.quiet()


@dataclass(frozen=True)
class Play:
    """Who does what.

    Attributes:
        prepare: what is there before.
        first: the actor that is stopped.
        other: what the other one does meanwhile.
        judge: what must be true in the end.
        meanwhile: what must be true before the first goes on: it may be dead.
        may_raise: errors that either of them may answer with.
        settings: of both hubs.
        by_the_clock: the first repeats its work until it is stopped, so only its first round is sure to come again.
    """

    prepare: Callable[[Scene], object]
    first: Callable[[Scene], object]
    other: Callable[[Scene], object]
    judge: Callable[[Scene], object]
    meanwhile: Callable[[Scene], object] = lambda _scene: None
    may_raise: tuple[type[Exception], ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    by_the_clock: bool = False


@pytest.fixture(scope="session")
def store_wire(running_store: ShopifyControl) -> Iterator[Wire]:
    with wire_to(running_store.url) as wire:
        yield wire


@pytest.fixture(scope="session")
def boeing() -> Iterator[BoeingSandboxControl]:
    command = [sys.executable, "-m", "boeing_data_hub_sandbox.boeing", "--port", "0", "--limit", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with BoeingSandboxControl(process.stdout.readline().removeprefix("listening on ").strip()) as control:
            yield control
        process.kill()


@pytest.fixture(scope="session")
def boeing_wire(boeing: BoeingSandboxControl) -> Iterator[Wire]:
    with wire_to(boeing.base_url) as wire:
        yield wire


@pytest.fixture
def stage(
    postgres: Postgres,
    redis: RedisServer,
    running_store: ShopifyControl,
    wires: tuple[Wire, Wire],
    boeing: BoeingSandboxControl,
    tmp_path: Path,
) -> Callable[..., AbstractContextManager[Scene]]:
    """Opens a scene."""

    @contextmanager
    def open_(**settings: object) -> Generator[Scene]:
        running_store.settings(**running_store.opening)
        running_store.clear()
        boeing.reset()
        name = f"test_{uuid4().hex[:12]}"
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template_hub STRATEGY FILE_COPY")
        values: dict[str, object] = {
            "database_url": postgres.url.rpartition("/")[0] + f"/{name}",
            "redis_url": redis.url,
            **_lower(environment(running_store.url)),
            **_lower(boeing_environment(boeing.base_url)),
            "boeing_api_rate_limit": "unlimited",
            "shopify_location_map": json.dumps(STORE_MAP),
            "hub_data_dir": tmp_path,
            "hub_bulk_publish_from": 100_000,
            "hub_publish_retry_seconds": 0.05,
            "hub_publish_calls": 1,
            "hub_lease_seconds": 60,
            "hub_guards": False,
            **settings,
        }
        other = Hub(Settings(_env_file=None, **values), name="other")
        store_wire, boeing_wire = wires
        through = {
            **values,
            **_lower(boeing_environment(boeing_wire.url)),
            "shopify_store_domain": store_wire.url,
        }
        first = StoppingHub(Settings(_env_file=None, **through), name="first")
        scene = Scene(Desk(first, running_store), Desk(other, running_store), boeing, [], {})
        scene.first.staged = scene.other.staged
        try:
            yield scene
        finally:
            first.close()
            other.close()
            with psycopg.connect(postgres.url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return open_


@pytest.fixture(scope="session")
def wires(store_wire: Wire, boeing_wire: Wire) -> tuple[Wire, Wire]:
    """The first actor's ways to the store and to Boeing."""
    return store_wire, boeing_wire


Meetings = Callable[..., list[Point]]


@pytest.fixture
def meetings(stage: Callable[..., AbstractContextManager[Scene]], wires: tuple[Wire, Wire]) -> Meetings:
    """Plays a play once at each point that its first actor passes. Returns these points."""

    def meet_at(play: Play, at: Point | None) -> tuple[bool, list[Point]]:
        with stage(**play.settings) as scene:
            play.prepare(scene)
            hub = scene.first.hub
            assert isinstance(hub, StoppingHub)
            stops = hub.database.stops = wires[0].stops = wires[1].stops = Stops(at)
            try:
                met = meet(
                    stops,
                    partial(play.first, scene),
                    partial(play.other, scene),
                    database=scene.other.hub.database,
                    other_name="other",
                    before_it_goes_on=partial(play.meanwhile, scene),
                )
                if at is None:
                    met.other = _caught(partial(play.other, scene))
                _raise_first((met.other, met.meanwhile, met.first), play.may_raise)
                scene.settle()
                play.judge(scene)
            except Exception as error:
                error.add_note(f"stopped at {at} {scene.notes}\n{scene.state()}")
                raise
            finally:
                wires[0].stops = wires[1].stops = Stops()
                stops.go_on()
            return met.stopped or at is None, stops.passed

    def play_all(play: Play, wanted: Callable[[str], bool] = lambda _name: True) -> list[Point]:
        points = [point for point in meet_at(play, None)[1] if wanted(point[0])]
        missed = [point for point in points if not meet_at(play, point)[0]]
        if play.by_the_clock:
            missed = [point for point in missed if point[1] == 0]
        assert [point for point in missed if not point[0].endswith(_BY_THE_CLOCK)] == [], "points that were not reached"
        assert points, "the first actor passed no point, so nothing was shown"
        return points

    return play_all


def _lower(environment: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in environment.items()}


def _raise_first(results: Iterable[object], allowed: tuple[type[Exception], ...]) -> None:
    """Raise the first of these results that is an error nobody should meet."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, allowed):
            raise result


def _caught(act: Callable[[], object]) -> object:
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - judged by the caller
        return error
