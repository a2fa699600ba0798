"""`bdh doctor`: checks everything, also on an installation where almost nothing works, and says how to fix it."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Final

import typer

from boeing_data_hub.app import Hub
from boeing_data_hub.cli import output
from boeing_data_hub.cli.local import key_of, reading_of_running_hub
from boeing_data_hub.cli.output import ExitCode

_MARKS: Final = {"ok": "ok     ", "skipped": "-      ", "warning": "warning", "error": "ERROR  "}
_UNUSABLE: Final = "setting_unusable"


def doctor(
    *,
    strict: Annotated[bool, typer.Option(help="Exit with 1 for warnings, too.")] = False,
    price: Annotated[
        str | None, typer.Option(metavar="PART", help="Also ask Boeing for this part's price; uses one call.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show only problems.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Check everything the hub needs, and say how to fix it.

    Exit codes: 0 no errors; 1 errors; 2 an invalid setting would keep the hub from starting.
    """
    reading = reading_of_running_hub()
    hub = Hub(reading.settings, name="doctor")
    try:
        findings = hub.examine(reading=reading, key=key_of(reading.settings), price=price)
    finally:
        hub.close()
    if as_json:
        output.as_json(
            [
                {"name": f.name, "level": f.level, "code": f.code, "message": f.message, "remedy": f.remedy}
                for f in findings
            ]
        )
    else:
        for finding in findings:
            if quiet and finding.level in {"ok", "skipped"}:
                continue
            output.say(f"{_MARKS[finding.level]} {finding.name}: {finding.message}")
            if finding.remedy:
                output.say(f"        → {finding.remedy}")
        counts = Counter(finding.level for finding in findings)
        output.note(
            f"{counts['error']} errors, {counts['warning']} warnings, {counts['ok']} ok, "
            f"{counts['skipped']} skipped. docs/doctor.md explains every finding."
        )
    levels = {finding.level for finding in findings}
    if any(finding.code == _UNUSABLE for finding in findings):
        raise typer.Exit(ExitCode.USAGE)
    if "error" in levels or (strict and "warning" in levels):
        raise typer.Exit(ExitCode.ERROR)
