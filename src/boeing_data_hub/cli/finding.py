"""`bdh find`: parts, runs, plans and quotes by one text."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api
from boeing_data_hub.cli.output import ExitCode, Id, Moment

_NEXT: Final = {"part": "bdh part", "run": "bdh batches show", "plan": "bdh plans show", "quote": "bdh quotes show"}


def find(
    text: Annotated[
        str,
        typer.Argument(help="The beginning of a part number, RFQ number or run id, or a piece of a run's name."),
    ],
    *,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most of each kind.")] = 10,
    as_json: Json = False,
) -> None:
    """Find parts, runs, plans and quotes by one text."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/find", params={"text": text, "limit": limit})
        if as_json:
            output.as_json(found)
        elif found["hits"]:
            output.table("Found", ["kind", "id", "name", "about", "state", "at"], [_row(hit) for hit in found["hits"]])
            for kind in found["more"]:
                output.note(f"More {kind}s match. Show more with --limit, or type more.")
            kinds = list(dict.fromkeys(hit["kind"] for hit in found["hits"]))
            output.note("Show one with: " + ", ".join(f"{_NEXT[kind]} ID" for kind in kinds))
        else:
            output.note(f"Nothing matches {text!r}.")
        if not found["hits"]:
            raise typer.Exit(ExitCode.NOT_FOUND)

    with_api(do, json_wanted=as_json)


def _row(hit: dict[str, Any]) -> tuple[Any, ...]:
    short = hit["kind"] in {"run", "plan"}
    return (
        hit["kind"],
        Id(hit["id"]) if short else hit["id"],
        hit["name"] if short else "",
        hit["about"],
        hit["state"],
        Moment(hit["at"]),
    )
