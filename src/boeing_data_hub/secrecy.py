"""What processes of the same account may see of this one: nothing, where the system can refuse it.

The child that reads uploaded files runs under the account of its parent, which holds every secret.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def keep_from_other_processes() -> bool:
    """Close this process's memory and environment to others of its account, and write no core dumps (Linux).

    Root, and whoever has CAP_SYS_PTRACE, can still look. Programs that this process starts are not affected.

    Returns:
        Whether the system does it.
    """
    if not sys.platform.startswith("linux"):
        return False
    return ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
