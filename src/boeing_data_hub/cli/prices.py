"""`bdh prices list | show | load | edit | preview | export | activate | back | plan | delete`: price lists."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.batches import save
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="Write, preview and activate price lists.")

Version = Annotated[int, typer.Argument(min=0, help="The price list's version; 0: settings only.")]
File = Annotated[Path, typer.Argument(help="A price list: .toml or .csv.", exists=True, dir_okay=False)]
Name = Annotated[str, typer.Option("--name", help="A name for people.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
NoPlan = Annotated[bool, typer.Option("--no-plan", help="Do not plan the publishing of the prices that differ.")]
_PLANNING = 900.0  # seconds: a plan reads the store, at the pace that running publishes leave


@app.command("list")
def list_prices(*, limit: Annotated[int, typer.Option(min=1, max=1000)] = 50, as_json: Json = False) -> None:
    """List price lists, newest first."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/prices/lists", params={"limit": limit})
        if as_json:
            output.as_json(found)
            return
        output.table(
            "Price lists",
            ["version", "name", "rules", "author", "saved", "state"],
            [
                (
                    one["version"],
                    one["name"],
                    one["rule_count"],
                    one["author"],
                    output.Moment(one["updated_at"]),
                    "active" if one["is_active"] else "earlier" if one["first_active_at"] else "draft",
                )
                for one in found["lists"]
            ],
        )
        last = found["last_rule"]
        active = found["active_version"]
        output.note(
            f"Active: {f'price list {active}, then' if active else 'settings only:'} "
            f"{last['basis']} x {last['markup']}."
        )

    with_api(do, json_wanted=as_json)


@app.command()
def show(version: Version, *, as_json: Json = False) -> None:
    """Show the rules of a price list."""

    def do(api: Api) -> None:
        found = api.call("GET", f"/api/prices/lists/{version}")
        if as_json:
            output.as_json(found)
            return
        for place, rule in enumerate(found["rules"], 1):
            said = ", ".join(f"{name} {_said(value)}" for name, value in _set(rule).items() if name != "name")
            output.say(f"{place}. {rule['name']}: {said}")

    with_api(do, json_wanted=as_json)


_UNSET: Final = ("0", "none", "list_then_net")


def _set(rule: Document) -> Document:
    return {name: value for name, value in rule.items() if value not in (None, [], *_UNSET)}


def _said(value: object) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


@app.command()
def load(file: File, *, name: Name = "", as_json: Json = False) -> None:
    """Save a file as a new draft. It changes no price until it is activated."""
    _write("POST", "/api/prices/lists", file, name, as_json=as_json)


@app.command()
def edit(version: Version, file: File, *, name: Name = "", as_json: Json = False) -> None:
    """Replace the rules of a draft by those of a file."""
    _write("PUT", f"/api/prices/lists/{version}", file, name, as_json=as_json)


def _write(method: str, path: str, file: Path, name: str, *, as_json: bool) -> None:
    def do(api: Api) -> None:
        kind = file.suffix.lower().removeprefix(".")
        if kind not in {"toml", "csv"}:
            raise BadInput("A price list is a .toml or a .csv file. Nothing was saved.", code="bad_price_rules")
        body = {"text": file.read_text(encoding="utf-8-sig"), "format": kind, "name": name or file.stem}
        try:
            saved = api.call(method, path, json=body)
        except BadInput as error:
            for one in error.details.get("problems", []):
                output.note(f"  rule {one['rule']}, {one['field']}: {one['problem']}")
            raise
        if as_json:
            output.as_json(saved)
            return
        output.say(f"Saved as price list {saved['version']}, a draft of {saved['rule_count']:,} rules.")
        output.note(f"See what it would change: bdh prices preview {saved['version']}")

    with_api(do, json_wanted=as_json)


@app.command()
def preview(version: Version, *, as_json: Json = False) -> None:
    """Show what activating a price list would change. Asks neither Boeing nor the store; changes nothing."""

    def do(api: Api) -> None:
        found = _preview(api, version, quiet=as_json)
        if as_json:
            output.as_json(found)
            return
        _print(found)
        output.note(f"All of them: bdh prices export {version} --to prices.csv")

    with_api(do, json_wanted=as_json)


