"""Source with a fault built in."""

from __future__ import annotations

from pathlib import Path

from tests.mutants.faults import Mutant


def applied(mutant: Mutant, package: Path) -> dict[Path, str]:
    """The files that a fault changes, as they then read.

    Args:
        mutant: the fault.
        package: the folder of the hub's package.

    Raises:
        ValueError: the code has changed its shape, and the fault has no place any more.
    """
    texts: dict[Path, str] = {}
    for edit in mutant.edits:
        path = package / edit.path
        text = texts.get(path) or path.read_text()
        if text.count(edit.old) != 1:
            raise ValueError(
                f"{mutant.name}: {edit.path} has this {text.count(edit.old)} times, not once: {edit.old!r}"
            )
        texts[path] = text.replace(edit.old, edit.new)
    return texts
