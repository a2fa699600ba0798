"""Boeing refuses everything, or answers with errors: no part fails, few calls are made, and it ends by itself."""

from __future__ import annotations

import pytest

from boeing_data_hub.work import upstreams as line_store

pytestmark = pytest.mark.services

PARTS = tuple(f"REF-{n}=K3" for n in range(50))
REFUSALS = [
    ("reply", {"status": 403, "body": {"message": "Forbidden"}}, "Forbidden"),
    ("reply", {"status": 400, "body": {"message": "Account not enabled for PNA"}}, "Account not enabled for PNA"),
    ("reply", {"status": 422, "body": "Contract 4711 ended"}, "Contract 4711 ended"),
    ("reply", {"body": {"currency": "USD", "lineItems": None, "errors": [{"code": "CALLS_PER_DAY"}]}}, "CALLS_PER_DAY"),
    ("reply", {"body": {"currency": "USD", "lineItems": [], "message": "Pricing is down"}}, "Pricing is down"),
    ("reply", {"body": {"currency": "USD", "fault": {"faultString": "No backend"}}}, "No backend"),
]


@pytest.fixture
def known(boeing):
    for part in PARTS:
        boeing.set_part(part, unknown=False, listPrice=100, netPrice=90, quantity=5)
    return PARTS


def line_of(walk):
    return walk.hub.database.run(lambda work: line_store.look(work, "boeing")[0])


def end_pause(walk):
    walk.hub.database.run(lambda work: work.do("UPDATE hub.pacing SET paused_until = now() WHERE line = 'boeing'"))


@pytest.mark.parametrize("count", [1, 2, 10, 50])
@pytest.mark.parametrize(("kind", "options", "words"), REFUSALS)
def test_a_rejected_account_costs_a_few_calls_and_no_part(walk, boeing, known, wait, kind, options, words, count):
    fault = boeing.fault(kind, **options)
    batch = walk.search(*known[:count])
    wait.until(lambda: walk.extract(0.3) or line_of(walk).pause_reason == "refused", seconds=20)
    line = line_of(walk)
    assert line.pause_reason == "refused"
    assert words in (line.words or "")
    assert boeing.stats()["calls"] <= 8
    items = walk.items(batch)
    assert {item.state for item in items.values()} == {"pending"}
    # Each try is one call with one part.
    before = boeing.stats()["calls"]
    for tries in range(1, 4):
        end_pause(walk)
        wait.until(lambda: walk.extract(0.3) or boeing.stats()["calls"] > before + tries - 1, seconds=20)  # noqa: B023
        assert boeing.stats()["calls"] == before + tries
        assert len(boeing.ledger()[-1]["parts"]) == 1
        assert line_of(walk).pause_reason == "refused"
    boeing.clear_faults(fault)
    end_pause(walk)
    done = walk.to_the_end(batch)
    assert (done.outcome, done.normalized_count) == ("succeeded", count)
    assert line_of(walk).pause_reason is None
    full = [call for call in boeing.ledger() if len(call["parts"]) == 10]
    assert count < 50 or len(full) >= 4, "parts that were not split are asked in full calls again"


@pytest.mark.parametrize("guilty", [(0,), (7,), (9,), (0, 1), (0, 4, 9), tuple(range(5)), tuple(range(10))])
@pytest.mark.parametrize("status", [400, 403])
def test_guilty_parts_fail_and_the_others_succeed(walk, boeing, known, guilty, status):
    parts = [known[n] for n in guilty]
    boeing.fault("reply", parts=parts, status=status, body={"message": "Not for you"})
    batch = walk.to_the_end(walk.search(*known[:20]))
    failed = {part for part, item in walk.items(batch).items() if item.state == "failed"}
    assert failed == set(parts)
    assert all("Not for you" in walk.items(batch)[part].error for part in parts)
    assert batch.normalized_count == 20 - len(parts)


@pytest.mark.parametrize("status", [400, 403])
def test_a_guilty_part_that_is_alone_is_found_with_a_control_question(walk, boeing, known, status):
    boeing.fault("reply", parts=[known[0]], status=status, body={"message": "Not for you"})
    batch = walk.to_the_end(walk.search(known[0]))
    assert walk.items(batch)[known[0]].state == "failed"
    assert boeing.stats()["calls"] <= 4
    assert walk.hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.product_staging")) == 0


@pytest.mark.parametrize(
    "beside",
    [
        {"warnings": ["ANSWER_CUT_SHORT"]},
        {"hasMore": True},
        {"paging": {"next_page": "/x?page=2"}},
        {"Errors": [{"Message": "Backend 3 timed out"}]},
        {"totalCount": 10},
    ],
)
def test_what_is_missing_in_an_answer_that_was_cut_short_is_asked_again(walk, boeing, known, beside):
    boeing.fault("cut_short", keep=1, fields=beside)
    batch = walk.to_the_end(walk.search(*known[:10]))
    assert (batch.outcome, batch.normalized_count) == ("succeeded", 10)


def test_an_answer_that_is_never_whole_is_no_proof_that_a_part_is_unknown(walk, boeing, known):
    boeing.set_part("GONE=K3", unknown=True)
    boeing.fault("beside", fields={"warnings": ["One source did not answer"]})
    batch = walk.to_the_end(walk.search(*known[:3], "GONE=K3"), seconds=60)
    item = walk.items(batch)["GONE=K3"]
    assert item.state == "failed"
    assert item.error_code in {"boeing_incomplete", "boeing_complained"}
    assert "One source did not answer" in item.error
    boeing.clear_faults()
    again = walk.to_the_end(walk.reusing("GONE=K3"))
    assert walk.items(again)["GONE=K3"].error_code == "not_found"
    assert again.reused_count == 0


def test_a_harmless_message_with_a_complete_answer_delays_nothing(walk, boeing, known):
    boeing.fault("beside", fields={"message": "Prices of today", "warnings": ["Read our terms"]})
    batch = walk.to_the_end(walk.search(*known[:10]))
    assert (batch.outcome, boeing.stats()["calls"]) == ("succeeded", 1)
