"""`bdh pause` and `bdh resume`: pauses by hand."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api
from boeing_data_hub.clock import now

Work = Literal["boeing", "publishing", "sync"]
_SPAN: Final = re.compile(r"(\d{1,4})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def pause(
    what: Annotated[Work | None, typer.Argument(help="boeing, publishing or sync; none: show pauses.")] = None,
    *,
    until: Annotated[
        str | None,
        typer.Option("--until", help="When it ends, in local time: 14:00 or 2026-12-24T16:00."),
    ] = None,
    span: Annotated[str | None, typer.Option("--for", help="How long: 30m, 2h, 3d.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; every waiting run shows it.")] = "",
    as_json: Json = False,
) -> None:
    """Pause calls to Boeing, publishing, or sync.

    Without an end it lasts until `bdh resume`. No part fails.
    """
    if until and span:
        raise typer.BadParameter("Give either --until or --for.")
    end = _moment(until) if until else now() + _length(span) if span else None

    def do(api: Api) -> None:
        if what is None:
            found = api.call("GET", "/api/pauses")
            if as_json:
                output.as_json(found)
            else:
                for one in found["pauses"]:
                    output.say(f"{one['what']}: {one['message']}")
                if not found["pauses"]:
                    output.say("Nothing is paused by hand.")
            return
        body = {"until": end.isoformat() if end else None, "reason": reason}
        made = api.call("PUT", f"/api/pauses/{what}", json=body)
        output.as_json(made) if as_json else output.say(f"{what}: {made['message']}")

    with_api(do, json_wanted=as_json)


def resume(what: Annotated[Work, typer.Argument(help="boeing, publishing or sync.")], *, as_json: Json = False) -> None:
    """End a pause by hand.

    Automatic pauses stay.
    """

    def do(api: Api) -> None:
        done = api.call("DELETE", f"/api/pauses/{what}")
        output.as_json(done) if as_json else output.say(done["message"])

    with_api(do, json_wanted=as_json)


def _length(text: str) -> timedelta:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter("Write a length like 30m, 2h or 3d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _moment(text: str) -> datetime:
    """A moment in local time: a time of day is the next one."""
    local = now().astimezone()
    try:
        if len(text) == len("HH:MM"):
            hour, minute = (int(part) for part in text.split(":"))
            found = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
            return found if found > local else found + timedelta(days=1)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("Write a time like 14:00 or 2026-12-24T16:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=local.tzinfo)
