"""Templates: autoescaped, and strict, so that a name misspelt in a page fails in a test and not before a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from boeing_data_hub import __version__
from boeing_data_hub.clock import now
from boeing_data_hub.web.console import assets, figures, words

THEMES: Final = ("auto", "light", "dark")
THEME_COOKIE: Final = "bdh_theme"

# What a page may be asked to say at its top after a change; the word stands in the URL, the sentence only here.
NOTICES: Final = {
    "cancelled": "Cancelled. What was done before stays.",
    "retried": "The failed parts are being searched again, as this new run.",
    "retried-before": "The failed parts were being searched again already, as this run.",
    "started": "Started. You may close this page: the work goes on without it.",
    "started-before": "This list was started before; here is its run. Nothing was started twice.",
    "refreshing": "Boeing is being asked for this part again. Its answer will appear here.",
    "asked-again": "Boeing is being asked again. The lines are completed here.",
    "revoked": "The key is revoked, and everyone who had signed in with it is signed out.",
    "planned": "This is what publishing would do. Nothing was sent: read it, then approve or discard it.",
    "planned-before": "This list was planned before; here is that plan.",
    "planned-capped": "More parts match than one plan may hold (MAX_BULK_PUBLISH_SIZE), so it holds the first of them. "
    "Publish these, then plan the rest.",
    "approved": "Approved. Exactly what the plan shows is being sent. You may close this page.",
    "discarded": "Discarded. Nothing was sent.",
    "publish-retried": "The failed parts are being published again, as this new run.",
    "publish-retried-before": "The failed parts were being published again already, as this run.",
    "undoing": "Undoing has begun: this run brings the products back to what they were.",
    "undoing-before": "Undoing had begun already; here is its run.",
    "adopted": "The product is ours now. Publish the part again: that brings it up to date.",
    "noted": "Noted. Give the other product another handle in the store, then publish the part again.",
    "left": "The product stays as it is, and the part is not published.",
    "orphan-retry": "It is tried again at once.",
    "orphan-keep": "It stays in the store.",
    "edited": "Kept. It counts from the next publishing on.",
    "not-edited": "Nothing was different, so nothing was changed.",
    "excluded": "Excluded: these parts are not published until they are included again. What is in the store stays.",
    "included": "Included again: these parts may be published.",
    "excluded-capped": "Done for the first parts that match: no more than MAX_BULK_SEARCH_SIZE are changed at a time. "
    "Narrow the filter for the rest.",
    "set-up": "The store's metafields are set up.",
    "nothing-to-publish": "None of these parts may be published, so no plan was made.",
    "empty-list": "The list holds no part number, so there is nothing to start.",
}


def _link(path: str, **query: Any) -> str:
    """An address with its query, leaving out what is empty."""
    kept = {name.rstrip("_"): value for name, value in query.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(kept)}" if kept else path


def _in_a_path(text: object) -> str:
    """A text as one step of an address, its slashes included."""
    return quote(str(text), safe="")


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters = cast("dict[str, Any]", made.filters)
    filters.update(
        number=figures.number,
        money=figures.money,
        measure=figures.measure,
        duration=figures.duration,
        rate=figures.rate,
        clock=figures.clock,
        ago=figures.ago,
        visible=figures.visible,
        seen=figures.seen,
        brief=figures.brief,
        is_long=figures.is_long,
        path=_in_a_path,
        told=figures.told,
        field=words.field_name,
    )
    shared = cast("dict[str, Any]", made.globals)
    shared.update(
        asset=assets.url,
        word=words.word,
        run_state=words.run_state,
        kinds=words.KINDS,
        roles=words.ROLES,
        actions=words.ACTIONS,
        causes=words.CAUSES,
        link=_link,
        span=figures.span,
        percent=figures.percent,
        took=figures.took,
        now=now,
        version=__version__,
    )
    return made


_ENVIRONMENT: Final = _environment()


def fragment(template: str, **context: Any) -> str:
    """A part of a page, the same for everyone who looks: it knows neither the person nor their form token."""
    return _ENVIRONMENT.get_template(template).render(**context)


def page(request: Request, template: str, *, http_status: int = 200, **context: Any) -> HTMLResponse:
    """A whole page for the person who asked."""
    theme = request.cookies.get(THEME_COOKIE, "auto")
    text = _ENVIRONMENT.get_template(template).render(
        visitor=getattr(request.state, "visitor", None),
        theme=theme if theme in THEMES else "auto",
        path=request.url.path,
        here=_here(request),
        waiting=getattr(request.state, "waiting", 0),
        said=NOTICES.get(request.query_params.get("said", "")),
        **context,
    )
    return HTMLResponse(text, http_status)


def _here(request: Request) -> str:
    """Where the person is, to come back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def go(path: str, *, said: str | None = None, **query: Any) -> RedirectResponse:
    """To another page after a change, so that loading it again changes nothing."""
    return RedirectResponse(_link(path, said=said, **query), 303)


def local_path(text: str | None) -> str:
    """A path of the console to go to, or the overview: never another site, whatever the address says."""
    plain = text or ""
    good = plain.startswith("/console") and plain.isprintable() and "\\" not in plain and "//" not in plain
    return plain if good else "/console"
