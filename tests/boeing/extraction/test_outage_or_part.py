"""Whatever the shape of an outage, it costs few calls and no part; and a part that Boeing fails on is still found."""

from __future__ import annotations

import pytest
from tests.support.patience import Deadline

from boeing_data_hub.work import upstreams as line_store

pytestmark = pytest.mark.services

PARTS = tuple(f"OUT-{n}=K3" for n in range(30))
NO_ROUTE = {"status": 404, "body": {"message": "no Route matched with those values"}}
OUTAGES = [
    ("reply", NO_ROUTE),
    ("reply", {"status": 404, "body": "404 page not found", "content_type": "text/plain"}),
    ("reply", {"status": 404, "body": "<h1>Not Found</h1>", "content_type": "text/html"}),
    ("not_found", {}),
    ("server_error", {"status": 500}),
    ("server_error", {"status": 502}),
    ("closed", {}),
    ("truncated", {}),
    ("html", {}),
    ("reply", {"body": {"currency": "USD", "lineItems": [], "detail": "The backend did not answer"}}),
    ("reply", {"body": {"currency": "USD", "lineItems": None, "title": "Service unavailable"}}),
]


@pytest.fixture
def known(boeing):
    for part in PARTS:
        boeing.set_part(part, unknown=False, listPrice=100, netPrice=90, quantity=5)
    return PARTS


def line_of(walk):
    return walk.hub.database.run(lambda work: line_store.look(work, "boeing")[0])


def let_time_pass(walk):
    """Every pause of the line, and every wait of a part, is over."""

    def step(work):
        work.do("UPDATE hub.pacing SET paused_until = now() WHERE line = 'boeing'")
        work.do("UPDATE hub.batch_items SET not_before = now() WHERE not_before > now()")

    walk.hub.database.run(step)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("kind", "options"), OUTAGES)
def test_an_outage_fails_no_part_however_few_there_are_and_however_long_it_lasts(
    walk, boeing, known, kind, options, count
):
    fault = boeing.fault(kind, call="price", **options)
    batch = walk.search(*known[:count])
    deadline = Deadline(10)
    for _ in range(12):
        let_time_pass(walk)
        walk.extract(0.1)
    while line_of(walk).pause_reason is None and not deadline.passed:  # a slow machine makes fewer calls in 0.1 s
        let_time_pass(walk)
        walk.extract(0.1)
    assert {item.state for item in walk.items(batch).values()} == {"pending"}
    assert line_of(walk).pause_reason is not None
    boeing.clear_faults(fault)
    let_time_pass(walk)
    done = walk.to_the_end(batch)
    assert (done.outcome, done.normalized_count) == ("succeeded", count)
    assert line_of(walk).pause_reason is None


@pytest.mark.parametrize(
    ("kind", "options"),
    [("server_error", {"status": 500}), ("server_error", {"status": 502}), ("closed", {}), ("truncated", {})],
)
@pytest.mark.parametrize("count", [1, 3, 20])
def test_a_part_that_boeing_fails_on_is_found_though_nothing_else_is_asked(walk, boeing, known, kind, options, count):
    boeing.fault(kind, call="price", parts=[known[0]], **options)
    batch = walk.to_the_end(walk.search(*known[:count]))
    states = {part: item.state for part, item in walk.items(batch).items()}
    assert states == {part: "failed" if part == known[0] else "normalized" for part in known[:count]}
    assert boeing.stats()["calls"] <= 30


@pytest.mark.parametrize("options", [NO_ROUTE, {"status": 404, "body": {"message": "Part not found"}}])
@pytest.mark.parametrize("count", [1, 10])
def test_a_404_for_parts_that_boeing_does_not_know_is_proven_by_a_part_that_it_knows(
    walk, boeing, known, options, count
):
    walk.to_the_end(walk.search(known[20]))
    boeing.fault("reply", call="price", parts=list(known[:count]), **options)
    before = boeing.stats()["calls"]
    batch = walk.to_the_end(walk.search(*known[:count]))
    assert {item.error_code for item in walk.items(batch).values()} == {"not_found"}
    assert boeing.stats()["calls"] - before <= 3


@pytest.mark.parametrize("kind", [("reply", NO_ROUTE), ("reply", {"status": 403, "body": "<h1>Blocked</h1>"})])
def test_what_begins_in_the_middle_of_a_batch_and_ends_later_leaves_no_trace(walk, boeing, known, wait, kind):
    fault = boeing.fault(kind[0], call="price", after_calls=1, **kind[1])
    batch = walk.search(*known)
    wait.until(lambda: walk.extract(0.3) or line_of(walk).pause_reason == "refused", seconds=20)
    boeing.clear_faults(fault)
    let_time_pass(walk)
    done = walk.to_the_end(batch)
    assert {item.error for item in walk.items(batch).values()} == {None}
    assert (done.outcome, done.normalized_count) == ("succeeded", len(known))
