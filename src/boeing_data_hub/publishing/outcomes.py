"""What an answer of the store, good or bad, means for a job; and what is then known to be in the store. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from boeing_data_hub.errors import HubError, RateLimited, Refused, Retry, StopTheLine
from boeing_data_hub.model.listings import Listing
from boeing_data_hub.model.publications import Confirmed, StoreProduct
from boeing_data_hub.publishing import refusals
from boeing_data_hub.publishing.decisions import shown_changes
from boeing_data_hub.publishing.forms import form_of, hashes_of
from boeing_data_hub.publishing.jobs import Done, Job, Later, NotDone, Outcome, Send, picture_json
from boeing_data_hub.shopify.failures import DailyLimit, NotSentError, OutcomeUnknown, UserError, UserErrors
from boeing_data_hub.shopify.shapes import nodes, part, rows

_LONGEST_WAIT: Final = 60.0
_FEW: Final = 3  # calls that go unanswered tell of no outage yet
_STEP_ASIDE: Final = 10.0


@dataclass(frozen=True, slots=True)
class RetryRules:
    """How long a part is tried.

    Attributes:
        most: failed tries after which it fails for good.
        seconds: before the second try; doubles, up to a minute.
        jitter: a factor that spreads the tries.
    """

    most: int
    seconds: float
    jitter: Callable[[], float] = lambda: 1.0

    def wait(self, tries: int) -> float:
        """Seconds before the next try, after so many failed ones."""
        return min(_LONGEST_WAIT, self.seconds * 2.0 ** max(0, tries - 1)) * self.jitter()


def stops_the_line(error: HubError) -> bool:
    """Whether nobody's call can succeed just now."""
    return (
        isinstance(error, StopTheLine)
        or refusals.location_refused(error) is not None
        or (isinstance(error, Retry) and error.whole_line and not isinstance(error, RateLimited))
    )


def is_creating(job: Job) -> bool:
    """Whether a job puts a new product into the store."""
    return isinstance(job.verdict, Send) and job.verdict.action == "created"


def was_sent(error: HubError) -> bool:
    """Whether the store may have got the call, so that it must be found out what became of it."""
    return isinstance(error, OutcomeUnknown)


def outage(jobs: Iterable[Job], *, probe: bool) -> Retry | None:
    """An error against everybody's calls, where every call of these jobs went unanswered; then none of them is to blame
    for it, and their outcomes say so.

    Args:
        jobs: of a claim, with their outcomes.
        probe: the line was unwell already, so that one call is enough to tell.
    """
    jobs = list(jobs)
    failed = [(job, job.error) for job in jobs if isinstance(job.error, Retry) and _may_be_an_outage(job.error)]
    answered = any(job.variables is not None and job.confirmed is not None for job in jobs)
    if not failed or answered or (len(failed) < _FEW and not probe):
        return None
    for job, error in failed:
        job.outcome = Later(
            wait=_STEP_ASIDE if probe else 0.0,  # so that the next probe is another part's
            code=error.code,
            sentence=error.message,
            unsure=isinstance(error, OutcomeUnknown)
            or (isinstance(job.outcome, Later | NotDone) and job.outcome.unsure),
        )
    error = failed[0][1]
    return Retry(error.message, code=error.code, retry_after=error.retry_after, whole_line=True)


def _may_be_an_outage(error: Retry) -> bool:
    return not error.whole_line and not isinstance(error, RateLimited | DailyLimit) and error.code != "internal_error"


def failure(job: Job, error: HubError, rules: RetryRules) -> Outcome:
    """What a failed call means for its job, which keeps the error, too."""
    job.error = error
    match error:
        case UserErrors():
            return _refused(job, error, rules)
        case DailyLimit():
            return Later(wait=error.retry_after or 3600.0, code=error.code, sentence=error.message, no_creating=True)
        case RateLimited() | NotSentError() | StopTheLine():
            return Later(wait=0.5 if isinstance(error, RateLimited) else 0.0)
        case Retry():
            return _again(job, error, rules)
        case Refused():  # our own database did not answer, be it before the call or after it
            return Later(code=error.code, sentence=error.message, unsure=True)
        case _:
            return NotDone("failed", error.code, error.message)


