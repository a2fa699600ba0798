"""The chore that screens the catalogue again after a rule change, so that statuses follow the current rules."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

import msgspec

from boeing_data_hub import __version__
from boeing_data_hub.batches.retention import Portion
from boeing_data_hub.catalogue import staging
from boeing_data_hub.catalogue.staged_part import NormalizationRules
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.health.chores import Chore

_EVERY: Final = 30.0
_PARTS: Final = 2_000  # a portion takes about a fifth of a second


def rescreen(rules: Callable[[], NormalizationRules]) -> Chore:
    """The chore. Its cursor holds the fingerprint of the rules used, and the progress."""

    def portion(work: Work, cursor: Any) -> Portion:
        in_force = rules()
        fingerprint = _fingerprint(in_force)
        known: dict[str, str] = cursor if cursor and cursor["rules"] == fingerprint else {"after": ""}
        if "after" not in known:
            return Portion(0, known, is_last=True)
        after = staging.screen_again(work, in_force, after=known["after"], most=_PARTS)
        if after is None:
            return Portion(0, {"rules": fingerprint}, is_last=True)
        return Portion(0, {"rules": fingerprint, "after": after})

    return Chore("screening", "screening after a rule change", portion, every=_EVERY)


def _fingerprint(rules: NormalizationRules) -> str:
    """The fingerprint of the rules and the release, because a new release may screen differently."""
    return hashlib.sha256(msgspec.json.encode((__version__, rules), order="deterministic")).hexdigest()
