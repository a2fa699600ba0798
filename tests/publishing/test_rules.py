"""The pure rules of publishing against whatever may come: stock that was sold, items of several SKUs, undoing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.errors import RateLimited, Reject, Retry, StopTheLine, Unavailable
from boeing_data_hub.model.listings import Metafield
from boeing_data_hub.model.publications import DueItem, Intent, StoreProduct
from boeing_data_hub.publishing import decisions, outcomes, restocking
from boeing_data_hub.publishing.aftercare import not_offered
from boeing_data_hub.publishing.forms import form_of, listing_hash, stock_hash
from boeing_data_hub.publishing.jobs import Done, Dropped, Job, Later, Leave, NotDone, Send, settled
from boeing_data_hub.publishing.outcomes import RetryRules
from boeing_data_hub.publishing.payload import Kept, upsert_variables
from boeing_data_hub.publishing.restocking import StockRow
from boeing_data_hub.publishing.undoing import differences
from boeing_data_hub.shopify.exchange import NotSentError
from boeing_data_hub.shopify.failures import DailyLimit, OutcomeUnknown, UserError, UserErrors

BATCH = UUID(int=1)
RULES = RetryRules(5, 2.0)
pieces = st.integers(0, 10_000)


def due(*skus, position=1, attempts=0, batch=BATCH):
    return DueItem(batch_id=batch, position=position, part_number=f"P{position}", skus=skus, attempts=attempts)


def row(quantity, was=None, base=None, **names):
    given = {"sku": "A", "item": "i", "location": "Dallas", "location_id": "d", "boeing": {"Dallas": quantity}, **names}
    return StockRow(quantity=quantity, was=was, base=base, **given)


@given(pieces, pieces, st.integers(-500, 10_000), pieces)
def test_a_merge_keeps_the_sale_and_applies_boeings_change_and_never_goes_below_nothing(base, wanted, there, was):
    merged = restocking.merged(row(wanted, was=was, base=base), there)
    # What is there already as it is wanted was set by us, before a database was restored.
    assert merged.quantity == (wanted if there == wanted else max(0, there + wanted - base))
    assert (merged.was, merged.base) == (there, base)
    assert merged.quantity >= 0


@given(pieces, pieces)
def test_where_no_earlier_figure_is_known_boeings_is_set_on_top_of_nothing(wanted, there):
    merged = restocking.merged(row(wanted), there)
    assert (merged.quantity, merged.was) == (wanted, there)


@given(pieces, pieces, st.integers(-500, 10_000))
def test_what_was_sold_is_told_only_where_something_was(wanted, was, there):
    told = restocking.remark(row(wanted, was=was), there)
    assert (told is None) == (there == was)


@given(st.lists(st.integers(1, 6), max_size=200))
def test_calls_hold_whole_parts_and_no_more_than_the_store_takes(sizes):
    rows = [[row(n, sku=f"S{n}") for _ in range(size)] for n, size in enumerate(sizes)]
    calls = restocking.grouped(rows)
    assert [one for call in calls for one in call] == [one for own in rows for one in own]
    assert all(0 < len(call) <= restocking.ROWS_AT_ONCE for call in calls)
    for own in rows:
        assert sum(own[0] in call for call in calls) == 1


@given(st.dictionaries(st.sampled_from(["Dallas", "Miami", "Phoenix"]), pieces, min_size=1), st.data())
def test_rows_name_each_location_of_the_store_once(rows, wanted, data):
    before = {name: data.draw(pieces) for name in wanted}
    listing = replace(rows.listing(), stock=wanted)
    known = replace(listing, stock=before)
    product = live(known)
    changes = tuple(decisions.compare(listing, product.published).stock)
    job = Job(due("P512777=K3"), "P512777=K3", product=product)
    job.verdict = Send(action="updated", listing=listing, stock=changes)
    ids = {"Dallas": "1", "Miami": "2", "Phoenix": "1"}  # two names of one location
    made = restocking.rows_of(job, ids, "item")
    places = [one.location_id for one in made]
    assert len(places) == len(set(places))
    moved = {ids[name] for name in wanted if wanted[name] != before[name]}
    assert set(places) == moved
    for one in made:
        assert one.quantity == sum(wanted[name] for name in wanted if ids[name] == one.location_id)
        assert one.was == sum(before[name] for name in wanted if ids[name] == one.location_id)


def facts():
    from boeing_data_hub.model.publications import StoreFacts

    return StoreFacts(shop="s", publication_id="p")


def moment():
    from boeing_data_hub.clock import now

    return now()


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
    jobs, items = {}, []
    for position, own in enumerate(outcomes_of, 1):
        skus = tuple(f"S{position}-{n}" for n in range(len(own)))
        items.append(due(*skus, position=position))
        for sku, outcome in zip(skus, own, strict=True):
            jobs[sku] = Job(items[-1], sku, outcome=outcome)
    moves = settled(items, jobs)
    moved = [one[1] for kind in (moves.published, moves.failed, moves.again, moves.cancelled) for one in kind]
    assert sorted(moved) == [item.position for item in items]
    for one in moves.published:
        assert any(isinstance(outcome, Done) for outcome in outcomes_of[one[1] - 1])
    for one in moves.failed:
        own = outcomes_of[one[1] - 1]
        assert not own or any(isinstance(outcome, NotDone) for outcome in own)
    for one in moves.again:
        assert any(outcome is None or isinstance(outcome, Later) for outcome in outcomes_of[one[1] - 1])


def test_a_blocked_variant_does_not_fail_an_item_of_which_another_was_published():
    item = due("X=K3", "X=9B")
    jobs = {
        "X=K3": Job(item, "X=K3", outcome=Done("created")),
        "X=9B": Job(item, "X=9B", outcome=NotDone("blocked", "no_price", "There is no price.")),
    }
    assert settled([item], jobs).published == [(BATCH, 1, "created", "There is no price.")]
    jobs["X=9B"].outcome = NotDone("failed", "shopify_refused", "Refused.")
    assert settled([item], jobs).failed == [(BATCH, 1, None, "shopify_refused", "Refused.")]


def as_read(listing, product, kept):
    """The product as the store shows it after our upsert."""
    given = upsert_variables(listing, kept=kept)["input"]
    variant = given["variants"][0]
    item = variant["inventoryItem"]
    cost = item.get("cost")
    return {
        **{name: given[name] for name in ("title", "descriptionHtml", "vendor", "productType", "status")},
        "tags": sorted(given["tags"], key=str.lower),
        "variants": {
            "nodes": [
                {
                    "sku": variant["sku"],
                    "price": variant["price"],
                    "inventoryItem": {
                        "countryCodeOfOrigin": item.get("countryCodeOfOrigin"),
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
        boeing_name=name, notes=notes, cert=cert, country_of_origin=country, price=price, cost_per_item=cost
    )
    kept = Kept([Metafield("theirs", "note", "single_line_text_field", "x")], tags)
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
    lost = rows.listing(price=Decimal("999.99"), country_of_origin="Germany")
    intent = Intent(batch_id=UUID(int=2), action="updated", form=form_of(lost), stock={})
    job = Job(due(listing.sku), listing.sku, staged=rows.staged(), product=live(listing, intent=intent))
    verdict = decisions.decide(job, rows.policy, facts(), moment())
    assert isinstance(verdict, Send)
    assert {change.field for change in verdict.changes} == {"price", "country_of_origin", "tags"}
    assert {change.new for change in verdict.changes if change.field == "price"} == {"473.01"}
    job.product = live(listing)
    assert decisions.decide(job, rows.policy, facts(), moment()) == Leave()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RateLimited("x"), Later(wait=0.5)),
        (NotSentError("x", whole_line=True), Later()),
        (StopTheLine("x"), Later()),
        (Unavailable("x"), Later(code="unavailable", sentence="x", unsure=True)),
        (Retry("x", code="c"), Later(2.0, counted=True, code="c", sentence="x")),
        (OutcomeUnknown("x", code="c"), Later(2.0, counted=True, code="c", sentence="x", unsure=True)),
        (Retry("x", code="c", whole_line=True), Later(code="c", sentence="x")),
        (Reject("x", code="c"), NotDone("failed", "c", "x")),
        (DailyLimit("x", retry_after=9.0), Later(9.0, code="shopify_daily_limit", sentence="x", no_creating=True)),
    ],
)
def test_what_an_error_means_for_its_part(rows, error, expected):
    job = Job(due("A"), "A", verdict=Send(action="created", listing=rows.listing(), whole=True))
    assert outcomes.failure(job, error, RULES) == expected


@pytest.mark.parametrize("action", ["created", "updated"])
def test_only_what_may_have_been_made_just_now_is_ever_an_orphan(rows, action):
    job = Job(due("A", attempts=4), "A", verdict=Send(action=action, listing=rows.listing()))
    given_up = outcomes.failure(job, OutcomeUnknown("x", code="c"), RULES)
    assert isinstance(given_up, NotDone)
    assert (given_up.orphan, given_up.unsure) == (action == "created", True)
    assert "It was tried 5 times" in given_up.sentence


def test_a_value_that_is_no_choice_of_the_store_is_no_product_that_is_gone(rows):
    listing = rows.listing()
    job = Job(due("A"), "A", product=live(listing), verdict=Send(action="updated", listing=listing))
    job.variables = {"input": {"metafields": [{"key": "part_key"}, {"key": "trace"}]}}
    said = 'Value does not exist in provided choices: ["EASA"].'
    refused = UserErrors([UserError("input.metafields.1.value", "INVALID_METAFIELD", said)])
    outcome = outcomes.failure(job, refused, RULES)
    assert isinstance(outcome, NotDone)
    assert outcome.code == "metafield_refused"
    assert "trace: Value does not exist" in outcome.sentence


def an_outage(count, *, probe=False, good=0, error=None):
    error = error or OutcomeUnknown("x", code="shopify_503")
    jobs = [Job(due(f"S{n}"), f"S{n}", outcome=Later(2.0, counted=True)) for n in range(count)]
    for job in jobs:
        job.error = error
    well = [Job(due(f"W{n}"), f"W{n}", variables={}, confirmed=object()) for n in range(good)]
    return outcomes.outage([*jobs, *well], probe=probe), jobs


def test_calls_that_all_go_unanswered_are_an_outage_and_count_against_no_part():
    error, jobs = an_outage(3)
    assert error is not None
    assert error.whole_line
    assert all(job.outcome == Later(code="shopify_503", sentence="x", unsure=True) for job in jobs)
    error, jobs = an_outage(1, probe=True)
    assert error is not None
    assert not jobs[0].outcome.counted
    for quiet in (
        an_outage(2),
        an_outage(9, good=1),
        an_outage(9, error=RateLimited("x")),
        an_outage(9, error=Retry("x", code="internal_error")),
    ):
        assert quiet[0] is None


REFUSED_CHANNEL = UserErrors(
    [UserError("input.0.publicationId", "", "Publication does not exist or is not publishable")]
)
GONE_PRODUCT = UserErrors([UserError("id", "", "Resource does not exist")])


@pytest.mark.parametrize("error", [REFUSED_CHANNEL, GONE_PRODUCT])
def test_a_part_that_cannot_be_offered_is_tried_no_more_often_than_others(rows, error):
    def outcome(attempts):
        job = Job(due("A", attempts=attempts), "A", verdict=Send(action="created", listing=rows.listing(), whole=True))
        return not_offered(job, error, RULES)

    assert [type(outcome(attempts)).__name__ for attempts in range(6)] == [*["Later"] * 4, *["NotDone"] * 2]
    assert all(outcome(attempts).counted for attempts in range(4))
    assert outcome(4).orphan


def test_a_channel_that_is_refused_is_no_word_about_the_product(rows):
    job = Job(due("A"), "A", verdict=Send(action="created", listing=rows.listing(), whole=True))
    told = not_offered(job, REFUSED_CHANNEL, RULES)
    assert (told.lost, told.code) == (False, "shopify_refused")
    assert told.wait > 0
    assert "Publication does not exist" in told.sentence
    assert not_offered(job, GONE_PRODUCT, RULES).lost


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
    job = Job(due("A"), "A", verdict=Send(action="created", listing=listing, whole=True))
    job.variables = {"input": {"metafields": [{"key": listing.custom_id_key}]}}
    told = outcomes.failure(job, UserErrors([error]), RULES)
    assert (told.unsure, told.counted, told.code) == (True, True, "shopify_outcome_unknown")
    last = outcomes.failure(replace_attempts(job, 4), UserErrors([error]), RULES)
    assert (last.unsure, last.orphan) == (True, True)


def replace_attempts(job, attempts):
    return replace(job, item=replace(job.item, attempts=attempts))


def test_a_handle_that_is_taken_is_a_conflict_by_code_or_by_word(rows):
    job = Job(due("A"), "A", verdict=Send(action="created", listing=rows.listing(), whole=True))
    for error in (
        UserError("input", "HANDLE_NOT_UNIQUE", "Handle is not unique"),
        UserError("input.handle", "", "Handle 'a' already in use"),
    ):
        assert outcomes.failure(job, UserErrors([error]), RULES).code == "handle_taken"
