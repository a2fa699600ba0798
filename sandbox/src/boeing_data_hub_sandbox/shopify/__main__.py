"""`python -m boeing_data_hub_sandbox.shopify --port P`, which is also `bdh sandbox shopify`: serves until stopped; says
where it listens when it does.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

import uvicorn

from boeing_data_hub_sandbox.shopify.app import ShopifySandbox
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub_sandbox.shopify.kept import KeptStore
from boeing_data_hub_sandbox.shopify.knobs import PLANS, Knobs
from boeing_data_hub_sandbox.shopify.loading import load, settings_in


class _Server(uvicorn.Server):
    """Announces its address once it can be reached."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell whoever reads our output."""
        await super().startup(sockets)
        sys.stdout.write(f"listening on {self._url}\n")
        sys.stdout.flush()


def main(arguments: list[str] | None = None) -> None:
    """Serve, on the loopback interface unless told otherwise."""
    parser = argparse.ArgumentParser(
        prog="bdh sandbox shopify",
        description="A stand-in for the Shopify Admin API. While it runs: GET /control/stats, GET /control/products.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--plan", choices=sorted(PLANS), default="plus")
    parser.add_argument("--token", default="sandbox-token", help="a lasting access token to accept besides")
    parser.add_argument("--client-id", default="sandbox-client-id", help="of the app that asks for access tokens")
    parser.add_argument("--secret", default="sandbox-client-secret", help="the app's client secret; signs the webhooks")
    parser.add_argument(
        "--token-life", type=float, default=86_399.0, metavar="SECONDS", help="of the access tokens given out"
    )
    parser.add_argument(
        "--new-shop", action="store_true", help="another store each time: it begins empty, and who remembers the last "
        "one is not to take it for that"
    )  # fmt: skip
    parser.add_argument(
        "--keep", metavar="FILE", type=Path, help="keep the store in this file: the next start goes on with it"
    )
    parser.add_argument("--seed", type=int, default=1, help="of everything that is left to chance")
    parser.add_argument(
        "--load", action="append", default=[], metavar="FILE", type=Path,
        help="JSON of what is in the store at the start: products, edit, delete, publications, settings; repeatable",
    )  # fmt: skip
    parser.add_argument("--into", metavar="URL", help="load the files into the sandbox that runs at this address")
    chosen = parser.parse_args(arguments)
    files = _read(parser, chosen.load)
    if chosen.into:
        _load_into(chosen.into, files)
        return
    number = time.time_ns() // 1_000_000 if chosen.new_shop else Knobs().shop_number
    knobs = Knobs(
        shop_number=number,
        plan=chosen.plan,
        tokens=[chosen.token],
        client_id=chosen.client_id,
        client_secret=chosen.secret,
        token_life=chosen.token_life,
        seed=chosen.seed,
    )
    for given in files:
        knobs = Knobs.model_validate({**knobs.model_dump(), **settings_in(given)})
    app = ShopifySandbox(knobs, KeptStore(chosen.keep) if chosen.keep else None)
    for given in files:
        load(app.world, given)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((chosen.host, chosen.port))
        url = f"http://{chosen.host}:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            http="httptools",
            loop="uvloop" if sys.platform != "win32" else "asyncio",
            lifespan="on",
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nothing may stand between the app and the transport it hangs up
            timeout_graceful_shutdown=1,
        )
        _Server(config, url).run(sockets=[listening])


def _read(parser: argparse.ArgumentParser, paths: list[Path]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in paths:
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            parser.error(f"--load {path}: {error}")
        if not isinstance(given, dict):
            parser.error(f"--load {path}: a JSON object is wanted")
        found.append(given)  # pyright: ignore[reportUnknownArgumentType] - each key is looked at when it is loaded
    return found


def _load_into(url: str, files: list[dict[str, Any]]) -> None:
    with ShopifyControl(url) as control:
        for given in files:
            sys.stdout.write(json.dumps(control.load(given), indent=2) + "\n")


if __name__ == "__main__":
    main()
