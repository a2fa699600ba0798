"""An API process: `python -m boeing_data_hub.web --port 8000`."""

from __future__ import annotations

import argparse
import sys

import uvicorn

from boeing_data_hub import __version__, logs, telemetry
from boeing_data_hub.hub import Hub
from boeing_data_hub.settings import Settings
from boeing_data_hub.web.app import create_app


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop; requests under way are finished first."""
    parser = argparse.ArgumentParser(prog="bdh serve", description=__doc__)
    parser.add_argument("--host", default=None)
    parser.add_argument("--port", type=int, default=None)
    chosen = parser.parse_args(argv)
    settings = Settings()
    logs.configure(level=settings.hub_log_level, style=settings.hub_log_format, process="api", secrets=settings.secrets)
    hub = Hub(settings, name="api")
    telemetry.begin(process="api", version=__version__)
    hub.start_tracing()
    app = create_app(hub)
    uvicorn.run(
        app,
        host=chosen.host or settings.hub_host,
        port=settings.hub_port if chosen.port is None else chosen.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
