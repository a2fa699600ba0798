"""`python -m boeing_data_hub.sandbox.shopify --port P`, which is also `bdh sandbox shopify`: serves until stopped; says
where it listens when it does.
"""

from __future__ import annotations

import argparse
import socket
import sys
import time

import uvicorn

from boeing_data_hub.sandbox.shopify.app import ShopifySandbox
from boeing_data_hub.sandbox.shopify.knobs import PLANS, Knobs


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
    parser.add_argument("--token", default="sandbox-token", help="the access token to accept")
    parser.add_argument("--secret", default="sandbox-client-secret", help="signs the webhooks")
    parser.add_argument(
        "--new-shop", action="store_true", help="another store each time: it begins empty, and who remembers the last "
        "one is not to take it for that"
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="of everything that is left to chance")
    chosen = parser.parse_args(arguments)
    number = time.time_ns() // 1_000_000 if chosen.new_shop else Knobs().shop_number
    knobs = Knobs(
        shop_number=number, plan=chosen.plan, tokens=[chosen.token], client_secret=chosen.secret, seed=chosen.seed
    )
    app = ShopifySandbox(knobs)
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


if __name__ == "__main__":
    main()
