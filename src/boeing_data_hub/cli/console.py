"""`bdh console`: a new sign-in link for the console of this machine's hub, opened in a browser where there is one."""

from __future__ import annotations

import os
import sys
import webbrowser
from typing import Annotated

import typer

from boeing_data_hub.app import Hub
from boeing_data_hub.cli import local, output
from boeing_data_hub.cli.access import found_access
from boeing_data_hub.cli.operate import with_hub
from boeing_data_hub.db import api_keys, sessions
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Unauthorized


def console(
    *, browser: Annotated[bool, typer.Option(help="Open the link in a browser; it is printed in any case.")] = True
) -> None:
    """Sign in to the console: print a one-time link and open it in a browser."""

    def do(hub: Hub) -> str:
        key = local.key_of(hub.settings)

        def step(work: Work) -> str:
            record = api_keys.find(work, key) if key else None
            if record is None:
                raise Unauthorized(
                    "This machine has no valid API key for this hub, so you can't be signed in. Start "
                    "the hub with `bdh up`, or set HUB_API_KEY.",
                    code="no_key",
                )
            return sessions.make_link(work, record.id)

        here = f"{found_access().url}{hub.settings.prefix}"
        return f"{hub.settings.hub_public_url.rstrip('/') or here}/sign-in/{hub.database.run(step)}"

    link = with_hub(do)
    output.say(link)
    output.note(f"It signs you in once, within {sessions.LINK_MINUTES} minutes.")
    if browser and _has_screen():
        webbrowser.open(link)


def _has_screen() -> bool:
    """True unless only a browser in this terminal could be started, which would take the terminal over."""
    if not sys.stdout.isatty():
        return False
    return sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
