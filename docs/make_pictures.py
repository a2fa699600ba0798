"""`make pictures`: takes the pictures of the console for README and docs, of the sample list on the sandbox.

Needs Chromium, as `make test-browser` does. Everything runs on services of its own and is gone afterwards.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from boeing_data_hub.cli.start import local_key, sign_in_link
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub_sandbox.system import System, SystemPlan

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
SIZE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 800}
PART = "AN3-43A%3DK3"


def take(page: Page, name: str) -> None:
    """One picture of what is in the window."""
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


def tour(page: Page, link: str) -> None:
    """Walk through the console as an operator does on the first day."""
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console")
    page.get_by_text("All systems normal").wait_for()
    take(page, "empty")
    page.get_by_role("button", name="Try the sample list").click()
    page.get_by_role("button", name=re.compile(r"^Search [\d,]+ parts$")).wait_for()
    take(page, "preview")
    page.get_by_role("button", name=re.compile(r"^Search [\d,]+ parts$")).click()
    page.wait_for_url("**/console/runs/**")
    run = page.url.partition("?")[0]
    page.goto(run)
    page.wait_for_function("() => parseInt(document.querySelector('.hero-figure').textContent) >= 35", timeout=120_000)
    take(page, "run")
    page.goto("/console")
    page.wait_for_timeout(1500)
    take(page, "overview")
    page.goto(run)
    page.wait_for_function(
        "() => document.querySelector('.hero-figure').textContent.startsWith('100')", timeout=180_000
    )
    page.get_by_text("Retry failed").wait_for()
    page.goto(run)
    take(page, "run-ended")
    page.goto("/console/runs")
    take(page, "runs")
    page.goto("/console/parts?q=an3")
    take(page, "parts")
    page.emulate_media(color_scheme="dark")
    page.goto(f"/console/part/{PART}")
    take(page, "part-dark")
    page.set_viewport_size(NARROW)
    page.goto(run)
    take(page, "run-narrow-dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(SIZE)
    page.goto("/console/settings")
    take(page, "settings")
    page.goto("/console/settings/keys")
    take(page, "keys")
    page.goto("/console/settings/audit")
    take(page, "audit")


def publish(page: Page, shop: ShopifyControl) -> None:
    """Go on to the store: plan, approve, look, decide, take back."""
    page.goto("/console/publish")
    take(page, "publish")
    page.goto("/console/parts?q=an&store=absent&status=fetched")
    taken = page.locator("#found tbody th code").first.inner_text()
    shop.seed_product(sku=taken, title="A bolt from another supplier", price="12.00")
    page.get_by_role("button", name=re.compile("^Publish")).click()
    page.wait_for_url("**/console/plans/**")
    page.goto(page.url.partition("?")[0])
    take(page, "plan")
    page.get_by_label(re.compile("I.ve reviewed this plan")).check()
    page.get_by_role("button", name=re.compile(r"^Publish [\d,]+ products?$")).click()
    page.wait_for_url("**/console/runs/**")
    run = page.url.partition("?")[0]
    page.wait_for_function(
        "() => document.querySelector('.hero-figure').textContent.startsWith('100')", timeout=180_000
    )
    page.goto(run)
    take(page, "publishing")
    page.goto("/console/attention")
    take(page, "attention")
    page.goto(f"/console/part/{PART}")
    page.get_by_label(re.compile("^Price")).fill("99.00")
    page.get_by_role("button", name="Save").click()
    page.goto(f"/console/part/{PART}")
    take(page, "part-in-the-store")
    page.goto("/console/parts?store=differs")
    take(page, "parts-that-differ")
    page.goto("/console")
    take(page, "overview-with-the-store")


def main() -> None:
    """Start everything, walk, stop."""
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        sys.exit("These pictures need Chromium. On Debian or Ubuntu: sudo apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bdh-pictures-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        settings = {
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "CELERY_BROKER_URL": "",
            "BOEING_API_RATE_LIMIT": "420/m",
            "SHOPIFY_LOCATION_MAP": '{"Dallas Central": "Dallas", "Miami, FL": "Miami", "Chicago, IL": "Chicago"}',
            "HUB_DATA_DIR": name,
        }
        with System(
            SystemPlan(data_dir=folder, settings=settings, sandbox=("--limit", "0"), shopify=(), fast=True)
        ) as system:
            system.wait_until_ready()
            url = system.environment["DATABASE_URL"]
            key, _ = local_key(url, folder)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
                page = browser.new_context(base_url=system.url, viewport=SIZE, color_scheme="light").new_page()
                tour(page, sign_in_link(url, key, system.url))
                assert system.shopify is not None  # noqa: S101 - planned above
                publish(page, system.shopify)
                browser.close()


if __name__ == "__main__":
    main()
