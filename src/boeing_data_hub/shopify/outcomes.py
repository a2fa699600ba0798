"""What a response of the store means for a part. Pure; `confirmed_products` says what the store then has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Refused, Retry
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import confirmed_products, user_errors
from boeing_data_hub.shopify.failures import DailyLimit, NotSentError, OutcomeUnknown, UserError, UserErrors
from boeing_data_hub.shopify.journey import (
    Advanced,
    Decided,
    Done,
    Later,
    Loaded,
    NotDone,
    Outcome,
    P,
    Prepared,
    Send,
    Sent,
    Verdict,
)
from boeing_data_hub.shopify.shapes import part as within
from boeing_data_hub.shopify.shapes import rows

_FEW: Final = 3  # unanswered calls that do not yet show an outage
_STEP_ASIDE: Final = 10.0


def affects_every_call(error: HubError) -> bool:
    """True if the failure affects every call, not only this part."""
    return (
        isinstance(error, PauseUpstream)
        or user_errors.concerns_every_part(error) is not None
        or (isinstance(error, Retry) and error.whole_line and not isinstance(error, RateLimited))
    )


def is_creating(part: Loaded) -> bool:
    """True if a part gets a new product."""
    verdict = _verdict(part)
    return isinstance(verdict, Send) and verdict.action == "created"


def _verdict(part: Loaded) -> Verdict | None:
    return part.verdict if isinstance(part, Decided) else None


def without_outage(parts: Mapping[str, Sent], *, probe: bool) -> Advanced[Sent]:
    """The parts, and the outage if no call of theirs was answered: then no failed try is counted against any of them.

    Args:
        parts: of a claim, with their outcomes.
        probe: publishing was paused already, so that one unanswered call is enough.
    """
    failed = {sku: error for sku, part in parts.items() if (error := _unanswered(part)) is not None}
    if not failed or _any_answered(parts.values()) or (len(failed) < _FEW and not probe):
        return Advanced(parts)
    after: dict[str, Sent] = dict(parts)
    for sku, error in failed.items():
        outcome = parts[sku].outcome
        unsure = isinstance(error, OutcomeUnknown) or (isinstance(outcome, Later | NotDone) and outcome.unsure)
        wait = _STEP_ASIDE if probe else 0.0  # so that another part probes next
        later = Later(wait=wait, code=error.code, sentence=error.message, unsure=unsure)
        after[sku] = replace(parts[sku], outcome=later)
    error = next(iter(failed.values()))
    return Advanced(after, Retry(error.message, code=error.code, retry_after=error.retry_after, whole_line=True))


def any_answer(parts: Iterable[Sent]) -> bool:
    """True if the store answered a call of these parts; also if none of them made a call."""
    parts = list(parts)
    return _any_answered(parts) or all(_unanswered(part) is None for part in parts)


def _any_answered(parts: Iterable[Sent]) -> bool:
    return any(part.variables is not None and part.confirmed is not None for part in parts)


def _unanswered(part: Loaded) -> Retry | None:
    """The error of a part whose call was not answered."""
    return part.error if isinstance(part.error, Retry) and _may_be_an_outage(part.error) else None


def _may_be_an_outage(error: Retry) -> bool:
    return not error.whole_line and not isinstance(error, RateLimited | DailyLimit) and error.code != "internal_error"


def failed(part: P, error: HubError, retry: RetryPolicy, *, nothing_sent: bool = False) -> P:
    """The part after its call failed. `nothing_sent`: the call asked or prepared, so an earlier intent is kept."""
    outcome = failure(part, error, retry)
    return replace(part, outcome=in_doubt(outcome) if nothing_sent else outcome, error=error)


def in_doubt(outcome: Outcome) -> Outcome:
    """The outcome of a part for which nothing was sent or learned: an earlier intent is kept."""
    return replace(outcome, unsure=True) if isinstance(outcome, Later | NotDone) else outcome


def bug(error: Exception) -> Retry:
    """An unexpected error, as a failed try that is named in the item."""
    return Retry(
        f"The hub met an unexpected error ({type(error).__name__}) while processing this part.", code="internal_error"
    )


def failure(part: Loaded, error: HubError, retry: RetryPolicy) -> Outcome:
    """The outcome of a part whose call failed."""
    match error:
        case UserErrors():
            return _refused(part, error, retry)
        case DailyLimit():
            return Later(wait=error.retry_after or 3600.0, code=error.code, sentence=error.message, no_creating=True)
        case RateLimited() | NotSentError() | PauseUpstream():
            return Later(wait=0.5 if isinstance(error, RateLimited) else 0.0)
        case Retry():
            return _again(part, error, retry)
        case Refused():  # our own database did not answer, before the call or after it
            return Later(code=error.code, sentence=error.message, unsure=True)
        case _:
            return NotDone("failed", error.code, error.message)


def _again(part: Loaded, error: Retry, retry: RetryPolicy) -> Outcome:
    unsure = isinstance(error, OutcomeUnknown)
    if error.whole_line:
        return Later(code=error.code, sentence=error.message, unsure=unsure)
    tries = part.item.attempts + 1
    if retry.gives_up(tries):
        return NotDone(
            "failed", error.code, _given_up(error, tries), orphan=unsure and is_creating(part), unsure=unsure
        )
    return Later(retry.wait(tries), counted=True, code=error.code, sentence=error.message, unsure=unsure)


def _given_up(error: HubError, tries: int) -> str:
    return f"{error.message.removesuffix(' The hub will retry.')} The hub tried {tries} times. Retry it later."


def _refused(part: Loaded, error: UserErrors, retry: RetryPolicy) -> Outcome:
    if user_errors.concerns_every_part(error) is not None:
        return Later()
    verdict = _verdict(part)
    whole = isinstance(verdict, Send) and verdict.whole
    by_id = part.product is not None and part.product.product_id is not None and not whole
    if user_errors.is_gone(error) and by_id:
        sentence = "This product is no longer in your store under its known id. The hub looks for it by custom id."
        return Later(code="product_missing", sentence=sentence, lost=True)
    if any(_says_ours_is_there(part, each) for each in error.errors):
        sentence = "Your store already has a product with this custom id: an earlier call took effect late."
        return _again(part, OutcomeUnknown(f"{sentence} The hub is looking for it."), retry)
    if (handle := user_errors.handle_taken(error)) is not None:
        sentence = (
            f"Another product in your store uses the URL handle this part needs. Shopify says: {handle.message} "
            "Change that product's handle, then retry."
        )
        conflict = {"sku": part.sku, "kind": "handle_taken", "product_id": None, "title": None, "sentence": sentence}
        conflict["batch_id"] = str(part.item.batch_id)
        return NotDone("conflict", "handle_taken", sentence, conflict=conflict)
    if user_errors.only_metafields(error):
        said = "; ".join(dict.fromkeys(f"{_metafield(part, each.field)}: {each.message}" for each in error.errors))
        return NotDone("failed", "metafield_refused", f"Shopify rejected a value of this part. {said}"[:1000])
    return NotDone("failed", error.code, error.message)


def _says_ours_is_there(part: Loaded, error: UserError) -> bool:
    """True if the store rejects a second product with the same custom id."""
    verdict = _verdict(part)
    ours = "customId" in error.field.split(".") or (
        isinstance(verdict, Send)
        and "metafields" in error.field.split(".")
        and _metafield(part, error.field) == verdict.listing.custom_id_key
    )
    return ours and user_errors.says_taken(error)


def unsure(part: Loaded, outcome: Outcome) -> Outcome:
    """The same outcome for a call whose result is unknown. Only a creation may leave a leftover product."""
    if isinstance(outcome, Later):
        return replace(outcome, unsure=True)
    if isinstance(outcome, NotDone):
        return replace(outcome, unsure=True, orphan=is_creating(part))
    return outcome


def _metafield(part: Loaded, path: str) -> str:
    """The key of the metafield that a user error is about; the store gives only its position in the list."""
    places = [step for step in path.split(".") if step.isdigit()]
    variables = part.variables if isinstance(part, Prepared) else None
    listed = rows(within(variables, "input"), "metafields")
    if places and int(places[0]) < len(listed):
        return str(listed[int(places[0])].get("key"))
    return path


def done(part: Sent) -> Done:
    """The outcome of a part whose calls all succeeded."""
    send = part.verdict
    action = send.action if isinstance(send, Send) and not confirmed_products.is_nothing(part) else "unchanged"
    if action == "unchanged" or part.earlier == "created":
        action = part.earlier or action
    remarks = list(part.remarks)
    if isinstance(send, Send):
        remarks += [f"Not published: {one.field} ({one.reason})" for one in send.listing.left_out]
    if part.image is not None and part.image.sentence:
        remarks.append(part.image.sentence)
    return Done(action, " ".join(remarks)[:1000] or None)
