"""Templates. They are autoescaped, and strict: a misspelt name fails in a test."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from boeing_data_hub import __version__
from boeing_data_hub.batches.names import run_name
from boeing_data_hub.clock import now
from boeing_data_hub.health.batch_status import wait_of
from boeing_data_hub.values.counted import form
from boeing_data_hub.web.console import assets, figures, words
from boeing_data_hub.web.console.audit_words import ACTIONS
from boeing_data_hub.web.console.cookies import THEME
from boeing_data_hub.web.prefix import PrefixedAddresses, inner_path

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

THEMES: Final = ("auto", "light", "dark")

# Notices at the top of a page after a change; the URL holds the key, never the sentence.
NOTICES: Final = {
    "cancelled": "Run cancelled. Parts already done are kept.",
    "runs-cancelled": "Runs cancelled. Parts already done are kept.",
    "renamed": "Renamed.",
    "retried": "This new run searches the failed parts again.",
    "retried-before": "This run was already started to retry the failed parts.",
    "started": "Search started. You can leave this page.",
    "started-before": "This list was already started. Here is its run.",
    "refreshing": "Refreshing this part. Boeing's answer will appear here.",
    "ordered": "The draft order is being created in your store.",
    "asked-again": "Retrying. The lines are completed on this page.",
    "revoked": "Key revoked. Everyone signed in with it has been signed out.",
    "session-ended": "Session ended. Its browser is signed out.",
    "planned": "Plan created. Nothing has been sent yet: review it, then publish or discard it.",
    "planned-before": "A plan for this list already exists. Here it is.",
    "planned-capped": "More parts match than one plan can hold (MAX_BULK_PUBLISH_SIZE), so this plan has the first of "
    "them. Publish these, then create another plan.",
    "failures-retried": "This new run retries the failed parts.",
    "failures-wait": "These parts wait in a run already, so nothing was started.",
    "failures-ignored": "Ignored. These failures are hidden until they fail for another cause.",
    "failures-reopened": "Reopened.",
    "paused": "Paused. Calls in progress finish first. Nothing is lost.",
    "resumed": "Resumed.",
    "target-added": "Target added. Send a test to check it.",
    "target-saved": "Saved.",
    "target-removed": "Target removed.",
    "list-saved": "List saved.",
    "list-read": "File read. See below what was added and removed.",
    "list-unchanged": "The file has the same part numbers as before. Nothing changed.",
    "list-due": "The list will be read within a minute.",
    "list-deleted": "List deleted.",
    "prices-saved": "Saved as a draft. Preview it to see what it would change.",
    "prices-deleted": "Draft deleted. Prices did not change.",
    "prices-active": "This price list is now active. No product in your store has a different price.",
    "prices-same": "Every product in your store already has your price. No plan was created.",
    "prices-not-planned": "This price list is now active, but your store couldn't be checked, so no plan was created. "
    "Use “Plan price updates” later.",
    "approved": "Publishing has started. You can leave this page.",
    "discarded": "Plan discarded. Nothing was sent.",
    "publish-retried": "This new run publishes the failed parts again.",
    "publish-retried-before": "This run was already started to retry the failed parts.",
    "undoing": "Undo started. This run restores the products.",
    "undoing-before": "The undo was already started. Here is its run.",
    "adopted": "Product linked. Publish the part again to update it.",
    "adoption-started": "Your store is being read in the background. Nothing in it changes.",
    "adoption-chosen": "Saved. Nothing changes in your store until you approve the plan.",
    "adoption-not-chosen": "No products were selected: their parts already have a product, or they were changed.",
    "adoption-approved": "Products are being linked in the background. You can leave this page.",
    "adoption-undo": "Undo started. You can leave this page.",
    "adoption-cancel": "Stopped. Changes already made are kept.",
    "beside": "Saved. Publish the part again to create it as a separate product.",
    "deciding": "Your decision is being applied in the background.",
    "looking": "Checking your store in the background. Differences will appear here.",
    "noted": "Saved. Publish the part again.",
    "left": "Saved. The part won't be published; the other product stays.",
    "review-approved": "Approved. Publishing has started.",
    "reviews-approved": "Approved. This run publishes the changes.",
    "review-refused": "Refused. Your store keeps what it has.",
    "review-none": "This review was already decided or closed. Nothing was changed.",
    "orphan-retry": "Trying again now.",
    "orphan-keep": "The product stays in your store.",
    "edited": "Saved. Applies from the next publish.",
    "not-edited": "No changes to save.",
    "excluded": "Excluded. These parts won't be published; products already in your store stay.",
    "included": "Included. These parts can be published again.",
    "undone": "Undone.",
    "not-undone": "Nothing was left to undo: it was changed since.",
    "included-capped": "Only the first matching parts were changed (MAX_BULK_SEARCH_SIZE at a time). "
    "Narrow the filter to change the rest.",
    "excluded-capped": "Only the first matching parts were changed (MAX_BULK_SEARCH_SIZE at a time). "
    "Narrow the filter to change the rest.",
    "set-up": "Metafields are set up.",
    "nothing-to-publish": "None of these parts can be published, so no plan was created.",
    "empty-list": "The list has no valid part numbers.",
}

_UNDONE_AS: Final = {
    "excluded": "excluded",
    "excluded-capped": "excluded",
    "included": "included",
    "included-capped": "included",
    "failures-ignored": "failures-ignored",
}
"""Notices of changes that can be taken back, with what `/console/undo` calls the change."""


@dataclass(frozen=True, slots=True)
class Undo:
    """How the change that a page confirms is taken back: see `undoing.py`; `back`: the page to return to."""

    what: str
    mark: str
    back: str


def _undo(request: Request) -> Undo | None:
    given = request.query_params
    what, mark = _UNDONE_AS.get(given.get("said", "")), given.get("undo", "")
    if what is None or not mark:
        return None
    kept = {name: value for name, value in given.items() if name not in {"said", "undo"}}
    return Undo(what, mark, _link(quote(inner_path(request.scope), safe="/=:@"), **kept))


def _link(path: str, **query: Any) -> str:
    """A path with its query, without empty values."""
    kept = {name.rstrip("_"): value for name, value in query.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(kept)}" if kept else path


def _in_a_path(text: object) -> str:
    """A text as one segment of a path, with its slashes escaped."""
    return quote(str(text), safe="")


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[PrefixedAddresses],
        auto_reload=False,
    )
    filters = cast("dict[str, Any]", made.filters)
    filters.update(
        number=figures.number,
        money=figures.money,
        share=figures.share,
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
        counted=figures.counted,
        form=form,
        changed=figures.changed,
        without_state=figures.without_state,
        field=words.field_name,
    )
    shared = cast("dict[str, Any]", made.globals)
    shared.update(
        asset=assets.url,
        word=words.word,
        run_state=words.run_state,
        wait_of=wait_of,
        name_of=run_name,
        paced=words.PACED,
        reasons_why=words.REASONS,
        placeholders=words.PLACEHOLDERS,
        kinds=words.KINDS,
        roles=words.ROLES,
        actions=ACTIONS,
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


def fragment(template: str, **context: object) -> str:
    """A part of a page that is the same for everyone: it contains neither the visitor's name nor their form token."""
    return _ENVIRONMENT.get_template(template).render(**context)


