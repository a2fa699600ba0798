"""What the pages tell, and what can be done on them."""

from __future__ import annotations

import csv
import io
import re

import pytest
from openpyxl import load_workbook

from boeing_data_hub.batches.lists import part_list
from boeing_data_hub.shopify import current_store

pytestmark = pytest.mark.services


@pytest.fixture
def run(operator, stages, boeing):
    """A finished run of twelve parts: one unknown, one without stock; its page's address."""
    boeing.set_part("P-1", unknown=True)
    boeing.set_part("P-2", quantity=0)
    for number in range(3, 13):
        boeing.set_part(f"P-{number}", unknown=False, quantity=7, listPrice=100.0, netPrice=90.0)
    draft = operator.send("/console/search/paste", parts="\n".join(f"P-{n}" for n in range(1, 13)))
    started = operator.send(f"{draft.headers['location']}/start")
    stages.settle()
    return started.headers["location"].partition("?")[0]


def test_a_finished_run_says_what_it_came_to_and_why_parts_failed(operator, run):
    told = operator.read(run)
    assert "Finished with failures" in told
    assert "11 of 12 parts succeeded, 1 failed" in told
    assert "recognize this part number" in told
    assert "Fix the numbers in the failure file" in told
    assert "Out of stock at Boeing" in told
    assert "Cancel run" not in told


def test_the_parts_of_a_run_are_filtered_by_the_address(operator, run):
    assert "P-1 Failed" in operator.read(f"{run}?state=failed")
    failed = operator.read(f"{run}?code=not_found")
    assert "P-1" in failed
    assert "P-12" not in failed.partition("Parts of this run")[2]
    blocked = operator.read(f"{run}?state=normalized&reason=no_stock").partition("Parts of this run")[2]
    assert "P-2" in blocked
    assert "P-3" not in blocked
    assert "P-12" in operator.read(f"{run}?q=p-12").partition("Parts of this run")[2]
    assert "No parts match" in operator.read(f"{run}?q=zzz")


def test_failures_can_be_downloaded_corrected_and_uploaded_again(operator, run):
    answer = operator.get(f"{run}/failures.csv")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows[0] == ["part_number", "error_code", "error", "what_to_do"]
    assert [row[0] for row in rows[1:]] == ["P-1"]
    assert part_list.from_rows(rows, max_parts=10).part_numbers == ["P-1"]

    answer = operator.get(f"{run}/failures.xlsx")
    assert "attachment" in answer.headers["content-disposition"]
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert [cell.value for cell in sheet[2]][:2] == ["P-1", "not_found"]
    again = operator.send("/console/search/upload", files={"file": ("failures.xlsx", answer.content)})
    assert "Part numbers 1" in operator.follow(again)


def test_retrying_makes_a_new_run_of_the_failed_parts_once(operator, run, stages, boeing):
    boeing.set_part("P-1", unknown=False, quantity=1)
    first, second = operator.send(f"{run}/retry"), operator.send(f"{run}/retry")
    assert first.headers["location"].endswith("?said=retried")
    assert second.headers["location"].endswith("?said=retried-before")
    stages.settle()
    told = operator.follow(first)
    assert "1 part succeeded" in told
    assert "retries the failures of an earlier run" in told
    assert "View retry" in operator.read(run)


def test_cancelling_says_what_stays(operator, hub):
    draft = operator.send("/console/search/paste", parts="Q-1\nQ-2")
    page = operator.send(f"{draft.headers['location']}/start").headers["location"].partition("?")[0]
    assert "Parts already priced are kept" in operator.read(page)
    told = operator.follow(operator.send(f"{page}/cancel"))
    assert "0 of 2 parts were done and are kept, 2 were cancelled" in told
    assert operator.send(f"{page}/retry").status_code == 409


