"""POST /api/bulk-search: a list of part numbers becomes a batch (guide, section 9). Also what both bulk routes share:
cleaning the list, and the idempotency key.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.batches.lists import part_list
from boeing_data_hub.batches.lists.gathering import ASIDE
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.part_list import PartList
from boeing_data_hub.batches.lists.reading import settled
from boeing_data_hub.batches.requests import Accepted, SearchRequest
from boeing_data_hub.errors import BadInput, Malformed
from boeing_data_hub.values.clean_text import line
from boeing_data_hub.values.counted import counted, form
from boeing_data_hub.values.states import BatchType
from boeing_data_hub.web.access import Searcher, TheHub
from boeing_data_hub.web.bodies import LONGEST_KEY, Body, Flag, IdempotencyKey, RunName, Texts, one_of
from boeing_data_hub.web.problems import Responses
from boeing_data_hub.work.batch import Batch

router = APIRouter(prefix="/api", tags=["bulk"])

_SHOWN = 100  # of duplicates and rejections in an answer


class PartsOfRun(Body):
    """The list of a run, beside `part_numbers`, and how it is read."""

    part_numbers_text: str | None = Field(
        default=None, min_length=1, description="The same as text: separated by newline, comma, semicolon or tab."
    )
    idempotency_key: IdempotencyKey | None = Field(
        default=None,
        description="Your own name for this request. Reusing it returns the existing run instead of starting another.",
    )
    name: RunName | None = Field(
        default=None, description="A name for the run. Default: its first part number and how many follow."
    )
    column: str = Field(
        default="",
        max_length=200,
        description="For a pasted table: the letter or the heading of the part number column.",
    )
    accept_flagged: Flag = Field(
        default=False, description="Accept part numbers that were flagged as doubtful (dates, spaces inside, ...)."
    )


class BulkSearchRequest(PartsOfRun):
    """The parts to search for: a list, or text pasted from a spreadsheet or e-mail."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            **one_of({"part_numbers": "array", "part_numbers_text": "string"}),
            "examples": [
                {"part_numbers": ["WF338109", "MS20470AD6-10"], "idempotency_key": "monday-list"},
                {"part_numbers_text": "WF338109, MS20470AD6-10\nAN3-43A", "force_refresh": True},
            ],
        },
    )

    part_numbers: Texts | None = Field(default=None, description="Part numbers, at most MAX_BULK_SEARCH_SIZE.")
    force_refresh: Flag = Field(default=False, description="Ignore cached answers and ask Boeing again.")
    urgent: Flag = Field(
        default=False,
        description="Take the next Boeing calls, before other searches, within HUB_URGENT_SHARE of an hour's calls.",
    )


class RepeatedPart(BaseModel, from_attributes=True):
    """A part number that was already on an earlier line."""

    line: int
    part_number: str
    first_line: int


class BulkOperationResponse(BaseModel):
    """The batch of a request (guide, section 9.2), and how its list was cleaned."""

    batch_id: str
    total_items: int
    status: str
    message: str
    idempotency_key: str | None = None
    reused_count: int = Field(default=0, description="Parts served from recent answers, without a Boeing call.")
    duplicate_count: int = 0
    duplicates: list[RepeatedPart] = Field(default=[], description="The first 100.")
    retry_of: str | None = None


REPLAYED: Final[Responses] = {
    200: {"model": BulkOperationResponse, "description": "The same request was accepted before: its run."}
}
"""The answer to a repeated request, for the description of a route."""


def idempotency_key(header: str | None, field: str | None, request: Request) -> str | None:
    """The idempotency key of a request. Raises Malformed if it is unusable, or if header and body differ."""
    sent = request.headers.getlist("idempotency-key")
    if len(sent) > 1:
        raise Malformed("The header Idempotency-Key was sent more than once. Nothing was changed.", code="bad_key")
    if header is not None and field is not None and header != field:
        raise Malformed(
            "The header Idempotency-Key and the field idempotency_key differ. Send one of them. Nothing was changed.",
            code="bad_key",
        )
    key = header if header is not None else field
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Malformed(
            f"An idempotency key is 1 to {LONGEST_KEY} printable ASCII characters, e.g. a UUID. Nothing was changed.",
            code="bad_key",
        )
    return key


def clean_list(
    numbers: list[str] | None, text: str | None, *, most: int, choice: ColumnMapping | None = None
) -> PartList:
    """The clean list of a request.

    Raises:
        BadInput: lines are not part numbers, which it lists with reasons; or the column is not clear (`needs_choice`).
    """
    if numbers is not None and text is not None:
        raise BadInput(
            "Send either part_numbers or part_numbers_text, not both. Nothing was changed.", code="two_lists"
        )
    if numbers is None and text is None:
        raise BadInput("Send part_numbers or part_numbers_text. Nothing was changed.", code="no_list")
    found = (
        part_list.from_list(numbers, max_parts=most, choice=choice)
        if numbers is not None
        else part_list.from_request(text or "", max_parts=most, choice=choice)
    )
    settled(found.reading)
    none_refused(found, by_program=numbers is not None)
    return found


