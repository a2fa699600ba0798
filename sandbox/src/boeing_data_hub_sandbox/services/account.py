"""Who Postgres runs as. It refuses root, so root has to lend it an unprivileged account that can reach its files.

We never widen the permissions of a folder that is not ours: programs out of its reach are copied, data is refused.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from boeing_data_hub.errors import Unavailable

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the machine that is not root."""

    name: str
    uid: int
    gid: int

    def can_enter(self, folder: Path) -> bool:
        """Whether a process of this account may make `folder` its working folder. The kernel is asked, not guessed."""
        return self._succeeds(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)])

    def can_run(self, program: Path) -> bool:
        """Whether a process of this account may run `program` with everything it loads."""
        return self._succeeds([str(program), "--version"])

    def _succeeds(self, argv: list[str]) -> bool:
        try:
            done = subprocess.run(
                argv,
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=20.0,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def is_root() -> bool:
    """Whether we are the superuser, as whom Postgres will not run."""
    return os.geteuid() == 0


def unprivileged_account() -> Account:
    """The account Postgres runs as when we are root: `postgres`, else `nobody`.

    Raises:
        Unavailable: the machine has neither (`no_account`).
    """
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise Unavailable(
        "Postgres refuses to run as root, and this machine has neither a user postgres nor a user nobody."
        " Run `useradd --system postgres`, or start the hub as an ordinary user.",
        code="no_account",
    )


def account_of(uid: int, gid: int) -> Account:
    """The account with this number, named if the machine knows a name for it."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, gid)
    return Account(entry.pw_name, uid, entry.pw_gid)
