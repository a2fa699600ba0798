"""Shuts a command in as a unit would: `/usr/bin/python3 walls.py @system-service,~@privileged PROGRAM ...`.

The filter of system calls is built from systemd's own groups, and refuses with EPERM as our units say; memory that was
writable cannot become executable. For Debian's own Python, which has python3-seccomp.
"""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys

import seccomp

_PR_SET_MDWE = 65  # Linux 6.3; the units' MemoryDenyWriteExecute= says the same by a filter
_REFUSE_EXEC_GAIN = 1


def calls(group: str) -> set[str]:
    """The names in a group, groups within it included."""
    words = ["/usr/bin/systemd-analyze", "syscall-filter", "--no-pager", group]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    names = [line.strip() for line in said.splitlines()[1:]]
    found = {name for name in names if name and name[0] not in "#@"}
    return found.union(*(calls(name) for name in names if name.startswith("@")))


def main() -> None:
    groups = sys.argv[1].split(",")
    allowed = set().union(*(calls(one) for one in groups if not one.startswith("~")))
    allowed -= set().union(*(calls(one[1:]) for one in groups if one.startswith("~")))
    wall = seccomp.SyscallFilter(defaction=seccomp.ERRNO(errno.EPERM))
    for name in allowed:
        try:
            wall.add_rule(seccomp.ALLOW, name)
        except (OSError, RuntimeError, ValueError):  # of another architecture
            continue
    ctypes.CDLL(None).prctl(_PR_SET_MDWE, _REFUSE_EXEC_GAIN, 0, 0, 0)  # an older kernel says no, and we go on
    wall.load()
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - to become the command is the point


if __name__ == "__main__":
    main()
