"""`bdh lists list | show | create | edit | upload | refresh | search | delete | preview`: saved lists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from boeing_data_hub.cli import batches, list_preview, lists, output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.errors import BadInput, NotFound

app = typer.Typer(no_args_is_help=True, help="Save, refresh and search lists; preview how a file is read.")
app.command("preview")(list_preview.preview)

Which = Annotated[str, typer.Argument(help="The list's name or id.", metavar="LIST")]
Name = Annotated[str, typer.Argument(help="A name.")]
Address = Annotated[str | None, typer.Option("--address", help="Where it is read, on a host in HUB_LIST_HOSTS.")]
HostKey = Annotated[
    str | None, typer.Option("--host-key", help="Fingerprint of the SFTP server's host key, SHA256:...")
]
Schedule = Annotated[str | None, typer.Option("--schedule", help="`daily HH:MM` (UTC), `every N h`, or empty.")]
AfterRefresh = Annotated[
    Literal["nothing", "new", "all"] | None,
    typer.Option("--after-refresh", help="What is searched after a refresh."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
_COLUMNS: Final = ["id", "name", "parts", "source", "schedule", "last read", "state"]


def _found(api: Api, given: str) -> Document:
    """The list of this name or id. Raises NotFound."""
    known = api.call("GET", "/api/lists")["lists"]
    for one in known:
        if given in {one["name"], one["id"]}:
            return one
    begun = [one for one in known if one["id"].startswith(given.lower())]
    if len(begun) != 1:
        raise NotFound(f"No list {given[:80]}. `bdh lists list` shows all.", code="list_not_found")
    return begun[0]


@app.command("list")
def list_lists(*, as_json: Json = False) -> None:
    """List saved lists, by name."""

    def do(api: Api) -> None:
        found = api.call("GET", "/api/lists")
        if as_json:
            output.as_json(found)
            return
        rows = [
            (
                output.Id(one["id"]),
                one["name"],
                one["line_count"],
                one["source"],
                one["schedule"] or "by hand",
                output.Moment(one["refreshed_at"]),
                f"failed: {one['error']}" if one["error"] else "ok" if one["version"] else "never read",
            )
            for one in found["lists"]
        ]
        output.table("Saved lists", _COLUMNS, rows)

    with_api(do, json_wanted=as_json)


@app.command()
def show(
    which: Which,
    *,
    added: Annotated[bool, typer.Option("--added", help="Only what the last change added.")] = False,
    removed: Annotated[bool, typer.Option("--removed", help="What the last change removed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """Show a list and its part numbers."""

    def do(api: Api) -> None:
        known = _found(api, which)
        part = "added" if added else "removed" if removed else "current"
        found = api.call("GET", f"/api/lists/{known['id']}/lines", params={"which": part, "limit": limit})
        if as_json:
            output.as_json({**known, **found})
            return
        rows = [[one["part_number"], *one["cells"]] for one in found["lines"]]
        total = {"added": known["added_count"], "removed": known["removed_count"]}.get(part, known["line_count"])
        output.table(known["name"], ["part number", *found["columns"]], rows, of=total)
        _say(known)

    with_api(do, json_wanted=as_json)


def _say(known: Document) -> None:
    output.note(
        f"{lists.count_of(known['line_count'], 'part number')}; the last change added {known['added_count']:,} and "
        f"removed {known['removed_count']:,}. {lists.count_of(known['skipped_count'], 'line')} skipped."
    )
    if known["error"]:
        output.note(f"The list could not be read: {known['error']}")


@app.command()
def create(
    name: Name,
    *,
    address: Address = None,
    host_key: HostKey = None,
    schedule: Schedule = None,
    after_refresh: AfterRefresh = None,
    sheet: lists.Sheet = "",
    column: lists.Column = "",
    quantity: lists.Quantity = "",
    reference: lists.Reference = "",
    header_row: lists.HeaderRow = None,
    first_row: lists.FirstRow = None,
    delimiter: lists.Delimiter = None,
    encoding: lists.Encoding = None,
    as_json: Json = False,
) -> None:
    """Save a list. Without an address, upload its file next: `bdh lists upload NAME FILE`."""
    mapping = {
        "sheet": sheet,
        "column": column,
        "quantity": quantity,
        "reference": reference,
        "header_row": header_row,
        "first_row": first_row,
        "delimiter": delimiter or "",
        "encoding": encoding or "",
    }
    body = {"name": name, "mapping": mapping, **_given(address, host_key, schedule, after_refresh)}
    with_api(lambda api: _saved(api.call("POST", "/api/lists", json=body), as_json=as_json), json_wanted=as_json)


def _given(address: str | None, host_key: str | None, schedule: str | None, after_refresh: str | None) -> Document:
    given = {"address": address, "host_key": host_key, "schedule": schedule, "after_refresh": after_refresh}
    return {name: value for name, value in given.items() if value is not None}


def _saved(known: Document, *, as_json: bool) -> None:
    if as_json:
        output.as_json(known)
        return
    output.say(known["id"])
    if known["source"] == "file" and not known["version"]:
        output.note(f"Upload its file: bdh lists upload '{known['name']}' FILE")


@app.command()
def edit(
    which: Which,
    *,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    address: Address = None,
    host_key: HostKey = None,
    schedule: Schedule = None,
    after_refresh: AfterRefresh = None,
    column: Annotated[str | None, typer.Option("--column", help="The column with the part numbers.")] = None,
    as_json: Json = False,
) -> None:
    """Change a list. What is not given stays."""

    def do(api: Api) -> None:
        known = _found(api, which)
        body = {key: known[key] for key in ("name", "address", "host_key", "schedule", "after_refresh", "mapping")}
        body |= _given(address, host_key, schedule, after_refresh) | ({"name": name} if name else {})
        if column is not None:
            body["mapping"] = {**body["mapping"], "column": column}
        _saved(api.call("PUT", f"/api/lists/{known['id']}", json=body), as_json=as_json)

    with_api(do, json_wanted=as_json)


@app.command()
def upload(
    which: Which, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], *, as_json: Json = False
) -> None:
    """Refresh a list from a file, read by the list's mapping."""

    def do(api: Api) -> None:
        known = _found(api, which)
        sent = {"file": (file.name, file.read_bytes())}
        done: dict[str, Any] = api.call("POST", f"/api/lists/upload/{known['id']}", files=sent)
        if as_json:
            output.as_json(done)
            return
        _say(done["list"])
        if not done["changed"]:
            output.note("The file has the same part numbers as before.")
        if done["batch_id"]:
            output.note("A search of it has started.")
            output.say(done["batch_id"])

    with_api(do, json_wanted=as_json)


