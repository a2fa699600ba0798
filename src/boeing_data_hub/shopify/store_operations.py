"""Bulk operations of the store, imports and queries alike: started once, found again after a lost reply, followed to
their end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import structlog

from boeing_data_hub.shopify.failures import OutcomeUnknown, UserErrors
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.shapes import nodes, part

log = structlog.get_logger(__name__)

LOST_START_WAIT: Final = 2.0
"""Seconds between two checks for an operation whose start had no answer."""

_ENDED: Final = frozenset({"COMPLETED", "FAILED", "CANCELED", "EXPIRED"})
_CANCELLABLE: Final = frozenset({"CREATED", "RUNNING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationStatus:
    """An operation as the store describes it now.

    Attributes:
        status: the store's word, such as `RUNNING`.
        count: finished lines or objects.
        url: of its results, or of those until it failed; None if there are none (yet).
        error_code: why it failed, in the store's words.
    """

    status: str
    count: int
    url: str | None
    error_code: str | None

    @classmethod
    def from_node(cls, node: Mapping[str, Any]) -> Self:
        """Build from a `BulkOperation` of the store."""
        return cls(
            status=str(node.get("status") or "EXPIRED"),
            count=int(node.get("objectCount") or 0),
            url=node.get("url") or node.get("partialDataUrl") or None,
            error_code=node.get("errorCode"),
        )

    @property
    def has_ended(self) -> bool:
        """True if it will not change any more."""
        return self.status in _ENDED

    @property
    def is_complete(self) -> bool:
        """True if it reached its end."""
        return self.status == "COMPLETED"

    @property
    def can_be_cancelled(self) -> bool:
        """True if the store accepts a cancel."""
        return self.status in _CANCELLABLE

    @property
    def ending(self) -> str:
        """How it ended, for people."""
        return f"{self.status} ({self.error_code or 'no code'})"


class StoreOperations:
    """Starts, finds and follows operations.

    Args:
        client: calls the store.
    """

    def __init__(self, client: AsksStore) -> None:
        self._client = client

    def start(self, document: str, variables: Mapping[str, Any], *, keep_going: Callable[[], bool]) -> str | None:
        """Start an operation. Returns its id; None if the store runs as many as it can, so that it has not started.

        Args:
            document: the mutation that starts it, which answers with one field.
            variables: of the mutation.
            keep_going: asked before the call is sent.

        Raises:
            OutcomeUnknown: it may have started; `find` tells.
            HubError: it has certainly not started.
        """
        try:
            answer = self._client.run(document, variables, keep_going=keep_going)
        except UserErrors as refused:
            if refused.has("OPERATION_IN_PROGRESS") or refused.has("LIMIT_REACHED"):
                return None
            raise
        operation_id = next((part(part(answer, field), "bulkOperation").get("id") for field in answer), None)
        if not operation_id:
            raise OutcomeUnknown(
                "Shopify's response names no bulk operation. The hub is looking for it.", code="shopify_malformed"
            )
        return str(operation_id)

    def find(self, mark: str, *, query: str | None = None) -> str | None:
        """The id of the operation with this name in its text; None if the store has none.

        Args:
            mark: a name that no other operation has.
            query: the store's filter, such as `operation_type:query`.
        """
        found = self._client.run("bulk_running", {"first": 50, **({"query": query} if query else {})})
        marked = (node["id"] for node in nodes(found, "bulkOperations") if mark in str(node.get("query") or ""))
        return next(marked, None)

    def look(self, operation_id: str | None) -> OperationStatus | None:
        """How far an operation is; None if the store no longer knows it."""
        found = part(self._client.run("bulk_status", {"id": operation_id}), "bulkOperation")
        return OperationStatus.from_node(found) if found else None

    def cancel(self, operation_id: str | None) -> None:
        """Cancel an operation; one that has just ended is left as it is."""
        try:
            self._client.run("bulk_cancel", {"id": operation_id})
        except UserErrors as refused:
            log.info("a bulk operation was not cancelled", operation=operation_id, reason=refused.message)
