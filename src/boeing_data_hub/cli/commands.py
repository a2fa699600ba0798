"""Commands that are imported when they are called, so that `bdh --help` and short commands are fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar, Final, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

PASSED_ON: Final[Mapping[str, Any]] = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}
"""Context settings of a command whose arguments, --help included, the sandbox reads."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that is not imported yet.

    Attributes:
        module: where it is, below `boeing_data_hub.cli`.
        attribute: the function, or the `typer.Typer` of a group.
        panel: the heading it is listed under in the help.
        help: its line in the help. A test compares it with the command's own.
        settings: Click's context settings of a command.
    """

    module: str
    attribute: str
    panel: str
    help: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


class LazyGroup(TyperGroup):
    """A group that knows some of its commands by their entries only, and imports one when it is called."""

    entries: ClassVar[Mapping[str, Entry]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all commands."""
        return [*self.entries, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command, imported now; None when there is no such command."""
        if entry := self.entries.get(cmd_name):
            return imported(cmd_name, entry)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the name is Typer's
        """Write the commands by panel, from the entries: a help page imports nothing."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.entries.items():
            rows.setdefault(entry.panel, []).append((name, entry.help))
        for name, command in self.commands.items():
            rows.setdefault("Commands", []).append((name, command.get_short_help_str(200)))
        for panel, listed in rows.items():
            with formatter.section(panel):
                formatter.write_dl(listed)


def imported(name: str, entry: Entry) -> Any:
    """The command behind an entry."""
    found: Any = getattr(import_module(f"boeing_data_hub.cli.{entry.module}"), entry.attribute)
    if isinstance(found, typer.Typer):
        command: Any = get_group(found)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name, context_settings=dict(entry.settings))(found)
        command = get_command(alone)
    command.name = name
    _set_plain(command)
    return command


def _set_plain(command: Any) -> None:
    """Switch off boxes in help: drawing them takes longer than the rest of a help page."""
    command.rich_markup_mode = None
    for one in cast("dict[str, Any]", getattr(command, "commands", {})).values():
        _set_plain(one)


def group(entries: Mapping[str, Entry]) -> type[LazyGroup]:
    """The class of a group with these entries, for `typer.Typer(cls=...)`."""
    return type("LazyGroup", (LazyGroup,), {"entries": dict(entries)})