def _again(job: Job, error: Retry, rules: RetryRules) -> Outcome:
    unsure = isinstance(error, OutcomeUnknown)
    if error.whole_line:
        return Later(code=error.code, sentence=error.message, unsure=unsure)
    tries = job.item.attempts + 1
    if tries >= rules.most:
        return NotDone("failed", error.code, _given_up(error, tries), orphan=unsure and is_creating(job), unsure=unsure)
    return Later(rules.wait(tries), counted=True, code=error.code, sentence=error.message, unsure=unsure)


def _given_up(error: HubError, tries: int) -> str:
    return f"{error.message.removesuffix(' The call is made again.')} It was tried {tries} times. Retry it later."


def _refused(job: Job, error: UserErrors, rules: RetryRules) -> Outcome:
    if refusals.location_refused(error) is not None:
        return Later()
    by_id = job.product is not None and job.product.product_id is not None and not (job.send and job.send.whole)
    if refusals.is_gone(error) and by_id:
        sentence = "The store has this product no more under the id we knew. It is looked for by its custom id."
        return Later(code="product_missing", sentence=sentence, lost=True)
    if any(_says_ours_is_there(job, each) for each in error.errors):
        sentence = "The store has a product with this part's mark already: a call from before was carried out late."
        return _again(job, OutcomeUnknown(f"{sentence} It is looked for."), rules)
    if (handle := refusals.handle_taken(error)) is not None:
        sentence = (
            f"Another product of the store has the address (handle) this part needs. The store says: {handle.message} "
            "Give that product another handle, then retry."
        )
        conflict = {"sku": job.sku, "kind": "handle_taken", "product_id": None, "title": None, "sentence": sentence}
        conflict["batch_id"] = str(job.item.batch_id)
        return NotDone("conflict", "handle_taken", sentence, conflict=conflict)
    if refusals.only_metafields(error):
        said = "; ".join(dict.fromkeys(f"{_metafield(job, each.field)}: {each.message}" for each in error.errors))
        return NotDone("failed", "metafield_refused", f"The store refuses a value of this part. {said}"[:1000])
    return NotDone("failed", error.code, error.message)


def _says_ours_is_there(job: Job, error: UserError) -> bool:
    """Whether the store refuses a second product with our custom id, which it holds unique."""
    ours = "customId" in error.field.split(".") or (
        isinstance(job.verdict, Send)
        and "metafields" in error.field.split(".")
        and _metafield(job, error.field) == job.verdict.listing.custom_id_key
    )
    return ours and refusals.says_taken(error)


def unsure(job: Job, outcome: Outcome) -> Outcome:
    """The outcome where it is not known what the store has done. Only what may have been made just now is an orphan."""
    if isinstance(outcome, Later):
        return replace(outcome, unsure=True)
    if isinstance(outcome, NotDone):
        return replace(outcome, unsure=True, orphan=is_creating(job))
    return outcome


def _metafield(job: Job, path: str) -> str:
    """The key of the metafield a refusal is about: its place in the list is no help to anyone."""
    places = [step for step in path.split(".") if step.isdigit()]
    listed = rows(part(job.variables, "input"), "metafields")
    if places and int(places[0]) < len(listed):
        return str(listed[int(places[0])].get("key"))
    return path


