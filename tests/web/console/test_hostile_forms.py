"""A form of more fields, longer names or deeper nesting than any page sends costs little, and starts nothing."""

from __future__ import annotations

import time

import pytest
from tests.support.tables import contents

pytestmark = pytest.mark.services

MOST_CPU = 1.5
"""Seconds of processor time that a form may cost here, client included. A page's own form costs hundredths."""
LINE = "\r\n"


def multipart(*parts):
    """A body of parts, each a pair of headers and content."""
    said = "".join(f"--x{LINE}{headers}{LINE}{LINE}{content}{LINE}" for headers, content in parts)
    return f"{said}--x--{LINE}".encode(), "multipart/form-data; boundary=x"


def field(name, content="1", more=""):
    return f'Content-Disposition: form-data; name="{name}"{more}', content


def encoded(text):
    return text.encode(), "application/x-www-form-urlencoded"


FORMS = {
    "ten thousand fields": lambda: encoded("&".join(f"f{n}=1" for n in range(10_000))),
    "one field ten thousand times": lambda: encoded("&".join(["name=1"] * 10_000)),
    "a name of 500 kB": lambda: encoded("a" * 500_000 + "=1"),
    "a value of 500 kB": lambda: encoded("name=" + "%41" * 160_000),
    "nothing but separators": lambda: encoded("&" * 500_000),
    "nothing but percent signs": lambda: encoded("%" * 500_000),
    "a rule of a place beyond all": lambda: encoded("prefixes-99999999999999999999=1&name-0=x&do=remove-999"),
    "parts, ten thousand": lambda: multipart(*(field(f"f{n}") for n in range(10_000))),
    "files, two thousand": lambda: multipart(*(field("file", "a", f'; filename="{n}"') for n in range(2_000))),
    "a part's name of 500 kB": lambda: multipart(field("n" * 500_000)),
    "a file's name of 500 kB": lambda: multipart(field("file", "a", f'; filename="{"n" * 500_000}"')),
    "a part's headers, ten thousand": lambda: multipart(
        (LINE.join([field("file")[0], *(f"X-{n}: 1" for n in range(10_000))]), "a")
    ),
    "a form within a form": lambda: multipart(
        (f"{field('file')[0]}{LINE}Content-Type: multipart/mixed; boundary=y", f"--y{LINE}{LINE}a{LINE}--y--")
    ),
    "no end": lambda: (multipart(field("file"))[0][:-6], "multipart/form-data; boundary=x"),
    "no boundary": lambda: (b"--x\r\n", "multipart/form-data"),
    "an empty boundary": lambda: (b"--\r\n", "multipart/form-data; boundary="),
}
CONSOLE = (
    "/console/prices/rows",
    "/console/prices",
    "/console/lists",
    "/console/search/upload",
    "/console/search/paste",
    "/console/settings/notifications",
)
API = ("/api/uploads", "/api/lists/preview", "/api/lists/search", "/api/zap/webhook")


@pytest.mark.parametrize("name", FORMS)
def test_a_hostile_form_costs_little_and_starts_nothing(admin, hub, make_key, name):
    body, kind = FORMS[name]()
    key, token, before = make_key("admin"), admin.token(), contents(hub)
    for path in (*CONSOLE, *API):
        headers = {"Content-Type": kind, "Origin": admin.address}
        headers |= {"X-API-Key": key} if path in API else {"X-CSRF-Token": token}
        began = time.process_time()
        answer = admin.browser.post(path, content=body, headers=headers)
        cost = time.process_time() - began
        # The form of price rules comes back as it was sent: a page, which saves nothing.
        fine = answer.status_code == 200 and path == "/console/prices/rows"
        assert fine or 300 <= answer.status_code < 500, (path, answer.status_code, answer.text[:300])
        assert cost < MOST_CPU, (path, cost)
        if path != "/console/prices/rows":
            assert len(answer.content) < 100_000, (path, len(answer.content))
    after = contents(hub)
    # A price list without a rule may be saved, so what is read as no field at all becomes an empty draft.
    assert {table for table in after if after[table] != before[table]} <= {"audit_log", "price_lists"}