def page(
    request: Request, template: str, *views: DataclassInstance, http_status: int = 200, **context: object
) -> HTMLResponse:
    """A whole page for the visitor.

    Args:
        request: the request to answer.
        template: below `templates/`.
        views: frozen records, whose fields the template sees by their names.
        http_status: of the response.
        context: more values that the template sees.
    """
    seen = {field.name: getattr(view, field.name) for view in views for field in fields(view)}
    theme = THEME.value(request)
    text = _ENVIRONMENT.get_template(template).render(
        visitor=getattr(request.state, "visitor", None),
        theme=theme if theme in THEMES else "auto",
        path=inner_path(request.scope),
        here=_here(request),
        waiting=getattr(request.state, "waiting", 0),
        said=NOTICES.get(request.query_params.get("said", "")),
        undo=_undo(request),
        **seen,
        **context,
    )
    return HTMLResponse(text, http_status)


def _here(request: Request) -> str:
    """The current address, to return to."""
    return inner_path(request.scope) + (f"?{request.url.query}" if request.url.query else "")


def go(path: str, *, said: str | None = None, **query: Any) -> RedirectResponse:
    """A redirect after a change, so that reloading the page repeats nothing."""
    return RedirectResponse(_link(path, said=said, **query), 303)


def local_path(text: str | None) -> str:
    """The path if it is one of the console, else the overview: never another site."""
    plain = text or ""
    good = plain.startswith("/console") and plain.isprintable() and "\\" not in plain and "//" not in plain
    return plain if good else "/console"
