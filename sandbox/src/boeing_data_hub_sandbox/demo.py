"""`bdh demo`: the main job, end to end, on embedded services and sandboxes, in about a minute."""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from boeing_data_hub.cli import output, progress
from boeing_data_hub.cli.client import Api
from boeing_data_hub.cli.local import keep_key
from boeing_data_hub.cli.output import ExitCode
from boeing_data_hub.cli.start import local_key, print_console, print_exit, sign_in_link, stop_on_signals
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError
from boeing_data_hub.images.placeholder import placeholder
from boeing_data_hub_sandbox import sample_list
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl
from boeing_data_hub_sandbox.boeing.pictures import has_picture
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub_sandbox.system import LOCATIONS, System, SystemPlan

_LIMIT = 420  # calls a minute: 335 calls then last about 49 s
_PARTS_PER_CALL = 10
_PICTURES_WITHIN = 120.0  # seconds for the store to fetch 3,223 pictures after the last product; 5 are usual


_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def main(arguments: list[str]) -> int:
    """Run the demo with the arguments of `bdh demo`; its exit code.

    Raises:
        ClickException: an argument is wrong; the command line that called this says so.
    """
    return _app(arguments, prog_name="bdh demo", standalone_mode=False) or 0


@_app.command()
def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Stay afterwards, to look around.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The Boeing sandbox's limit in calls a minute.")] = _LIMIT,
) -> None:
    """Search and publish a real part list on this machine, with sandboxes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: a start that hangs can be ended, too
    folder = Path(tempfile.mkdtemp(prefix="bdh-demo-"))
    folder.chmod(0o711)  # Postgres runs as another user where we are root, and must be able to walk through
    ended: list[int] = []
    try:
        plan = SystemPlan(
            data_dir=folder,
            settings={
                "BOEING_API_RATE_LIMIT": f"{limit}/m",
                "BOEING_BATCH_SIZE": str(_PARTS_PER_CALL),
                "SHOPIFY_LOCATION_MAP": LOCATIONS,
                "HUB_DATA_DIR": str(folder),
            },
            inherits=False,  # a demo touches no real database, broker, Boeing or store, and mails nobody
            sandbox=("--limit", str(limit)),
            shopify=("--plan", "standard", "--new-shop"),
            fast=True,
        )
        output.note(
            "Starting embedded Postgres and Valkey, sandboxes of Boeing and Shopify, the API, four workers and the "
            "scheduler ..."
        )
        with System(plan) as system:
            key, _ = local_key(system.environment["DATABASE_URL"], folder)
            keep_key(folder, key)
            assert system.shopify is not None  # noqa: S101 - the plan asked for it
            system.shopify.settings(fetch_images=True)  # as the real store does, so that its ledger tells the truth
            system.wait_until_ready()
            stop = stop_on_signals()
            told = threading.Thread(target=_tell, args=[system, key, keep, stop, ended], daemon=True)
            told.start()
            system.group.watch(stop, on_exit=print_exit)
    except HubError as error:
        output.fail(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    raise typer.Exit(ended[0] if ended else ExitCode.INTERRUPTED)


def _tell(system: System, key: str, keep: bool, stop: threading.Event, ended: list[int]) -> None:  # noqa: FBT001
    try:
        good = _run(system, key)
        ended.append(ExitCode.DONE if good else ExitCode.ERROR)
        if keep:
            output.say(f"\nThe hub stays at {system.url} until Ctrl-C. API key: {key}")
            print_console(sign_in_link(system.environment["DATABASE_URL"], key, system.url))
            output.say(f"  curl -H 'Authorization: Bearer {key}' {system.url}/api/products/published")
            return
    except HubError as error:
        output.note(f"The demo failed: {error.message} Logs: {system.logs}")
        ended.append(ExitCode.ERROR)
    except Exception as error:  # noqa: BLE001 - the demo must end and report any error
        output.note(f"The demo failed: {type(error).__name__}: {error}. Logs: {system.logs}")
        ended.append(ExitCode.ERROR)
    stop.set()


def _run(system: System, key: str) -> bool:
    api = Api(system.url, key)
    read = api.call("POST", "/api/uploads", files={"file": (sample_list.PATH.name, sample_list.PATH.read_bytes())})
    output.note(f"Read {read['total']:,} part numbers from the sample list.")
    began = monotonic()
    started = api.call("POST", "/api/bulk-search", json={"part_numbers": read["part_numbers"]})
    batch = progress.watch(api, f"/api/batches/{started['batch_id']}")
    seconds = monotonic() - began
    found = api.call("GET", f"/api/batches/{batch['id']}/failures")
    assert system.boeing is not None and system.shopify is not None  # noqa: S101, PT018 - the plan asked for them
    good = _summarize_search(batch, found, system.boeing, seconds)
    output.note("Publishing the parts that are ready ...")
    began = monotonic()
    started = api.call("POST", "/api/bulk-publish", json={"from_batch": batch["id"]})
    published = progress.watch(api, f"/api/batches/{started['batch_id']}")
    good = _summarize_publishing(api, published, system.shopify, monotonic() - began) and good
    api.close()
    output.say()
    output.say("Next: `make demo ARGS=--keep` keeps it running so that you can look around, `bdh up --sandbox` runs")
    output.say("everything until you stop it, and README.md explains how to connect the real services.")
    return good


def _summarize_search(
    batch: dict[str, Any], found: dict[str, Any], boeing: BoeingSandboxControl, seconds: float
) -> bool:
    stats = boeing.stats()
    held = sum(group["count"] for group in found["not_publishable"])
    least = -(-batch["total_items"] // _PARTS_PER_CALL)
    output.say()
    output.say(f"{batch['total_items']:,} part numbers searched in {seconds:.0f} s")
    output.say(f"  {batch['normalized_count'] - held:>6,}  found, priced and in stock: ready to publish")
    for group in found["not_publishable"]:
        kind = "not for sale" if group["kind"] == "blocked" else group["kind"].replace("_", " ")
        output.say(f"  {group['count']:>6,}  {kind} ({group['code']}): {group['message']}")
    for group in found["groups"]:
        output.say(f"  {group['count']:>6,}  failed ({group['code']}): {group['what_to_do']}")
    output.say(f"  {stats['calls']:>6,}  Boeing calls used (minimum: {least:,})")
    output.say(
        f"  {stats['max_in_window']:>6,}  calls in the busiest 60 s, as Boeing counted them (limit {stats['limit']:,})"
    )
    if stats["own_errors"]:
        output.say(f"  {stats['own_errors']:>6,}  errors in the Boeing sandbox: please report them")
    output.say()
    return not stats["own_errors"]


def _summarize_publishing(api: Api, batch: dict[str, Any], shop: ShopifyControl, seconds: float) -> bool:
    """Print what the store contains; True if it matches the hub's records."""
    products, store, stats = _with_settled_pictures(shop), shop.store(), shop.stats()
    ours = _all_published(api)
    prices = sum(ours.get(str(product["sku"])) == product["price"] for product in products)
    offered = sum("Online Store" in product["publications"] for product in products)
    doubled = len(store["duplicateSkus"]) + len(store["duplicateCustomIds"])
    unknown = sum(product["sku"] not in ours for product in products)
    output.say(f"{batch['published_count']:,} of {batch['total_items']:,} parts published in {seconds:.0f} s")
    output.say(f"  {len(products):>6,}  products in the store, as the Shopify sandbox counts them")
    output.say(f"  {prices:>6,}  have exactly our price; {offered:,} are offered in the online store")
    pictured = {product["sku"] for product in products if _has_its_picture(product)}
    wanted = {product["sku"] for product in products if has_picture(product["sku"])}
    output.say(
        f"  {len(pictured):>6,}  have their image; {len(products) - len(wanted):,} without one at Boeing have"
        " the placeholder"
    )
    if pictured != wanted:
        output.say(f"  {len(wanted - pictured):>6,}  lack their image, although Boeing has one")
    output.say(f"  {doubled:>6,}  duplicates; {unknown:,} unknown products")
    spent, throttled = stats["pointsSpent"], stats["throttled"]
    output.say(f"  {spent:>6,.0f}  Shopify API points used; {throttled:,} calls were throttled")
    for group in api.call("GET", f"/api/batches/{batch['id']}/failures")["groups"]:
        output.say(f"  {group['count']:>6,}  not published ({group['code']}): {group['what_to_do']}")
    right = len(products) == prices == offered == batch["published_count"] and pictured == wanted
    return right and not doubled and not unknown


def _with_settled_pictures(shop: ShopifyControl) -> list[dict[str, Any]]:
    """The store's products, once it has processed all images."""
    deadline = monotonic() + _PICTURES_WITHIN
    while True:
        products = shop.products()
        settled = all(media["status"] in {"READY", "FAILED"} for product in products for media in product["media"])
        if settled or monotonic() > deadline:
            return products
        time.sleep(0.2)


def _has_its_picture(product: dict[str, Any]) -> bool:
    """True if the store has fetched an image other than the placeholder."""
    return any(media["status"] == "READY" and placeholder().sha256 not in media["source"] for media in product["media"])


def _all_published(api: Api) -> dict[str, str]:
    """Our own word: price by SKU of everything we hold to be in the store."""
    prices: dict[str, str] = {}
    after = ""
    while True:
        page = api.call("GET", "/api/products/published", params={"limit": 1000, "after": after})
        prices |= {product["sku"]: product["price"] for product in page["products"]}
        after = page["next_after"]
        if not after:
            return prices
