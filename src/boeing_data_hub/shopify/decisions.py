"""Decides what to do about one SKU, from everything known about it. Pure; a plan and its run decide alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from boeing_data_hub.catalogue.guards import Cause, Concern, Decided, held_back, sentence
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Blocked, Change, Listing, Published
from boeing_data_hub.catalogue.staged_part import CataloguePart
from boeing_data_hub.retry import every
from boeing_data_hub.settings.guards import Guarding
from boeing_data_hub.shopify import observing
from boeing_data_hub.shopify.diff import compare
from boeing_data_hub.shopify.guarded import published_offer, wanted_listing, wanted_offer, without
from boeing_data_hub.shopify.inventory_plan import every_location
from boeing_data_hub.shopify.item_moves import NOT_STAGED
from boeing_data_hub.shopify.journey import Hold, Leave, Loaded, Reconciled, Send, Verdict
from boeing_data_hub.shopify.look_alikes import WORDS, Alike
from boeing_data_hub.shopify.observed import Difference, Observed
from boeing_data_hub.shopify.publications import ProductIds, StoreFacts, StoreProduct
from boeing_data_hub.shopify.snapshot import form_of
from boeing_data_hub.values.counted import form

_PICTURE_RETRY: Final = every(86_400.0)  # a picture that failed for a temporary reason
_PICTURE_RETRY_LATE: Final = every(604_800.0)  # ... and for any other reason: sources are corrected, too
_LISTS: Final = ("tags", "metafields.", "custom_id")
LEFT_AS_IS: Final = " The product in your store was left unchanged."


def needs_look_up(part: Loaded) -> bool:
    """True if the store must be searched for the SKU, because no product of ours is known there."""
    product = part.product
    return part.item.undo_of is None and (
        product is None or (product.product_id is None and product.state == "missing")
    )


def completed(product: StoreProduct, found: ProductIds | None) -> StoreProduct:
    """A known product, with the ids of its variant, which were unknown."""
    if found is None or found.product_id != product.product_id:
        return product
    return replace(product, variant_id=found.variant_id, inventory_item_id=found.inventory_item_id)


def resolved(product: StoreProduct, found: ProductIds) -> StoreProduct:
    """The row of a product that was found in the store, with a listing that is still unknown."""
    return replace(
        product,
        state="live",
        product_id=found.product_id,
        variant_id=found.variant_id,
        inventory_item_id=found.inventory_item_id,
        form=None,
        intent=None,
    )


def decide(part: Reconciled, policy: ListingPolicy, guards: Guarding, facts: StoreFacts) -> Verdict:
    """The verdict on a part whose look-ups have been made."""
    product = part.product
    if part.staged is None:
        return Hold("failed", "not_staged", NOT_STAGED)
    known = product.published if product is not None else None
    built = wanted_listing(part.staged, policy, known)
    if isinstance(built, Blocked):
        return Hold("blocked", built.code, built.sentence + (LEFT_AS_IS if known is not None else ""))
    built = replace(built, sku=(product and product.kept_sku) or built.sku)
    if known is not None and any(one.field == "status" and one.policy == "left" for one in part.differing):
        built = replace(built, status=str(known.form["status"]))  # a person's status stays
    held = guards_of(
        built,
        part.staged,
        _as_published(known, part.differing),
        policy,
        guards,
        run=part.run_holds,
        decided=part.answered,
    )
    channel = facts.publication_id is not None and not facts.publishes_itself
    if product is None or known is None:
        verdict = _first_held(held) or _unknown(part, built, channel=channel)
    elif (allowed := without(built, held, known.form)) is None:
        verdict = Leave(held=held)
    else:
        verdict = _known(allowed, product, part.seen, channel=channel)
        verdict = verdict if isinstance(verdict, Hold) else replace(verdict, held=held)
    if part.plan is not None and not _begun(part) and part.plan.digest != digest(verdict):
        return Hold("failed", "plan_changed", _changed_since(part.plan.action, verdict))
    return verdict


def _as_published(known: Published | None, differing: Sequence[Difference]) -> Published | None:
    """The published listing, without people's changes in the store since: they are corrected, not judged by guards."""
    return known if known is None else replace(known, form=observing.form_as_set(known.form, differing))


