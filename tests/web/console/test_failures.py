"""The page Open failures: filters, retry, ignore with a reason, reopen, and files."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def failed(finished, boeing):
    """Two parts that Boeing does not know."""
    for part in ("F-1=K3", "F-2=K3"):
        boeing.set_part(part, unknown=True)
    return finished("F-1=K3", "F-2=K3")


def test_the_page_lists_filters_and_retries(operator, failed, boeing, stages):
    page = operator.read("/console/failures")
    assert "F-1=K3" in page
    assert "not_found (2)" in page
    assert "Open failures" in operator.read("/console")
    assert "No failures match" in operator.read("/console/failures?kind=publish")
    assert "F-2=K3" in operator.read(f"/console/failures?run={failed}&age=day&code=not_found")
    boeing.set_part("F-1=K3", unknown=False, listPrice=10.0, quantity=1)
    started = operator.send("/console/failures/retry", kind="search", part="F-1=K3")
    assert "retries the failed parts" in operator.follow(started)
    assert "Waiting in a run" in operator.read("/console/failures")
    assert "wait in a run already" in operator.follow(
        operator.send("/console/failures/retry", kind="search", part="F-1=K3")
    )
    stages.settle()
    page = operator.get("/console/failures").text
    assert "/console/part/F-1%3DK3" not in page
    assert "/console/part/F-2%3DK3" in page
    assert operator.get("/console/failures/failures.csv").text.count("F-2=K3") == 1
    assert operator.get("/console/failures/failures.xlsx").content[:2] == b"PK"


def test_failures_are_ignored_with_a_reason_and_reopened(operator, failed):
    assert operator.send("/console/failures/ignore", kind="search", code="not_found").status_code == 422
    operator.send("/console/failures/ignore", kind="search", code="not_found", reason="Old list")
    assert "No open failures" in operator.read("/console/failures")
    assert "Old list" in operator.read("/console/failures?state=ignored")
    operator.send("/console/failures/reopen", kind="search", part="F-1=K3")
    assert "F-1=K3" in operator.read("/console/failures")


def test_who_may_only_search_retries_no_publish(operator, viewer, failed):
    assert operator.send("/console/failures/ignore", kind="publish", reason="x").status_code == 403
    assert viewer.send("/console/failures/retry", kind="search").status_code == 403
    assert "Search again" not in viewer.read("/console/failures")
