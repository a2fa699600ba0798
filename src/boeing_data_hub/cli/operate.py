"""`bdh db` and `bdh keys`. They use the database directly, so they work while the API is down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from boeing_data_hub.app import Hub
from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json
from boeing_data_hub.cli.local import settings_of_running_hub
from boeing_data_hub.db import api_keys, audit
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, Conflict, HubError, NotFound
from boeing_data_hub.health import restored
from boeing_data_hub.web.access import SCOPES
from boeing_data_hub.work import workers

T = TypeVar("T")

db = typer.Typer(no_args_is_help=True, help="Create and upgrade the database tables.")
keys_app = typer.Typer(no_args_is_help=True, help="Create, list and revoke API keys.")


def with_hub(do: Callable[[Hub], T], *, json_wanted: bool = False) -> T:
    """Run something with a hub in this process. Errors end the command with their exit code."""
    try:
        hub = Hub(settings_of_running_hub(), name="cli")
        try:
            return do(hub)
        finally:
            hub.close()
    except HubError as error:
        output.fail(error, json_wanted=json_wanted)


@db.command()
def upgrade() -> None:
    """Create the tables, or upgrade them to this version. Safe to repeat, and while workers run."""
    from boeing_data_hub.db import schema  # noqa: PLC0415 - loads the migration tool, which nothing else needs

    def run(hub: Hub) -> str:
        running = hub.settings.postgres_url
        owner = hub.settings.owner_postgres_url
        return schema.upgrade(owner, runner=running) if owner else schema.upgrade(running)

    found = with_hub(run)
    newer = "" if found in schema.revisions() else ", which is newer than this program; they were left unchanged"
    output.note(f"The tables are at revision {found}{newer}.")


@db.command("sql")
def as_sql(
    *,
    since: Annotated[
        str | None, typer.Option("--from", help="The database's current revision. Default: an empty database.")
    ] = None,
) -> None:
    """Print the migrations as SQL, for Supabase's SQL editor."""
    from boeing_data_hub.db import schema  # noqa: PLC0415 - same

    try:
        output.say(schema.as_sql(since=since))
    except HubError as error:
        output.fail(error)


@db.command("restored")
def after_restore(*, as_json: Json = False) -> None:
    """Run once after restoring a backup, before starting workers: store data is re-checked.

    Prints the SKUs whose products are compared with the store again at their next publish.
    """

    def do(hub: Hub) -> None:
        def step(work: Work) -> restored.Forgotten:
            if found := workers.alive(work, silent_after=hub.settings.hub_worker_silent_after):
                raise Conflict(
                    f"Workers are running ({', '.join(one.id for one in found[:3])}), or were running when the "
                    "backup was taken. Nothing was changed. Stop all workers and the scheduler, wait "
                    f"{hub.settings.hub_worker_silent_after} seconds, and try again.",
                    code="workers_at_work",
                )
            return restored.forget_what_came_after(work, actor="cli")

        done = hub.database.run(step)
        output.note(
            f"{len(done.skus):,} products will be looked up in the store and sent in full at their next publish. "
            f"{done.runs} bulk operations were dropped. {done.orphans} leftover products are kept for a day: see "
            f"`bdh store orphans`. {done.sessions} people must sign in again. API keys revoked since the backup are "
            "valid again: check `bdh keys list`."
        )
        if as_json:
            output.as_json({"skus": done.skus, "bulk_runs": done.runs, "orphans": done.orphans,
                            "sessions": done.sessions})  # fmt: skip
        elif done.skus:
            output.say("\n".join(done.skus))

    with_hub(do, json_wanted=as_json)


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="A label, e.g. `nightly import`.")],
    *,
    scope: Annotated[list[str], typer.Option("--scope", help=f"One of {', '.join(SCOPES)}; may be repeated.")],
    days: Annotated[
        int | None, typer.Option(min=0, max=36_500, help="Days until it expires; 0: never. Default: HUB_KEY_DAYS.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Create a key and print it. It is shown only once."""
    wanted = sorted({part.strip() for one in scope for part in one.split(",") if part.strip()})

    def do(hub: Hub) -> None:
        unknown = [one for one in wanted if one not in SCOPES]
        if unknown or not wanted:
            raise BadInput(f"Unknown scope: {', '.join(unknown) or 'none given'}. Scopes are {', '.join(SCOPES)}.")

        lasts = hub.settings.hub_key_days if days is None else days

        def step(work: Work) -> tuple[api_keys.ApiKey, str]:
            made = api_keys.create(work, name=name, scopes=wanted, days=lasts or None)
            audit.record(work, actor="cli", action="key.create", target=made[0].id, details={"scopes": wanted})
            return made

        record, key = hub.database.run(step)
        if as_json:
            output.as_json(
                {
                    "id": record.id,
                    "name": record.name,
                    "key": key,
                    "scopes": list(record.scopes),
                    "expires_at": record.expires_at,
                }
            )
            return
        output.note(
            "Copy this key now. It will not be shown again. "
            + (f"It expires on {record.expires_at:%Y-%m-%d}." if record.expires_at else "It never expires.")
        )
        output.say(key)

    with_hub(do, json_wanted=as_json)


@keys_app.command("list")
def list_keys(*, as_json: Json = False) -> None:
    """List all keys, without the secret part."""

    def do(hub: Hub) -> None:
        found = hub.database.run(api_keys.all_keys)
        if as_json:
            output.as_json(
                [
                    {
                        "id": k.id,
                        "name": k.name,
                        "scopes": list(k.scopes),
                        "created_at": k.created_at,
                        "expires_at": k.expires_at,
                        "revoked_at": k.revoked_at,
                        "last_used_at": k.last_used_at,
                    }
                    for k in found
                ]
            )
            return
        output.table(
            f"{len(found)} keys",
            ["id", "name", "scopes", "created", "last used", "revoked"],
            [
                (
                    k.id,
                    k.name,
                    ",".join(k.scopes),
                    output.Moment(k.created_at),
                    output.Moment(k.last_used_at),
                    output.Moment(k.revoked_at),
                )
                for k in found
            ],
        )

    with_hub(do, json_wanted=as_json)


@keys_app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="The key's id, as in the list.")], *, as_json: Json = False
) -> None:
    """Revoke a key. It stops working within seconds."""

    def do(hub: Hub) -> None:
        def step(work: Work) -> api_keys.ApiKey:
            record = api_keys.revoke(work, key_id)
            if record is None:
                raise NotFound(f"No key {key_id}. See `bdh keys list`.", code="key_not_found")
            audit.record(work, actor="cli", action="key.revoke", target=key_id)
            return record

        record = hub.database.run(step)
        if as_json:
            output.as_json({"id": record.id, "revoked_at": record.revoked_at})
        else:
            output.say(f"Revoked {record.name} ({record.id}).")

    with_hub(do, json_wanted=as_json)
