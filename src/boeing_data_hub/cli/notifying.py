"""`bdh notifications list | events | add | edit | test | remove`: who is notified of what."""

from __future__ import annotations

import sys
from typing import Annotated, Final, Literal

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="Choose who is notified of what: Slack, Teams, webhooks, e-mail.")

Kind = Literal["slack", "teams", "webhook", "email"]
TheTarget = Annotated[str, typer.Argument(help="Its id or name, as in `bdh notifications list`.")]
Event = Annotated[
    list[str] | None, typer.Option("--event", "-e", help="What to be notified of; may be repeated. See `events`.")
]
_TARGETS: Final = "/api/notifications/targets"


@app.command("list")
def list_targets(*, as_json: Json = False) -> None:
    """List who is notified of what, and whether it works."""

    def do(api: Api) -> None:
        found = api.call("GET", _TARGETS)
        if as_json:
            output.as_json(found)
            return
        output.table(
            f"{len(found['targets'])} targets",
            ["id", "name", "kind", "address", "events", "state", "delivered", "problem"],
            [
                (
                    one["id"],
                    one["name"],
                    one["kind"],
                    one["address"],
                    ", ".join(one["events"]),
                    "off" if not one["is_on"] else "failing" if one["failing_since"] else "on",
                    output.Moment(one["delivered_at"]),
                    one["failure"],
                )
                for one in found["targets"]
            ],
        )

    with_api(do, json_wanted=as_json)


@app.command()
def events(*, as_json: Json = False) -> None:
    """List what one can be notified of: groups of events, and single events."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/notifications/events")
        if as_json:
            output.as_json(found)
            return
        rows = [(one["name"], one["meaning"]) for one in found["events"]]
        output.table("Events", ["name", "meaning"], rows)

    with_api(do, json_wanted=as_json)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A name for people.")],
    kind: Annotated[Kind, typer.Argument(help="slack, teams, webhook or email.")],
    *,
    to: Annotated[str | None, typer.Option("--to", help="E-mail addresses, separated by commas.")] = None,
    event: Event = None,
    as_json: Json = False,
) -> None:
    """Add a target.

    Asks for the URL of a webhook, or reads it from stdin, so that it doesn't stay in the shell's history. Notifies of
    everything urgent unless you choose events.
    """
    address = to if to is not None else _secret("Address: ")

    def do(api: Api) -> None:
        body = {"name": name, "kind": kind, "address": address, "events": event or ["urgent"]}
        made = api.call("POST", _TARGETS, json=body)
        if as_json:
            output.as_json(made)
        else:
            output.say(f"Added {made['name']} ({made['id']}). Check it with `bdh notifications test {made['id']}`.")

    with_api(do, json_wanted=as_json)


@app.command()
def edit(
    target: TheTarget,
    *,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    event: Event = None,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Whether it is notified.")] = None,
    new_address: Annotated[bool, typer.Option("--new-address", help="Ask for a new address, or read stdin.")] = False,
    as_json: Json = False,
) -> None:
    """Change a target; what you do not name stays."""
    address = _secret("New address: ") if new_address else None

    def do(api: Api) -> None:
        found = _found(api, target)
        body = {
            "name": name or found["name"],
            "events": event or found["events"],
            "is_on": found["is_on"] if on is None else on,
            "address": address,
        }
        made = api.call("PUT", f"{_TARGETS}/{found['id']}", json=body)
        output.as_json(made) if as_json else output.say(f"Saved {made['name']}.")

    with_api(do, json_wanted=as_json)


@app.command("test")
def send_test(target: TheTarget, *, as_json: Json = False) -> None:
    """Send a test message now. Exit code 1 if it could not be delivered."""

    def do(api: Api) -> bool:
        done = api.call("POST", f"{_TARGETS}/{_found(api, target)['id']}/test")
        output.as_json(done) if as_json else output.say(done["message"])
        return bool(done["delivered"])

    if not with_api(do, json_wanted=as_json):
        raise typer.Exit(output.ExitCode.ERROR)


@app.command()
def remove(target: TheTarget, *, as_json: Json = False) -> None:
    """Remove a target, and the messages that wait for it."""

    def do(api: Api) -> None:
        found = _found(api, target)
        api.call("DELETE", f"{_TARGETS}/{found['id']}")
        output.as_json({"id": found["id"], "removed": True}) if as_json else output.say(f"Removed {found['name']}.")

    with_api(do, json_wanted=as_json)


def _found(api: Api, wanted: str) -> Document:
    """The target with this id or name. Raises NotFound."""
    for one in api.call("GET", _TARGETS)["targets"]:
        if wanted in {str(one["id"]), one["name"]}:
            return one
    raise NotFound("There is no such target. `bdh notifications list` shows all of them.", code="target_not_found")


def _secret(prompt: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(prompt.removesuffix(": "), hide_input=True))
    return sys.stdin.readline().strip()
