"""Structured logging to stderr, one line per event, without secrets and control characters."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final, cast
from urllib.parse import quote

import structlog

# What looks like a secret: passwords in URLs, bearer tokens, our own and the store's keys, fields
# named so. A second line of defence, behind types that do not print; the third are the values themselves.
_SECRETS = re.compile(
    r"(?P<url>://[^:/@\s]*:)[^@/\s]+(?=@)|(?P<bearer>Bearer\s+)[^\s'\"]+|(?P<key>bdh_[0-9a-f]{8}_)[A-Za-z0-9_-]+"
    r"|(?P<store>shp[a-z]{2}_)[A-Za-z0-9]+"
    r"|(?P<field>\b(?:password|passwd|client_secret|access_token|apikey|x-password|x-shopify-access-token)"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]+",
    re.IGNORECASE,
)
# Includes characters that break lines or change the writing direction in terminals, browsers or editors.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WHOLE: Final = frozenset({"exception", "stack"})  # multi-line texts
_LEAST: Final = 6  # characters; a shorter value could be part of any word
_known: set[str] = set()


def without_secrets(text: str) -> str:
    """Mask the secrets of this process, and anything that looks like one."""
    for secret in _known:
        if secret in text:
            text = text.replace(secret, "***")
    return _SECRETS.sub(lambda m: next((kept for kept in m.groups() if kept), "") + "***", text)


def on_one_line(text: str) -> str:
    """Escape control characters, so that the text cannot break a line or control a terminal."""
    return _CONTROL.sub(lambda m: repr(m[0])[1:-1], text)


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {_clean(str(key)): _clean(one) for key, one in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(one) for one in cast("Iterable[Any]", value)]
    return on_one_line(without_secrets(str(value)))


def _clean_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if name in _WHOLE:
            # Indented, so that none of its lines can be mistaken for a log line.
            lines = without_secrets(str(value)).split("\n")
            event[name] = "\n".join([on_one_line(lines[0]), *(f"    {on_one_line(line)}" for line in lines[1:])])
        elif not name.startswith("_"):
            event[name] = _clean(value)
    return event


def configure(*, level: str, style: str, process: str, secrets: Iterable[str] = ()) -> None:
    """Set up logging for a process.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
        style: json, text, or auto (text on a terminal).
        process: added to every line, e.g. `api` or `worker:extraction`.
        secrets: values to mask in every line.
    """
    _known.update(form for secret in secrets if len(secret) >= _LEAST for form in (secret, quote(secret, safe="")))

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
    # A line per sweep and wake-up would fill the log.
    for chatty in ("httpx2", "httpcore2", "celery.app.trace", "celery.worker.strategy", "celery.beat"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # db/login_guard.py says once what it says with each try
