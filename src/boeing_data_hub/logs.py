"""Logging: structured, one line per event, to stderr; no secret and no control character gets through."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Passwords inside addresses, bearer tokens and keys of our own make; a second line of defence behind SecretStr.
_SECRETS = re.compile(
    r"(?P<url>://[^:/@\s]*:)[^@/\s]+(?=@)|(?P<bearer>Bearer\s+)[^\s'\"]+|(?P<key>bdh_[0-9a-f]{8}_)[A-Za-z0-9_-]+"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def without_secrets(text: str) -> str:
    """The text with passwords in addresses, bearer tokens and API keys masked, and control characters removed."""
    masked = _SECRETS.sub(lambda m: (m["url"] or m["bearer"] or m["key"] or "") + "***", text)
    return _CONTROL.sub(" ", masked)


def _clean_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = without_secrets(value)
    return event


def configure(*, level: str, style: str, process: str) -> None:
    """Set up logging for a process.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
        style: json, text, or auto (text on a terminal).
        process: bound to every line, e.g. `api` or `worker:extraction`.
    """

    def named(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["process"] = process  # not a context variable: the threads of a pool would not have it
        return event

    as_json = style == "json" or (style == "auto" and not sys.stderr.isatty())
    shared: list[Any] = [
        named,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _clean_event,
    ]
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # A sweep every two seconds and a hint per save would be most of the log, and say nothing.
    for chatty in ("httpx2", "httpcore2", "celery.app.trace", "celery.worker.strategy", "celery.beat", "psycopg.pool"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
