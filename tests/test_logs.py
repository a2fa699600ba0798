"""A log event is one line, whatever it contains, and contains no secret."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from boeing_data_hub import logs
from boeing_data_hub.settings import Settings

PROGRAM = """
import logging, sys, structlog
from boeing_data_hub import logs
logs.configure(level="INFO", style=sys.argv[1], process="test", secrets=["kept-in-mind"])
log = structlog.get_logger("ours")
evil = "x\\n2026-01-01 [info] forged\\r\\x1b[2J\\u2028\\u202e"
log.info("ours", part=evil, inner={"list": [evil, 1, None, "kept-in-mind"]})
logging.getLogger("theirs").warning("said %s and Bearer abc.def", evil)
try:
    raise ValueError(evil + " kept-in-mind")
except ValueError:
    log.exception("failed")
"""


@pytest.mark.parametrize("style", ["json", "text"])
def test_what_comes_from_outside_cannot_forge_a_line_or_move_a_cursor(style):
    done = subprocess.run([sys.executable, "-c", PROGRAM, style], capture_output=True, text=True, check=True)
    said = done.stderr
    for character in "\r\u2028\u202e":
        assert character not in said
    assert "\x1b[2J" not in said
    assert "kept-in-mind" not in said
    assert "abc.def" not in said
    assert not [line for line in said.split("\n") if line.startswith("2026-01-01")]
    if style == "json":
        events = [json.loads(line) for line in said.splitlines()]
        assert [event["event"].split()[0] for event in events] == ["ours", "said", "failed"]
        assert events[0]["inner"]["list"][1:] == [1, None, "***"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://hub:secret@db/hub", "postgresql://hub:***@db/hub"),
        ("redis://:secret@cache:6379/0", "redis://:***@cache:6379/0"),
        ("X-Shopify-Access-Token: shpat_abc123", "X-Shopify-Access-Token: ***"),
        ("token shpat_abc123 was refused", "token shpat_*** was refused"),
        ("password=hunter2&x=1", "password=***&x=1"),
        ('{"access_token": "abc", "expires_in": 1}', '{"access_token": "***", "expires_in": 1}'),
        ("key bdh_0123abcd_Zm9vYmFy", "key bdh_0123abcd_***"),
        ("the part AN3-43A has no price", "the part AN3-43A has no price"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text, expected):
    assert logs.without_secrets(text) == expected


def test_the_settings_name_every_secret_they_hold():
    settings = Settings(
        _env_file=None,
        database_url="postgresql://hub:p%40ss@db/hub",
        redis_url="redis://:word@cache/0",
        boeing_password="boeing",
        otel_exporter_otlp_headers="a=one, b=two",
    )
    assert {"p@ss", "word", "boeing", "one", "two"} <= set(settings.secrets)
    assert not any("db" in secret for secret in settings.secrets)
