"""Reads systemd's unit files as far as ours go, so that a test can do what a unit says where no systemd runs."""

from __future__ import annotations

import shlex
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "ops" / "systemd"
PREFIX = "/opt/boeing-data-hub/bin/"
SECONDS = {"": 1, "s": 1, "min": 60}


@dataclass(frozen=True)
class Unit:
    """One unit file, for one instance of it."""

    name: str
    sections: dict[str, dict[str, list[str]]]

    def all(self, section: str, key: str) -> list[str]:
        """Every value of a key, in the file's order."""
        return self.sections.get(section, {}).get(key, [])

    def one(self, section: str, key: str) -> str:
        """The only value of a key."""
        (value,) = self.all(section, key)
        return value

    def seconds(self, key: str) -> float:
        """A span of time of the service."""
        value = self.one("Service", key)
        digits = value.rstrip("smin")
        return float(digits) * SECONDS[value.removeprefix(digits)]

    def command(self, bin_folder: Path) -> list[str]:
        """ExecStart, its program looked for in another folder than the one the guide installs into."""
        words = shlex.split(self.one("Service", "ExecStart"))
        assert words[0].startswith(PREFIX)
        return [str(bin_folder / words[0].removeprefix(PREFIX)), *words[1:]]

    @property
    def unset(self) -> set[str]:
        """What `UnsetEnvironment=` keeps out."""
        return {name for line in self.all("Service", "UnsetEnvironment") for name in line.split()}

    @property
    def credentials(self) -> dict[str, str]:
        """What `LoadCredential=` hands over: the files by their names."""
        pairs = (line.partition(":") for line in self.all("Service", "LoadCredential"))
        return {name: file for name, _, file in pairs}

    @property
    def environment(self) -> dict[str, str]:
        """What `Environment=` says."""
        pairs = [pair for line in self.all("Service", "Environment") for pair in shlex.split(line)]
        return dict(pair.split("=", 1) for pair in pairs)


def read(file: Path, instance: str = "") -> Unit:
    """A unit as systemd would read it."""
    sections: dict[str, dict[str, list[str]]] = {}
    current: dict[str, list[str]] = {}
    for line in file.read_text().splitlines():
        text = line.strip().replace("%i", instance)
        if text.startswith("["):
            current = sections.setdefault(text.strip("[]"), defaultdict(list))
        elif text and not text.startswith(("#", ";")):
            key, value = text.split("=", 1)
            current[key].append(value)
    return Unit(file.name.replace("@.", f"@{instance}."), sections)
