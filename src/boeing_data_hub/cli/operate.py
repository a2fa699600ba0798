"""Running a hub: `bdh db`, `bdh keys`, `bdh doctor`. They speak to the database, and work before the API does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.local import settings_of_running_hub
from boeing_data_hub.errors import BadInput, Conflict, HubError, NotFound
from boeing_data_hub.hub import Hub
from boeing_data_hub.store import audit, keys, restored, workers
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import SCOPES

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]

db = typer.Typer(no_args_is_help=True, help="The database's tables.")
keys_app = typer.Typer(no_args_is_help=True, help="API keys: make, list, revoke.")


def with_hub(do: Callable[[Hub], T], *, json_wanted: bool = False) -> T:
    """Run something with a hub of this process; errors end the command with their exit code."""
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
    """Bring the tables to the newest revision. Safe to run twice, and while workers are at work."""
    from boeing_data_hub.store import schema  # noqa: PLC0415 - loads the migration tool, which nothing else needs

    found = with_hub(lambda hub: schema.upgrade(hub.settings.postgres_url))
    newer = "" if found in schema.revisions() else ", newer than this program, and were left as they are"
    output.note(f"The tables are at revision {found}{newer}.")


@db.command("sql")
def as_sql(
    *,
    since: Annotated[
        str | None, typer.Option("--from", help="The revision the database is at; without it, it is empty.")
    ] = None,
) -> None:
    """Print the migrations as SQL, for the Supabase editor."""
    from boeing_data_hub.store import schema  # noqa: PLC0415 - same

    try:
        output.say(schema.as_sql(since=since))
    except HubError as error:
        output.fail(error)


@db.command("restored")
def after_restore(*, as_json: Json = False) -> None:
    """Say that the database was restored from a backup, before workers start: what it remembers of the store is not
    believed any more. Prints the SKUs whose products are looked at anew when they are next published.
    """

    def do(hub: Hub) -> None:
        def step(work: Work) -> restored.Forgotten:
            if found := workers.alive(work, silent_after=hub.settings.hub_worker_silent_after):
                raise Conflict(
                    f"Workers are at work ({', '.join(one['id'] for one in found[:3])}), or were, a moment before the "
                    "backup was made. Nothing was changed. Stop all of them and the scheduler, wait "
                    f"{hub.settings.hub_worker_silent_after} seconds, and try again.",
                    code="workers_at_work",
                )
            return restored.forget_what_came_after(work, actor="cli")

        done = hub.database.run(step)
        output.note(
            f"{len(done.skus):,} products are looked for in the store and sent whole when they are next published; "
            f"{done.runs} bulk operations are not waited for; {done.orphans} orphans are left alone for a day: "
            f"`bdh store orphans` shows them; {done.sessions} people must sign in again. API keys that were revoked "
            "since the backup work again: `bdh keys list`."
        )
        if as_json:
            output.as_json({"skus": done.skus, "bulk_runs": done.runs, "orphans": done.orphans,
                            "sessions": done.sessions})  # fmt: skip
        elif done.skus:
            output.say("\n".join(done.skus))

    with_hub(do, json_wanted=as_json)


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="For people, e.g. `nightly import`.")],
    *,
    scope: Annotated[list[str], typer.Option("--scope", help=f"One of {', '.join(SCOPES)}; may be repeated.")],
    days: Annotated[int | None, typer.Option(min=1, max=36_500, help="Days until it expires; default: never.")] = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it: this once, and never again."""
    wanted = sorted({part.strip() for one in scope for part in one.split(",") if part.strip()})

    def do(hub: Hub) -> None:
        unknown = [one for one in wanted if one not in SCOPES]
        if unknown or not wanted:
            raise BadInput(f"Unknown scope: {', '.join(unknown) or 'none given'}. Scopes are {', '.join(SCOPES)}.")

        def step(work: Work) -> tuple[keys.ApiKey, str]:
            made = keys.create(work, name=name, scopes=wanted, days=days)
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
        output.note("This key is shown once. Keep it where you keep passwords.")
        output.say(key)

    with_hub(do, json_wanted=as_json)


@keys_app.command("list")
def list_keys(*, as_json: Json = False) -> None:
    """Every key, without the keys themselves."""

    def do(hub: Hub) -> None:
        found = hub.database.run(keys.all_keys)
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
            [(k.id, k.name, ",".join(k.scopes), k.created_at, k.last_used_at, k.revoked_at) for k in found],
        )

    with_hub(do, json_wanted=as_json)


@keys_app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="The key's id, as in the list.")], *, as_json: Json = False
) -> None:
    """Revoke a key; it stops working within seconds."""

    def do(hub: Hub) -> None:
        def step(work: Work) -> keys.ApiKey:
            record = keys.revoke(work, key_id)
            if record is None:
                raise NotFound(
                    f"There is no key {key_id}. `bdh keys list` shows those there are.", code="key_not_found"
                )
            audit.record(work, actor="cli", action="key.revoke", target=key_id)
            return record

        record = hub.database.run(step)
        if as_json:
            output.as_json({"id": record.id, "revoked_at": record.revoked_at})
        else:
            output.say(f"Revoked {record.name} ({record.id}).")

    with_hub(do, json_wanted=as_json)
