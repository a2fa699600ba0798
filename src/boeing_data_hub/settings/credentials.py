"""Settings in files of a folder, one each and named like the setting: how systemd (`LoadCredential=`) and container
engines (secrets) hand secrets to a process, without showing them in its environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

FOLDER: Final = "CREDENTIALS_DIRECTORY"
"""The variable that names the folder. systemd sets it; for containers it is /run/secrets."""


def credentials() -> dict[str, str]:
    """The files' texts by their names, in upper case. Empty files count as missing."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return {}
    found = {path.name.upper(): path.read_text("utf-8").strip() for path in Path(folder).iterdir() if path.is_file()}
    return {name: text for name, text in found.items() if text}
