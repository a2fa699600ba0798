"""The log of a process that Celery starts, worker or scheduler."""

from __future__ import annotations

import logging
from typing import Any

from celery import signals

from boeing_data_hub.settings import Settings

_signals: Any = signals  # Celery carries no types


def keep_our_log() -> None:
    """Keep Celery from setting up its own logging."""

    def ours_is_set_up(**_: Any) -> None:
        pass

    _signals.setup_logging.connect(ours_is_set_up, weak=False)


def with_level(settings: Settings, level: str | int | None) -> Settings:
    """The settings with the level of `--loglevel`, if one other than Celery's default was given."""
    name = logging.getLevelName(level) if isinstance(level, int) else str(level or "").upper()
    if name in {"", "WARNING"} or name not in {"DEBUG", "INFO", "ERROR", "CRITICAL"}:
        return settings
    return settings.model_copy(update={"hub_log_level": name})
