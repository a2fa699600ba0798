"""Commands of the sandbox, where it is installed: `bdh demo`, `bdh sandbox boeing`, `bdh sandbox shopify`."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import typer

from boeing_data_hub import plugins
from boeing_data_hub.cli import output
from boeing_data_hub.cli.commands import PASSED_ON
from boeing_data_hub.cli.start import become
from boeing_data_hub.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="Run a sandbox of Boeing or of Shopify.")


def demo(context: typer.Context) -> None:
    """Search and publish a real part list on this machine, with sandboxes."""
    raise typer.Exit(_sandbox("demo", "`bdh demo`").load()(context.args))


@app.command("boeing", context_settings=dict(PASSED_ON))
def boeing(context: typer.Context) -> None:
    """Run a sandbox of Boeing (options: `bdh sandbox boeing --help`)."""
    become(_sandbox("boeing", "`bdh sandbox boeing`").module, *context.args)


@app.command("shopify", context_settings=dict(PASSED_ON))
def shopify(context: typer.Context) -> None:
    """Run a sandbox of Shopify (options: `bdh sandbox shopify --help`)."""
    become(_sandbox("shopify", "`bdh sandbox shopify`").module, *context.args)


def _sandbox(name: str, purpose: str) -> EntryPoint:
    try:
        return plugins.require(name, purpose=purpose)
    except BadInput as error:
        output.fail(error)
