"""`bdh store connect`: a person approves the app in the store, and the token is stored for all workers."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from boeing_data_hub.app import Hub
from boeing_data_hub.cli import output
from boeing_data_hub.cli.loopback import Loopback
from boeing_data_hub.cli.operate import with_hub
from boeing_data_hub.connections import connected_tokens, store_grants, store_way
from boeing_data_hub.db import audit, revision
from boeing_data_hub.errors import BadInput, Unavailable
from boeing_data_hub.health.doctor.shopify_check import missing_scopes, scopes_wanted
from boeing_data_hub.shopify.connecting import Approval, checked_shop, code_of

PORT: Final = 8421
PATH: Final = "/callback"


def connect(
    *,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The local port that the browser returns to.")] = PORT,
    browser: Annotated[bool, typer.Option(help="Open a browser. Use --no-browser over ssh.")] = True,
    paste: Annotated[
        bool, typer.Option("--paste", help="Do not listen; paste the address that the browser ends at.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=1, max=3600, help="Seconds to wait for the approval.")] = 600,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Connect a store that belongs to another organization than the app.

    Someone who administers the store approves the app in a browser, once.
    """

    def do(hub: Hub) -> None:
        approval = _approval(hub, port)
        secret = hub.settings.shopify_client_secret.get_secret_value().strip()

        def read(query: str) -> str:
            return code_of(query, approval, secret)

        code = read(_pasted(approval)) if paste else _listened(approval, read, port, timeout=timeout, browser=browser)
        access = hub.shop.access
        fresh = store_grants(hub.settings, access).by_code(code)
        held = connected_tokens(hub.settings, access, hub.database).give(fresh)
        hub.database.run(
            lambda work: audit.record(
                work,
                actor="cli",
                action="store.connect",
                target=approval.shop,
                details={"scope": held.facts.get("scope")},
            )
        )
        missing = missing_scopes(set(str(held.facts.get("scope") or "").split(",")) - {""}, scopes_wanted(hub.settings))
        if as_json:
            output.as_json(
                {"store": approval.shop, "scope": held.facts.get("scope"), "expires_at": held.expires_at,
                 "missing_scopes": missing}
            )  # fmt: skip
            return
        output.say(f"Connected: {approval.shop}. All workers use it from now on; no restart is needed.")
        if missing:
            output.note(f"The app lacks {', '.join(missing)}: release a version with them, and connect again.")

    with_hub(do, json_wanted=as_json)


def _approval(hub: Hub, port: int) -> Approval:
    """The request for approval. The settings are checked first."""
    settings, access = hub.settings, hub.shop.access
    if store_way(settings) != "app":
        raise BadInput(
            "SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET must both be set to connect a store. They are in Dev "
            "Dashboard > the app > Settings. Nothing was changed.",
            code="no_app",
        )
    checked_shop(
        access.origin, is_simulator="://" in settings.shopify_store_domain or access.origin.startswith("http:")
    )
    if not hub.database.run(revision.is_current):  # before anyone is asked to approve
        raise BadInput(
            "The database is not upgraded to this version. Nothing was changed. Run `bdh db upgrade` first.",
            code="not_upgraded",
        )
    return Approval(
        origin=access.origin,
        client_id=settings.shopify_client_id.strip(),
        redirect=f"http://localhost:{port}{PATH}",
        scopes=scopes_wanted(settings),
    )


def _listened(approval: Approval, read: Callable[[str], str], port: int, *, timeout: float, browser: bool) -> str:
    listener = Loopback(port, PATH, read)
    try:
        output.note(f"Approve the app in the store: {approval.address}")
        output.note(f"(The app's redirect URLs must list {approval.redirect}: Dev Dashboard > the app > Versions.)")
        if browser and sys.stderr.isatty():
            webbrowser.open(approval.address)
        elif not browser:
            output.note(
                f"From another machine: `ssh -L {port}:localhost:{port} THIS-MACHINE` first, then open the address "
                "there; or run this with --paste."
            )
        code = listener.wait(timeout)
    finally:
        listener.close()
    if code is None:
        raise Unavailable(
            f"No one approved the app within {timeout:g} s. Nothing was changed. Run `bdh store connect` again.",
            code="not_approved",
        )
    return code


def _pasted(approval: Approval) -> str:
    output.note(f"Approve the app in the store: {approval.address}")
    output.note(f"The browser ends at {approval.redirect}?... and shows an error. Paste that address here:")
    return urlsplit(sys.stdin.readline().strip()).query
