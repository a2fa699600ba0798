"""A copy of the wheel's Postgres where an unprivileged account can reach it, for a wheel that lies under e.g. /root."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

from boeing_data_hub import __version__
from boeing_data_hub.errors import Unavailable
from boeing_data_hub_sandbox.services.binaries import PostgresBinaries

COPIES = Path("/var/tmp")  # noqa: S108 - survives a reboot, exists everywhere; what we find there is checked before use

_NEEDLESS = ("include", "pkgconfig", "*.a")  # a third of the size, only for compiling against it


def readable_copy(binaries: PostgresBinaries, place: Path = COPIES) -> PostgresBinaries:
    """The same Postgres at a path that every account can reach: about 30 MB, made once and used again.

    The copy belongs to us and nobody else may write to it. It appears in one step, so two makers at once do no harm.
    It is made anew when files of it are missing, as after a clean-up of temporary files.

    Args:
        binaries: from the wheel; the source is left as it is.
        place: existing folder for the copy.

    Raises:
        Unavailable: the copy's name is taken by something that is not ours (`copy_refused`).
    """
    install = binaries.folder.parent
    root = place / f"boeing-data-hub-{__version__}-postgres-{binaries.version}-{os.geteuid()}"
    copied = PostgresBinaries(
        folder=root / install.parent.name / install.name / "bin", version=binaries.version, from_wheel=False
    )
    if os.path.lexists(root) and _complete(root, install):
        return copied
    draft = Path(tempfile.mkdtemp(prefix=f"{root.name}.", dir=place))
    try:
        _copy(install, draft)
        _put_in_place(draft, root, install)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return copied


def _copy(install: Path, draft: Path) -> None:
    for source, target in _trees(install, draft):
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_NEEDLESS))
    # The source may have been installed under a strict umask.
    for path in (draft, *draft.rglob("*")):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)


def _put_in_place(draft: Path, root: Path, install: Path) -> None:
    try:
        draft.rename(root)
    except OSError:  # something stands there: another maker was quicker, or it was found wanting
        if _complete(root, install):
            return
        aside = Path(tempfile.mkdtemp(prefix=f"{root.name}.", dir=root.parent))
        root.rename(aside)
        draft.rename(root)
        shutil.rmtree(aside, ignore_errors=True)


def _complete(root: Path, install: Path) -> bool:
    """Whether the copy at `root` is ours and has every file, of the right size."""
    found = root.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise Unavailable(
            f"{root} was not made by us, so the programs in it will not be run. Remove it and try again.",
            code="copy_refused",
        )
    return all(_files(source) == _files(target) for source, target in _trees(install, root))


def _trees(install: Path, root: Path) -> list[tuple[Path, Path]]:
    """What is copied where. The layout is kept: the programs find their libraries by relative paths."""
    package = install.parent
    trees = [(install, root / package.name / install.name)]
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        trees.append((libraries, root / libraries.name))
    return trees


def _files(tree: Path) -> set[tuple[str, int]]:
    """Every file that is wanted, with its size."""
    unwanted = shutil.ignore_patterns(*_NEEDLESS)
    found: set[tuple[str, int]] = set()
    for folder, folders, names in os.walk(tree):
        left_out = unwanted(folder, [*folders, *names])
        folders[:] = [name for name in folders if name not in left_out]
        for name in names:
            if name not in left_out:
                path = Path(folder, name)
                found.add((str(path.relative_to(tree)), path.stat().st_size))
    return found
