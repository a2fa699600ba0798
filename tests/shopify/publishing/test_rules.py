"""The pure rules of publishing: sold stock, items of several SKUs, undoing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.catalogue.listings import Metafield
from boeing_data_hub.errors import PauseUpstream, RateLimited, Reject, Retry, Unavailable
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.settings.guards import Guarding
from boeing_data_hub.shopify import decisions, inventory_plan, outcomes, user_errors
from boeing_data_hub.shopify.exchange import NotSentError
from boeing_data_hub.shopify.failures import DailyLimit, OutcomeUnknown, UserError, UserErrors
from boeing_data_hub.shopify.finalization import not_offered
from boeing_data_hub.shopify.inventory_plan import StockRow
from boeing_data_hub.shopify.item_moves import Postponed, Settled, settled
from boeing_data_hub.shopify.journey import Done, Dropped, Later, Leave, NotDone, Send, Sent
from boeing_data_hub.shopify.payload import upsert_variables
from boeing_data_hub.shopify.publications import DueItem, Intent, StoreProduct
from boeing_data_hub.shopify.replaced_lists import CurrentLists
from boeing_data_hub.shopify.snapshot import form_of, listing_hash, stock_hash
from boeing_data_hub.shopify.undo import differences
from boeing_data_hub.values.states import ItemState

BATCH = UUID(int=1)
RULES = RetryPolicy(attempts=5, first=2.0, longest=60.0)
pieces = st.integers(0, 10_000)


def due(*skus, position=1, attempts=0, batch=BATCH):
    return DueItem(batch_id=batch, position=position, part_number=f"P{position}", skus=skus, attempts=attempts)


def row(quantity, was=None, base=None, **names):
    given = {"sku": "A", "item": "i", "location": "Dallas", "location_id": "d", "boeing": {"Dallas": quantity}, **names}
    return StockRow(quantity=quantity, was=was, base=base, **given)


@given(pieces, pieces, st.integers(-500, 10_000), pieces)
def test_a_merge_keeps_the_sale_and_applies_boeings_change_and_never_goes_below_nothing(base, wanted, there, was):
    merged = inventory_plan.merged(row(wanted, was=was, base=base), there)
    # What is there already as it is wanted was set by us, before a database was restored.
    assert merged.quantity == (wanted if there == wanted else max(0, there + wanted - base))
    assert (merged.was, merged.base) == (there, base)
    assert merged.quantity >= 0


@given(pieces, pieces)
def test_where_no_earlier_figure_is_known_boeings_is_set_on_top_of_nothing(wanted, there):
    merged = inventory_plan.merged(row(wanted), there)
    assert (merged.quantity, merged.was) == (wanted, there)


@given(pieces, pieces, st.integers(-500, 10_000))
def test_sales_are_reported_only_if_something_was_sold(wanted, was, there):
    told = inventory_plan.remark(row(wanted, was=was), there)
    assert (told is None) == (there == was)


@given(st.lists(st.integers(1, 6), max_size=200))
def test_calls_hold_whole_parts_and_no_more_than_the_store_takes(sizes):
    rows = [[row(n, sku=f"S{n}") for _ in range(size)] for n, size in enumerate(sizes)]
    calls = inventory_plan.grouped(rows)
    assert [one for call in calls for one in call] == [one for own in rows for one in own]
    assert all(0 < len(call) <= inventory_plan.ROWS_AT_ONCE for call in calls)
    for own in rows:
        assert sum(own[0] in call for call in calls) == 1


@given(st.dictionaries(st.sampled_from(["Dallas", "Miami", "Phoenix"]), pieces, min_size=1), st.data())
def test_rows_name_each_location_of_the_store_once(rows, wanted, data):
    before = {name: data.draw(pieces) for name in wanted}
    listing = replace(rows.listing(), stock=wanted)
    known = replace(listing, stock=before)
    product = live(known)
    changes = tuple(decisions.compare(listing, product.published).stock)
    verdict = Send(action="updated", listing=listing, stock=changes)
    part = Sent(due("P512777=K3"), "P512777=K3", product=product, verdict=verdict)
    ids = {"Dallas": "1", "Miami": "2", "Phoenix": "1"}  # two names of one location
    made = inventory_plan.rows_of(part, ids, "item")
    places = [one.location_id for one in made]
    assert len(places) == len(set(places))
    moved = {ids[name] for name in wanted if wanted[name] != before[name]}
    assert set(places) == moved
    for one in made:
        assert one.quantity == sum(wanted[name] for name in wanted if ids[name] == one.location_id)
        assert one.was == sum(before[name] for name in wanted if ids[name] == one.location_id)


def facts():
    from boeing_data_hub.shopify.publications import StoreFacts

    return StoreFacts(shop="s", publication_id="p")


def live(listing, **changes):
    return replace(
        StoreProduct(
            sku=listing.sku,
            custom_id=listing.custom_id,
            state="live",
            product_id="gid://shopify/Product/1",
            variant_id="gid://shopify/ProductVariant/1",
            inventory_item_id="gid://shopify/InventoryItem/1",
            form=form_of(listing),
            listing_hash=listing_hash(listing),
            stock_hash=stock_hash(listing),
            stock=dict(listing.stock),
            on_channel=True,
            batch_id=BATCH,
        ),
        **changes,
    )


some_outcome = st.one_of(
    st.sampled_from(["created", "updated", "unchanged"]).map(Done),
    st.sampled_from(["blocked", "failed", "conflict"]).map(lambda kind: NotDone(kind, "code", "Sentence.")),
    st.builds(Later, wait=st.floats(0, 100), counted=st.booleans()),
    st.just(Dropped()),
    st.none(),
)


@given(st.lists(st.lists(some_outcome, max_size=4), max_size=8))
def test_every_item_of_a_claim_moves_exactly_once(outcomes_of):
    parts, items = {}, []
    for position, own in enumerate(outcomes_of, 1):
        skus = tuple(f"S{position}-{n}" for n in range(len(own)))
        items.append(due(*skus, position=position))
        for sku, outcome in zip(skus, own, strict=True):
            parts[sku] = Sent(items[-1], sku, outcome=outcome)
    moves = settled(items, parts)
    assert sorted(one.position for one in moves) == [item.position for item in items]
    for one in moves:
        own = outcomes_of[one.position - 1]
        match one:
            case Settled(state=ItemState.PUBLISHED):
                assert any(isinstance(outcome, Done) for outcome in own)
            case Settled(state=ItemState.FAILED):
                assert not own or any(isinstance(outcome, NotDone) for outcome in own)
                assert not own or any(outcome.kind != "blocked" for outcome in own if isinstance(outcome, NotDone))
            case Settled(state=ItemState.NOT_FOR_SALE):
                assert {outcome.kind for outcome in own if isinstance(outcome, NotDone)} == {"blocked"}
            case Postponed():
                assert any(outcome is None or isinstance(outcome, Later) for outcome in own)
            case _:
                assert any(isinstance(outcome, Dropped) for outcome in own)


def test_a_blocked_variant_does_not_fail_an_item_of_which_another_was_published():
    item = due("X=K3", "X=9B")
    parts = {
        "X=K3": Sent(item, "X=K3", outcome=Done("created")),
        "X=9B": Sent(item, "X=9B", outcome=NotDone("blocked", "no_price", "There is no price.")),
    }
    assert settled([item], parts) == [Settled(BATCH, 1, ItemState.PUBLISHED, "created", "There is no price.")]
    parts["X=9B"] = replace(parts["X=9B"], outcome=NotDone("failed", "shopify_refused", "Refused."))
    assert settled([item], parts) == [Settled(BATCH, 1, ItemState.FAILED, code="shopify_refused", sentence="Refused.")]


def as_read(listing, product, kept):
    """The product as the store shows it after our upsert."""
    given = upsert_variables(listing, current=kept)["input"]
    variant = given["variants"][0]
    item = variant["inventoryItem"]
    cost = item.get("cost")
    return {
        **{name: given[name] for name in ("title", "descriptionHtml", "vendor", "productType", "status")},
        "category": {"id": given["category"]} if given.get("category") else None,
        "tags": sorted(given["tags"], key=str.lower),
        "variants": {
            "nodes": [
                {
                    "sku": variant["sku"],
                    "price": variant["price"],
                    "inventoryItem": {
                        "countryCodeOfOrigin": item.get("countryCodeOfOrigin"),
                        "harmonizedSystemCode": item.get("harmonizedSystemCode"),
                        "measurement": item.get("measurement"),
                        "unitCost": None if cost is None else {"amount": Decimal(cost)},
                    },
                }
            ]
        },
        "media": {"nodes": [{"id": "m"}]},
        "metafields": {"nodes": given["metafields"]},
    }


text = st.text(max_size=40)


@given(
    name=text, notes=text, cert=text, country=st.sampled_from(["Germany", "United States", "", "Atlantis"]),
    price=st.decimals("0.01", "999999", places=2), cost=st.none() | st.decimals("0", "9999", places=4),
    tags=st.lists(st.sampled_from(["sale", "BOEING", "x"])),
)  # fmt: skip
def test_what_was_published_shows_no_difference_that_would_keep_an_undo_back(
    rows, name, notes, cert, country, price, cost, tags
):
    listing = rows.listing(
        boeing_name=name, notes=notes, cert=cert, country_of_origin=country, price_override=price, list_price=cost
    )
    kept = CurrentLists([Metafield("theirs", "note", "single_line_text_field", "x")], tags)
    ours = {tag.lower() for tag in listing.tags}
    remembered = {
        "tags": [tag for tag in tags if tag.lower() not in ours],
        "metafields": [["theirs", "note", "single_line_text_field", "x"]],
        "media": 0,
    }
    product = live(listing, kept=remembered)
    shown = as_read(listing, product, kept)
    assert list(differences(shown, product)) == []
    shown["title"] += "!"
    assert list(differences(shown, product)) == ["title"]


def test_a_field_that_a_lost_update_may_have_changed_is_sent_again_even_if_it_is_wanted_as_before(rows):
    listing = rows.listing()
    lost = rows.listing(price_override=Decimal("999.99"), country_of_origin="Germany")
    intent = Intent(batch_id=UUID(int=2), action="updated", form=form_of(lost), stock={})
    part = Sent(due(listing.sku), listing.sku, staged=rows.staged(), product=live(listing, intent=intent))
    verdict = decisions.decide(part, rows.policy, Guarding(), facts())
    assert isinstance(verdict, Send)
    assert {change.field for change in verdict.changes} == {"price", "country_of_origin", "tags"}
    assert {change.new for change in verdict.changes if change.field == "price"} == {"473.01"}
    part = replace(part, product=live(listing))
    assert decisions.decide(part, rows.policy, Guarding(), facts()) == Leave()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RateLimited("x"), Later(wait=0.5)),
        (NotSentError("x", whole_line=True), Later()),
        (PauseUpstream("x"), Later()),
        (Unavailable("x"), Later(code="unavailable", sentence="x", unsure=True)),
        (Retry("x", code="c"), Later(2.0, counted=True, code="c", sentence="x")),
        (OutcomeUnknown("x", code="c"), Later(2.0, counted=True, code="c", sentence="x", unsure=True)),
        (Retry("x", code="c", whole_line=True), Later(code="c", sentence="x")),
        (Reject("x", code="c"), NotDone("failed", "c", "x")),
        (DailyLimit("x", retry_after=9.0), Later(9.0, code="shopify_daily_limit", sentence="x", no_creating=True)),
    ],
)
def test_what_an_error_means_for_its_part(rows, error, expected):
    part = Sent(due("A"), "A", verdict=Send(action="created", listing=rows.listing(), whole=True))
    assert outcomes.failure(part, error, RULES) == expected


def test_an_error_of_our_own_code_is_tried_as_often_as_others_and_then_fails_its_part(rows):
    bug = outcomes.bug(ValueError("a value that no message shows"))
    part = Sent(due("A"), "A", verdict=Send(action="created", listing=rows.listing(), whole=True))
    again = outcomes.failure(part, bug, RULES)
    assert isinstance(again, Later)
    assert (again.counted, again.code) == (True, "internal_error")
    last = outcomes.failure(replace_attempts(part, 4), bug, RULES)
    assert isinstance(last, NotDone)
    assert (last.kind, last.code) == ("failed", "internal_error")


@pytest.mark.parametrize("action", ["created", "updated"])
def test_only_a_product_that_may_be_new_becomes_a_leftover(rows, action):
    part = Sent(due("A", attempts=4), "A", verdict=Send(action=action, listing=rows.listing()))
    given_up = outcomes.failure(part, OutcomeUnknown("x", code="c"), RULES)
    assert isinstance(given_up, NotDone)
    assert (given_up.orphan, given_up.unsure) == (action == "created", True)
    assert "The hub tried 5 times" in given_up.sentence


def test_a_value_outside_the_choices_is_not_a_deleted_product(rows):
    listing = rows.listing()
    part = Sent(due("A"), "A", product=live(listing), verdict=Send(action="updated", listing=listing))
    part = replace(part, variables={"input": {"metafields": [{"key": "part_key"}, {"key": "trace"}]}})
    said = 'Value does not exist in provided choices: ["EASA"].'
    refused = UserErrors([UserError("input.metafields.1.value", "INVALID_METAFIELD", said)])
    outcome = outcomes.failure(part, refused, RULES)
    assert isinstance(outcome, NotDone)
    assert outcome.code == "metafield_refused"
    assert "trace: Value does not exist" in outcome.sentence


def an_outage(count, *, probe=False, good=0, error=None):
    error = error or OutcomeUnknown("x", code="shopify_503")
    failed = [Sent(due(f"S{n}"), f"S{n}", outcome=Later(2.0, counted=True), error=error) for n in range(count)]
    well = [Sent(due(f"W{n}"), f"W{n}", variables={}, confirmed=object()) for n in range(good)]
    told = outcomes.without_outage({part.sku: part for part in (*failed, *well)}, probe=probe)
    return told.stop, [told.parts[part.sku] for part in failed]


def test_calls_that_all_go_unanswered_are_an_outage_and_count_against_no_part():
    error, parts = an_outage(3)
    assert error is not None
    assert error.whole_line
    assert all(part.outcome == Later(code="shopify_503", sentence="x", unsure=True) for part in parts)
    error, parts = an_outage(1, probe=True)
    assert error is not None
    assert not parts[0].outcome.counted
    for quiet in (
        an_outage(2),
        an_outage(9, good=1),
        an_outage(9, error=RateLimited("x")),
        an_outage(9, error=Retry("x", code="internal_error")),
    ):
        assert quiet[0] is None


GONE_PRODUCT = UserErrors([UserError("id", "", "Resource does not exist")])


def test_a_product_deleted_before_it_is_offered_is_tried_as_often_as_others(rows):
    def outcome(attempts):
        part = Sent(
            due("A", attempts=attempts), "A", verdict=Send(action="created", listing=rows.listing(), whole=True)
        )
        return not_offered(part, GONE_PRODUCT, RULES).outcome

    assert [type(outcome(attempts)).__name__ for attempts in range(6)] == [*["Later"] * 4, *["NotDone"] * 2]
    assert all(outcome(attempts).counted for attempts in range(4))
    assert outcome(4).orphan


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (UserError("input.0.publicationId", "", "Publication does not exist"), "channel_unknown"),
        (UserError("id", "PUBLICATION_NOT_FOUND", "Publication does not exist."), "channel_unknown"),
        (UserError("input.variants.0.inventoryQuantities.0.locationId", "", "gone"), "location_unknown"),
        (UserError("input", "INVALID_LOCATION", "gone"), "location_unknown"),
        (UserError("input.category", "", "Invalid"), "category_unknown"),
    ],
)
def test_what_concerns_every_part_pauses_publishing_and_is_held_against_no_product(rows, refused, code):
    part = Sent(due("A", attempts=5), "A", verdict=Send(action="created", listing=rows.listing(), whole=True))
    error = UserErrors([refused])
    stop = user_errors.concerns_every_part(error)
    assert stop is not None
    assert stop.code == code
    assert outcomes.affects_every_call(error)
    assert not_offered(part, error, RULES).outcome == outcomes.failure(part, error, RULES) == Later()


def test_a_refusal_about_one_part_pauses_nothing():
    for field in ("input.metafields.1.value", "input.variants.0.price", "id"):
        assert user_errors.concerns_every_part(UserErrors([UserError(field, "", "no")])) is None
    item = UserError("input.quantities.0.locationId", "", "The item is not stocked at the location")
    assert user_errors.concerns_every_part(UserErrors([item])) is None


@pytest.mark.parametrize(
    "error",
    [
        UserError("input.metafields.0", "TAKEN", "Value has already been taken"),
        UserError("input.metafields.0.value", "DUPLICATED_METAFIELD_VALUE", "must be unique"),
        UserError("identifier.customId", "CAPABILITY_VIOLATION", "is not unique"),
    ],
)
def test_where_the_store_has_our_custom_id_already_the_product_is_looked_for(rows, error):
    listing = rows.listing()
    part = Sent(due("A"), "A", verdict=Send(action="created", listing=listing, whole=True))
    part = replace(part, variables={"input": {"metafields": [{"key": listing.custom_id_key}]}})
    told = outcomes.failure(part, UserErrors([error]), RULES)
    assert (told.unsure, told.counted, told.code) == (True, True, "shopify_outcome_unknown")
    last = outcomes.failure(replace_attempts(part, 4), UserErrors([error]), RULES)
    assert (last.unsure, last.orphan) == (True, True)


def replace_attempts(part, attempts):
    return replace(part, item=replace(part.item, attempts=attempts))


def test_a_handle_that_is_taken_is_a_conflict_by_code_or_by_word(rows):
    part = Sent(due("A"), "A", verdict=Send(action="created", listing=rows.listing(), whole=True))
    for error in (
        UserError("input", "HANDLE_NOT_UNIQUE", "Handle is not unique"),
        UserError("input.handle", "", "Handle 'a' already in use"),
    ):
        assert outcomes.failure(part, UserErrors([error]), RULES).code == "handle_taken"


@pytest.mark.parametrize(
    ("bulk", "before", "outcome", "tries", "after"),
    [
        (True, 0, Later(counted=True), 1, 1),
        (True, 1, Later(counted=True), 1, 2),
        (True, 1, Later(missed=True), 0, 2),
        (True, 1, Later(), 0, 1),
        (True, 0, Later(counted=True, direct=True), 1, 2),
        (False, 2, Later(), 0, 2),
        (False, 2, Later(counted=True), 1, 0),
    ],
)
def test_what_two_operations_did_not_publish_goes_directly_and_comes_back_when_that_fails(
    bulk, before, outcome, tries, after
):
    item = replace(due("A"), bulk_failures=before)
    (move,) = settled([item], {"A": Sent(item, "A", outcome=outcome)}, bulk=bulk)
    assert isinstance(move, Postponed)
    assert (move.tries, move.bulk_failures) == (tries, after)
