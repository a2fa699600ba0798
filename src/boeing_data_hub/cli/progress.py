"""Watching a run or a job: a progress bar on a terminal, else a line every ten seconds."""

from __future__ import annotations

import time

from boeing_data_hub.cli.client import Api, Document
from boeing_data_hub.cli.output import ExitCode, note, terminal
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Unavailable

_LOOK_EVERY = 0.5
_SAY_EVERY = 10.0
_PATIENCE = 120.0  # seconds without an answer before watching gives up; the run continues


def describe(batch: Document) -> str:
    """The text beside the bar."""
    if batch["waiting_for"]:
        return str(batch["waiting_for"]["message"])
    said: list[str] = []
    if batch["rate_per_minute"]:
        said.append(f"{batch['rate_per_minute']:,.0f} parts per minute")
    if eta := batch["eta_seconds"]:
        said.append(f"{_span(eta['low'])} to {_span(eta['high'])} left")
    return ", ".join(said)


def _span(seconds: int) -> str:
    if seconds < 90:  # noqa: PLR2004 - a minute and a half reads best in seconds
        return f"{seconds} s"
    if seconds < 5400:  # noqa: PLR2004 - an hour and a half reads best in minutes
        return f"{seconds // 60} min"
    return f"{seconds / 3600:.1f} h"


def watch(api: Api, path: str, *, quiet: bool = False) -> Document:
    """Follow the run at this path of the API until it has finished; its last status.

    Raises:
        NotFound: there is no such run.
        Unavailable: the hub did not answer for two minutes.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415 - slow to load

    err = terminal()
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


def exit_code(batch: Document) -> ExitCode:
    """The exit code of a command that waited for this run."""
    return ExitCode.SOME_FAILED if batch["failed_count"] else ExitCode.DONE


def follow_job(api: Api, job_id: str) -> Document:
    """Wait until a job of the store has finished; its last status."""
    said = -1
    while True:
        job = api.call("GET", f"/api/store/jobs/{job_id}")
        if job["state"] != "open":
            return job
        tenth = 10 * job["done"] // max(1, job["total"])
        if tenth != said:
            said = tenth
            note(f"{job['done']:,} of {job['total']:,}{'. ' + job['note'] if job['note'] else ''}")
        time.sleep(_LOOK_EVERY)


def follow_snapshot(api: Api, snapshot_id: str) -> Document:
    """Wait until a snapshot of the store has ended; its last status."""
    said = ""
    while True:
        snapshot = api.call("GET", f"/api/store/snapshots/{snapshot_id}")
        if snapshot["state"] == "ended":
            return snapshot
        compared = f", {snapshot['compared']:,} products compared" if snapshot["state"] == "comparing" else ""
        now = f"{snapshot['object_count']:,} lines{compared}{'. ' + snapshot['note'] if snapshot['note'] else ''}"
        if now != said:
            said = now
            note(now)
        time.sleep(_LOOK_EVERY)
