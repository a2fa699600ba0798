"""One request on its way through the sandbox: who asks, what it may do, and what it has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from boeing_data_hub_sandbox.shopify.world import World


@dataclass(slots=True, eq=False)
class Call:
    """The context every resolver gets. `via` is `direct`, `bulk` or `control`; `window` limits a bulk query's slice."""

    world: World
    request_id: str
    via: str = "direct"
    bulk_operation: str | None = None
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    recorded: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    window: tuple[int, int] | None = None
    search_notes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def record(self, operation: str, effect: str, **facts: Any) -> dict[str, Any]:
        """Write a committed effect into the ledger."""
        if self.bulk_operation is not None:
            facts["bulkOperation"] = self.bulk_operation
        entry = self.world.ledger.record(operation, effect, via=self.via, requestId=self.request_id, **facts)
        self.recorded.append(entry)
        return entry

    def settle(self, *, replied: bool) -> None:
        """Note whether the caller was told of what was recorded."""
        for entry in self.recorded:
            entry["replied"] = replied


def control_call(world: World) -> Call:
    """A call made by nobody's app: a person in the store."""
    return Call(world, str(uuid4()), via="control")