def guards_of(
    listing: Listing,
    staged: CataloguePart,
    known: Published | None,
    policy: ListingPolicy,
    guards: Guarding,
    *,
    run: frozenset[Cause] = frozenset(),
    decided: Mapping[str, Decided] | None = None,
) -> tuple[Concern, ...]:
    """What guards hold back of a listing; `known`: what was last published, or None."""
    old = None if known is None else published_offer(known, policy)
    return held_back(wanted_offer(listing, staged), old, guards, run=run, decided=decided)


def told(concern: Concern, decided: Mapping[str, Decided]) -> str:
    """A remark for people about a held change."""
    last = decided.get(concern.field)
    refused = last is not None and not last.approved and last.value == concern.new
    return sentence(concern, refused=refused)


def _first_held(held: tuple[Concern, ...]) -> Hold | None:
    """Hold back the creation of a part that was never published."""
    return Hold("blocked", f"review_{held[0].cause}", sentence(held[0]), held=held) if held else None


def _unknown(part: Reconciled, listing: Listing, *, channel: bool) -> Verdict:
    seen = part.in_store
    there = part.found is not None or (seen is not None and seen.ours is not None)
    if seen is not None and seen.others and not there:
        other = seen.others[0]
        title, where = (other.title or "?")[:100], other.product_id
        sentence = (
            f"Another product in your store already uses this SKU: {title!r} ({where}). It was left unchanged. "
            "Link to it, or don't publish this part."
        )
        shown = {"sku": part.sku, "kind": "sku_taken", "product_id": where, "title": title, "sentence": sentence}
        shown |= {"vendor": other.vendor, "batch_id": str(part.item.batch_id)}
        return Hold("conflict", "sku_taken", sentence, shown)
    new = [one for one in (seen.resembling or () if seen else ()) if one.product_id not in part.accepted]
    if new and not there:
        return _look_alike(part, new)
    every = tuple(every_location(listing))
    if there:  # ours, with an unknown listing: after a restored database, or linked by a person
        return Send(action="updated", listing=listing, stock=every, whole=True, needs_kept=True, channel=channel)
    own = replace(listing, sku=part.sku)  # an adopted product that was deleted kept its SKU; a new one has the part's
    return Send(action="created", listing=own, stock=every, whole=True, image_wanted=True, channel=channel)


def _look_alike(part: Loaded, resembling: Sequence[Alike]) -> Hold:
    first = resembling[0]
    title, where, sku = first.title[:100], first.product_id, first.sku
    more = (
        f" {len(resembling) - 1} more {form(len(resembling) - 1, 'product looks', 'products look')} similar."
        if len(resembling) > 1
        else ""
    )
    sentence = (
        f"Another product in your store looks like this part: {title!r}, SKU {sku!r} ({where}); "
        f"{WORDS[first.cause]}.{more} Nothing was created. Link to it, publish this part as a separate "
        "product, or don't publish it."
    )
    shown = {"sku": part.sku, "kind": "look_alike", "product_id": where, "title": title, "sentence": sentence}
    others = [one.as_json() for one in resembling]
    shown |= {"cause": first.cause, "vendor": first.vendor, "others": others}
    return Hold("conflict", "look_alike", sentence, {**shown, "batch_id": str(part.item.batch_id)})


