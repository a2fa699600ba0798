"""Where local files of a hub are: the embedded services' data, the operator's key, images."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder(configured: Path | None) -> Path:
    """HUB_DATA_DIR where it is set, else the usual folder of the user."""
    if configured:
        return configured
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/boeing-data-hub")
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "boeing-data-hub"
