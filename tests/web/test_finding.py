"""One text finds parts, runs, plans and quotes; what it names exactly is opened at once."""

from __future__ import annotations

import pytest
from tests.web.console.conftest import Person

from boeing_data_hub.web import finding

pytestmark = pytest.mark.services


@pytest.fixture
def find(api):
    def get(text, **more):
        answer = api.get("/api/find", params={"text": text, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


@pytest.fixture
def person(anonymous, make_key):
    someone = Person(anonymous.app)
    assert someone.sign_in(make_key("search", "publish")).status_code == 303
    return someone


def named(found, kind):
    return [hit["name"] for hit in found["hits"] if hit["kind"] == kind]


def test_a_part_is_found_by_its_beginning_whatever_its_dashes_and_case(find, finished):
    finished("AN3-43A=K3", "AN3-44=K3", "MS20470=E1")
    assert named(find("an343"), "part") == ["AN3-43A=K3"]
    assert named(find("AN3-4"), "part") == ["AN3-43A=K3", "AN3-44=K3"]
    [hit] = [one for one in find("an3 43a")["hits"] if one["kind"] == "part"]
    assert (hit["is_exact"], hit["state"], hit["id"]) == (True, "fetched", "AN3-43A=K3")
    assert find("AN3", limit=1)["more"] == ["part"]
    assert find("---")["hits"] == []


def test_a_part_that_only_failed_is_found_by_its_whole_number(find, finished, boeing):
    boeing.set_part("GONE-1=K3", unknown=True)
    finished("GONE-1=K3")
    [hit] = [one for one in find("gone-1=k3")["hits"] if one["kind"] == "part"]
    assert (hit["id"], hit["state"], hit["is_exact"]) == ("GONE-1=K3", "unknown", True)


def test_a_run_is_found_by_a_piece_of_its_name_and_by_the_beginning_of_its_id(find, api):
    body = {"part_numbers": ["X-1", "X-2"], "name": "Spring 2026.csv"}
    run = api.post("/api/bulk-search", json=body).json()["batch_id"]
    for text in ("spring", "2026.CSV", run[:6], run):
        [hit] = find(text)["hits"]
        assert (hit["kind"], hit["id"], hit["name"], hit["about"]) == ("run", run, "Spring 2026.csv", "2 parts"), text
        assert hit["state"] == "running"
    assert find("spring%")["hits"] == []
    assert find("_pring")["hits"] == []


def test_a_quote_is_found_by_the_beginning_of_its_number(find, api):
    body = {"rfq_number": "RFQ-7%_1", "requested_parts": "Q-1", "requested_qty": "2", "buyer_company_name": "Sky"}
    assert api.post("/api/zap/webhook", json=body).status_code == 200
    for text in ("RFQ-7", "rfq-7%_", "RFQ-7%_1"):
        [hit] = [one for one in find(text)["hits"] if one["kind"] == "quote"]
        assert (hit["id"], hit["about"], hit["is_exact"]) == ("RFQ-7%_1", "Sky", text == "RFQ-7%_1")
    assert find("RFQ_7")["hits"] == []


def test_what_is_named_exactly_opens_at_once(person, finished, api):
    run = finished("AN3-43A=K3", "AN3-44=K3")
    opened = [
        ("AN3-43A=K3", "/console/part/AN3-43A%3DK3"),
        ("an3-43a", "/console/part/AN3-43A%3DK3"),
        (run, f"/console/runs/{run}"),
        ("an3-43a=k3 AND 1 more", f"/console/runs/{run}"),
    ]
    for text, address in opened:
        answer = person.get(f"/console/find?q={text.replace('=', '%3D')}")
        assert (answer.status_code, answer.headers.get("location")) == (303, address), text
    told = person.read("/console/find?q=AN3")
    assert "Parts AN3-43A=K3" in told
    assert "AN3-44=K3" in told
    assert "Runs AN3-43A=K3 and 1 more" in told


def test_a_number_with_several_variants_shows_them_all(person, finished, boeing):
    finished("AN5-1=K3", "AN5-1=E9")
    told = person.read("/console/find?q=an5-1")
    assert "AN5-1=E9" in told
    assert "AN5-1=K3" in told


def test_an_empty_or_hopeless_text_says_what_can_be_found(person):
    assert "Type the beginning of a part number" in person.read("/console/find?q=%20")
    told = person.read("/console/find?q=NOWHERE-1")
    assert "Nothing matches “NOWHERE-1”" in told
    assert "Search Boeing for NOWHERE-1" in told


def test_a_part_wins_over_the_runs_that_are_called_after_it(hub, finished):
    for _ in range(2):
        finished("AN9-1=K3", force_refresh=True)
    found = hub.database.run(lambda work: finding.find(work, "AN9-1=K3", limit=10))
    assert len([hit for hit in found.hits if hit.is_exact]) == 3
    assert found.only_exact is not None
    assert found.only_exact.kind == "part"
