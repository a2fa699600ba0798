"""Bulk operations: a mutation run over the lines of a file, or a query over the whole store, results in any order."""

from __future__ import annotations

import asyncio
from typing import Any

from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify import bulk_lines, webhooks
from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.documents import Document
from boeing_data_hub_sandbox.shopify.executing import answer
from boeing_data_hub_sandbox.shopify.faults import Fault
from boeing_data_hub_sandbox.shopify.outcomes import user_error
from boeing_data_hub_sandbox.shopify.records import BulkOperation, number_of
from boeing_data_hub_sandbox.shopify.store import stamp
from boeing_data_hub_sandbox.shopify.world import World

_SLICE = 0.005
_WINDOW = 100
_LATE = 1.0
_ENDINGS = frozenset({"bulk_failed", "bulk_expired", "bulk_stuck", "bulk_truncated"})


class BulkRunner:
    """Starts, runs and cancels bulk operations."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run_mutation(self, call: Call, mutation: str, path: str, client: str | None) -> dict[str, Any]:
        """BulkOperationRunMutation."""
        world = self._world
        refusal, document = bulk_lines.checked_mutation(world, mutation, client)
        content = world.uploads.content(path)
        if refusal is None and content is None:
            said = "The JSONL file could not be found. Try uploading the file again, and check that you've entered the "
            said += "URL correctly for the stagedUploadPath mutation argument."
            refusal = user_error(None, said, "NO_SUCH_FILE")
        elif refusal is None and not (content or b"").strip():
            refusal = user_error(None, "The input file is empty.", "INVALID_STAGED_UPLOAD_FILE")
        elif refusal is None and len(content or b"") > world.knobs.bulk_max_bytes:
            said = "The input file size exceeds the maximum allowed size of 100 MB."
            refusal = user_error(None, said, "INVALID_STAGED_UPLOAD_FILE")
        refusal = refusal or self._lane("MUTATION")
        if refusal is not None or document is None or content is None:
            return {"bulkOperation": None, "userErrors": [refusal]}
        operation = self._begin(call, "MUTATION", mutation, client)
        fault = world.faults.strike(_ENDINGS, operation=document.first_field)
        lines = [line for line in content.decode("utf-8", "replace").split("\n") if line.strip()]
        world.run(self._run_lines(operation, document, lines, path, fault))
        return {"bulkOperation": operation, "userErrors": []}

    def run_query(self, call: Call, query: str) -> dict[str, Any]:
        """BulkOperationRunQuery."""
        refusal, document = bulk_lines.checked_query(self._world, query)
        refusal = refusal or self._lane("QUERY")
        if refusal is not None or document is None:
            return {"bulkOperation": None, "userErrors": [refusal]}
        operation = self._begin(call, "QUERY", query, None)
        fault = self._world.faults.strike(_ENDINGS, operation=document.first_field)
        self._world.run(self._run_query(operation, document, fault))
        return {"bulkOperation": operation, "userErrors": []}

    def cancel(self, identifier: str) -> dict[str, Any]:
        """BulkOperationCancel."""
        operation = self._world.store.bulk_operations.get(identifier)
        if operation is None:
            return {"bulkOperation": None, "userErrors": [user_error(["id"], "Bulk operation does not exist")]}
        if operation.finished:
            said = f"A bulk operation cannot be canceled when it is {operation.status.lower()}"
            return {"bulkOperation": operation, "userErrors": [user_error(None, said)]}
        operation.status = "CANCELING"
        return {"bulkOperation": operation, "userErrors": []}

    def _lane(self, kind: str) -> dict[str, Any] | None:
        running = [
            each.id for each in self._world.store.bulk_operations.values() if each.type == kind and not each.finished
        ]
        if len(running) < self._world.knobs.bulk_concurrent:
            return None
        said = f"A bulk {kind.lower()} operation for this app and shop is already in progress: {', '.join(running)}."
        return user_error(None, said, "OPERATION_IN_PROGRESS")

    def _begin(self, call: Call, kind: str, text: str, client: str | None) -> BulkOperation:
        operation = BulkOperation(self._world.store.next_id("BulkOperation"), kind, text, stamp(), client)
        self._world.store.bulk_operations[operation.id] = operation
        name = "bulkOperationRunMutation" if kind == "MUTATION" else "bulkOperationRunQuery"
        call.record(name, "started", id=operation.id, clientIdentifier=client)
        return operation

    async def _run_lines(
        self, operation: BulkOperation, document: Document, lines: list[str], path: str, fault: Fault | None
    ) -> None:
        world = self._world
        if not await self._started(operation, fault):
            return
        checksum = world.uploads.fingerprint(path)
        last = len(lines)
        if fault is not None and fault.kind in {"bulk_failed", "bulk_expired"}:
            last = int(last * fault.fraction)
        began = sliced = monotonic()
        for index, line in enumerate(lines[:last]):
            if operation.status == "CANCELING":
                break
            operation.results += bulk_lines.executed(world, operation, document, index, line)
            operation.object_count += 1
            operation.root_object_count += 1
            rate, moment = world.knobs.bulk_lines_per_second, monotonic()
            if rate and (index + 1) / rate > moment - began:
                await asyncio.sleep((index + 1) / rate - (moment - began))
            elif moment - sliced > _SLICE:
                await asyncio.sleep(0)
                sliced = monotonic()
        if world.uploads.fingerprint(path) != checksum and operation.status != "CANCELING":
            fault = Fault(kind="bulk_failed")
        await self._end(operation, fault)

    async def _run_query(self, operation: BulkOperation, document: Document, fault: Fault | None) -> None:
        if not await self._started(operation, fault):
            return
        offset = 0
        while operation.status != "CANCELING":
            call = Call(self._world, operation.id, via="bulk", window=(offset, _WINDOW))
            reply = answer(call, document, {})
            if reply.get("errors"):
                fault = Fault(kind="bulk_failed", error_code="INTERNAL_SERVER_ERROR")
                break
            lines, roots = bulk_lines.flattened(reply["data"])
            operation.results += lines
            operation.object_count += len(lines)
            operation.root_object_count += roots
            offset += _WINDOW
            if roots < _WINDOW:
                break
            await asyncio.sleep(0)
        await self._end(operation, fault)

    async def _started(self, operation: BulkOperation, fault: Fault | None) -> bool:
        await asyncio.sleep(self._world.knobs.bulk_start_delay)
        # Not an event: the status is changed by a cancel, and by nobody else, and this is a fault that tests switch on.
        while fault is not None and fault.kind == "bulk_stuck" and operation.status == "CREATED":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        if operation.status == "CANCELING":
            await self._end(operation, None)
            return False
        operation.status = "RUNNING"
        return True

    async def _end(self, operation: BulkOperation, fault: Fault | None) -> None:
        world = self._world
        if operation.status == "CANCELING":
            await asyncio.sleep(world.knobs.bulk_cancel_delay)
            if stuck := world.faults.strike(frozenset({"bulk_cancel_stuck"})):
                await asyncio.sleep(stuck.seconds)
            status = "CANCELED"
        else:
            status = {"bulk_failed": "FAILED", "bulk_expired": "EXPIRED"}.get(fault.kind if fault else "", "COMPLETED")
        lines = operation.results
        if world.knobs.bulk_shuffle:  # without groupObjects, a query's lines have no order, either
            lines = world.faults.shuffled(lines)
        operation.file = "".join(lines).encode()
        if fault is not None and fault.kind == "bulk_truncated":
            operation.file = operation.file[: max(0, int(len(operation.file) * fault.fraction) - 1)]
        self._publish(operation, status, fault)
        operation.completed_at = stamp()
        world.bulk_finished_at[operation.id] = monotonic()
        operation.status = status
        webhooks.announce(world, "BULK_OPERATIONS_FINISH", operation)

    def _publish(self, operation: BulkOperation, status: str, fault: Fault | None) -> None:
        """Say where the results are: whole ones only for a completed run, and nowhere when there are none."""
        address = f"{self._world.url}/bulk-results/{number_of(operation.id)}.jsonl"
        if status == "COMPLETED":
            operation.url = address if operation.file else None
            return
        if status == "FAILED":
            operation.error_code = fault.error_code if fault else "INTERNAL_SERVER_ERROR"
        if status == "EXPIRED" or not operation.file:
            return

        def late() -> None:
            operation.partial_data_url = address

        if self._world.faults.strike(frozenset({"bulk_late_partial"})):
            asyncio.get_running_loop().call_later(_LATE, late)
        else:
            late()

    def download(self, identifier: str) -> tuple[int, bytes]:
        """Status and body of a result address."""
        operation = self._world.store.bulk_operations.get(identifier)
        if operation is None or operation.file is None:
            return 404, b""
        limit = self._world.knobs.bulk_results_expire
        old = limit > 0 and monotonic() - self._world.bulk_finished_at.get(identifier, 0.0) > limit
        if old or operation.expired or self._world.faults.strike(frozenset({"bulk_result_forbidden"})):
            return 403, b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>ExpiredToken</Code></Error>"
        return 200, operation.file