def product_of(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The product in a productSet's answer; None when there is none, which is no success."""
    product = part(part(data, "productSet"), "product")
    return product if product.get("id") else None


def ids_of(product: Mapping[str, Any]) -> dict[str, Any]:
    """The three ids of a product as any of our documents reads it; those of variant and item are None if not there."""
    nothing: Mapping[str, Any] = {}
    variant = next(iter(nodes(product, "variants")), nothing)
    item = part(variant, "inventoryItem")
    return {
        "product_id": product["id"],
        "variant_id": variant.get("id"),
        "inventory_item_id": item.get("id"),
        "updated_at": product.get("updatedAt"),
    }


def succeeded(job: Job, ids: Mapping[str, Any]) -> Confirmed:
    """What is in the store after a job's productSet went well; the stock of an existing product is still as before."""
    send = job.verdict
    assert isinstance(send, Send)  # noqa: S101 - nothing else is sent
    before = job.product.published if job.product is not None else None
    base: Mapping[str, int] = {} if send.action == "created" or before is None else before.form.get("stock") or {}
    wanted = send.listing if send.action == "created" else replace(send.listing, stock=dict(base))
    product = job.product
    form = form_of(wanted)
    hashes = hashes_of(form)
    return Confirmed(
        sku=job.sku,
        batch_id=job.item.batch_id,
        state="archived" if send.listing.status == "ARCHIVED" else "live",
        product_id=ids["product_id"],
        variant_id=ids.get("variant_id") or (product.variant_id if product else None),
        inventory_item_id=ids.get("inventory_item_id") or (product.inventory_item_id if product else None),
        form=form,
        listing_hash=hashes[0],
        stock_hash=hashes[1],
        stock=dict(send.listing.stock) if send.action == "created" else dict(product.stock if product else {}),
        kept=kept_of(job),
        left_out=[{"field": one.field, "reason": one.reason} for one in send.listing.left_out],
        on_channel=product.on_channel if product is not None else False,
        image=picture_json(job.image),
        change=None
        if is_nothing(job)
        else {
            "action": send.action,
            "changes": shown_changes(send),
            "before": dict(before.form) if before is not None else None,
        },
        store_updated_at=ids.get("updated_at"),
    )


def is_nothing(job: Job) -> bool:
    """Whether what looked like a change comes to none: another address of the very same picture."""
    send = job.verdict
    return isinstance(send, Send) and job.variables is None and not send.stock


def kept_of(job: Job) -> dict[str, Any]:
    """Others' tags and metafields that stand beside ours, so that an undo can tell their work from ours."""
    if job.whole is None:
        if job.intent is not None and job.intent.kept:
            return dict(job.intent.kept)
        return dict(job.product.kept) if job.product is not None else {}
    ours = {(each.namespace, each.key) for each in _listing(job).metafields}
    ours.add((_listing(job).custom_id_namespace, _listing(job).custom_id_key))
    tags = {tag.lower() for tag in _listing(job).tags} | set(_earlier_tags(job.product))
    earlier = {(space, key) for space, key, *_ in _earlier_metafields(job.product)}
    return {
        "tags": [tag for tag in job.whole.get("tags") or () if str(tag).lower() not in tags],
        "metafields": [
            [each["namespace"], each["key"], each["type"], each["value"]]
            for each in nodes(job.whole, "metafields")
            if (each["namespace"], each["key"]) not in ours | earlier
        ],
        "media": max(0, len(nodes(job.whole, "media")) - 1),
    }


def _listing(job: Job) -> Listing:
    assert isinstance(job.verdict, Send)  # noqa: S101 - lists are read for what is sent only
    return job.verdict.listing


def _earlier_tags(product: StoreProduct | None) -> list[str]:
    form = product.form if product is not None else None
    return [str(tag).lower() for tag in (form or {}).get("tags", ())]


def _earlier_metafields(product: StoreProduct | None) -> Sequence[Sequence[str]]:
    form = product.form if product is not None else None
    return (form or {}).get("metafields", ())


def done(job: Job) -> Done:
    """The outcome of a job all of whose calls went well."""
    send = job.verdict
    action = send.action if isinstance(send, Send) and not is_nothing(job) else "unchanged"
    if action == "unchanged" or job.earlier == "created":
        action = job.earlier or action
    remarks = list(job.remarks)
    if isinstance(send, Send):
        remarks += [f"Left out: {one.field} ({one.reason})" for one in send.listing.left_out]
    if job.image is not None and job.image.sentence:
        remarks.append(job.image.sentence)
    return Done(action, " ".join(remarks)[:1000] or None)
