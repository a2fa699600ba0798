"""The application for Celery's tools, e.g. `celery -A boeing_data_hub.worker.app inspect ping`; see docs/operations.md.

It has the full configuration: broker, encryption, key prefix, queues and tasks.
"""

from __future__ import annotations

import sys
from typing import Any

from boeing_data_hub.errors import HubError
from boeing_data_hub.settings import Settings
from boeing_data_hub.worker.application import application


def _made() -> Any:
    try:
        return application(Settings())
    except HubError as error:
        sys.exit(error.message)
    except ValueError as error:
        sys.exit(f"A setting cannot be used. {error}")


app: Any = _made()
