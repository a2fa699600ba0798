"""All that the stand-in remembers, and the bytes of its answers, made once per part number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic_core import to_json

from boeing_data_hub_sandbox.boeing.answers import World, line_items, spelled
from boeing_data_hub_sandbox.boeing.faults import FaultBook
from boeing_data_hub_sandbox.boeing.ledger import Ledger, SlidingLimit
from boeing_data_hub_sandbox.boeing.settings import SandboxOptions, SandboxSettings
from boeing_data_hub_sandbox.boeing.tokens import Tokens

_KEEP: Final = 60_000
"""Parts whose bytes are kept, some 700 each: a list of the largest size fits."""


class State:
    """One stand-in's memory."""

    def __init__(self, options: SandboxOptions) -> None:
        self.at_start = options.settings
        self.settings = options.settings
        self.world = World(drift=options.settings.drift, image_origin=options.settings.image_origin)
        self.tokens = Tokens()
        self.ledger = Ledger(options.ledger)
        self.limit = SlidingLimit()
        self.faults = FaultBook()
        self.previous: Sequence[str] = ()
        self._encoded: dict[tuple[bool, bool], dict[str, bytes]] = {}

    def use(self, settings: SandboxSettings) -> None:
        """Behave like this from now on."""
        self.settings = settings
        self._move(replace(self.world, drift=settings.drift, image_origin=settings.image_origin))

    def override(self, part: str, fields: Mapping[str, Any] | None) -> None:
        """Give a part other figures than the drawn ones; None: the drawn ones again."""
        overrides = dict(self.world.overrides)
        overrides.pop(spelled(part), None)
        if fields is not None:
            overrides[spelled(part)] = dict(fields)
        self._move(replace(self.world, overrides=overrides))

    def clear_overrides(self) -> None:
        """All parts have their drawn figures again."""
        self._move(replace(self.world, overrides={}))

    def price_body(self, parts: Sequence[str], *, show_no_stock: bool, show_location: bool) -> bytes:
        """The body that answers these parts, when nothing is to go wrong."""
        # What we drew is plain; what a person set may hold what only the tolerant encoder takes.
        encode = _tolerant if self.world.overrides else to_json
        known = self._encoded.setdefault((show_no_stock, show_location), {})
        pieces: list[bytes] = []
        for part in parts:
            piece = known.get(part)
            if piece is None:
                items = line_items(part, self.world, show_no_stock=show_no_stock, show_location=show_location)
                piece = b",".join(map(encode, items))
                if len(known) >= _KEEP:
                    known.clear()
                known[part] = piece
            if piece:
                pieces.append(piece)
        currency = json.dumps(self.settings.currency).encode()
        return b'{"currency":' + currency + b',"lineItems":[' + b",".join(pieces) + b"]}"

    def _move(self, world: World) -> None:
        if world != self.world:
            self.world = world
            self._encoded.clear()


def _tolerant(item: dict[str, Any]) -> bytes:
    return json.dumps(item, separators=(",", ":")).encode()
