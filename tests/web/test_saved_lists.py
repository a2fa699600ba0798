"""Saved lists: read from a file or an address, on a schedule; what changed is shown, and searched as the list says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.support.sftp_server import SftpServer
from tests.support.web_files import FileServer

from boeing_data_hub.batches import saved_lists
from boeing_data_hub.batches.lists.schedule import Schedule
from boeing_data_hub.batches.saved_lists import ListForm
from boeing_data_hub.errors import BadInput
from boeing_data_hub.health import attention

pytestmark = [
    pytest.mark.services,
    # Starlette leaves the file of a form that breaks off to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def supplier():
    server = FileServer()
    yield server
    server.close()


@pytest.fixture
def hub(sandboxed, settings, supplier):
    return sandboxed(**settings, hub_list_allow_http_hosts=supplier.place, hub_list_hosts="files.example.com")


@pytest.fixture
def save(api):
    def create(name="Stock", **fields):
        answer = api.post("/api/lists", json={"name": name, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return create


@pytest.fixture
def by_url(save, supplier):
    def create(**fields):
        return save(address=f"http://{supplier.place}/stock.csv", **fields)

    return create


def upload(api, list_id, content):
    return api.post(f"/api/lists/upload/{list_id}", files={"file": ("stock.csv", content)})


def numbers(api, list_id, which="current"):
    return [one["part_number"] for one in api.get(f"/api/lists/{list_id}/lines?which={which}").json()["lines"]]


def turn(hub):
    return hub.saved_lists.turn(lambda: True)


def make_due(hub):
    hub.database.run(lambda work: work.do("UPDATE hub.part_lists SET due_at = now()"))


def runs(hub):
    return hub.database.run(
        lambda work: [row["part_number"] for row in work.rows("SELECT part_number FROM hub.batch_items")]
    )


def test_a_list_of_a_file_shows_what_each_new_file_adds_and_removes(api, save, hub):
    list_id = save(after_refresh="new")
    first = upload(api, list_id, b"P/N;Site\nAN3-4;Miami\nAN3-5;Dallas\n").json()
    assert (first["changed"], first["list"]["line_count"], first["list"]["version"]) == (True, 2, 1)
    second = upload(api, list_id, b"P/N;Site\nAN3-5;Dallas\nAN3-6;Oslo\n???;x\n").json()
    told = second["list"]
    assert (told["line_count"], told["added_count"], told["removed_count"], told["skipped_count"]) == (2, 1, 1, 1)
    assert numbers(api, list_id) == ["AN3-5", "AN3-6"]
    assert numbers(api, list_id, "added") == ["AN3-6"]
    assert numbers(api, list_id, "removed") == ["AN3-4"]
    assert runs(hub) == ["AN3-4", "AN3-5", "AN3-6"]  # each new part once
    again = upload(api, list_id, b"P/N;Site\nAN3-5;Dallas\nAN3-6;Oslo\n").json()
    assert (again["changed"], again["batch_id"], again["list"]["version"]) == (False, None, 2)


def test_a_part_that_comes_back_is_new_again(api, save):
    list_id = save()
    for content in (b"AN3-4\nAN3-5\n", b"AN3-5\n", b"AN3-4\nAN3-5\n"):
        upload(api, list_id, content)
    assert numbers(api, list_id, "added") == ["AN3-4"]
    assert numbers(api, list_id, "removed") == []


def test_an_unreadable_file_leaves_the_list_as_it_was(api, save):
    list_id = save(mapping={"column": "P/N"})
    upload(api, list_id, b"P/N;Site\nAN3-4;Miami\n")
    for content in (b"Number;Site\nAN3-9;Miami\n", b"P/N;Site\n", b"%PDF-1.4"):
        assert upload(api, list_id, content).status_code == 422
    assert numbers(api, list_id) == ["AN3-4"]


def test_an_address_is_read_when_it_is_due_and_then_on_its_schedule(api, by_url, hub, supplier):
    list_id = by_url(schedule="every 6 h", after_refresh="all")
    assert turn(hub) == 1
    assert turn(hub) == 0
    known = api.get(f"/api/lists/{list_id}").json()
    assert (known["line_count"], known["error"], known["columns"]) == (2, None, ["Site"])
    assert known["due_at"] > known["refreshed_at"]
    assert known["last_batch"]
    assert sorted(runs(hub)) == ["AN3-4", "AN3-5"]
    make_due(hub)
    assert turn(hub) == 1
    assert len(runs(hub)) == 4  # all are searched again
    assert supplier.requests == 2


def test_a_refresh_by_hand_reads_an_address_once(api, by_url, hub, supplier):
    list_id = by_url()
    turn(hub)
    assert turn(hub) == 0
    assert api.post(f"/api/lists/{list_id}/refresh").status_code == 202
    assert turn(hub) == 1
    assert turn(hub) == 0
    assert supplier.requests == 2


def test_a_failed_refresh_keeps_the_list_is_retried_and_people_hear_of_it(api, by_url, hub, supplier):
    list_id = by_url(schedule="daily 04:30")
    turn(hub)
    supplier.status = 503
    make_due(hub)
    turn(hub)
    known = api.get(f"/api/lists/{list_id}").json()
    assert (known["error_code"], known["attempts"], known["line_count"]) == ("list_unavailable", 1, 2)
    [told] = [one for one in hub.database.run(attention.everything).conditions() if one.code == "list_not_refreshed"]
    assert "Stock" in told.message
    supplier.status = 200
    make_due(hub)
    turn(hub)
    assert api.get(f"/api/lists/{list_id}").json()["failing_since"] is None
    assert hub.database.run(saved_lists.failing) == []


def test_a_failure_that_only_a_person_can_end_is_not_retried(api, by_url, hub, supplier):
    list_id = by_url()
    supplier.status = 404
    turn(hub)
    known = api.get(f"/api/lists/{list_id}").json()
    assert (known["error_code"], known["due_at"]) == ("list_not_there", None)


def test_no_private_address_is_read_directly_or_by_a_redirect(api, by_url, hub, supplier):
    for address in (
        "http://files.example.com/x.csv",
        "https://127.0.0.1/x.csv",
        "https://other.example.org/x.csv",
        "https://user:secret@files.example.com/x.csv",
        "file:///etc/passwd",
    ):
        answer = api.post("/api/lists", json={"name": "Bad", "address": address})
        assert answer.status_code == 422, address
        assert answer.json()["code"] == "list_address_forbidden"
        assert "secret" not in answer.text
    list_id = by_url()
    supplier.status, supplier.location = 302, "http://169.254.169.254/latest/meta-data"
    turn(hub)
    assert api.get(f"/api/lists/{list_id}").json()["error_code"] == "list_address_forbidden"
    assert supplier.requests == 1


def test_a_list_is_read_by_sftp_and_its_password_is_nowhere(api, save, sandboxed, settings, tmp_path):
    (tmp_path / "stock.csv").write_bytes(b"P/N\nAN3-4\n")
    server = SftpServer(tmp_path, "s3cret-of-acme")
    try:
        passwords = '{"hub@127.0.0.1": "s3cret-of-acme"}'
        hub = sandboxed(**settings, hub_list_hosts=server.place, hub_list_sftp_passwords=passwords)
        form = ListForm(name="By SFTP", address=f"sftp://hub@{server.place}/stock.csv", host_key=server.host_key)
        known = hub.saved_lists.create(form, actor="somebody")
        assert turn(hub) == 1
        told = api.get(f"/api/lists/{known.id}")
        assert told.json()["line_count"] == 1
        rows = hub.database.run(lambda work: work.value("SELECT string_agg(l::text, ' ') FROM hub.part_lists l"))
        assert "s3cret-of-acme" not in told.text + rows
    finally:
        server.close()


def test_a_worker_that_is_too_slow_saves_nothing(api, by_url, hub, supplier):
    """Its lease has expired, and another worker has read the list since."""
    list_id = by_url()
    slow = hub.saved_lists

    def fetch(_address: str, _host_key: str) -> bytes:
        hub.database.run(lambda work: work.do("UPDATE hub.part_lists SET lease = NULL, leased_until = NULL"))
        return b"OLD-1\n"

    assert type(slow)(hub.database, hub.intake, fetch, slow.check, most=100).turn(lambda: True) == 1
    assert numbers(api, list_id) == []
    assert turn(hub) == 1
    assert numbers(api, list_id) == ["AN3-4", "AN3-5"]


def test_a_lease_of_a_worker_that_died_expires(by_url, hub):
    by_url()
    hub.database.run(
        lambda work: work.do("UPDATE hub.part_lists SET leased_until = now() + interval '1 hour', lease = id")
    )
    assert turn(hub) == 0
    hub.database.run(lambda work: work.do("UPDATE hub.part_lists SET leased_until = now() - interval '1 second'"))
    assert turn(hub) == 1


def test_a_list_can_be_searched_renamed_and_deleted_and_its_failures_have_its_columns(api, save, hub, boeing, stages):
    boeing.set_part("GONE-1", unknown=True)
    list_id = save()
    upload(api, list_id, b"P/N;Site\nGONE-1;Miami\n")
    run = api.post(f"/api/lists/{list_id}/search", json={}).json()["batch_id"]
    stages.settle()
    text = api.get(f"/api/batches/{run}/failures?format=csv&other_columns=true").text
    assert text.splitlines()[1].startswith('"Miami","GONE-1"')
    save("Other")
    assert api.put(f"/api/lists/{list_id}", json={"name": "Other"}).status_code == 409
    assert api.put(f"/api/lists/{list_id}", json={"name": "Renamed"}).json()["name"] == "Renamed"
    assert api.delete(f"/api/lists/{list_id}").status_code == 204
    assert api.get(f"/api/lists/{list_id}").status_code == 404
    assert api.post(f"/api/lists/{list_id}/search", json={}).status_code == 404
    assert hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.part_list_lines")) == 0


def test_a_renamed_list_keeps_its_due_refresh_and_another_mapping_makes_one_due(api, by_url, hub, supplier):
    list_id = by_url()
    address = f"http://{supplier.place}/stock.csv"
    api.put(f"/api/lists/{list_id}", json={"name": "Renamed", "address": address})
    assert turn(hub) == 1
    supplier.body = b"P/N;Other\nAN3-4;X-1\nAN3-5;X-2\n"
    api.put(f"/api/lists/{list_id}", json={"name": "Renamed", "address": address, "mapping": {"column": "Other"}})
    assert turn(hub) == 1
    assert numbers(api, list_id) == ["X-1", "X-2"]


def test_a_list_stays_with_its_kind_of_source(api, save, by_url):
    assert api.put(f"/api/lists/{by_url()}", json={"name": "Stock"}).json()["code"] == "other_source"
    by_file = save("By file")
    assert api.post(f"/api/lists/{by_file}/refresh").json()["code"] == "no_address"
    assert api.post("/api/lists", json={"name": "x", "schedule": "every 6 h"}).json()["code"] == "no_address"
    assert api.post("/api/lists", json={"name": "x", "schedule": "hourly"}).status_code == 422


def test_reading_lists_needs_read_and_changing_them_needs_search(anonymous, make_key, save):
    list_id = save()
    reader = {"Authorization": f"Bearer {make_key('read')}"}
    assert anonymous.get("/api/lists", headers=reader).status_code == 200
    for method, path, body in (
        ("POST", "", {"name": "y"}),
        ("PUT", f"/{list_id}", {"name": "y"}),
        ("DELETE", f"/{list_id}", None),
        ("POST", f"/{list_id}/refresh", None),
        ("POST", f"/{list_id}/search", {}),
    ):
        assert anonymous.request(method, f"/api/lists{path}", json=body, headers=reader).status_code == 403, path
    nobody = {"Authorization": "Bearer none"}
    assert anonymous.get("/api/lists", headers=nobody).status_code == 401


NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("", None),
        ("every 6 h", datetime(2026, 5, 4, 18, tzinfo=UTC)),
        ("daily 04:30", datetime(2026, 5, 5, 4, 30, tzinfo=UTC)),
        ("daily 12:00", datetime(2026, 5, 5, 12, 0, tzinfo=UTC)),
        ("daily 12:01", datetime(2026, 5, 4, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_schedule_says_when_a_list_is_read_next(text: str, following: datetime | None):
    assert Schedule.parse(text).next_after(NOON) == following


@pytest.mark.parametrize(
    "text", ["daily 24:00", "every 0 h", "every 169 h", "daily", "weekly", "every 6h", "DAILY 04:30"]
)
def test_another_schedule_is_refused(text: str):
    with pytest.raises(BadInput):
        Schedule.parse(text)
