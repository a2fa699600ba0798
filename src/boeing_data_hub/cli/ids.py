"""Ids of runs and plans on the command line: whole, or the first digits as tables show them."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from uuid import UUID

import typer

from boeing_data_hub.cli.client import Api
from boeing_data_hub.errors import BadInput, NotFound

RunId = Annotated[str, typer.Argument(help="The run's id, or its first digits as in `bdh batches list`.")]
PlanId = Annotated[str, typer.Argument(help="The plan's id, or its first digits as in `bdh plans list`.")]

_DIGITS: Final = re.compile(r"[0-9a-fA-F]{4}[0-9a-fA-F-]{0,32}")
_FIRST_SHOWN: Final = 5


def whole_id(api: Api, given: str, *, noun: Literal["run", "plan"] = "run") -> str:
    """The id that begins with these digits; plans are looked for among publishing runs.

    Raises:
        NotFound: there is none, or it is no id at all.
        BadInput: several begin so.
    """
    try:
        return str(UUID(given))
    except ValueError:
        pass
    listed = "bdh batches list" if noun == "run" else "bdh plans list"
    found: list[str] = []
    if _DIGITS.fullmatch(given):
        kind = {} if noun == "run" else {"batch_type": "publish"}
        known = api.call("GET", "/api/batches", params={"id": given, "limit": _FIRST_SHOWN, **kind})
        found = [str(one["id"]) for one in known["batches"]]
    if not found:
        raise NotFound(f"No {noun} {given[:80]}. See `{listed}`.", code="batch_not_found")
    if len(found) > 1:
        raise BadInput(
            f"Several {noun}s begin with {given}: {', '.join(found)}. Give more digits. Nothing was changed.",
            code="ambiguous_id",
        )
    return found[0]
