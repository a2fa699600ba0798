"""`bdh sessions list | end`: who is signed in to the console. They use the database directly, as `bdh keys` does."""

from __future__ import annotations

from typing import Annotated

import typer

from boeing_data_hub.app import Hub
from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json
from boeing_data_hub.cli.operate import with_hub
from boeing_data_hub.db import sessions

app = typer.Typer(no_args_is_help=True, help="List and end sessions of the console.")


@app.command("list")
def list_sessions(*, as_json: Json = False) -> None:
    """List who is signed in, the last active first."""

    def do(hub: Hub) -> None:
        found = hub.database.run(sessions.living)
        if as_json:
            output.as_json(
                [
                    {
                        "id": one.id,
                        "owner": one.owner,
                        "name": one.name,
                        "scopes": list(one.scopes),
                        "created_at": one.created_at,
                        "last_seen_at": one.last_seen_at,
                        "expires_at": one.expires_at,
                    }
                    for one in found
                ]
            )
            return
        output.table(
            f"{len(found)} sessions",
            ["id", "owner", "name", "scopes", "since", "last active"],
            [
                (
                    one.id,
                    one.owner,
                    one.name,
                    ",".join(one.scopes),
                    output.Moment(one.created_at),
                    output.Moment(one.last_seen_at),
                )
                for one in found
            ],
        )

    with_hub(do, json_wanted=as_json)


@app.command("end")
def end_session(
    session_id: Annotated[str, typer.Argument(help="The session's id, as in the list.")], *, as_json: Json = False
) -> None:
    """End a session. Its browser is signed out within seconds."""

    def do(hub: Hub) -> None:
        hub.database.run(lambda work: sessions.end_by_id(work, session_id, actor="cli"))
        if as_json:
            output.as_json({"id": session_id, "ended": True})
        else:
            output.say("Session ended.")

    with_hub(do, json_wanted=as_json)
