"""A process with secrets is closed to the other processes of its account."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# An account without privileges, as in production; what it starts belongs to the same account.
_PARENT = """
import ctypes, os, subprocess
from boeing_data_hub.secrecy import keep_from_other_processes
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as a process begins that was started by this account

def seen():
    told = subprocess.run(["cat", f"/proc/{os.getpid()}/environ"], capture_output=True, cwd="/")
    return b"a-secret" in told.stdout

print(seen(), keep_from_other_processes(), seen())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no prctl")
def test_a_child_of_the_same_account_cannot_read_its_parents_secrets():
    done = subprocess.run(
        [sys.executable, "-c", _PARENT],
        env={**os.environ, "SHOPIFY_ADMIN_API_TOKEN": "a-secret"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True", "True", "False"]
