"""`bdh quotes ...`, through the HTTP API, as the webhook."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated
from urllib.parse import quote as escaped

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.access import Json, with_api
from boeing_data_hub.cli.batches import save
from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.cli.output import ExitCode
from boeing_data_hub.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="Request, list, show and export quotes, and turn them into draft orders.")

Number = Annotated[str, typer.Argument(help="The RFQ number.")]
Wait = Annotated[bool, typer.Option(help="Wait until every line has an answer.")]

_LOOK_EVERY = 0.5  # seconds
_COLUMNS = ("part", "requested", "state", "price USD", "available", "from", "note")


@app.command()
def ask(
    lines: Annotated[list[str], typer.Argument(help="PART=QUANTITY; the part includes its suffix: WF338109=K3=5.")],
    *,
    rfq: Annotated[
        str,
        typer.Option("--rfq", help="The RFQ number. The same number with the same parts returns the existing quote."),
    ],
    company: Annotated[str | None, typer.Option(help="The buyer's company.")] = None,
    buyer: Annotated[str | None, typer.Option(help="The buyer's name.")] = None,
    email: Annotated[str | None, typer.Option(help="The buyer's e-mail address.")] = None,
    deliver_to: Annotated[str | None, typer.Option(help="Delivery address.")] = None,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Request a quote: `bdh quotes ask --rfq RFQ-1 WF338109=K3=5 AN3-43A=100`."""

    def do(api: Api) -> None:
        pairs = [_pair(line) for line in lines]
        body = {
            "rfq_number": rfq,
            "requested_parts": ",".join(part for part, _ in pairs),
            "requested_qty": ",".join(quantity for _, quantity in pairs),
            "buyer_company_name": company,
            "buyer_name": buyer,
            "buyer_email": email,
            "deliver_to_address": deliver_to,
        }
        made = api.call("POST", "/api/zap/webhook", json=body)
        _finish(api, made, wait=wait, as_json=as_json)

    with_api(do, json_wanted=as_json)


@app.command("list")
def list_quotes(
    *,
    state: Annotated[str | None, typer.Option(help="Only quotes in this state, e.g. unanswered.")] = None,
    search: Annotated[str | None, typer.Option(help="The beginning of the RFQ number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    as_json: Json = False,
) -> None:
    """List quotes, newest first."""

    def do(api: Api) -> None:
        wanted = {"limit": limit, "state": state, "search": search}
        params = {name: value for name, value in wanted.items() if value is not None}
        found = api.call("GET", "/api/quotes", params=params)
        if as_json:
            output.as_json(found)
            return
        output.table(
            "Quotes",
            ["RFQ number", "state", "lines", "quoted", "buyer", "requested"],
            [
                (
                    one["rfq_details"]["rfq_number"],
                    one["status"],
                    len(_items(one)),
                    sum(line["status"] == "quoted" for line in _items(one)),
                    one["buyer_details"]["buyer_company_name"] or one["buyer_details"]["buyer_name"],
                    output.Moment(one["created_at"]),
                )
                for one in found["quotes"]
            ],
        )

    with_api(do, json_wanted=as_json)


@app.command()
def show(rfq_number: Number, *, as_json: Json = False) -> None:
    """Show a quote, line by line."""

    def do(api: Api) -> None:
        found = api.call("GET", _path(rfq_number))
        output.as_json(found) if as_json else _print(found)

    with_api(do, json_wanted=as_json)


@app.command()
def retry(rfq_number: Number, *, wait: Wait = True, as_json: Json = False) -> None:
    """Ask Boeing again for the unanswered lines of a quote."""

    def do(api: Api) -> None:
        _finish(api, api.call("POST", _path(rfq_number, "/retry")), wait=wait, as_json=as_json)

    with_api(do, json_wanted=as_json)


@app.command()
def order(
    rfq_number: Number,
    *,
    email: Annotated[str | None, typer.Option(help="The customer's e-mail address. Default: the buyer's.")] = None,
    po: Annotated[str, typer.Option("--po", help="The buyer's order number.")] = "",
    note: Annotated[str, typer.Option(help="For people in the store.")] = "",
    valid_days: Annotated[int | None, typer.Option(min=1, max=365, help="Days for which the prices hold.")] = None,
    reserve: Annotated[bool, typer.Option("--reserve", help="The store reserves stock until then.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until the store has it.")] = True,
    as_json: Json = False,
) -> None:
    """Turn a quote into a draft order in the store. Nothing is charged or sent to the customer."""

    def do(api: Api) -> Document:
        path = _path(rfq_number, "/draft-order")
        body = {"email": email, "po_number": po, "note": note, "valid_days": valid_days, "reserve": reserve}
        made = api.call("POST", path, json=body)
        try:
            while wait and made["state"] == "due":
                time.sleep(_LOOK_EVERY)
                made = api.call("GET", path)
        except KeyboardInterrupt:
            output.note("It is still being created. Run the command again to see it.")
        if as_json:
            output.as_json(made)
        elif made["state"] == "created":
            where = made["admin_url"] or made["draft_order_id"]
            output.say(f"Draft order {made['name']}, valid until {made['valid_until']}: {where}")
        else:
            output.say(made["note"] or "The draft order is being created.")
        return made

    if with_api(do, json_wanted=as_json)["state"] == "refused":
        raise typer.Exit(ExitCode.ERROR)


@app.command()
def export(
    rfq_number: Number,
    *,
    to: Annotated[
        Path | None, typer.Option("--to", help="The file to write, .csv or .xlsx. Default: CSV on stdout.")
    ] = None,
) -> None:
    """Export the lines of a quote as CSV or XLSX."""
    with_api(lambda api: save(api, _path(rfq_number), to), json_wanted=False)


def _pair(line: str) -> tuple[str, str]:
    """Part and quantity. The quantity follows the last `=`, since a part number may contain one."""
    part, equals, quantity = line.rpartition("=")
    if not equals or not part or not quantity.isdecimal() or "," in line:
        raise BadInput(
            f"{line[:80]!r} is not PART=QUANTITY. Write the quantity after the part number and its suffix: "
            "WF338109=K3=5. Nothing was stored.",
            code="bad_lines",
        )
    return part, quantity


def _finish(api: Api, quote: Document, *, wait: bool, as_json: bool) -> None:
    """Wait until the quote is complete, print it, and end with its exit code."""
    path = _path(quote["rfq_details"]["rfq_number"])
    try:
        if wait and quote["status"] == "pending":
            output.note(quote["message"])
        while wait and quote["status"] == "pending":
            time.sleep(_LOOK_EVERY)
            quote = api.call("GET", path)
    except KeyboardInterrupt:
        output.note("\nStopped waiting; the hub completes the quote. See it with: bdh quotes show NUMBER")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    output.as_json(quote) if as_json else _print(quote)
    raise typer.Exit(ExitCode.SOME_FAILED if quote["status"] == "unanswered" else ExitCode.DONE)


def _print(quote: Document) -> None:
    output.note(f"{quote['rfq_details']['rfq_number']}: {quote['message']}")
    output.table(
        quote["rfq_details"]["rfq_number"],
        _COLUMNS,
        [
            (
                line["part_no"],
                line["requested_qty"],
                line["status"],
                line["price_usd"],
                line["qty_available"],
                line["source"],
                line["note"],
            )
            for line in _items(quote)
        ],
    )


def _items(quote: Document) -> list[Document]:
    return quote["quote_details"]["items"]


def _path(rfq_number: str, more: str = "") -> str:
    return f"/api/quotes/{escaped(rfq_number, safe='')}{more}"
