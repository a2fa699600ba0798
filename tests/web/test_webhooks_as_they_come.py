"""Webhooks as the network brings them: late, out of order, twice, forged, replayed. What is reported afterwards is what
the store's own books say, and no publish reports success for what is not there.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from tests.support.patience import until
from tests.support.receivers import receiver

from boeing_data_hub.shopify.subscriptions import subscribe
from boeing_data_hub.shopify.webhooks import PATH
from boeing_data_hub_sandbox.shopify import control_client

__all__ = ["receiver"]

pytestmark = pytest.mark.services

EMPTY = {"Dallas": 0, "Chicago": 0, "Miami": 0, "New York": 0}


@dataclass(frozen=True)
class Act:
    """What a person does to a product, how it is taken back, and the topics that the store sends each time."""

    changes: dict = field(default_factory=dict)
    back: dict = field(default_factory=dict)
    topics: tuple[str, ...] = ("products/update",)


ACTS = {
    "PRICED": Act({"price": "1.00"}, {"price": "10.00"}),
    "RENAMED": Act({"title": "Sale!"}, {"title": "RENAMED"}),
    "ARCHIVED": Act({"status": "ARCHIVED"}, {"status": "ACTIVE"}),
    "DRAFTED": Act({"status": "DRAFT"}, {"status": "ACTIVE"}),
    "UNLISTED": Act({"status": "UNLISTED"}, {"status": "ACTIVE"}),
    "RELABELLED": Act({"sku": "OTHER-1"}, {"sku": "RELABELLED"}),
    "COUNTED": Act(
        {"quantities": EMPTY}, {"quantities": {**EMPTY, "Dallas": 7}}, ("inventory_levels/update", "products/update")
    ),
    "UNMARKED": Act(
        {"metafields": {"boeing_data_hub.part_key": None}}, {"metafields": {"boeing_data_hub.part_key": "UNMARKED"}}
    ),
}
"""Parts are named after what happens to them. `DELETED`, `SOLD` and `SAME` are there, too."""

SKUS = (*ACTS, "DELETED", "SOLD", "SAME")
PUT_RIGHT = {"price", "sku", "custom_id", "deleted"}


@pytest.fixture
def settings(store_settings, store, receiver):
    app = {name.lower(): value for name, value in control_client.environment(store.url).items()}
    address = receiver.url.partition("/hook")[0]
    return {
        **store_settings, "shopify_admin_api_token": "", **app, "hub_public_url": address, "hub_drift_seen_hours": 1,
        "hub_guards": False,
    }  # fmt: skip


class Post:
    """What the store has sent, kept back until the test delivers it to the hub."""

    def __init__(self, receiver, anonymous, desk):
        self._receiver = receiver
        self._hub = anonymous
        self._desk = desk

    def taken(self, topics):
        """Wait for deliveries of these topics, and take all that there are."""
        wanted = Counter(topics)
        until(lambda: not wanted - Counter(headers["x-shopify-topic"] for headers, _ in self._receiver.posts))
        posts, self._receiver.posts[:] = list(self._receiver.posts), []
        return posts

    def bring(self, posts, **other):
        """Deliver, with other headers where given; then let a worker look. The statuses of the answers."""
        answers = []
        for headers, body in posts:
            sent = {name: value for name, value in headers.items() if name.startswith(("x-shopify", "content-type"))}
            answers.append(self._hub.post(PATH, content=body, headers={**sent, **other, "authorization": ""}))
        self._desk.work(1)
        # Those about the same second as the hub's own write have waited long enough.
        waited = "received_at = received_at - interval '1 minute', not_before = now()"
        self._desk.do(f"UPDATE hub.store_webhooks SET {waited} WHERE state = 'due'")  # noqa: S608
        self._desk.work(1)
        return [answer.status_code for answer in answers]


@pytest.fixture
def post(receiver, anonymous, desk, hub, part, published):
    """Parts in the store, and the hub subscribed to all topics."""
    published(*desk.stage(*(part(sku, "10.00") for sku in SKUS)))
    assert len(subscribe(hub.shop.client, hub.settings).created) == 10
    return Post(receiver, anonymous, desk)


def act(desk, post):
    """People at work in the store; what the store sends about it."""
    desk.store.load({
        "edit": [{"sku": sku, "set": one.changes} for sku, one in ACTS.items()], "delete": [{"sku": "DELETED"}],
    })  # fmt: skip
    desk.store.sell("SOLD", "Dallas", 2)
    topics = [topic for one in ACTS.values() for topic in one.topics]
    return post.taken([*topics, "products/delete", "inventory_levels/update"])


def take_back(desk, post):
    """They take all of it back, but for the deletion."""
    ids = {sku: desk.row(sku)["product_id"] for sku in SKUS}
    for sku, one in ACTS.items():
        desk.store.edit_product(ids[sku], **one.back)
    desk.store.edit_product(ids["SOLD"], quantities={"Dallas": 7})
    topics = [topic for one in ACTS.values() for topic in one.topics]
    return post.taken([*topics, "products/update", "inventory_levels/update"])


def truth(desk):
    """How the store differs from what was published, by its own books."""
    there = {one["id"]: one for one in desk.store.products()}
    found = {}
    for sku in SKUS:
        row = desk.row(sku)
        product, form = there.get(row["product_id"]), row["form"]
        if product is None:
            found[sku] = {"deleted"}
            continue
        own = {
            "price": product["price"] != form["price"],
            "title": product["title"] != form["title"],
            "status": product["status"] != form["status"],
            "sku": product["sku"] != sku,
            "stock": any(product["quantities"].get(name, 0) != pieces for name, pieces in row["stock"].items()),
            "custom_id": product["customIds"] != {"boeing_data_hub.part_key": sku},
        }
        if any(own.values()):
            found[sku] = {name for name, differs in own.items() if differs}
    return found


def reported(api):
    told = api.get("/api/store/differences").json()["differences"]
    return {one["sku"]: {each["field"].partition(".")[0] for each in one["differences"]} for one in told}


def judge_publish(desk, published):
    """The next publish says of no part more than is true."""
    differs = truth(desk)
    done = desk.batch(published(*SKUS))
    there = {one["id"]: one for one in desk.store.products()}
    for sku, item in desk.items(done).items():
        fields = differs.get(sku, set())
        if fields & PUT_RIGHT:
            assert item.outcome == ("created" if "deleted" in fields else "updated"), (sku, item)
        else:
            assert (item.outcome, item.reason is not None) == ("unchanged", bool(fields)), (sku, item)
        assert there[desk.row(sku)["product_id"]]["price"] == "10.00"
    assert not any(fields & PUT_RIGHT for fields in truth(desk).values())
    assert desk.store.store()["duplicateCustomIds"] == {}


WAYS = {
    "in order": lambda posts: posts,
    "in reverse": lambda posts: posts[::-1],
    "mixed": lambda posts: random.Random(7).sample(posts, len(posts)),  # noqa: S311 - repeatable
    "twice": lambda posts: [each for one in posts for each in (one, one)],
    "all of them once more": lambda posts: [*posts, *posts],
}


@pytest.mark.parametrize("way", WAYS)
def test_in_whatever_order_they_come_the_report_is_what_the_store_has(api, desk, post, published, way):
    posts = act(desk, post)
    assert set(post.bring(WAYS[way](posts))) == {200}
    assert set(truth(desk)) == {*ACTS, "DELETED", "SOLD"}
    assert reported(api) == truth(desk)
    assert desk.row("DELETED")["state"] == "missing"
    judge_publish(desk, published)


@pytest.mark.parametrize("way", WAYS)
def test_those_that_come_after_people_took_it_back_leave_no_false_report(api, desk, post, published, way):
    posts = [*act(desk, post), *take_back(desk, post)]
    post.bring(WAYS[way](posts))
    assert reported(api) == truth(desk) == {"DELETED": {"deleted"}}
    judge_publish(desk, published)


def test_what_people_take_back_is_no_longer_reported(api, desk, post, published):
    post.bring(act(desk, post))
    assert len(reported(api)) == len(ACTS) + 2
    post.bring(take_back(desk, post))
    assert reported(api) == truth(desk) == {"DELETED": {"deleted"}}
    judge_publish(desk, published)


def test_those_that_come_after_the_next_publish_say_nothing_of_what_it_corrected(api, desk, post, published):
    posts = act(desk, post)
    judge_publish(desk, published)
    post.bring([*posts[::-1], *post.taken(["products/update"])])  # the hub's own writes are among them
    assert reported(api) == truth(desk)
    assert desk.row("DELETED")["state"] == "live", "the webhook was about the product before"
    judge_publish(desk, published)


def test_replayed_under_new_ids_they_cause_looks_and_no_false_report(api, desk, post, published):
    posts = act(desk, post)
    post.bring(posts)
    post.bring(take_back(desk, post))
    for one in posts:
        assert post.bring([one], **{"x-shopify-webhook-id": str(uuid4())}) == [200]
    assert reported(api) == truth(desk) == {"DELETED": {"deleted"}}
    judge_publish(desk, published)


@pytest.mark.parametrize("topic", ["products/update", "products/delete", "inventory_levels/update", "orders/create"])
def test_under_another_topic_than_was_signed_they_cause_no_false_report(api, desk, post, published, topic):
    """The signature covers the body alone, so whoever replays one chooses its topic."""
    posts = act(desk, post)
    assert set(post.bring(posts, **{"x-shopify-topic": topic})) <= {200, 422}
    told = reported(api)
    assert all(truth(desk)[sku] >= fields for sku, fields in told.items()), told
    states = {row["sku"]: row["state"] for row in desk.rows("SELECT sku, state FROM hub.products")}
    assert {sku for sku, state in states.items() if state == "missing"} <= {"DELETED"}
    judge_publish(desk, published)


def test_forged_ones_change_nothing_and_the_next_publish_sees_for_itself(api, desk, post, published, store):
    store.fault("webhook_forged")
    posts = act(desk, post)
    assert set(post.bring(posts)) == {401}
    assert (reported(api), desk.rows("SELECT 1 FROM hub.store_webhooks")) == ({}, [])
    judge_publish(desk, published)


def test_lost_ones_are_made_up_for_by_the_next_publish(api, desk, post, published):
    act(desk, post)
    assert reported(api) == {}
    judge_publish(desk, published)


@pytest.mark.parametrize("way", WAYS)
def test_in_whatever_order_changes_of_locations_come_the_hub_knows_those_of_the_store(desk, post, store, hub, way):
    first = store.settings()["locations"]
    closed = [{**each, "active": each["name"] != "Phoenix"} for each in first]
    opened = [each for each in first if each["name"] != "Seattle"]
    for places in (closed, [*closed, {"name": "Boston"}], [*opened, {"name": "Boston"}]):
        store.settings(locations=places)
    kinds = ("create", "activate", "deactivate", "delete")
    posts = post.taken(f"locations/{kind}" for kind in kinds)
    assert set(post.bring(WAYS[way](posts))) == {200}
    there = {place["name"]: place["id"] for place in store.store()["locations"] if place["active"]}
    assert ("Boston" in there, "Phoenix" in there, "Seattle" in there) == (True, True, False)
    known = hub.shop.storefront.facts().location_ids
    assert {name: known[name] for name in known if name and not name.startswith("gid://")} == there


@pytest.mark.parametrize("topic", ["app/uninstalled", "app/scopes_update"])
@pytest.mark.parametrize("forged", [True, False])
def test_those_about_the_app_count_once_and_forged_never(desk, post, receiver, published, anonymous, topic, forged):
    from tests.web.test_store_webhooks import signature

    body = b'{"id":1}'
    headers = {"x-shopify-topic": topic, "x-shopify-webhook-id": "one", "content-type": "application/json"}
    headers["x-shopify-hmac-sha256"] = signature(body, "another" if forged else "sandbox-client-secret")
    pause = "SELECT pause_reason FROM hub.pacing WHERE line = 'shopify'"
    assert set(post.bring([(headers, body)] * 3)) == {401 if forged else 200}
    paused = topic == "app/uninstalled" and not forged
    assert desk.rows(pause) == [{"pause_reason": "app_uninstalled" if paused else None}]
    assert len(desk.rows("SELECT 1 FROM hub.store_webhooks")) == (0 if forged else 1)
    desk.the_wait_is_over()
    judge_publish(desk, published)  # the store still takes parts, so the app is there
    post.bring([(headers, body)])
    assert desk.rows(pause) == [{"pause_reason": None}], "the same webhook once more is no second uninstall"
