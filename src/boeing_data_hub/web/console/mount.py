"""Puts the console into the application. Every page behind /console needs a session; that is said once, here."""

from __future__ import annotations

from typing import Final

from fastapi import Depends, FastAPI
from fastapi.responses import RedirectResponse

from boeing_data_hub.web.console import (
    assets,
    attention,
    by_hand,
    overview,
    part,
    parts,
    plan,
    publish,
    quotes,
    refusals,
    run,
    runs,
    search,
    settings,
    sign_in,
    sign_in_oidc,
)
from boeing_data_hub.web.console.causes import Causes
from boeing_data_hub.web.console.identity import Identity
from boeing_data_hub.web.console.live import Board
from boeing_data_hub.web.console.making import Making
from boeing_data_hub.web.console.throttle import Throttle
from boeing_data_hub.web.console.visitors import signed_in
from boeing_data_hub.web.console.waiting import Waiting

UPLOADS: Final = ("/console/search/upload", "/console/publish/upload")
"""Where files arrive, whose bodies may be larger."""


def install(app: FastAPI) -> None:
    """Add the pages, their static files, and how they tell errors."""
    app.state.throttle = Throttle()
    provider = app.state.hub.identity_provider
    app.state.identity = Identity(provider) if provider else None
    app.state.causes = Causes()
    app.state.waiting = Waiting(app.state.hub)
    app.state.making = Making(app.state.hub)
    app.state.board = Board(app.state.hub)
    for router in (
        overview.router,
        search.router,
        publish.router,
        plan.router,
        runs.router,
        run.router,
        parts.router,
        by_hand.router,
        part.router,
        quotes.router,
        attention.router,
        settings.router,
        sign_in.inside,
    ):
        app.include_router(router, prefix="/console", dependencies=[Depends(signed_in)], include_in_schema=False)
    app.include_router(assets.router)
    app.include_router(sign_in_oidc.router)  # before the links, whose tokens could be called so
    app.include_router(sign_in.router)

    @app.get("/", include_in_schema=False)
    def front_door() -> RedirectResponse:  # pyright: ignore[reportUnusedFunction]
        return RedirectResponse("/console", 307)

    refusals.install(app)
