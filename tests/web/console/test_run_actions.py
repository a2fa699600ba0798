"""What can be done on a run's page: another name, and each cause of failures by itself."""

from __future__ import annotations

import csv
import io

import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def unknown(boeing):
    def make(*parts):
        for part in parts:
            boeing.set_part(part, unknown=True)

    return make


def test_a_run_is_renamed_and_the_audit_log_keeps_the_old_name(operator, admin, finished, api):
    run = finished("N-1=K3", "N-2=K3")
    told = operator.follow(operator.send(f"/console/runs/{run}/rename", name="  Spring   order "))
    assert "Renamed." in told
    assert "Spring order" in operator.read("/console/runs")
    assert "N-1=K3 and 1 more → Spring order" in admin.read("/console/settings/audit")
    answer = api.patch(f"/api/batches/{run}", json={"name": "Summer"}).json()
    assert answer["name"] == "Summer"
    assert "Summer" in operator.read(f"/console/runs/{run}")


def test_a_name_is_never_empty_and_needs_the_scope(operator, viewer, finished, api, make_key):
    run = finished("N-1=K3")
    assert operator.send(f"/console/runs/{run}/rename", name=" \u200b ").status_code == 422
    assert viewer.send(f"/console/runs/{run}/rename", name="x").status_code == 403
    reader = {"Authorization": f"Bearer {make_key('read')}"}
    assert api.patch(f"/api/batches/{run}", json={"name": "x"}, headers=reader).status_code == 403
    assert api.patch("/api/batches/00000000-0000-0000-0000-000000000000", json={"name": "x"}).status_code == 404
    assert "N-1=K3" in operator.read("/console/runs")


def test_the_parts_of_one_cause_are_retried_ignored_or_downloaded(operator, finished, unknown, api):
    unknown("C-1=K3", "C-2=K3")
    run = finished("C-1=K3", "C-2=K3", "C-3=K3")
    page = operator.get(f"/console/runs/{run}").text
    assert "Retry 2 parts" in page
    export = f"/console/failures/failures.csv?kind=search&code=not_found&run={run}"
    assert export.replace("&", "&amp;") in page
    rows = list(csv.reader(io.StringIO(operator.get(export).text.lstrip("\ufeff"))))
    assert {row[0] for row in rows[1:]} == {"C-1=K3", "C-2=K3"}
    given = {"kind": "search", "code": "not_found", "run": run}
    told = operator.follow(operator.send("/console/failures/ignore", reason="obsolete", **given))
    assert "Ignored." in told
    assert api.get("/api/failures").json()["failures"] == []
    operator.send("/console/failures/reopen", kind="search", part="C-1=K3")
    retried = operator.send("/console/failures/retry", **given)
    assert retried.headers["location"].startswith("/console/runs/")
