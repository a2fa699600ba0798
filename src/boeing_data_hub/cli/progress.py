"""Watching a batch in a terminal: a bar where there is one, a line every ten seconds where there is not."""

from __future__ import annotations

import time
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from boeing_data_hub.cli.client import Api
from boeing_data_hub.cli.output import ExitCode, err, note
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Unavailable

_LOOK_EVERY = 0.5
_SAY_EVERY = 10.0
_PATIENCE = 120.0  # seconds without an answer before watching gives up; the batch goes on


def describe(batch: dict[str, Any]) -> str:
    """What stands beside the bar."""
    if batch["waiting_for"]:
        return str(batch["waiting_for"]["message"])
    said: list[str] = []
    if batch["rate_per_minute"]:
        said.append(f"{batch['rate_per_minute']:,.0f} parts a minute")
    if eta := batch["eta_seconds"]:
        said.append(f"{_span(eta['low'])} to {_span(eta['high'])} left")
    return ", ".join(said)


def _span(seconds: int) -> str:
    if seconds < 90:  # noqa: PLR2004 - a minute and a half reads best in seconds
        return f"{seconds} s"
    if seconds < 5400:  # noqa: PLR2004 - an hour and a half reads best in minutes
        return f"{seconds // 60} min"
    return f"{seconds / 3600:.1f} h"


def watch(api: Api, path: str, *, quiet: bool = False) -> dict[str, Any]:
    """Follow the batch at an address of the API until it has finished; its last status.

    Raises:
        NotFound: there is no such batch.
        Unavailable: the hub did not answer for two minutes.
    """
    batch = api.call("GET", path)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.percentage:>3.0f}%  {task.fields[beside]}"),
        console=err,
        disable=quiet or not err.is_terminal,
        transient=False,
    )
    said_at = 0.0
    silent_since: float | None = None
    with bar:
        task = bar.add_task("parts", total=batch["total_items"], beside="")
        while True:
            settled = batch["total_items"] - batch["pending_count"]
            bar.update(task, completed=settled, beside=describe(batch))
            if batch["outcome"]:
                return batch
            if not quiet and not err.is_terminal and monotonic() - said_at >= _SAY_EVERY:
                said_at = monotonic()
                note(
                    f"{settled:,} of {batch['total_items']:,} parts, "
                    f"{batch['failed_count']:,} failed. {describe(batch)}"
                )
            time.sleep(_LOOK_EVERY)
            try:
                batch = api.call("GET", path)
                silent_since = None
            except Unavailable:
                silent_since = silent_since or monotonic()
                if monotonic() - silent_since > _PATIENCE:
                    raise


def exit_code(batch: dict[str, Any]) -> ExitCode:
    """How a command that waited for this batch ends."""
    return ExitCode.SOME_FAILED if batch["failed_count"] else ExitCode.DONE