@app.command()
def refresh(which: Which, *, as_json: Json = False) -> None:
    """Have a list with an address read within a minute."""

    def do(api: Api) -> None:
        known = api.call("POST", f"/api/lists/{_found(api, which)['id']}/refresh")
        output.as_json(known) if as_json else output.note("It is read within a minute. See `bdh lists show`.")

    with_api(do, json_wanted=as_json)


@app.command()
def search(
    which: Which,
    *,
    only_new: Annotated[bool, typer.Option("--new", help="Only what the last change added.")] = False,
    urgent: Annotated[bool, typer.Option("--urgent", help="Take the next Boeing calls.")] = False,
    wait: batches.Wait = True,
    as_json: Json = False,
) -> None:
    """Search the part numbers of a list now."""

    def do(api: Api) -> None:
        path = f"/api/lists/{_found(api, which)['id']}/search"
        answer = api.call("POST", path, json={"only_new": only_new, "urgent": urgent})
        batches.started(api, answer, wait=wait, as_json=as_json)

    with_api(do, json_wanted=as_json)


@app.command()
def delete(which: Which, *, yes: Yes = False) -> None:
    """Delete a list with its part numbers. Its runs stay."""

    def do(api: Api) -> None:
        known = _found(api, which)
        if not yes and not typer.confirm(f"Delete the list “{known['name']}”?", err=True):
            raise BadInput("Nothing was deleted.", code="not_confirmed")
        api.call("DELETE", f"/api/lists/{known['id']}")
        output.note("Deleted.")

    with_api(do, json_wanted=False)
