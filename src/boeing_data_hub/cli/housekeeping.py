"""`bdh housekeeping` and `bdh digest`: data clean-up and the daily digest. They use the database directly."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from boeing_data_hub.app import Hub
from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json
from boeing_data_hub.cli.operate import with_hub
from boeing_data_hub.errors import BadInput
from boeing_data_hub.health import digest as digests
from boeing_data_hub.health import notices
from boeing_data_hub.health.chore_rows import ChoreState
from boeing_data_hub.health.chores import Chore

app = typer.Typer(no_args_is_help=True, help="Show or run data clean-up.")
digest_app = typer.Typer(no_args_is_help=True, help="Show, send and list the daily digest.")

Day = Annotated[str | None, typer.Option("--day", help="The day it is sent, e.g. 2026-11-25.")]


@app.command()
def status(*, as_json: Json = False) -> None:
    """List the clean-up jobs: how long data is kept, the last run and its result, the next run."""

    def do(hub: Hub) -> None:
        found = hub.upkeep.chores.status()
        stalled = hub.database.run(hub.upkeep.stalled)
        if as_json:
            told = [{"kind": s.code, "stage": s.about, "since": s.since, "message": s.message} for s in stalled]
            output.as_json({"chores": [_as_json(one.chore, one.state) for one in found], "stuck": told})
            return
        output.table(
            f"{len(found)} clean-up jobs",
            ["job", "what", "kept for", "last run", "rows", "due", "problem"],
            [
                (
                    one.chore.name,
                    one.chore.what,
                    _term(one.chore),
                    output.Moment(one.state.done_at),
                    one.state.last_round,
                    output.Moment(one.state.due_at),
                    one.state.note,
                )
                for one in found
            ],
        )
        for one in stalled:
            output.note(f"Stalled: {one.text}")

    with_hub(do, json_wanted=as_json)


def _as_json(chore: Chore, state: ChoreState) -> dict[str, object]:
    fields = asdict(state)
    del fields["is_due"]
    return {**fields, "what": chore.what, "days": chore.days, "every": chore.every}


def _term(chore: Chore) -> str:
    if chore.days is None:
        return ""
    return f"{chore.days:,} days" if chore.days else "forever"


@app.command()
def run(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be removed; remove nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Remove expired data now, in small steps. Safe while everything runs."""

    def do(hub: Hub) -> None:
        chores = hub.upkeep.chores
        found = chores.count() if dry_run else chores.whole_round()
        if as_json:
            output.as_json({"dry_run": dry_run, "rows": found})
            return
        what = {one.chore.name: one.chore.what for one in chores.status()}
        output.table(
            "Would be removed" if dry_run else "Removed",
            ["job", "what", "rows"],
            [(name, what[name], f"{count:,}") for name, count in found.items()],
        )
        if dry_run:
            output.note("Nothing was removed.")

    with_hub(do, json_wanted=as_json)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text[:20]!r} is not a date. Write it like 2026-11-25.", code="bad_day") from None


@digest_app.command()
def show(
    *,
    day: Day = None,
    html: Annotated[bool, typer.Option("--html", help="As HTML, as in the e-mail.")] = False,
    as_json: Json = False,
) -> None:
    """Show the digest of a day, or what it would say now. Sends nothing."""

    def do(hub: Hub) -> None:
        told = hub.upkeep.notifications.preview(_day(day))
        if as_json:
            output.as_json(told.as_json())
        else:
            sys.stdout.write(digests.as_html(told) if html else digests.as_text(told))

    with_hub(do, json_wanted=as_json)


@digest_app.command()
def send(
    *,
    day: Day = None,
    again: Annotated[bool, typer.Option("--again", help="Send it even if it was sent before.")] = False,
    as_json: Json = False,
) -> None:
    """Send the digest of a day now, or the latest one due. The hub retries failed deliveries."""

    def do(hub: Hub) -> None:
        if not hub.upkeep.notifications.has_receivers():
            raise BadInput(
                "No recipient is set. Add one with `bdh notifications add NAME KIND --event digest`, or set "
                "HUB_DIGEST_WEBHOOK_URL or HUB_DIGEST_EMAIL_TO. Nothing was sent.",
                code="no_channel",
            )
        notice = hub.upkeep.notifications.order(_day(day), again=again)
        now_delivered = hub.upkeep.notifications.deliver()
        states = hub.database.run(lambda work: notices.states(work, notice))
        if as_json:
            output.as_json({"id": notice, "channels": states})
            return
        for channel, state in states.items():
            output.say(f"{notice} by {channel}: {'sent' if state == 'sent' else 'not delivered yet'}.")
        if "due" in states.values():
            output.note("The hub retries failed deliveries; `bdh digest list` shows the reason.")
        elif not now_delivered:
            output.note("It was sent before. Use --again to send it once more.")

    with_hub(do, json_wanted=as_json)


@digest_app.command("list")
def list_notices(*, as_json: Json = False) -> None:
    """List digests and notifications with their delivery state, newest first."""

    def do(hub: Hub) -> None:
        found = hub.database.run(lambda work: notices.listed(work, limit=50))
        if as_json:
            output.as_json([asdict(one) for one in found])
            return
        output.table(
            f"{len(found)} notifications",
            ["id", "channel", "state", "attempts", "created", "sent", "problem"],
            [
                (
                    one.id,
                    one.channel,
                    one.state,
                    one.attempts,
                    output.Moment(one.created_at),
                    output.Moment(one.sent_at),
                    one.error,
                )
                for one in found
            ],
        )

    with_hub(do, json_wanted=as_json)
