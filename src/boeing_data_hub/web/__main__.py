"""An API process: `python -m boeing_data_hub.web --port 8000`."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from contextlib import suppress

import uvicorn

from boeing_data_hub import __version__, logs, telemetry
from boeing_data_hub.app import Hub
from boeing_data_hub.errors import Refused
from boeing_data_hub.liveness import Liveness
from boeing_data_hub.secrecy import keep_from_other_processes
from boeing_data_hub.settings import Settings
from boeing_data_hub.web.app import create_app
from boeing_data_hub.web.connections import GuardedProtocol, allow_many_connections
from boeing_data_hub.work.wake_ups import require_usable

_TICKS_PER_SIGN = 50  # uvicorn ticks ten times a second


class _Server(uvicorn.Server):
    """Sends heartbeats from the event loop itself, so that a loop that hangs sends none."""

    def __init__(self, config: uvicorn.Config, liveness: Liveness) -> None:
        super().__init__(config)
        self._liveness = liveness

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._liveness.ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_PER_SIGN == 0:
            self._liveness.alive()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._liveness.stopping()
        await super().shutdown(sockets)


def main(argv: list[str] | None = None) -> int:
    """Serve until a signal to stop; running requests are finished first."""
    parser = argparse.ArgumentParser(prog="bdh serve", description=__doc__)
    parser.add_argument("--host", default=None)
    parser.add_argument("--port", type=int, default=None)
    chosen = parser.parse_args(argv)
    # A stop is not a failure. uvicorn raises the signal again after an orderly end.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    keep_from_other_processes()
    settings = Settings()
    logs.configure(level=settings.hub_log_level, style=settings.hub_log_format, process="api", secrets=settings.secrets)
    try:
        require_usable(settings.broker_url)
    except Refused as refused:
        sys.stderr.write(f"{refused.message}\n")
        return refused.exit_code
    allow_many_connections()
    hub = Hub(settings, name="api")
    telemetry.begin(process="api", version=__version__)
    hub.start_tracing()
    config = uvicorn.Config(
        create_app(hub),
        host=chosen.host or settings.hub_host,
        port=settings.hub_port if chosen.port is None else chosen.port,
        http=GuardedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.hub_trusted_proxies),
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
    )
    server = _Server(config, Liveness(settings.hub_alive_file))
    with suppress(KeyboardInterrupt):
        server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
