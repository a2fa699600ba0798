"""What may be installed beside the hub: its sandbox, found by entry points. Nothing here imports it by name."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

from boeing_data_hub.errors import BadInput

GROUP: Final = "boeing_data_hub.sandbox"
"""The sandbox's `pyproject.toml` fills it: `system`, `demo`, `sample_list`, and the programs `boeing` and `shopify`."""


@cache
def find(name: str) -> EntryPoint | None:
    """What the installed sandbox offers under this name; None where it is not installed."""
    return next(iter(entry_points(group=GROUP, name=name)), None)


def require(name: str, *, purpose: str) -> EntryPoint:
    """The same, for a command that cannot do without.

    Args:
        name: see `GROUP`.
        purpose: what needs it, as the beginning of a sentence.

    Raises:
        BadInput: the sandbox is not installed; the message says how to install it (`sandbox_not_installed`).
    """
    found = find(name)
    if found is None:
        raise BadInput(
            f"{purpose} needs the package boeing-data-hub-sandbox, which is not installed. Nothing was started. "
            "It is in the folder sandbox/ of the project's repository. Install it with: pip install ./sandbox",
            code="sandbox_not_installed",
        )
    return found


def sample_list() -> Path | None:
    """A file of real part numbers to try the hub with; None where the sandbox is not installed."""
    found = find("sample_list")
    return None if found is None else Path(found.load())
