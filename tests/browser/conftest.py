"""Headless Chromium before the whole system of one machine: services, workers, a Boeing and a Shopify sandbox."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.support.patience import allow

from boeing_data_hub.cli.start import local_key, sign_in_link
from boeing_data_hub_sandbox.system import System, SystemPlan

CHROMIUM = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


expect.set_options(timeout=1_000 * allow(15))  # what must be quicker says so itself


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.services)


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    """Everything, running. The limit is high enough for tests to be quick, and low enough for people to see it move."""
    with tempfile.TemporaryDirectory(prefix="bdh-browser-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        settings = {
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "CELERY_BROKER_URL": "",
            "BOEING_API_RATE_LIMIT": "1800/m",
            "HUB_SWEEP_SECONDS": "0.5",
            "HUB_LEASE_SECONDS": "3",
            "HUB_DATA_DIR": name,
        }
        with System(
            SystemPlan(data_dir=folder, settings=settings, sandbox=("--limit", "0"), shopify=(), fast=True)
        ) as running:
            running.wait_until_ready()
            yield running


@pytest.fixture(scope="session")
def key(system: System) -> str:
    """An administrator's key."""
    return local_key(system.environment["DATABASE_URL"], system.plan.data_dir)[0]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    assert program, "no Chromium: `make test-browser` installs it, or `apt-get install chromium`"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture
def complaints() -> list[str]:
    """What browsers complained of: a refused script, a broken page."""
    return []


@pytest.fixture
def open_browser(system: System, browser: Browser, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Opens windows; whatever their console complains of fails the test."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> Page:
        context = browser.new_context(base_url=system.url, **{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(1_000 * allow(15))
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        return page

    yield make
    for context in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def signed_in(open_browser: Callable[..., Page], system: System, key: str) -> Callable[..., Page]:
    """Opens windows of people who came in by a one-time link."""

    def make(**options: Any) -> Page:
        page = open_browser(**options)
        page.goto(sign_in_link(system.environment["DATABASE_URL"], key, system.url))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console")
        return page

    return make


@pytest.fixture
def page(signed_in: Callable[..., Page]) -> Page:
    return signed_in()
