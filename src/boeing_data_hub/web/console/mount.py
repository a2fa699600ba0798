"""Adds the console to the application. Every page below /console needs a session, which is required here, once."""

from __future__ import annotations

from functools import cache
from typing import Final

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import RedirectResponse
from starlette.routing import BaseRoute

from boeing_data_hub.web.console import (
    adoptions,
    api_pages,
    assets,
    attention,
    cancelling,
    differences,
    error_pages,
    failures,
    find,
    freshness,
    notifications,
    overrides,
    overview,
    part,
    part_charts,
    parts,
    pausing,
    plan,
    price_editing,
    prices,
    publish,
    quotes,
    reviews,
    run,
    runs,
    saved_lists,
    search,
    settings,
    sign_in,
    sign_in_oidc,
    signed_in_people,
    stream,
    system,
    undoing,
)
from boeing_data_hub.web.console.failure_causes import Causes
from boeing_data_hub.web.console.identity import Identity
from boeing_data_hub.web.console.live import Board
from boeing_data_hub.web.console.plan_jobs import PlanJobs
from boeing_data_hub.web.console.price_previews import PreviewJobs
from boeing_data_hub.web.console.throttle import Throttle
from boeing_data_hub.web.console.visitors import signed_in
from boeing_data_hub.web.console.waiting import Waiting

UPLOADS: Final = ("/console/search/upload", "/console/publish/upload", "/console/lists/upload/")
"""Where files arrive, whose bodies may be larger."""


@cache
def routes() -> tuple[BaseRoute, ...]:
    """The routes of the console, which all applications of a process share, as they do the API's."""
    console = APIRouter()
    for router in (
        overview.router,
        adoptions.router,
        freshness.router,
        system.router,
        stream.router,
        search.router,
        publish.router,
        plan.router,
        saved_lists.router,
        runs.router,
        cancelling.router,  # before a run, whose id could be this word
        run.router,
        failures.router,
        find.router,
        parts.router,
        overrides.router,
        part_charts.router,
        part.router,
        price_editing.router,  # before the lists, whose versions could have the name of a form
        prices.router,
        quotes.router,
        attention.router,
        reviews.router,
        differences.router,
        settings.router,
        undoing.router,
        pausing.router,
        notifications.router,
        api_pages.router,
        signed_in_people.router,
        sign_in.inside,
    ):
        console.include_router(router, prefix="/console", dependencies=[Depends(signed_in)], include_in_schema=False)
    console.include_router(assets.router)
    console.include_router(sign_in_oidc.router)  # before the one-time links, whose tokens could have this name
    console.include_router(sign_in.router)
    return tuple(console.routes)


def install(app: FastAPI) -> None:
    """Add the pages, static files and error pages."""
    app.state.throttle = Throttle()
    provider = app.state.hub.identity_provider
    app.state.identity = Identity(provider, network=app.state.hub.network) if provider else None
    app.state.causes = Causes()
    app.state.waiting = Waiting(app.state.hub)
    app.state.plan_jobs = PlanJobs(app.state.hub)
    app.state.preview_jobs = PreviewJobs(app.state.hub)
    app.state.board = Board(app.state.hub)
    app.router.routes.extend(routes())

    @app.get("/", include_in_schema=False)
    def front_door() -> RedirectResponse:  # pyright: ignore[reportUnusedFunction]
        return RedirectResponse("/console", 307)

    error_pages.install(app)
