"""/console/prices/new and .../edit: the forms that write a price list, rule by rule or as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.catalogue import price_files, price_lists
from boeing_data_hub.catalogue.price_lists import PriceList
from boeing_data_hub.catalogue.price_rules import PriceRule
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console import price_form
from boeing_data_hub.web.console.price_form import CONDITIONS, EMPTY, FIELDS, MOST_ROWS, PRICE, Texts
from boeing_data_hub.web.console.price_previews import PreviewJobs, ThePreviewJobs
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Publisher, Visitor

router = APIRouter(prefix="/prices")

_EXAMPLE: Final = """[[rule]]
name = "Small hardware"
prefixes = ["AN", "MS", "NAS"]
cost_below = 10
markup = 1.35
floor = 5
rounding = ".99"
"""
_LABELS: Final = {one.name: one.label for one in FIELDS}
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
_Text = Annotated[str, Form(max_length=1_000_000)]
_Name = Annotated[str, Form(max_length=200)]
_Format = Annotated[Literal["toml", "csv"], Form()]
_As = Annotated[Literal["", "text"], Query(alias="as")]
_Problems = Sequence[Mapping[str, object]]


def arrived_whole(complete: Annotated[str, Form(max_length=10)] = "") -> None:
    """Refuse a form whose last field is missing: a form that was cut off would replace the rules of a draft by none."""
    if complete != "yes":
        raise BadInput("The form is incomplete. Nothing was saved. Send it again.", code="form_incomplete")


_Whole = Annotated[None, Depends(arrived_whole)]


@router.get("/new")
def new(
    request: Request,
    hub: TheHub,
    _visitor: Publisher,
    as_: _As = "",
    from_: Annotated[int | None, Query(alias="from", ge=1, le=2**31 - 1)] = None,
) -> HTMLResponse:
    """The form for a new list; `from`: the list that it begins with."""
    rules = hub.database.run(lambda work: price_lists.rules_of(work, from_), hurry=True) if from_ else ()
    if as_ == "text" or not price_form.fits(rules):
        return _text_form(request, None, text=price_files.as_toml(rules) if rules else _EXAMPLE, name="")
    return _rows_form(request, None, rows=price_form.rows_of(rules) or [EMPTY], name="")


@router.get("/{version}/edit")
def edit_form(version: Version, request: Request, hub: TheHub, _visitor: Publisher, as_: _As = "") -> HTMLResponse:
    """The form that edits a draft."""

    def step(work: Work) -> tuple[PriceList, tuple[PriceRule, ...]]:
        return price_lists.get(work, version), price_lists.rules_of(work, version)

    found, rules = hub.database.run(step, hurry=True)
    if as_ == "text" or not price_form.fits(rules):
        return _text_form(request, version, text=price_files.as_toml(rules), name=found.name)
    return _rows_form(request, version, rows=price_form.rows_of(rules), name=found.name)


@router.post("", response_model=None)
def create(
    request: Request,
    hub: TheHub,
    jobs: ThePreviewJobs,
    visitor: Publisher,
    _whole: _Whole,
    text: _Text = "",
    name: _Name = "",
    format: _Format = "toml",  # noqa: A002 - the field's name
) -> Response:
    """Save the text as a new draft. What is wrong is shown beside it, and it is kept."""
    return _from_text(request, hub, jobs, visitor, None, text=text, name=name, form=format)


@router.post("/{version}/edit", response_model=None)
def edit(
    version: Version,
    request: Request,
    hub: TheHub,
    jobs: ThePreviewJobs,
    visitor: Publisher,
    _whole: _Whole,
    text: _Text = "",
    name: _Name = "",
    format: _Format = "toml",  # noqa: A002 - the field's name
) -> Response:
    """Replace the rules of a draft by the text."""
    return _from_text(request, hub, jobs, visitor, version, text=text, name=name, form=format)


async def _sent_rows(request: Request) -> list[Texts]:
    form = await request.form()
    return price_form.rows_in(
        {one.name: [value for value in form.getlist(one.name) if isinstance(value, str)] for one in FIELDS}
    )


_Rows = Annotated[list[Texts], Depends(_sent_rows)]
_Do = Annotated[str, Form(max_length=20)]


@router.post("/rows", response_model=None)
def create_from_rows(
    request: Request,
    hub: TheHub,
    jobs: ThePreviewJobs,
    visitor: Publisher,
    _whole: _Whole,
    rows: _Rows,
    list_name: _Name = "",
    do: _Do = "save",
) -> Response:
    """Save the rules as a new draft, or add, copy, move or remove one of the form."""
    return _from_rows(request, hub, jobs, visitor, None, rows=rows, name=list_name, do=do)


@router.post("/{version}/rows", response_model=None)
def edit_from_rows(
    version: Version,
    request: Request,
    hub: TheHub,
    jobs: ThePreviewJobs,
    visitor: Publisher,
    _whole: _Whole,
    rows: _Rows,
    list_name: _Name = "",
    do: _Do = "save",
) -> Response:
    """Replace the rules of a draft, or add, copy, move or remove one of the form."""
    return _from_rows(request, hub, jobs, visitor, version, rows=rows, name=list_name, do=do)


def _from_text(
    request: Request,
    hub: Hub,
    jobs: PreviewJobs,
    visitor: Visitor,
    version: int | None,
    *,
    text: str,
    name: str,
    form: Literal["toml", "csv"],
) -> Response:
    try:
        rules = price_files.read(text, form)
    except BadInput as error:
        return _text_form(request, version, text=text, name=name, form=form, problems=error.details["problems"])
    return _saved(hub, jobs, visitor, version, rules, name)


def _from_rows(
    request: Request,
    hub: Hub,
    jobs: PreviewJobs,
    visitor: Visitor,
    version: int | None,
    *,
    rows: list[Texts],
    name: str,
    do: str,
) -> Response:
    if (after := price_form.changed(rows, do)) is not None:
        return _rows_form(request, version, rows=after, name=name)
    try:
        rules = price_files.rules_of(price_form.entries(rows))
    except BadInput as error:
        return _rows_form(request, version, rows=rows, name=name, problems=error.details["problems"])
    return _saved(hub, jobs, visitor, version, rules, name)


def _saved(
    hub: Hub, jobs: PreviewJobs, visitor: Visitor, version: int | None, rules: Sequence[PriceRule], name: str
) -> Response:
    def step(work: Work) -> int:
        if version is None:
            return price_lists.create(work, rules, name=name.strip(), actor=visitor.owner)
        price_lists.edit(work, version, rules, name=name.strip(), actor=visitor.owner)
        return version

    saved = hub.database.run(step)
    if version is not None:
        jobs.forget()
    return go(f"/console/prices/{saved}", said="prices-saved")


def _text_form(
    request: Request, version: int | None, *, text: str, name: str, form: str = "toml", problems: _Problems = ()
) -> HTMLResponse:
    return page(
        request,
        "pages/price_form.html",
        http_status=422 if problems else 200,
        version=version,
        text=text,
        name=name,
        format=form,
        problems=problems,
    )


def _rows_form(
    request: Request, version: int | None, *, rows: Sequence[Texts], name: str, problems: _Problems = ()
) -> HTMLResponse:
    return page(
        request,
        "pages/price_rows.html",
        http_status=422 if problems else 200,
        version=version,
        rows=rows,
        name=name,
        problems=problems,
        wrongs={(one["rule"], one["field"]): one["problem"] for one in problems},
        labels=_LABELS,
        fields=FIELDS,
        conditions=CONDITIONS,
        price=PRICE,
        most=MOST_ROWS,
    )
