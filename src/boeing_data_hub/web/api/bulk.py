"""POST /api/bulk-search: a list of part numbers becomes a batch (guide, section 9). Here, too: what both bulk routes
make of a list and a key.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.errors import BadInput, Malformed
from boeing_data_hub.intake import part_list
from boeing_data_hub.intake.part_list import PartList
from boeing_data_hub.intake.requests import Accepted, SearchRequest
from boeing_data_hub.model.batches import Batch
from boeing_data_hub.model.states import BatchType
from boeing_data_hub.web.access import Searcher, TheHub

router = APIRouter(prefix="/api", tags=["bulk"])

_SHOWN = 100  # of duplicates and rejections in an answer
_LONGEST_KEY = 255


class BulkSearchRequest(BaseModel):
    """What to search for: a list, or text as pasted from a spreadsheet or e-mail."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"part_numbers": ["WF338109", "MS20470AD6-10"], "idempotency_key": "monday-list"},
                {"part_numbers_text": "WF338109, MS20470AD6-10\nAN3-43A", "force_refresh": True},
            ]
        },
    )

    part_numbers: list[str] | None = Field(default=None, description="Part numbers, at most MAX_BULK_SEARCH_SIZE.")
    part_numbers_text: str | None = Field(
        default=None, description="The same as text: separated by newline, comma, semicolon or tab."
    )
    idempotency_key: str | None = Field(
        default=None, description="Your own word for this request. Sent again, it gives the same batch, never a second."
    )
    force_refresh: bool = Field(default=False, description="Ask Boeing even where a fresh answer is at hand.")


class BulkOperationResponse(BaseModel):
    """What became of the request (guide, section 9.2), and what was done to the list."""

    batch_id: str
    total_items: int
    status: str
    message: str
    idempotency_key: str | None = None
    reused_count: int = Field(default=0, description="Items answered from fresh earlier answers, at no Boeing call.")
    duplicate_count: int = 0
    duplicates: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]], description="The first 100.")
    retry_of: str | None = None


def idempotency_key(header: str | None, field: str | None, request: Request) -> str | None:
    """The one key of a request. Raises Malformed when it is unusable, or given twice and different."""
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
    if not key.strip() or len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Malformed(
            f"An idempotency key is 1 to {_LONGEST_KEY} printable ASCII characters, e.g. a UUID. Nothing was changed.",
            code="bad_key",
        )
    return key


def clean_list(numbers: list[str] | None, text: str | None, *, most: int) -> PartList:
    """The clean list of a request. Raises BadInput naming the lines that are not part numbers, and why."""
    if numbers is not None and text is not None:
        raise BadInput(
            "Send either part_numbers or part_numbers_text, not both. Nothing was changed.", code="two_lists"
        )
    if numbers is None and text is None:
        raise BadInput("Send part_numbers or part_numbers_text. Nothing was changed.", code="no_list")
    found = (
        part_list.from_list(numbers, max_parts=most)
        if numbers is not None
        else part_list.from_text(text or "", max_parts=most)
    )
    if found.rejected_count:
        first = found.rejected[0]
        more = f" ({found.rejected_count - 1:,} more)" if found.rejected_count > 1 else ""
        raise BadInput(
            f"Line {first.line}: {first.reason.rstrip('.')}{more}. Nothing was started. Correct the list and send it "
            "again.",
            code="bad_part_numbers",
            details={
                "rejected_count": found.rejected_count,
                "rejected": [
                    {"line": r.line, "text": r.text, "code": r.code, "reason": r.reason}
                    for r in found.rejected[:_SHOWN]
                ],
            },
        )
    if not found.part_numbers:
        raise BadInput("The list holds no part number. Nothing was started.", code="empty_list")
    return found


def told(accepted: Accepted, found: PartList | None = None) -> BulkOperationResponse:
    """The answer to an accepted request."""
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
            {"line": d.line, "part_number": d.part_number, "first_line": d.first_line}
            for d in (found.duplicates[:_SHOWN] if found else [])
        ],
        retry_of=str(batch.retry_of) if batch.retry_of else None,
    )


def _message(batch: Batch, *, is_new: bool, duplicates: int) -> str:
    if not is_new:
        return "This request was accepted before; here is its batch. Nothing was started twice."
    if batch.options.get("undo_of"):
        return f"Undoing started. {batch.total_items:,} parts are brought back to what they were."
    if batch.batch_type is BatchType.PUBLISH:
        said = f"Bulk publish started. Publishing {batch.total_items:,} products to Shopify."
        return said + (f" {duplicates:,} duplicates were left out." if duplicates else "")
    said = f"Bulk search started. Processing {batch.total_items:,} part numbers."
    if batch.reused_count:
        said += f" {batch.reused_count:,} of them have a fresh answer already and cost no Boeing call."
    if duplicates:
        said += f" {duplicates:,} duplicates were left out."
    return said


@router.post(
    "/bulk-search",
    status_code=202,
    response_model=BulkOperationResponse,
    responses={200: {"description": "The same request was accepted before: its batch."}},
)
def bulk_search(
    body: BulkSearchRequest,
    hub: TheHub,
    principal: Searcher,
    request: Request,
    response: Response,
    key_header: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> BulkOperationResponse:
    """Search for up to 50,000 part numbers in the background. Answers at once with the batch to watch."""
    key = idempotency_key(key_header, body.idempotency_key, request)
    found = clean_list(body.part_numbers, body.part_numbers_text, most=hub.intake.rules.max_search)
    accepted = hub.intake.search(
        SearchRequest(
            part_numbers=found.part_numbers,
            owner=principal.owner,
            idempotency_key=key,
            force_refresh=body.force_refresh,
        )
    )
    response.headers["Location"] = f"/api/batches/{accepted.batch.id}"
    if not accepted.is_new:
        response.status_code = 200
        response.headers["Idempotent-Replayed"] = "true"
    return told(accepted, found)
