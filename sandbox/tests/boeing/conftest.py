"""One stand-in, as a process of its own, for all tests of this folder; put back to its start for each."""

from __future__ import annotations

import selectors
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from tests.support.patience import allow

from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl, environment

READY_WITHIN = 20.0


def start(*arguments: str) -> tuple[subprocess.Popen[bytes], str]:
    """A stand-in on a free port, and its address, once it says that it listens."""
    process = spawn(
        [sys.executable, "-m", "boeing_data_hub_sandbox.boeing", "--port", "0", *arguments], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        deadline = monotonic() + allow(READY_WITHIN)
        line = b""
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - monotonic())):
                break
            read = process.stdout.read1(1000)
            if not read:
                break
            line += read
    if not line.startswith(b"listening on http://"):
        end(process, timeout=allow(1))
        raise AssertionError(f"the stand-in did not start: {line!r}")
    return process, line.decode().split()[-1]


class Caller:
    """A client of the three calls that does nothing of its own accord."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.access = environment(url)
        self.http = httpx2.Client(timeout=allow(5), trust_env=False)
        self.tokens: dict[str, str] = {}

    def oauth(self, **changes: str | None) -> httpx2.Response:
        form = {
            "client_id": self.access["BOEING_CLIENT_ID"],
            "client_secret": self.access["BOEING_CLIENT_SECRET"],
            "scope": self.access["BOEING_SCOPE"],
            "grant_type": "client_credentials",
            **changes,
        }
        data = {name: value for name, value in form.items() if value is not None}
        return self.http.post(self.access["BOEING_OAUTH_TOKEN_URL"], data=data)

    def part_token(self, oauth_token: str, **changes: str) -> httpx2.Response:
        headers = {
            "x-username": self.access["BOEING_USERNAME"],
            "x-password": self.access["BOEING_PASSWORD"],
            "Authorization": f"Bearer {oauth_token}",
            **changes,
        }
        return self.http.get(self.access["BOEING_PNA_OAUTH_URL"], headers=headers)

    def log_in(self) -> dict[str, str]:
        """The headers of a price call, with new tokens."""
        oauth = self.oauth().json()["access_token"]
        part = self.part_token(oauth).headers["x-part-access-token"]
        self.tokens = {"Authorization": f"Bearer {oauth}", "x-boeing-parts-authorization": part}
        return self.tokens

    def price(self, *parts: str, timeout: float | None = None, **body: Any) -> httpx2.Response:
        """Call 3, with the tokens of the last log-in."""
        return self.http.post(
            self.access["BOEING_PNA_PRICE_URL"],
            headers=self.tokens or self.log_in(),
            json={"showNoStock": True, "showLocation": True, "productCodes": list(parts), **body},
            timeout=allow(5) if timeout is None else timeout,
        )

    def items(self, *parts: str, **body: Any) -> list[dict[str, Any]]:
        answer = self.price(*parts, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()["lineItems"]


@pytest.fixture(scope="session")
def stand_in() -> Iterator[str]:
    process, url = start("--limit", "0")
    yield url
    end(process, timeout=allow(5))
    assert process.stdout is not None
    complaints = process.stdout.read()
    process.stdout.close()
    assert complaints == b"", complaints.decode()


@pytest.fixture(scope="session")
def session_control(stand_in: str) -> Iterator[BoeingSandboxControl]:
    with BoeingSandboxControl(stand_in) as control:
        yield control


@pytest.fixture(scope="session")
def session_caller(stand_in: str) -> Iterator[Caller]:
    caller = Caller(stand_in)
    yield caller
    caller.http.close()


@pytest.fixture
def control(session_control: BoeingSandboxControl) -> BoeingSandboxControl:
    session_control.clear_faults()
    session_control.forget_part()
    session_control.restore_settings()
    session_control.expire_tokens()
    session_control.reset()
    return session_control


@pytest.fixture
def boeing(control: BoeingSandboxControl, session_caller: Caller) -> Caller:
    """A client of a stand-in on which nothing was changed, with good tokens and an empty ledger."""
    session_caller.log_in()
    control.reset()
    return session_caller


@pytest.fixture
def start_stand_in() -> Iterator[Callable[..., tuple[subprocess.Popen[bytes], str]]]:
    """Starts further stand-ins, which end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def go(*arguments: str) -> tuple[subprocess.Popen[bytes], str]:
        process, url = start(*arguments)
        started.append(process)
        return process, url

    yield go
    for process in started:
        end(process, timeout=allow(5))
        assert process.stdout is not None
        process.stdout.close()
