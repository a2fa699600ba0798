"""`bdh housekeeping` and `bdh digest`: what is removed when, and what people are told. They speak to the database."""

from __future__ import annotations

import sys
from datetime import date, datetime
from typing import Annotated, Any

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.operate import Json, with_hub
from boeing_data_hub.errors import BadInput
from boeing_data_hub.hub import Hub
from boeing_data_hub.reporting import digest as digests
from boeing_data_hub.store import notices

app = typer.Typer(no_args_is_help=True, help="What is removed after its term: look, try, do it now.")
digest_app = typer.Typer(no_args_is_help=True, help="The daily digest: read it, send it.")

Day = Annotated[str | None, typer.Option("--day", help="The day it is sent on, as 2026-11-25.")]


@app.command()
def status(*, as_json: Json = False) -> None:
    """Every chore: its term, when it was done last and what came of it, when it is due."""

    def do(hub: Hub) -> None:
        found = hub.household.chores.status()
        stuck = hub.database.run(hub.household.stuck)
        if as_json:
            told = [{"kind": s.kind, "stage": s.stage, "since": s.since, "message": s.message} for s in stuck]
            output.as_json({"chores": found, "stuck": told})
            return
        output.table(
            f"{len(found)} chores",
            ["chore", "what", "kept for", "last done", "rows", "due", "trouble"],
            [(c["name"], c["what"], _term(c), _moment(c["done_at"]), c["last_round"], _moment(c["due_at"]), c["note"])
             for c in found],
        )  # fmt: skip
        for one in stuck:
            output.note(f"Stuck: {one.message} {one.remedy}.")

    with_hub(do, json_wanted=as_json)


def _term(chore: dict[str, Any]) -> str:
    if chore["days"] is None:
        return ""
    return f"{chore['days']:,} days" if chore["days"] else "for ever"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


@app.command()
def run(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go; remove nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Remove now what is past its term, in small portions. Safe while everything runs, and twice at once."""

    def do(hub: Hub) -> None:
        chores = hub.household.chores
        found = chores.count() if dry_run else chores.whole_round()
        if as_json:
            output.as_json({"dry_run": dry_run, "rows": found})
            return
        what = {chore["name"]: chore["what"] for chore in chores.status()}
        output.table(
            "Would be removed" if dry_run else "Removed",
            ["chore", "what", "rows"],
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
        raise BadInput(f"{text[:20]!r} is no day. Write it as 2026-11-25.", code="bad_day") from None


@digest_app.command()
def show(
    *,
    day: Day = None,
    html: Annotated[bool, typer.Option("--html", help="As a page, as e-mails have it.")] = False,
    as_json: Json = False,
) -> None:
    """The digest of a day, or what would be told now. Sends nothing."""

    def do(hub: Hub) -> None:
        told = hub.household.telling.preview(_day(day))
        if as_json:
            output.as_json(told)
        else:
            sys.stdout.write(digests.as_html(told) if html else digests.as_text(told))

    with_hub(do, json_wanted=as_json)


@digest_app.command()
def send(
    *,
    day: Day = None,
    again: Annotated[bool, typer.Option("--again", help="Also if it was sent already.")] = False,
    as_json: Json = False,
) -> None:
    """Send the digest of a day now, or the latest that was due; what cannot be delivered is tried again by the hub."""

    def do(hub: Hub) -> None:
        if not hub.household.channels:
            raise BadInput(
                "Nobody is to be told: set HUB_DIGEST_WEBHOOK_URL or HUB_DIGEST_EMAIL_TO. Nothing was sent.",
                code="no_channel",
            )
        notice = hub.household.telling.order(_day(day), again=again)
        now_delivered = hub.household.telling.deliver()
        states = {row["channel"]: row["state"] for row in hub.database.run(lambda work: notices.of_id(work, notice))}
        if as_json:
            output.as_json({"id": notice, "channels": states})
            return
        for channel, state in states.items():
            output.say(f"{notice} by {channel}: {'sent' if state == 'sent' else 'not taken yet'}.")
        if "due" in states.values():
            output.note("What was not taken is tried again by the hub; `bdh digest list` says why.")
        elif not now_delivered:
            output.note("It had been sent before. With --again it is sent once more.")

    with_hub(do, json_wanted=as_json)


@digest_app.command("list")
def list_notices(*, as_json: Json = False) -> None:
    """Digests and notices, newest first, and what became of them."""

    def do(hub: Hub) -> None:
        found = hub.database.run(lambda work: notices.listed(work, limit=50))
        if as_json:
            output.as_json(found)
            return
        output.table(
            f"{len(found)} notices",
            ["id", "channel", "state", "tries", "made", "sent", "trouble"],
            [(n["id"], n["channel"], n["state"], n["attempts"], _moment(n["created_at"]), _moment(n["sent_at"]),
              n["error"]) for n in found],
        )  # fmt: skip

    with_hub(do, json_wanted=as_json)
