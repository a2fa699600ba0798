"""A store that outlives its process: written to a file while it serves and when it ends, and read at the next start.

The file is this program's own (a pickle in a folder of the user): it is read from nowhere else.
"""

from __future__ import annotations

import asyncio
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify.store import Store
from boeing_data_hub_sandbox.shopify.world import World

_log = structlog.get_logger("sandbox.shopify")
_SECONDS = 2.0  # between two looks whether something changed
_UNREADABLE = (
    *(OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, IndexError, KeyError, TypeError),
    *(ValueError, UnicodeDecodeError),
)
_SHARE = 20  # writing takes at most one part in so many of the time


class KeptStore:
    """Keeps a store in a file.

    Args:
        path: the file; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: object = None

    def read_into(self, world: World) -> bool:
        """Give the world the store of the file. False where there is none that this version can read."""
        if not self._path.exists():
            return False
        try:
            kept: dict[str, Any] = pickle.loads(self._path.read_bytes())  # noqa: S301 - our own file
            store, ledger, uploads, number = kept["store"], kept["ledger"], kept["uploads"], kept["shop_number"]
        except _UNREADABLE as error:
            _log.warning("the kept store cannot be read; a new one begins", path=str(self._path), error=str(error))
            return False
        world.store, world.ledger, world.uploads, world.knobs.shop_number = store, ledger, uploads, number
        _settle(store)
        self._written = _state(world)
        return True

    def write(self, world: World) -> None:
        """Write the store, if it changed since it was last written."""
        state = _state(world)
        if state == self._written:
            return
        kept = {
            "store": world.store,
            "ledger": world.ledger,
            "uploads": world.uploads,
            "shop_number": world.knobs.shop_number,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        half = self._path.with_suffix(".new")
        half.write_bytes(pickle.dumps(kept))
        half.replace(self._path)  # whoever is killed meanwhile leaves the earlier one
        self._written = state

    async def keep(self, world: World) -> None:
        """Write the store now and then, until cancelled."""
        pause = _SECONDS
        while True:
            await asyncio.sleep(pause)
            began = monotonic()
            with suppress(OSError):  # a full disk is no reason to stop serving
                self.write(world)
            pause = max(_SECONDS, _SHARE * (monotonic() - began))


def _settle(store: Store) -> None:
    """What was under way when the process ended has nobody to end it any more."""
    for operation in store.bulk_operations.values():
        if not operation.finished:
            operation.status, operation.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
    for media in store.media.values():
        if media.status in {"UPLOADED", "PROCESSING"}:
            media.status = "READY"


def _state(world: World) -> object:
    return world.store, len(world.ledger.entries), sum(world.ledger.requests.values())
