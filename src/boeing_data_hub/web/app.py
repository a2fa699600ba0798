"""The HTTP application: the API's routers, the console, the doorkeeper, the limits, and how errors are told."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from boeing_data_hub import __version__, tracing
from boeing_data_hub.hub import Hub
from boeing_data_hub.web import problems
from boeing_data_hub.web.access import Doorkeeper, Reader
from boeing_data_hub.web.api import (
    attention,
    batches,
    boeing,
    bulk,
    health,
    media,
    metrics,
    products,
    publish,
    quotes,
    shopify,
    uploads,
)
from boeing_data_hub.web.console import mount as console
from boeing_data_hub.web.limits import BodyLimit, SafeHeaders
from boeing_data_hub.web.observing import Observing
from boeing_data_hub.web.watch import Watch

ROUTERS = (
    health.router,  # /health, /ready
    metrics.router,  # /metrics
    bulk.router,  # /api/bulk-search
    publish.router,  # /api/bulk-publish, /api/plans
    batches.router,  # /api/batches
    uploads.router,  # /api/uploads
    products.router,  # /api/products
    boeing.router,  # /api/boeing
    shopify.router,  # /api/shopify
    attention.router,  # /api/conflicts, /api/orphans
    quotes.router,  # /api/zap/webhook, /api/quotes
    media.router,  # /media
)


def create_app(hub: Hub) -> FastAPI:
    """The application of one process."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncGenerator[None]:
        yield
        hub.close()
        tracing.stop()

    app = FastAPI(
        title="Boeing Data Hub",
        version=__version__,
        summary="Price and availability from Boeing Distribution, staged and published to Shopify.",
        lifespan=life,
        # FastAPI's own pages load their scripts from a CDN, and would be open to strangers.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.hub = hub
    app.state.doorkeeper = Doorkeeper(hub)
    app.state.scrapers = metrics.KnownScrapers()
    app.state.watch = Watch(hub)
    for router in ROUTERS:
        app.include_router(router, responses={} if router is health.router else problems.RESPONSES)

    @app.get("/openapi.json", include_in_schema=False)
    def description(_principal: Reader) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return JSONResponse(app.openapi())

    problems.install(app)
    console.install(app)
    settings = hub.settings
    app.add_middleware(
        BodyLimit,
        most=settings.hub_max_body_bytes,
        uploads=settings.hub_max_upload_bytes,
        upload_paths=("/api/uploads", *console.UPLOADS),
    )
    app.add_middleware(SafeHeaders)
    app.add_middleware(Observing)
    return app
