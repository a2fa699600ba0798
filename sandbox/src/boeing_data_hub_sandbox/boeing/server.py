"""Runs the stand-in: one process, one event loop, one line on standard output when it is ready."""

from __future__ import annotations

import socket
import sys
from contextlib import closing, suppress

from uvicorn import Config, Server

from boeing_data_hub_sandbox.boeing.app import App
from boeing_data_hub_sandbox.boeing.settings import SandboxOptions
from boeing_data_hub_sandbox.boeing.state import State
from boeing_data_hub_sandbox.boeing.wire import SandboxProtocol

_KEEP_ALIVE = 75  # seconds; longer than a client idles between two calls at the slowest pace
_BACKLOG = 2048


def run(options: SandboxOptions) -> None:
    """Serve until SIGINT or SIGTERM. Prints `listening on http://HOST:PORT` once calls are taken.

    Raises:
        OSError: the address cannot be listened on, or the ledger's file cannot be opened.
    """
    state = State(options)
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with (
        closing(state.ledger),
        closing(socket.create_server((options.host, options.port), family=family, backlog=_BACKLOG)) as listener,
    ):
        config = Config(
            App(state),
            loop="uvloop" if sys.platform != "win32" else "asyncio",
            http=SandboxProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            access_log=False,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=1,
            backlog=_BACKLOG,
        )
        with suppress(KeyboardInterrupt):  # uvicorn raises it again after an orderly end
            _Server(config).run(sockets=[listener])


class _Server(Server):
    """Says when it listens, and ends calls that were told never to be answered."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        sys.stdout.write(f"listening on http://{f'[{host}]' if ':' in host else host}:{port}\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, SandboxProtocol):
                connection.transport.abort()
        await super().shutdown(sockets)
