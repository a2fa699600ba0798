"""Publishing by hand in the console: plan, approve, look, undo; who may; and every text in it is only text."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from threading import Event
from urllib.parse import quote

import pytest
from tests.support.patience import rounds
from tests.support.publishing import Part

from boeing_data_hub.batches.requests import PublishRequest
from boeing_data_hub.catalogue import overrides
from boeing_data_hub.work.time_slice import TimeSlice
from boeing_data_hub_sandbox.shopify.control_client import environment

pytestmark = [
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def settings(store):
    given = {name.lower(): value for name, value in environment(store.url).items()}
    return {
        **given,
        "max_bulk_publish_size": 20,
        "hub_bulk_publish_from": 12,
        "shopify_unmapped_locations": "sell_from_default",
        "hub_image_timeout": 1,
        "hub_image_allow_hosts": [],
    }


@pytest.fixture
def publisher(signed_in):
    return signed_in("search", "publish")


@pytest.fixture
def staged(operator, stages, boeing, hub):
    """Parts that were searched for; their SKUs in the order of the list."""

    def search(*parts, **facts):
        for part in parts:
            boeing.set_part(part, unknown=False, **{"quantity": 5, "listPrice": 10.0, **facts})
        draft = operator.send("/console/search/paste", parts="\n".join(parts))
        run = operator.send(f"{draft.headers['location']}/start").headers["location"].partition("?")[0]
        stages.settle()
        found = hub.database.run(
            lambda work: work.rows(
                "SELECT skus FROM hub.batch_items WHERE batch_id = %s ORDER BY position", [run[-36:]]
            )
        )
        return run, [sku for row in found for sku in row["skus"] or ()]

    return search


@pytest.fixture
def work_off(hub, wait):
    """Lets the publishing stage work until no batch is open."""

    def settled():
        hub.shop.publishing.work(TimeSlice(Event(), 5))
        return not hub.database.run(
            lambda work: work.value(
                "SELECT count(*) FROM hub.batches WHERE completed_at IS NULL AND status <> 'pending'"
                " AND batch_type = 'publish'"
            )
        )

    return lambda: wait.until(settled, what="the end of the publishing")


def plan_of(person, path="/console/publish/paste", **fields):
    answer = person.send(path, **fields)
    assert answer.status_code == 303, answer.text[:1000]
    assert answer.headers["location"].startswith("/console/plans/"), answer.headers["location"]
    return answer.headers["location"].partition("?")[0]


def approve(person, plan):
    count = re.search(r'name="sending" value="(\d+)"', person.get(plan).text)[1]
    return person.send(f"{plan}/approve", sending=count, sure="yes")


def part_page(sku):
    return f"/console/part/{quote(sku, safe='')}"


def audited(hub):
    return [row["action"] for row in hub.database.run(lambda work: work.rows("SELECT action FROM hub.audit_log"))]


def test_from_a_search_to_the_store_and_back(publisher, staged, store, work_off, hub):
    run, skus = staged("PUB-1", "PUB-2", "PUB-3")
    assert "Publish 3 parts…" in publisher.read(run)
    plan = plan_of(publisher, f"/console/publish/run/{run[-36:]}")
    page = publisher.read(plan)
    assert f"create {len(skus)} products" in page
    assert "Shopify API points" in page
    assert store.products() == []

    answer = approve(publisher, plan)
    made = answer.headers["location"].partition("?")[0]
    work_off()
    assert {row["sku"] for row in store.products()} == set(skus)
    page = publisher.read(made)
    assert f"{len(skus)} published" in page
    assert "Created" in page
    assert f"Archive {len(skus)} products that this run created" in page
    assert "It is in your store." in publisher.get(part_page(skus[0])).text
    assert "New product in your store." in publisher.read(part_page(skus[0]))
    picture = re.search(r'href="(/media/[^"]+)"', publisher.get(part_page(skus[0])).text)[1]
    assert publisher.get(picture).status_code == 200
    assert skus[0] in publisher.read("/console/parts?store=live")
    assert "No parts match" in publisher.read("/console/parts?store=absent")

    undone = publisher.send(f"{made}/undo").headers["location"].partition("?")[0]
    work_off()
    assert {row["status"] for row in store.products()} == {"ARCHIVED"}
    assert "Undone" in publisher.read(undone)
    assert "View undo" in publisher.read(made)
    assert "Archived" in publisher.read(part_page(skus[0]))
    assert skus[0] in publisher.read("/console/parts?store=absent")
    assert {"batch.plan", "plan.approve", "batch.publish"} <= set(audited(hub))


def test_an_approval_is_bound_to_what_was_shown(publisher, staged, store, work_off):
    _, skus = staged("BOUND-1", "BOUND-2")
    plan = plan_of(publisher, parts=",".join(skus))
    assert publisher.send(f"{plan}/approve", sending="1", sure="yes").status_code == 422
    assert publisher.send(f"{plan}/approve", sending="2").status_code == 422
    publisher.send(f"{part_page(skus[0])}/edit", price_override="99.50")
    answer = approve(publisher, plan)
    assert answer.status_code == 409
    assert "1 part changed after this plan was created" in answer.text
    assert "Create new plan" in answer.text
    assert store.products() == []

    new = plan_of(publisher, f"{plan}/again")
    assert new == plan_of(publisher, f"{plan}/again")
    assert "This plan was discarded" in publisher.read(plan)
    assert publisher.send(f"{plan}/approve", sending="2", sure="yes").status_code == 409
    approve(publisher, new)
    work_off()
    assert store.product(skus[0])["price"] == "99.50"


def test_what_differs_is_shown_field_by_field_without_asking_the_store(publisher, staged, store, work_off, hub):
    _, skus = staged("DIFF-1", "DIFF-2")
    approve(publisher, plan_of(publisher, parts=",".join(skus)))
    work_off()
    calls = store.stats()
    publisher.send(f"{part_page(skus[0])}/edit", price_override="1,234.50", notes="call first")
    page = publisher.read(part_page(skus[0]))
    assert re.search(r"Price was [\d.,]+ → now 1,234.50", page)
    found = publisher.read("/console/parts?store=differs")
    assert skus[0] in found
    assert skus[1] not in found
    assert store.stats()["requests"] == calls["requests"]
    assert "Edited 1 time" in page
    plan = plan_of(publisher, "/console/parts/publish", store="differs")
    assert "update 1 product" in publisher.read(plan)
    assert "now 1,234.50" in publisher.read(f"{plan}?action=update")
    publisher.send(f"{plan}/discard")
    assert "This plan was discarded. Nothing was sent." in publisher.read(plan)


def test_a_wrong_value_by_hand_changes_nothing(publisher, staged, hub):
    _, skus = staged("HAND-1")
    for wrong in (
        {"price_override": "free"},
        {"price_override": "-1"},
        {"expiration_date": "soon"},
        {"condition": "NEWISH"},
    ):
        answer = publisher.send(f"{part_page(skus[0])}/edit", **wrong)
        assert answer.status_code == 422
        assert "Nothing was saved" in answer.text
    assert hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.hand_data")) == 0


def test_a_save_changes_the_fields_a_person_edited_and_no_others(publisher, staged, hub):
    """The form of the second person was filled before the first one saved a price."""
    _, skus = staged("TWO-1")
    page = publisher.get(part_page(skus[0])).text
    shown = html.unescape(re.search(r"name=\"shown\" value='([^']*)'", page)[1])
    publisher.send(f"{part_page(skus[0])}/edit", price_override="9.99", shown=shown)
    publisher.send(f"{part_page(skus[0])}/edit", notes="call first", shown=shown)
    kept = hub.database.run(lambda work: overrides.get(work, skus[0]))
    assert (kept.price_override, kept.notes) == (Decimal("9.99"), "call first")
    page = publisher.get(part_page(skus[0])).text
    shown = html.unescape(re.search(r"name=\"shown\" value='([^']*)'", page)[1])
    answer = publisher.send(f"{part_page(skus[0])}/edit", price_override="9.99", notes="call first", shown=shown)
    assert answer.headers["location"].endswith("said=not-edited")
    publisher.send(f"{part_page(skus[0])}/edit", price_override="", notes="call first", shown=shown)
    kept = hub.database.run(lambda work: overrides.get(work, skus[0]))
    assert (kept.price_override, kept.notes) == (None, "call first")
    assert publisher.send(f"{part_page(skus[0])}/edit", shown="{").status_code == 422


def test_more_than_a_page_of_parts_is_excluded_only_after_their_number_was_typed(publisher, hub, desk):
    desk.stage(*(Part(f"MANY-{n:03}=K3", "10.00", {"Dallas Central": 1}, {}) for n in range(60)))
    asked = publisher.send("/console/parts/exclude", which="all", q="MANY").text
    assert "Exclude 60 parts?" in asked
    assert "MANY-000=K3" in asked
    wrong = publisher.send("/console/parts/exclude", which="all", q="MANY", typed="59")
    assert wrong.status_code == 422
    assert "Nothing was changed" in wrong.text
    assert "Excluded" not in publisher.read("/console/part/MANY-000%3DK3")
    assert publisher.send("/console/parts/exclude", which="all", q="MANY", typed="60").status_code == 303
    assert "Excluded" in publisher.read("/console/part/MANY-059%3DK3")
    assert "No filter is set" in publisher.send("/console/parts/include", which="all").text


def test_parts_are_excluded_and_included_in_bulk_and_each_says_so(publisher, staged, hub):
    _, skus = staged("EXCL-1", "EXCL-2", "OTHER-1")
    publisher.send("/console/parts/exclude", q="EXCL")
    excluded = publisher.read("/console/parts?q=EXCL").count("Ready Excluded")
    assert excluded == sum(sku.startswith("EXCL") for sku in skus)
    assert "Edited overrides" in publisher.read(part_page(skus[0]))
    plan = plan_of(publisher, parts=",".join(skus))
    assert "This part is excluded" in publisher.read(plan)
    publisher.send("/console/parts/include", which="selected", sku=[skus[0]])
    assert publisher.read("/console/parts?q=EXCL").count("Ready Excluded") == excluded - 1
    assert {"parts.exclude", "parts.include", "part.edit"} <= set(audited(hub))


def test_no_plan_holds_more_than_is_allowed_and_it_says_so(publisher, staged):
    staged(*(f"MANY-{number}" for number in range(25)))
    answer = publisher.send("/console/parts/publish", q="MANY")
    assert answer.headers["location"].endswith("said=planned-capped")
    page = publisher.read(answer.headers["location"])
    assert "MAX_BULK_PUBLISH_SIZE" in page
    assert "20 part numbers" in page


def test_many_conflicts_are_shown_and_decided_once_their_number_was_typed(publisher, viewer, staged, store, work_off):
    _, skus = staged("MANY-1", "MANY-2", "MANY-3")
    for sku in skus:
        store.seed_product(sku=sku, title="Somebody's", price="1.00", vendor="Old <system>")
    approve(publisher, plan_of(publisher, parts=",".join(skus)))
    work_off()
    assert "Decide in bulk" in publisher.read("/console/attention")
    assert "Decide in bulk" not in viewer.read("/console/attention")
    asked = {"decision": "leave", "kind": "sku_taken", "vendor": "old <SYSTEM>"}
    shown = publisher.send("/console/attention/conflicts", **asked)
    assert shown.status_code == 200
    assert f"{len(skus)} open conflicts match" in shown.text
    assert "old &lt;SYSTEM&gt;" in shown.text
    assert publisher.send("/console/attention/conflicts", typed=str(len(skus) - 1), **asked).status_code == 409
    started = publisher.send("/console/attention/conflicts", typed=str(len(skus)), **asked)
    assert "in the background" in publisher.follow(started)
    work_off()
    assert "all caught up" in publisher.read("/console/attention")


def test_a_conflict_is_decided_once(publisher, viewer, staged, store, work_off, hub):
    _, skus = staged("CONF-1", "CONF-2")
    for sku in skus[:2]:
        store.seed_product(sku=sku, title="Somebody's", price="1.00")
    approve(publisher, plan_of(publisher, parts=",".join(skus[:2])))
    work_off()
    assert "2 waiting" in publisher.read("/console/attention")
    assert "Link to this product" in publisher.read("/console/attention")
    assert "Link to this product" not in viewer.read("/console/attention")
    adopted = publisher.send("/console/attention/conflict", sku=skus[0], decision="adopt")
    assert "Product linked" in publisher.follow(adopted)
    left = publisher.send("/console/attention/conflict", sku=skus[1], decision="leave")
    assert "the other product stays" in publisher.follow(left)
    assert "all caught up" in publisher.read("/console/attention")
    assert publisher.send("/console/attention/conflict", sku=skus[0], decision="leave").status_code == 404
    decided = publisher.read("/console/attention?state=decided")
    assert "Linked" in decided
    assert "Not published" in decided
    assert {"conflict.adopt", "conflict.leave"} <= set(audited(hub))
    approve(publisher, plan_of(publisher, parts=skus[0]))
    work_off()
    assert store.product(skus[0])["title"] != "Somebody's"


def test_what_was_left_alone_is_not_asked_again_and_can_still_be_taken_over(publisher, staged, store, work_off, hub):
    _, skus = staged("LEFT-1")
    store.seed_product(sku=skus[0], title="Somebody's", price="1.00")

    def publish():
        approve(publisher, plan_of(publisher, parts=skus[0]))
        work_off()

    publish()
    publisher.send("/console/attention/conflict", sku=skus[0], decision="leave")
    batch = hub.intake.publish(PublishRequest(part_numbers=skus[:1], owner="test")).batch.id
    work_off()
    row = hub.database.run(
        lambda work: work.row("SELECT outcome, error FROM hub.batch_items WHERE batch_id = %s", [batch])
    )
    assert row["outcome"] == "conflict"
    assert "all caught up" not in publisher.read("/console/attention?state=decided")
    assert "No open conflicts" in publisher.read("/console/attention")
    assert "Link to this product" in publisher.read("/console/attention?state=decided")
    adopted = publisher.send("/console/attention/conflict", sku=skus[0], decision="adopt")
    assert "Product linked" in publisher.follow(adopted)
    publish()
    assert store.product(skus[0])["title"] != "Somebody's"


def test_a_leftover_product_may_be_tried_again_or_stay(publisher, hub, harmless):
    hub.database.run(
        lambda work: work.do(
            "WITH c AS (INSERT INTO hub.current_store AS s (shop) VALUES ('shop') ON CONFLICT (only_row) DO UPDATE"
            "   SET shop = s.shop RETURNING shop)"
            " INSERT INTO hub.orphans (shop, sku, product_id, reason, error, not_before) SELECT c.shop, 'ORPHAN-' || n,"
            " 'gid://shopify/Product/7', 'It came in all the same.', '<script>', now() + interval '1 hour'"
            " FROM c, generate_series(1, 2) n"
        )
    )
    page = publisher.get("/console/attention")
    harmless(page.text)
    first, second = re.findall(r'name="orphan" value="(\d+)"><input type="hidden" name="what" value="retry"', page.text)
    assert publisher.send("/console/attention/orphan", orphan=first, what="keep").status_code == 303
    assert publisher.send("/console/attention/orphan", orphan=second, what="retry").status_code == 303
    assert publisher.send("/console/attention/orphan", orphan=first, what="retry").status_code == 404
    assert {"orphan.keep", "orphan.retry"} <= set(audited(hub))


def test_who_may_only_search_publishes_nothing(publisher, operator, viewer, staged, work_off, hub):
    run, skus = staged("ROLE-1")
    plan = plan_of(publisher, parts=skus[0])
    for person in (operator, viewer):
        assert "Publish parts" not in person.read("/console")
        assert "Publish 3 parts…" not in person.read(run)
        assert "Someone with permission to publish must approve" in person.read(plan)
        assert '/edit"' not in person.get(part_page(skus[0])).text  # the form of overrides
        for path in (
            "/console/publish/paste",
            f"/console/publish/run/{run[-36:]}",
            "/console/parts/publish",
            "/console/parts/exclude",
            f"{plan}/approve",
            f"{plan}/discard",
            f"{plan}/again",
            f"{part_page(skus[0])}/edit",
            f"{part_page(skus[0])}/publish",
            "/console/attention/conflict",
            "/console/settings/metafields",
        ):
            assert person.send(path, parts=skus[0], sending="1", sure="yes").status_code == 403, path
    made = approve(publisher, plan).headers["location"].partition("?")[0]
    assert operator.send(f"{made}/cancel").status_code == 403
    work_off()
    for what in ("undo", "retry"):
        assert operator.send(f"{made}/{what}").status_code == 403
    # And the other way round: who may only publish starts no search.
    hub.database.run(lambda work: work.do("UPDATE hub.api_keys SET scopes = '{publish}' WHERE 'publish' = ANY(scopes)"))
    assert publisher.send(f"{run}/cancel").status_code == 403


def test_no_form_is_taken_without_its_token_or_from_another_site(publisher, staged):
    _, skus = staged("CSRF-1")
    plan = plan_of(publisher, parts=skus[0])
    for path in (f"{plan}/approve", f"{plan}/discard", "/console/parts/publish", f"{part_page(skus[0])}/edit"):
        data = {"sending": "1", "sure": "yes", "csrf": publisher.token()}
        foreign = publisher.browser.post(path, data=data, headers={"Origin": "http://evil.example"})
        assert foreign.status_code == 403
        bare = publisher.browser.post(path, data={**data, "csrf": ""}, headers={"Origin": publisher.address})
        assert bare.status_code == 403
    assert "create 1 product" in publisher.read(plan)


def test_hostile_text_is_only_text_on_every_page_of_publishing(
    publisher, admin, staged, store, work_off, hostile, harmless
):
    run, skus = staged(*(f"HT-{n}" for n in range(len(hostile))))
    skus = skus[:20]
    for sku, text in zip(skus, hostile, strict=False):
        title = text.replace("\0", "")[:200]
        store.seed_product(sku=sku, title=title, price="1.00")
    rest = skus[len(hostile) :] or staged("HT-REST-1", "HT-REST-2")[1]
    for sku, text in zip(rest, hostile, strict=False):
        kept = {"notes": text.replace("\0", "")[:4000], "trace": text.replace("\0", "")[:1000]}
        assert publisher.send(f"{part_page(sku)}/edit", **kept).status_code == 303
    plan = plan_of(publisher, parts=",".join([*skus[:10], *rest[:10]]))
    made = approve(publisher, plan).headers["location"].partition("?")[0]
    work_off()
    for sku in rest[:2]:
        publisher.send(f"{part_page(sku)}/edit", notes="\u202eother <b>", price_override="5.55")
    again = plan_of(publisher, parts=",".join(rest[:10]))
    paths = [
        "/console",
        "/console/attention",
        "/console/parts?store=differs",
        plan,
        again,
        made,
        run,
        "/console/publish",
    ]
    for path in [*paths, *(part_page(sku) for sku in {*skus, *rest})]:
        answer = publisher.get(path)
        assert answer.status_code == 200, (path, answer.text[:2000])
        harmless(answer.text)
    harmless(admin.get("/console/settings/audit").text)
    bad = publisher.send("/console/publish/paste", parts="AN3-43A\n<script>alert(1)</script>\u20ac")
    harmless(publisher.get(bad.headers["location"]).text)


def test_the_store_is_tested_and_set_up_in_the_settings(admin, store):
    page = admin.follow(admin.send("/console/settings/metafields"))
    assert "Metafields are set up" in page
    tested = admin.send("/console/settings/test")
    assert "answers" in tested.text
    assert "sandbox-token" not in tested.text
    assert "store.setup" not in tested.text
    assert "Set up the store's metafields" in admin.read("/console/settings/audit")


def test_a_store_that_does_not_answer_is_said_in_words_and_nothing_changes(publisher, staged, store, hub):
    _, skus = staged("DOWN-1")
    hub.shop.storefront.forget()
    store.fault("error_before", status=503)
    answer = publisher.send("/console/publish/paste", parts=skus[0])
    assert answer.status_code == 503
    assert "No plan could be created" in answer.text
    assert (
        hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.batches WHERE batch_type = 'publish'")) == 0
    )


def test_a_publish_run_is_cancelled_and_its_failures_are_retried_by_hand(publisher, staged, store, work_off, hub):
    _, skus = staged("STOP-1", "STOP-2")
    made = approve(publisher, plan_of(publisher, parts=",".join(skus))).headers["location"].partition("?")[0]
    page = publisher.read(made)
    assert "are finished first" in page
    assert "You can undo the run afterwards" in page
    assert "Cancelled" in publisher.follow(publisher.send(f"{made}/cancel"))
    assert store.products() == []

    publisher.send(f"{part_page(skus[0])}/exclude")
    plan = plan_of(publisher, parts=",".join([skus[0], skus[1], "STOP-3"]))
    made = approve(publisher, plan).headers["location"].partition("?")[0]
    work_off()
    page = publisher.read(made)
    assert "Excluded" not in page
    assert "This part is excluded" in page
    assert skus[0] in publisher.read(f"{made}?outcome=blocked")
    assert "No parts match" in publisher.read(f"{made}?outcome=updated")
    assert skus[0] in publisher.read(f"{made}?state=not_for_sale")
    _, late = staged("STOP-3")
    again = publisher.send(f"{made}/retry").headers["location"]
    assert again.endswith("said=publish-retried")
    assert publisher.send(f"{made}/retry").headers["location"].endswith("said=publish-retried-before")
    work_off()
    assert "Everything was published." in publisher.read(again)
    assert {row["sku"] for row in store.products()} == {skus[1], *late}
    assert f"Publish {skus[0]} and " in publisher.read("/console/runs?kind=publish")
    assert f"Publish {skus[0]} and " not in publisher.read("/console/runs?kind=search")


def test_a_part_of_several_variants_is_shown_with_all_of_them(publisher, staged, hub):
    staged(*(f"PAGE-{number}" for number in range(3)))
    hub.database.run(
        lambda work: work.do(
            "UPDATE hub.part_answers SET skus = ARRAY['PAGE-0=A', 'PAGE-0=B'] WHERE part_number = 'PAGE-0'"
        )
    )
    plan = plan_of(publisher, parts="PAGE-0,PAGE-1")
    assert "for PAGE-0" in publisher.read(f"{plan}?q=PAGE-0")
    assert "No parts match" in publisher.read(f"{plan}?q=NOTHING")


def test_a_large_publish_run_shows_the_store_s_bulk_operations(publisher, staged, store, work_off):
    _, skus = staged(*(f"BULK-{number}" for number in range(14)))
    plan = plan_of(publisher, parts=",".join(skus))
    assert "Shopify bulk import" in publisher.read(plan)
    made = approve(publisher, plan).headers["location"].partition("?")[0]
    work_off()
    page = publisher.read(made)
    assert "Shopify bulk imports of this run" in page
    assert "processed by Shopify" in page
    assert "Finished" in page
    assert len(store.products()) == len(skus)
    outcomes = publisher.get(f"{made}/outcomes")
    assert "Created" in outcomes.text
    assert publisher.get(f"{made}/actions").status_code == 200


def test_changes_in_the_store_are_listed_by_kind_and_exported(publisher, viewer, staged, store, work_off, hub):
    _, skus = staged("DIFF-1", "DIFF-2")
    approve(publisher, plan_of(publisher, parts=",".join(skus)))
    work_off()
    store.load({"edit": [{"sku": skus[0], "set": {"price": "1.00", "title": "<b>Sale</b>"}}]})
    assert "never been compared" in viewer.read("/console/differences")
    assert "Compare now" not in viewer.read("/console/differences")
    assert "in the background" in publisher.follow(publisher.send("/console/differences/compare"))
    for _ in rounds(20):
        hub.database.run(lambda work: work.do("UPDATE hub.store_snapshots SET not_before = now()"))
        work_off()
        if "Compared" in viewer.read("/console/differences"):
            break
    shown = viewer.read("/console/differences")
    assert "<b>Sale</b>" in shown  # as text: `read` gives what people see
    assert "Overwrites it" in shown
    assert "Keeps it" in shown
    assert skus[0] in shown
    priced = viewer.read("/console/differences?field=price")
    assert ("Overwrites it" in priced, "Sale" in priced) == (True, False)
    assert "No changes found" in viewer.read("/console/differences?prefix=NOTHING")
    sheet = viewer.get("/console/differences/export.csv?field=price")
    assert sheet.status_code == 200
    assert len(sheet.text.splitlines()) == 2
