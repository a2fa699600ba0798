"""`bdh doctor`: looks at everything, also where nearly everything is broken, and says what to do."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Final

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.local import key_of, reading_of_running_hub
from boeing_data_hub.cli.output import ExitCode
from boeing_data_hub.hub import Hub

_MARKS: Final = {"ok": "ok     ", "skipped": "-      ", "warning": "warning", "error": "ERROR  "}
_UNUSABLE: Final = "setting_unusable"


def doctor(
    *,
    strict: Annotated[bool, typer.Option(help="End with 1 for warnings, too.")] = False,
    price: Annotated[
        str | None, typer.Option(metavar="PART", help="Ask Boeing this part's price, too: it costs one call.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say only what is wrong.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Check everything the hub needs, and say what to do about each finding.

    Exit codes: 0 all well, or warnings only; 1 something is wrong; 2 a setting cannot be used, so nothing would start.
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
            f"{counts['error']} errors, {counts['warning']} warnings, {counts['ok']} well, "
            f"{counts['skipped']} not looked at. docs/doctor.md explains every finding."
        )
    levels = {finding.level for finding in findings}
    if any(finding.code == _UNUSABLE for finding in findings):
        raise typer.Exit(ExitCode.USAGE)
    if "error" in levels or (strict and "warning" in levels):
        raise typer.Exit(ExitCode.ERROR)