def _preview(api: Api, version: int, *, quiet: bool) -> Document:
    from rich.progress import Progress  # noqa: PLC0415 - slow to load

    found: Document = {}
    err = output.terminal()
    with Progress(console=err, disable=quiet or not err.is_terminal, transient=True) as bar:
        task = bar.add_task("Comparing prices", total=None)
        for line in _lines(api, f"/api/prices/lists/{version}/preview"):
            if "done" in line:
                bar.update(task, completed=line["done"], total=line["total"])
            else:
                found = line
    return found


def _lines(api: Api, path: str) -> Iterator[Document]:
    rest = b""
    for piece in api.download(path, params={"progress": "true"}):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (json.loads(line) for line in whole)


def _print(found: Document) -> None:
    output.say(found["message"])
    if not found["changed"]:
        return
    output.say(
        f"{found['up']:,} rise, {found['down']:,} fall, {found['gained']:,} gain a price, {found['lost']:,} lose it; "
        f"{found['in_store']:,} are in the store."
    )
    widest = max(bar["parts"] for bar in found["histogram"]) or 1
    for bar in found["histogram"]:
        low, high = bar["above"], bar["up_to"]
        label = f"up to {high}" if low is None else f"over {low}" if high is None else f"{low} to {high}"
        output.say(f"  {label:>12} % {bar['parts']:>9,} {'#' * round(40 * bar['parts'] / widest)}".rstrip())
    output.table(
        "Biggest moves",
        ["sku", "now", "new", "%", "rule"],
        [(m["sku"], m["old"], m["new"], m["percent"], m["rule"] or "last") for m in found["biggest"]],
    )


@app.command()
def export(
    version: Version,
    *,
    to: Annotated[Path | None, typer.Option("--to", help="The file, .csv or .xlsx. Default: CSV on stdout.")] = None,
) -> None:
    """Export every price that activating a list would change."""
    with_api(lambda api: save(api, f"/api/prices/lists/{version}/moves", to), json_wanted=False)


@app.command()
def activate(version: Version, *, no_plan: NoPlan = False, yes: Yes = False, as_json: Json = False) -> None:
    """Activate a price list after a preview, and plan the prices that differ in the store."""

    def do(api: Api) -> None:
        if not yes:
            _print(_preview(api, version, quiet=False))
            _confirm("activate it")
        _tell(
            api.call("POST", f"/api/prices/lists/{version}/activate", json={"plan": not no_plan}, timeout=_PLANNING),
            as_json=as_json,
        )

    with_api(do, json_wanted=as_json)


@app.command()
def back(*, no_plan: NoPlan = False, yes: Yes = False, as_json: Json = False) -> None:
    """Go back to the previous price list."""

    def do(api: Api) -> None:
        if not yes:
            _confirm("go back to the previous price list")
        _tell(api.call("POST", "/api/prices/back", json={"plan": not no_plan}, timeout=_PLANNING), as_json=as_json)

    with_api(do, json_wanted=as_json)


@app.command()
def plan(*, as_json: Json = False) -> None:
    """Plan the publishing of the products whose price in the store differs from yours. Nothing is sent."""

    def do(api: Api) -> None:
        _tell(api.call("POST", "/api/prices/plan", timeout=_PLANNING), as_json=as_json)

    with_api(do, json_wanted=as_json)


@app.command()
def delete(version: Version) -> None:
    """Delete a draft."""

    def do(api: Api) -> None:
        api.call("DELETE", f"/api/prices/lists/{version}")
        output.say(f"Draft {version} deleted. No price changed.")

    with_api(do, json_wanted=False)


def _tell(done: Document, *, as_json: bool) -> None:
    if as_json:
        output.as_json(done)
        return
    output.say(done["message"])
    if done.get("plan_problem"):
        output.note(f"There is no plan: {done['plan_problem']}")
    if done.get("plan_id"):
        output.note(f"Review it: bdh plans show {done['plan_id']}")


def _confirm(what: str) -> None:
    if not sys.stdin.isatty():
        raise BadInput(f"Nothing was changed. Repeat with --yes to {what}.", code="not_confirmed")
    if not typer.confirm(f"{what[0].upper()}{what[1:]}?", default=False, err=True):
        output.note("Nothing was changed.")
        raise typer.Exit(output.ExitCode.DONE)
