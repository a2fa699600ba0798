"""The folder in which one embedded service keeps everything, and the claim that keeps a second server out of it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from boeing_data_hub.errors import Conflict, Unavailable
from boeing_data_hub_sandbox.services.account import Account, account_of, is_root, unprivileged_account

_LOCK = "lock"
_LOG_LIMIT = 10 * 1024 * 1024  # bytes after which a log is put aside at the next start; one old log is kept


class ServiceFolder:
    """A folder of ours alone, claimed for this process.

    The claim is a lock held by an open descriptor: it ends with us, however we end, and can never be stale.

    Args:
        path: made if absent, with its parents. Its parents' permissions are never changed.
        service: what lives there, for messages: `Postgres` or `Redis`.
        contents: every name the service may put there. A folder of root's that holds anything else is not taken over.
        lend: give the folder to an unprivileged account if we are root, because the service refuses root.

    Raises:
        Conflict: the claim is held elsewhere (`service_running`), or the folder holds other things (`folder_taken`).
        Unavailable: the folder cannot be made or used by the account (`data_dir_unusable`).
    """

    def __init__(self, path: Path, *, service: str, contents: frozenset[str], lend: bool = False) -> None:
        self.path = path.absolute()
        self.account: Account | None = None
        self._service = service
        self._contents = contents | {_LOCK}
        try:
            if lend and is_root():
                self.account = self._lend()
            elif not self.path.exists():
                _make(self.path)
                self.path.chmod(0o700)
            self._lock = -1
            self.claim()
        except OSError as error:
            raise Unavailable(
                f"The folder {self.path} cannot be used for {service}: {error.strerror}."
                " Set HUB_DATA_DIR to a folder that belongs to you.",
                code="data_dir_unusable",
            ) from error

    def claim(self) -> None:
        """Take the claim; safe to repeat.

        Raises:
            Conflict: another process, or another server of this one, holds it (`service_running`).
        """
        if self._lock < 0:
            self._lock = self._claim()

    def release(self) -> None:
        """Give up the claim; safe to repeat."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def open(self, name: str, flags: int) -> int:
        """Open a file of the folder, made private to its owner if absent.

        A link in its place is refused: as root we must not be led out of a folder that another account may write.
        """
        path = self.path / name
        flags |= os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            made = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return os.open(path, flags)
        if self.account is not None:
            os.fchown(made, self.account.uid, self.account.gid)
        return made

    def open_log(self, name: str) -> int:
        """Open a log of the folder for appending; a very long one is put aside first."""
        path = self.path / name
        if path.exists() and path.stat().st_size > _LOG_LIMIT:
            path.replace(path.with_name(f"{name}.1"))
        return self.open(name, os.O_WRONLY | os.O_APPEND)

    def _lend(self) -> Account:
        """Make the folder and give it to the account the service will run as; files made before decide who that is."""
        owned = self.path.stat() if self.path.exists() else None
        if owned is not None and owned.st_uid != 0:
            account = account_of(owned.st_uid, owned.st_gid)
            self._require_reachable(account, self.path)
            return account
        account = unprivileged_account()
        self._require_reachable(account, self.path.parent)
        _make(self.path)
        strangers = sorted({entry.name for entry in self.path.iterdir()} - self._contents)
        if strangers:
            raise Conflict(
                f"The folder {self.path} holds other things ({', '.join(strangers[:3])}), so {self._service} will not"
                " take it over. Set HUB_DATA_DIR to a new folder.",
                code="folder_taken",
            )
        os.chown(self.path, account.uid, account.gid)
        self.path.chmod(0o700)
        return account

    def _require_reachable(self, account: Account, folder: Path) -> None:
        for step in [*reversed(folder.parents), folder]:
            if step.exists() and not account.can_enter(step):
                raise Unavailable(
                    f"{self._service} cannot run as root, and the user {account.name}, as whom it would run, may not"
                    f" enter {step}. Set HUB_DATA_DIR to a folder that every user may reach, e.g."
                    " /var/lib/boeing-data-hub. No permission was changed.",
                    code="data_dir_unusable",
                )

    def _claim(self) -> int:
        lock = self.open(_LOCK, os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 32, 0).decode("utf-8", "replace").strip() or "unknown"
            os.close(lock)
            raise Conflict(
                f"{self._service} already runs on {self.path}, started by process {holder}. Stop that one first, or set"
                " HUB_DATA_DIR to another folder.",
                code="service_running",
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return lock


def _make(path: Path) -> None:
    """Make the folder and its missing parents. As root under a strict umask, parents would shut out the account."""
    for missing in reversed([step for step in (path, *path.parents) if not step.exists()]):
        missing.mkdir(exist_ok=True)
        if is_root():
            missing.chmod(0o755)
