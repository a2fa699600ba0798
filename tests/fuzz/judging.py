"""Loaded by schemathesis (see test_fuzz.py): the check that valid data is accepted, but for what no schema can say.

Each code below depends on more than the form of a request: on an earlier request, on two fields together, on what
stands in a file, or on the state of a part. With any other code, a rejection of valid data is a failure.
"""

from __future__ import annotations

import json
import re
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import positive_data_acceptance, use_after_free

_CANCELLED = re.compile("/api/(batches|store/(jobs|snapshots|adoptions))/")
_LIST = {
    "idempotency_key_reused",  # sent before, with another list
    "bad_key",  # the header and the field differ
}
_TEXT = {"bad_part_numbers", "empty_list", "needs_choice"}  # a text is read like a spreadsheet
_FILE = {"empty_file", "not_a_spreadsheet", "damaged_file", "needs_choice", "no_choice", "bad_input"}
TOLD_APART = {
    "bulk_search": _LIST | _TEXT,
    "bulk_publish": _LIST | _TEXT | {"no_search", "nothing_to_publish"},
    "read_upload_list": _FILE,
    "preview_list": _FILE,
    "upload_saved_list": _FILE | {"empty_list", "other_source"},
    "search_saved_list": {"empty_list"},
    "refresh_saved_list": {"no_address"},
    "create_saved_list": {"list_address_forbidden", "no_address"},
    "change_saved_list": {"list_address_forbidden", "no_address", "other_source"},
    "search_list": _FILE | _LIST | _TEXT,
    "cancel_batches": {"no_filter"},  # one of four fields
    "pause_work": {"pause_ended", "pause_too_long"},  # by the clock
    "approve_adoption": {"nothing_chosen"},
    "choose_adoptions": {"not_a_candidate", "part_has_product", "not_a_copy"},  # by what the plan found
    "ask_for_quote": {
        "unequal_counts", "bad_lines", "bad_rfq_number", "no_parts", "rfq_number_missing", "mixed_separators",
        "bad_list", "not_flat", "field_sent_twice", "too_many_parts", "bad_input",
    },
}  # fmt: skip


def _is_about_two(field: str) -> bool:
    """Whether a problem of a price list is about two fields of a rule, or about a file, which has no schema."""
    return field in {"", "margin", "cost_below", "stock_below", "weight_below", "hazards", "ceiling"}


@schemathesis.check
def valid_data_is_accepted(ctx: Any, response: Any, case: Any) -> bool | None:
    """As schemathesis' own check, but for the codes in `TOLD_APART`, and for parts that could not be published."""
    try:
        return positive_data_acceptance(ctx, response, case)
    except Failure:
        told = json.loads(response.content)
        name = case.operation.definition.raw.get("operationId", "")
        if told.get("code") in TOLD_APART.get(name, ()):
            return None
        if name in {"publish_part", "update_product"} and response.status_code == 422 and told.get("batch_id"):
            return None  # the code is why the part could not be published
        problems = told.get("problems", []) if told.get("code") == "bad_price_rules" else []
        if problems and all(_is_about_two(one["field"]) for one in problems):
            return None
        raise


@schemathesis.check
def deleted_is_gone(ctx: Any, response: Any, case: Any) -> bool | None:
    """As schemathesis' `use_after_free`, but for what DELETE cancels: its record stays, and can still be read."""
    return None if _CANCELLED.match(case.operation.path) else use_after_free(ctx, response, case)
