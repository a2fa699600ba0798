"""The HTTP application: the API's routers, the console, the gate before them, and error documents."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache

from anyio import to_thread
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from boeing_data_hub import __version__, tracing
from boeing_data_hub.app import Hub
from boeing_data_hub.web import describing, problems
from boeing_data_hub.web.access import KeyLookup, Reader
from boeing_data_hub.web.api import (
    adoptions,
    attention,
    batches,
    boeing,
    bulk,
    cancelling,
    failures,
    find,
    freshness,
    health,
    lists,
    media,
    metrics,
    notifications,
    pauses,
    prices,
    products,
    publish,
    quote_orders,
    quotes,
    renaming,
    reviews,
    saved_lists,
    sessions,
    shopify,
    store,
    store_webhooks,
    uploads,
)
from boeing_data_hub.web.bodies import most_values
from boeing_data_hub.web.callers import Callers
from boeing_data_hub.web.console import mount as console
from boeing_data_hub.web.gate import Gate, Limits
from boeing_data_hub.web.limits import SafeHeaders
from boeing_data_hub.web.live_feed import LiveFeed
from boeing_data_hub.web.observing import Observing
from boeing_data_hub.web.places import THREADS
from boeing_data_hub.web.prefix import PrefixedApp
from boeing_data_hub.web.waiters import Waiters

ROUTERS = (
    health.router,  # /health, /ready
    metrics.router,  # /metrics
    bulk.router,  # /api/bulk-search
    publish.router,  # /api/bulk-publish, /api/plans
    batches.router,  # /api/batches
    cancelling.router,  # /api/batches/cancel
    renaming.router,  # /api/batches/{batch_id}
    uploads.router,  # /api/uploads
    lists.router,  # /api/lists/preview, /api/lists/search
    saved_lists.router,  # /api/lists
    pauses.router,  # /api/pauses
    notifications.router,  # /api/notifications
    prices.router,  # /api/prices
    products.router,  # /api/products
    boeing.router,  # /api/boeing
    freshness.router,  # /api/freshness
    shopify.router,  # /api/shopify
    store_webhooks.router,  # /api/shopify/webhooks
    attention.router,  # /api/conflicts, /api/orphans
    reviews.router,  # /api/reviews
    failures.router,  # /api/failures
    find.router,  # /api/find
    store.router,  # /api/store
    adoptions.router,  # /api/store/adoptions
    quote_orders.router,  # /api/quotes/{rfq_number}/draft-order, before the paths that fit everything
    quotes.router,  # /api/zap/webhook, /api/quotes
    sessions.router,  # /api/sessions
    media.router,  # /media
)


@cache
def routes() -> tuple[BaseRoute, ...]:
    """The routes of the API, which all applications of a process share.

    FastAPI completes a route when the first request passes it, and keeps the result with the router that includes it.
    For all routes that is half a second of computing, so it is done once and not for each application.
    """
    api = APIRouter(generate_unique_id_function=describing.operation_id)
    for router in ROUTERS:
        api.include_router(router)
    return tuple(api.routes)


class _Dressed(PrefixedApp):
    """An application that measures every response and adds the safe headers, even after an unexpected error."""

    def build_middleware_stack(self) -> ASGIApp:
        settings = self.state.hub.settings
        return Observing(SafeHeaders(super().build_middleware_stack(), with_subdomains=settings.hub_hsts_subdomains))


def create_app(hub: Hub) -> FastAPI:
    """The application of one process."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncGenerator[None]:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        yield
        hub.close()
        tracing.stop()

    prefix = hub.settings.prefix
    app = _Dressed(
        prefix=prefix,
        servers=[{"url": hub.settings.public_url}] if prefix else None,
        title="Boeing Data Hub",
        version=__version__,
        summary="Price and availability from Boeing Distribution, staged and published to Shopify.",
        lifespan=life,
        # FastAPI's own pages load scripts from a CDN, and would need no key.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=describing.operation_id,
    )
    app.state.hub = hub
    app.state.key_lookup = KeyLookup(hub)
    app.state.readiness = health.SharedReadiness(hub.readiness)
    app.state.scrapers = metrics.KnownScrapers()
    app.state.live_feed = LiveFeed(hub)
    app.state.waiters = Waiters()
    app.state.store_webhooks = store_webhooks.StoreWebhooks(hub)
    app.router.routes.extend(routes())

    @app.get("/openapi.json", include_in_schema=False)
    def description(_principal: Reader) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return JSONResponse(app.openapi())

    describing.install(app, ROUTERS, hub.settings)

    problems.install(app)
    console.install(app)
    settings = hub.settings
    app.add_middleware(
        Gate,
        callers=Callers(hub, app.state.key_lookup),
        store=app.state.store_webhooks,
        limits=Limits(
            body=settings.hub_max_body_bytes,
            upload=settings.hub_max_upload_bytes,
            upload_paths=(*uploads.PATHS, *console.UPLOADS),
            values=most_values(max(settings.max_bulk_search_size, settings.max_bulk_publish_size)),
            requests=settings.hub_rate_requests,
            changes=settings.hub_rate_changes,
            quotes=settings.hub_quote_rate,
        ),
    )
    return app