def _known(listing: Listing, product: StoreProduct, seen: Observed | None, *, channel: bool) -> Verdict:
    known = product.published
    assert known is not None  # noqa: S101 - the caller has looked
    decision = compare(listing, known)
    changes = (*decision.changes, *_doubtful(listing, product, decision.changes))
    again = (_PICTURE_RETRY if product.image_code in _PASSING else _PICTURE_RETRY_LATE).wait(1)
    failed = seen is not None and observing.picture_failed(product, seen)
    failed = failed or (product.media_state in {"resend", "failed"} and not (seen and _has_ours(product, seen)))
    if failed:
        changes = (*changes, Change("picture", "failed", "sent again"))
    picture = (
        failed
        or any(change.field == "image_source" for change in changes)
        or (
            product.image_code is not None
            and listing.image_source is not None
            and (product.image_age is None or product.image_age > again)
        )
    )
    missing = channel and not product.on_channel and product.state == "live"
    if not changes and not decision.stock and not picture:
        return Leave(channel=missing)
    return Send(
        action="updated",
        listing=listing,
        changes=changes,
        stock=decision.stock,
        picture_failed=failed,
        needs_kept=picture or any(change.field.startswith(_LISTS) for change in changes),
        image_wanted=picture,
        channel=missing,
    )


def _has_ours(product: StoreProduct, seen: Observed) -> bool:
    return observing.picture_ready(product, seen)


def _doubtful(listing: Listing, product: StoreProduct, changes: Iterable[Change]) -> tuple[Change, ...]:
    """Fields that an update without an answer may have changed, and that should now have their earlier value."""
    intent, known = product.intent, product.published
    if intent is None or intent.action != "updated" or known is None:
        return ()
    named = {change.field for change in changes}
    maybe = compare(listing, replace(known, form=intent.form, listing_hash=""))
    return tuple(change for change in maybe.changes if change.field not in named)


_PASSING: Final = frozenset(
    {"image_unreachable", "image_timeout", "image_unavailable", "image_host_resting", "image_storage_failed"}
)


def _begun(part: Loaded) -> bool:
    """True if this batch has already begun to carry out its plan, so that the remaining changes look different now."""
    product, batch = part.product, part.item.batch_id
    return product is not None and (product.batch_id == batch or _intends(product, batch))


def _intends(product: StoreProduct, batch: UUID) -> bool:
    return product.intent is not None and product.intent.batch_id == batch


def digest(verdict: Verdict) -> str:
    """The fingerprint of what must stay the same from plan to run: action, listing, and every old and new value."""
    match verdict:
        case Hold(kind=kind, code=code):
            content: list[Any] = [kind, code]
        case Leave():
            content = ["unchanged"]  # what is held back is not sent, so it may change from plan to run
        case Send():
            form = form_of(verdict.listing)
            changes = [[each.field, each.old, each.new] for each in (*verdict.changes, *verdict.stock)]
            content = [verdict.action, form, changes]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def action_of(verdict: Verdict) -> str:
    """The action of a plan: create, update, restock, unchanged, blocked or conflict."""
    match verdict:
        case Hold(kind="conflict"):
            return "conflict"
        case Hold():
            return "blocked"
        case Leave():
            return "unchanged"
        case Send(action="created"):
            return "create"
        case Send():
            return "update" if verdict.changes or verdict.whole else "restock"


def shown_changes(verdict: Verdict) -> tuple[Change, ...]:
    """Each changed field with its old and new value, as plans show them and the history keeps them."""
    if not isinstance(verdict, Send) or verdict.action == "created":
        return ()
    return (*verdict.changes, *verdict.stock)


def planned_changes(verdict: Verdict) -> tuple[Change, ...]:
    """The same for a plan, in which a new product shows what people judge it by: title, price, cost and stock."""
    if not isinstance(verdict, Send) or verdict.action != "created":
        return shown_changes(verdict)
    form = form_of(verdict.listing)
    shown = [Change(name, None, form[name]) for name in ("title", "price", "cost") if form[name] is not None]
    return (*shown, *(Change(f"stock.{place}", None, pieces) for place, pieces in form["stock"].items() if pieces))


def _changed_since(planned: str, verdict: Verdict) -> str:
    now_is = action_of(verdict)
    told = "; ".join(f"{each.field}: {each.old} → {each.new}" for each in shown_changes(verdict)[:5])
    was = f"The plan showed {planned!r} for this part; now it is {now_is!r}"
    return f"{was}{f' ({told})' if told else ''}. Nothing was sent. Create a new plan for the changed parts."
