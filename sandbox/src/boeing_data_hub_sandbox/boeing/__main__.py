"""`python -m boeing_data_hub_sandbox.boeing`, which is also `bdh sandbox boeing`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pydantic import ValidationError

from boeing_data_hub_sandbox.boeing.server import run
from boeing_data_hub_sandbox.boeing.settings import SandboxOptions, SandboxSettings


def _yes_or_no(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bdh sandbox boeing",
        description="A stand-in for Boeing's price and availability API. While it runs: GET /control/stats, "
        "GET /control/faults, PATCH /control/settings.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one (default)")
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="append each price call to FILE, as JSON lines")
    for name, setting in SandboxSettings.model_fields.items():
        default = setting.default
        kind = float if isinstance(default, float) else int if isinstance(default, int) else str
        if isinstance(default, bool):
            kind = _yes_or_no
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=default,
            help=f"{setting.description} (default: {'any' if default is None else default})".replace("%", "%%"),
        )
    return parser


def main() -> None:
    """Read the command line and serve."""
    given = vars(_parser().parse_args())
    host, port, ledger = given.pop("host"), given.pop("port"), given.pop("ledger")
    try:
        run(SandboxOptions(host=host, port=port, ledger=ledger, settings=SandboxSettings.model_validate(given)))
    except ValidationError as error:
        wrong = "; ".join(
            f"--{'.'.join(map(str, one['loc'])).replace('_', '-')}: {one['msg']}" for one in error.errors()
        )
        sys.stderr.write(f"{wrong}\n")
        sys.exit(2)
    except OSError as error:
        sys.stderr.write(f"The sandbox cannot start on {host}:{port}: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
