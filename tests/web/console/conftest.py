"""People in front of the console: browsers without JavaScript, each with its own cookies."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

ADDRESS = "http://testserver"

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe",
    "a\u0000b",
    "\u200b\u2066x\u2069",
    '=HYPERLINK("http://evil.example")',
    "x" * 10_000,
    "\U0001f4a3" * 500,
]
TAGS = re.compile(
    r"<(?!/?(?:!doctype|html|head|title|meta|link|script|body|a|div|header|svg|path|circle|rect|nav|ul|li|ol|"
    r"form|input|button|span|bdi|small|main|p|h1|h2|h3|section|dl|dt|dd|code|pre|details|summary|table|caption|"
    r"thead|tbody|tr|th|td|select|option|label|textarea|fieldset|legend|b|strong|progress|time|noscript|figure|figcaption|"
    r"picture|source|img)\b)"
)


def _harmless(page: str) -> None:
    """No tag that is not ours, no handler, and no character that turns the line round."""
    page = re.sub(r' value="[^"]*"', "", page)  # a field holds what was typed, as it was typed
    assert not TAGS.search(page)
    assert not re.search(r"<script\b(?![^>]*\bsrc=\"/static/)", page)
    assert not re.search(r"<img\b(?![^>]*\bsrc=\"/console/(?:part/[^\"]*|freshness|results|calls)\.svg)", page)
    assert not re.search(r"<[^>]*\son[a-z]+=", page)
    assert not re.search(r'(href|src|action)="(?!/|https://|#)', page)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u0000]", page)
    assert "49{" not in page


class Person:
    """Somebody with a browser, who signs in, looks at pages and sends their forms."""

    def __init__(self, app: Any, address: str = ADDRESS) -> None:
        self.address = address
        self._token = ""
        self.browser = TestClient(app, base_url=address, follow_redirects=False, raise_server_exceptions=False)

    def sign_in(self, key: str, **more: str) -> Any:
        self._token = ""
        return self.browser.post("/sign-in", data={"key": key, **more}, headers={"Origin": self.address})

    def get(self, path: str, **headers: str) -> Any:
        return self.browser.get(path, headers=headers)

    def read(self, path: str) -> str:
        """The text of a page that must be there, tags removed."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return text(answer.text)

    def token(self) -> str:
        """The form token of the session, as it stands in every page."""
        if not self._token:
            found = re.search(r'name="csrf" value="([^"]+)"', self.get("/console/runs").text)
            assert found
            self._token = found[1]
        return self._token

    def send(self, path: str, *, files: Any = None, **fields: Any) -> Any:
        """Send a form as the page would."""
        data = {"csrf": self.token(), **fields}
        return self.browser.post(path, data=data, files=files, headers={"Origin": self.address})

    def follow(self, answer: Any) -> str:
        assert answer.status_code == 303, (answer.status_code, answer.text[:500])
        return self.read(answer.headers["location"])


def text(page: str) -> str:
    """What a person reads."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page))).strip()


@pytest.fixture
def someone(anonymous) -> Callable[[], Person]:
    """Creates visitors without a session."""
    return lambda address=ADDRESS: Person(anonymous.app, address)


@pytest.fixture
def visits() -> Callable[[Any], Person]:
    """Creates visitors of another app."""
    return Person


@pytest.fixture
def signed_in(someone, make_key) -> Callable[..., Person]:
    """Makes people who signed in with a key of these scopes."""

    def make(*scopes: str) -> Person:
        person = someone()
        answer = person.sign_in(make_key(*scopes))
        assert answer.status_code == 303, answer.text
        return person

    return make


@pytest.fixture
def operator(signed_in) -> Person:
    return signed_in("search")


@pytest.fixture
def admin(signed_in) -> Person:
    return signed_in("admin")


@pytest.fixture
def viewer(signed_in) -> Person:
    return signed_in("read")


@pytest.fixture
def hostile() -> list[str]:
    """Texts that would like to do something."""
    return HOSTILE


@pytest.fixture
def harmless() -> Callable[[str], None]:
    """Insists that a page has no tag that is not ours, no handler, and nothing that turns the line round."""
    return _harmless