def test_a_run_that_waits_says_what_for(operator, hub):
    draft = operator.send("/console/search/paste", parts="Q-1")
    page = operator.send(f"{draft.headers['location']}/start").headers["location"].partition("?")[0]
    assert "No extraction worker is running" in operator.read(page)
    hub.database.run(
        lambda work: work.do(
            "INSERT INTO hub.workers (id, queues, host, pid, version) VALUES ('w', '{extraction}', 'h', 1, '1');"
            "UPDATE hub.pacing SET paused_until = now() + interval '1 hour', pause_reason = 'credentials',"
            " paused_since = now()"
        )
    )
    told = operator.read(page)
    assert "Waiting" in told
    assert "Boeing has rejected our credentials" in told
    assert "Boeing has rejected our credentials" in operator.read("/console")


def test_runs_are_listed_by_what_they_came_to_page_by_page(operator, signed_in, run, hub):
    told = operator.read("/console/runs")
    assert "P-1 and 11 more" in told
    assert "Finished with failures" in told
    assert "No runs match" in operator.read("/console/runs?outcome=failed")
    assert "P-1 and 11 more" in operator.read("/console/runs?outcome=finished_with_failures&mine=true")
    assert "No runs match" in signed_in("read").read("/console/runs?mine=true")
    hub.database.run(
        lambda work: work.do(
            "INSERT INTO hub.batches (id, batch_type, total_items, owner, request_hash, created_at)"
            " SELECT gen_random_uuid(), 'search', 1, 'key:x', 'x', now() - n * interval '1 day'"
            " FROM generate_series(1, 120) n"
        )
    )
    seen, path = set(), "/console/runs"
    for _ in range(3):
        page = operator.get(path).text
        seen.update(re.findall(r'href="/console/runs/([0-9a-f-]{36})"', page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == 121
    assert path == ""


def test_a_run_that_does_not_exist_is_a_page_that_says_so(operator):
    for path in ("/console/runs/nonsense", "/console/runs/00000000-0000-0000-0000-000000000000", "/console/nowhere"):
        answer = operator.get(path)
        assert answer.status_code == 404
        assert "<h1>Page not found</h1>" in answer.text


def test_parts_are_found_without_their_dashes_and_by_status(operator, run):
    assert "P-2" in operator.read("/console/parts?q=p2")
    assert "1 part matches" in operator.read("/console/parts?status=blocked")
    assert "Search Boeing for zzz" in operator.read("/console/parts?q=zzz")


def test_parts_come_page_by_page_without_gaps(operator, hub):
    hub.database.run(
        lambda work: work.do(
            "INSERT INTO hub.product_staging (sku, search_key, title, status, raw_id, fetched_at)"
            " SELECT 'X-' || n, 'X' || n, 'x', 'fetched', 1, now() FROM generate_series(1, 120) n"
        )
    )
    seen, path = [], "/console/parts?q=x&status=fetched"
    while path:
        page = operator.get(path).text
        seen.extend(re.findall(r'<th scope="row"><a href="/console/part/([^"]+)"', page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 120


def test_searching_all_that_match_again_shows_the_cost_first(operator, run, hub):
    told = operator.follow(operator.send("/console/parts/refresh", q="p", status="blocked"))
    assert "Part numbers 1" in told
    assert hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.batches")) == 1


def test_a_part_tells_its_price_its_stock_and_its_history(operator, run, hub):
    sku = hub.database.run(lambda work: work.value("SELECT sku FROM hub.product_staging WHERE title = 'P-3'"))

    def sell(work):
        current_store.note(work, "here")
        work.do("INSERT INTO hub.sold_pieces VALUES ('here', %s, '2026-01-31', 4321)", [sku])

    hub.database.run(sell)
    told = operator.read(f"/console/part/{sku.replace('=', '%3D')}")
    assert "110.00 USD" in told
    assert "100.00 USD" in told
    assert "Searched as P-3" in told
    assert "Boeing responded." in told
    assert "Ready to publish." in told
    assert "Sold (30 days)" in told
    assert "2026-01-31" in told
    assert "4,321" in told
    answer = operator.get(f"/console/part/{sku.replace('=', '%3D')}/raw.json")
    assert answer.json()[0]["aviallPartNumber"] == sku


def test_a_part_boeing_does_not_know_has_a_page_with_its_history(operator, run):
    told = operator.read("/console/part/P-1")
    assert "Not in catalog" in told
    assert "recognize this part number" in told
    assert operator.get("/console/part/NEVER-SEARCHED").status_code == 404


def test_a_part_is_asked_for_again(operator, run, stages, boeing):
    boeing.set_part("P-3", unknown=False, quantity=7, listPrice=200.0, netPrice=90.0)
    sku = boeing.set_part("P-3", unknown=False, quantity=7, listPrice=200.0, netPrice=90.0)[0]["aviallPartNumber"]
    path = f"/console/part/{sku.replace('=', '%3D')}"
    assert "Refreshing this part" in operator.follow(operator.send(f"{path}/refresh"))
    stages.settle()
    assert "220.00 USD" in operator.read(path)
    page = operator.get(path).text
    assert [kind for kind in ("price", "stock", "margin") if f"/chart/{kind}.svg" in page] == ["price"]
    picture = operator.get(f"{path}/chart/price.svg?theme=dark")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Boeing net" in picture.text
    assert operator.get(f"{path}/chart/other.svg").status_code == 422


def test_the_rules_in_force_are_shown_with_a_price_worked_out(viewer):
    told = viewer.read("/console/settings?list_price=430.01&net_price=1")
    assert "430.01 × 1.10 = 473.01" in told
    assert "Enter a price like 430.01" in viewer.read("/console/settings?net_price=x")
    assert "Enter a price above 0" in viewer.read("/console/settings?list_price=0")


def test_connections_are_tested_when_asked(admin):
    answer = admin.send("/console/settings/test")
    assert answer.status_code == 200
    for name in ("Postgres", "Redis", "Boeing"):
        assert name in answer.text
    assert "No extraction worker is running" in answer.text


def test_a_key_is_shown_once_and_works_until_it_is_revoked(admin, someone, hub):
    made = admin.send("/console/settings/keys", name="nightly import", scope=["search"], days="30")
    key = re.search(r'value="(bdh_[^"]+)"', made.text)[1]
    assert key not in admin.get("/console/settings/keys").text
    person = someone()
    assert person.sign_in(key).status_code == 303
    told = admin.follow(admin.send(f"/console/settings/keys/{key.split('_')[1]}/revoke"))
    assert "Revoked" in told
    assert person.get("/console").status_code == 303
    assert person.sign_in(key).status_code == 401
    assert hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.sessions")) == 1


@pytest.mark.parametrize(
    "fields", [{"name": "", "scope": ["read"]}, {"name": "x"}, {"name": "x", "scope": ["read"], "days": "-1"}]
)
def test_a_key_without_name_or_scope_is_not_created(admin, hub, fields):
    assert admin.send("/console/settings/keys", **fields).status_code == 422
    assert hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.api_keys")) == 1


def test_every_change_is_in_the_audit_log_with_who_when_and_what(admin, run):
    admin.send("/console/settings/keys", name="nightly import", scope=["search"])
    told = admin.read("/console/settings/audit")
    for said in ("Signed in", "Started a search", "Created an API key", "items 12", "scopes search"):
        assert said in told


def test_the_theme_is_remembered_and_comes_with_the_page(viewer):
    assert '<html lang="en" data-theme="auto">' in viewer.get("/console").text
    answer = viewer.send("/console/theme", theme="dark", back="/console/runs?outcome=failed")
    assert answer.headers["location"] == "/console/runs?outcome=failed"
    assert '<html lang="en" data-theme="dark">' in viewer.get("/console").text


def test_the_chores_are_shown_with_their_terms_and_when_they_were_done(viewer, hub):
    assert "not yet" in viewer.read("/console/settings")
    hub.upkeep.chores.whole_round()
    told = viewer.read("/console/settings")
    assert "Older Boeing responses 365 days" in told
    assert "Audit log 1,825 days" in told


def test_a_run_whose_items_were_removed_says_so_and_offers_no_actions_on_them(operator, run, hub):
    assert "Retry failed" in operator.read(run)
    hub.database.run(lambda work: work.do("UPDATE hub.batches SET completed_at = now() - interval '3 years'"))
    hub.upkeep.chores.whole_round()
    told = operator.read(run)
    assert "Part details were deleted on" in told
    assert "failed. Details are no longer stored." in told
    assert "Retry failed" not in told
    assert "(XLSX)" not in told