def none_refused(found: PartList, *, by_program: bool = False, even_if: bool = False) -> None:
    """Verify that every line of a list is a part number.

    Args:
        found: the list.
        by_program: True for a JSON list, in which every rejected entry counts.
        even_if: True to skip rejected lines, if a part number is left.

    Raises:
        BadInput: lines are not part numbers, or the list has none.
    """
    if found.refused_count and not even_if:
        refused = [one for one in found.rejected if one.code not in ASIDE or by_program]
        first = refused[0] if refused else found.rejected[0]
        more = f" ({found.refused_count - 1:,} more)" if found.refused_count > 1 else ""
        raise BadInput(
            f"Line {first.line}: {first.reason.rstrip('.')}{more}. Nothing was started. Correct the list and send it "
            "again" + ("; or, where all flagged numbers are right, with `accept_flagged`." if found.flagged else "."),
            code="bad_part_numbers",
            details={
                "rejected_count": found.refused_count,
                "rejected": [
                    {"line": r.line, "text": r.text, "code": r.code, "reason": r.reason, "part_number": r.part_number}
                    for r in refused[:_SHOWN]
                ],
            },
        )
    if not found.part_numbers:
        raise BadInput("The list contains no part number. Nothing was started.", code="empty_list")


def told(accepted: Accepted, found: PartList | None = None) -> BulkOperationResponse:
    """The response to an accepted request."""
    batch = accepted.batch
    return BulkOperationResponse(
        batch_id=str(batch.id),
        total_items=batch.total_items,
        status=batch.status,
        message=_message(batch, is_new=accepted.is_new, duplicates=found.duplicate_count if found else 0),
        idempotency_key=batch.idempotency_key,
        reused_count=batch.reused_count,
        duplicate_count=found.duplicate_count if found else 0,
        duplicates=[
            RepeatedPart(line=d.line, part_number=d.part_number, first_line=d.first_line)
            for d in (found.duplicates[:_SHOWN] if found else [])
        ],
        retry_of=str(batch.retry_of) if batch.retry_of else None,
    )


def _message(batch: Batch, *, is_new: bool, duplicates: int) -> str:
    if not is_new:
        return "This request was accepted before; this is its run. Nothing was started twice."
    if batch.options.undo_of:
        return f"Undoing started. {counted(batch.total_items, 'part')} will be restored."
    if batch.batch_type is BatchType.PUBLISH:
        said = f"Bulk publish started. Publishing {counted(batch.total_items, 'product')} to Shopify."
        return said + _skipped(duplicates)
    said = f"Bulk search started. Processing {counted(batch.total_items, 'part number')}."
    if batch.reused_count:
        verb, need = form(batch.reused_count, "is", "are"), form(batch.reused_count, "needs", "need")
        said += f" {batch.reused_count:,} of them {verb} already up to date and {need} no Boeing call."
    return said + _skipped(duplicates)


def _skipped(duplicates: int) -> str:
    return f" {counted(duplicates, 'duplicate')} {form(duplicates, 'was', 'were')} skipped." if duplicates else ""


@router.post(
    "/bulk-search",
    status_code=202,
    responses=REPLAYED,
)
def bulk_search(
    body: BulkSearchRequest,
    hub: TheHub,
    principal: Searcher,
    request: Request,
    response: Response,
    key_header: Annotated[IdempotencyKey | None, Header(alias="Idempotency-Key")] = None,
) -> BulkOperationResponse:
    """Search for up to 50,000 part numbers in the background. Returns at once, with the batch to watch."""
    key = idempotency_key(key_header, body.idempotency_key, request)
    found = clean_list(
        body.part_numbers,
        body.part_numbers_text,
        most=hub.settings.max_bulk_search_size,
        choice=ColumnMapping(column=body.column, accept_flagged=body.accept_flagged),
    )
    accepted = hub.intake.search(
        SearchRequest(
            part_numbers=found.part_numbers,
            owner=principal.owner,
            idempotency_key=key,
            force_refresh=body.force_refresh,
            urgent=body.urgent,
            source=line(body.name) or None,
        )
    )
    response.headers["Location"] = f"/api/batches/{accepted.batch.id}"
    if not accepted.is_new:
        response.status_code = 200
        response.headers["Idempotent-Replayed"] = "true"
    return told(accepted, found)
