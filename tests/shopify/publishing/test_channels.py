"""Products are offered only on the sales channel that the settings name; without one, the run says so."""

from __future__ import annotations

import pytest

from boeing_data_hub.shopify import channels
from boeing_data_hub.shopify.publications import Channel

ONLINE = Channel("gid://shopify/Publication/1", "Onlineshop", "online_store")
POS = Channel("gid://shopify/Publication/2", "Verkaufsstelle", "pos")
GOOGLE = Channel("gid://shopify/Publication/3", "Google & YouTube", "")


@pytest.mark.parametrize(
    ("named", "chosen"),
    [
        ("Onlineshop", ONLINE),
        (" onlineshop ", ONLINE),
        ("online_store", ONLINE),
        ("Online Store", ONLINE),
        ("online-store", ONLINE),
        ("gid://shopify/Publication/2", POS),
        ("2", POS),
        ("google & youtube", GOOGLE),
        ("Online", None),
        ("Shop", None),
        ("Verkaufsstelle Nord", None),
        ("Point of Sale", None),
        ("", None),
        ("   ", None),
        ("none", None),
        ("12", None),
    ],
)
def test_a_channel_is_chosen_by_its_whole_name_its_handle_or_its_id(named, chosen):
    assert channels.chosen(named, [POS, ONLINE, GOOGLE]) == chosen


def test_two_channels_of_one_name_are_not_guessed_between():
    twin = Channel("gid://shopify/Publication/9", "onlineshop", "other")
    assert channels.chosen("Onlineshop", [ONLINE, twin]) is None
    assert "several channels" in (channels.note("Onlineshop", [ONLINE, twin]) or "")


@pytest.mark.parametrize("named", ["", "Online", "Point of Sale"])
def test_the_note_names_every_channel_with_what_a_setting_can_hold(named):
    said = channels.note(named, [POS, ONLINE, GOOGLE]) or ""
    for word in ("SHOPIFY_PUBLICATION", "'Verkaufsstelle' (pos)", "'Onlineshop' (online_store)", GOOGLE.id):
        assert word in said


def test_nothing_is_said_where_a_channel_is_named_or_none_is_meant():
    assert channels.note("pos", [POS, ONLINE]) is None
    assert channels.note("None", [POS, ONLINE]) is None


@pytest.mark.services
@pytest.mark.parametrize("named", ["", "Online Shop of ours"])
def test_nothing_is_offered_on_a_channel_that_was_not_named(make_desk, named):
    desk = make_desk(shopify_publication=named)
    desk.store.load({"publications": ["Verkaufsstelle", "Onlineshop"]})
    skus = desk.stage(*desk.make_parts(5))
    plan = desk.hub.shop.planning.plan(skus)
    assert "Verkaufsstelle" in plan.forecast.channel_note
    done = desk.run(skus)
    assert done.outcome == "succeeded"
    assert [product["publications"] for product in desk.store.products()] == [[]] * 5
    for item in desk.items(done).values():
        assert "'Verkaufsstelle' (verkaufsstelle)" in item.reason
        assert "SHOPIFY_PUBLICATION" in item.reason

    named = make_desk(shopify_publication="onlineshop")
    assert named.hub.shop.planning.plan(skus).forecast.channel_note is None
    named.run(skus)
    assert [product["publications"] for product in desk.store.products()] == [["Onlineshop"]] * 5


@pytest.mark.services
def test_a_bulk_run_reports_a_missing_channel_and_not_one_left_out_on_purpose(make_desk):
    desk = make_desk(shopify_publication="", hub_bulk_publish_from=5)
    skus = desk.stage(*desk.make_parts(12))
    done = desk.run(skus)
    assert all("SHOPIFY_PUBLICATION" in item.reason for item in desk.items(done).values())
    meant = make_desk(shopify_publication="none")
    more = meant.stage(*desk.make_parts(3, 100))
    assert [item.reason for item in meant.items(meant.run(more)).values() if "SHOPIFY" in (item.reason or "")] == []
    assert [product["publications"] for product in desk.store.products()] == [[]] * 15
