"""As much of a container engine as our Dockerfile and compose file need, where none can be had: root, overlays, chroot.

The base image is stood in for by this machine, seen through an overlay: what a build writes is seen by nobody else, and
gone in the end. What an engine adds beyond that (networks, limits, its own filters of system calls) is not tried.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.support.patience import allow

ROOT = Path(__file__).parents[2]
# How this machine reaches the package registry, as an engine is told by its own settings.
_TO_THE_REGISTRY = ("PIP_", "SSL_CERT", "REQUESTS_CA", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_PYTHON = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
_PATH = f"{_PYTHON.parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """The lines of a Dockerfile, continued ones joined, as instruction and rest."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (name.upper(), rest.strip()) for name, _, rest in (s.strip().partition(" ") for s in joined.split("\n")) if name
    ]


def command(text: str) -> list[str]:
    """The words of a RUN, CMD or ENTRYPOINT, in either of its forms."""
    return json.loads(text) if text.startswith("[") else ["/bin/sh", "-c", text]


@dataclass
class Stage:
    """A stage of a build: its files, and what the image says of its processes."""

    files: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    folder: str = "/"
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    def note(self, name: str, rest: str) -> None:
        """An instruction that changes no file."""
        if name == "ENV":
            for pair in shlex.split(rest):
                key, value = pair.split("=", 1)
                self.environment[key] = value.replace("$PATH", self.environment["PATH"])
        elif name == "USER":
            self.user = rest
        elif name == "VOLUME":
            self.volumes.append(rest)
        elif name == "HEALTHCHECK":
            self.healthcheck = command(rest[rest.index("CMD ") + 4 :].strip())
        elif name in {"ENTRYPOINT", "CMD"}:
            setattr(self, "entrypoint" if name == "ENTRYPOINT" else "command", command(rest))
        else:
            assert name == "EXPOSE", f"this engine does not know {name}"


class Engine:
    """Builds and runs in a mount namespace of its own. Needs root.

    Args:
        folder: an empty folder to work in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        keep = f"mount -t tmpfs none {folder} && echo ready && read _"
        self._keeper = subprocess.Popen(
            ["/usr/bin/unshare", "--mount", "--propagation", "private", "sh", "-c", keep],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._keeper.stdout is not None
        assert self._keeper.stdout.readline() == b"ready\n", "these tests need root, and a kernel with overlays"
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._keeper.communicate(b"\n", timeout=allow(10))  # the mounts go with the last process in them

    def inside(self, *words: str | Path) -> list[str]:
        """The command that does this where our mounts are."""
        return ["nsenter", f"--mount=/proc/{self._keeper.pid}/ns/mnt", *map(str, words)]

    def do(self, *words: str | Path) -> None:
        self._say(self.inside(*words))

    @staticmethod
    def _say(words: Sequence[str]) -> str:
        ended = subprocess.run(
            words, check=False, capture_output=True, text=True, timeout=allow(600), env={"PATH": _PATH}
        )
        assert ended.returncode == 0, f"{shlex.join(words)}: {ended.stdout[-3000:]}{ended.stderr[-3000:]}"
        return ended.stdout

    def base(self) -> Path:
        """A machine with this Python as `python`, as a base image has it; its root folder."""
        self._count += 1
        made = self.folder / str(self._count)
        upper, work, merged = made / "upper", made / "work", made / "merged"
        self.do("mkdir", "-p", upper, work, merged)
        self.do(
            "mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", merged
        )  # fmt: skip
        for special in ("proc", "dev"):
            self.do("mount", "--rbind", f"/{special}", merged / special)
        for parent in _PYTHON.parents:  # everybody may use a base image's Python, wherever this machine keeps its own
            self.do("chmod", "o+rx", f"{merged}{parent}")
        return merged

    def run(self, stage: Stage, words: Sequence[str]) -> str:
        """A step of a build, as root, with the way to the registry."""
        way = {name: value for name, value in os.environ.items() if name.startswith(_TO_THE_REGISTRY)}
        given = [f"{name}={value}" for name, value in {**way, **stage.environment}.items()]
        return self._say(self.inside("chroot", stage.files, "env", "-i", f"--chdir={stage.folder}", *given, *words))

    def build(self, dockerfile: str) -> Stage:
        """Carry out a Dockerfile's own lines, one after the other; the last stage."""
        stages: dict[str, Stage] = {}
        stage = Stage(Path())
        for name, rest in instructions(dockerfile):
            if name == "FROM":
                stage = stages[rest.split()[-1]] = Stage(self.base())
            elif name == "RUN":
                self.run(stage, command(rest))
            elif name == "COPY":
                self._copy(stage, rest.split(), stages)
            elif name == "WORKDIR":
                stage.folder = rest
                self.do("mkdir", "-p", f"{stage.files}{rest}")
            else:
                stage.note(name, rest)
        return stage

    def _copy(self, stage: Stage, words: Sequence[str], stages: Mapping[str, Stage]) -> None:
        *sources, target = [word for word in words if not word.startswith("--")]
        origin = "".join(word.removeprefix("--from=") for word in words if word.startswith("--from="))
        start = stages[origin].files if origin else ROOT
        to = f"{stage.files}{target if target.startswith('/') else f'{stage.folder}/{target}'}"
        for source in sources:
            # A folder's content is copied, a file goes into the folder.
            script = 'if [ -d "$0" ]; then mkdir -p "$1" && cp -a "$0/." "$1"; else cp -a "$0" "$1"; fi'
            self.do("sh", "-c", script, f"{start}/{source}", to)

    def container(self, stage: Stage, data: str) -> Path:
        """The files a container sees: read-only but for /tmp and the volume; its root folder."""
        self._count += 1
        root = self.folder / str(self._count)
        self.do("mkdir", root)
        self.do("mount", "--rbind", stage.files, root)
        self.do("mount", "-o", "remount,bind,ro", root)
        self.do("mount", "-t", "tmpfs", "-o", "mode=1777,nosuid,nodev,noexec", "tmpfs", root / "tmp")
        for volume in stage.volumes:
            self.do("mkdir", "-p", self.folder / data)
            self.do("chown", stage.user, self.folder / data)
            self.do("mount", "--bind", self.folder / data, f"{root}{volume}")
        return root

    def words_in(self, root: Path, stage: Stage, words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """The command that runs this in a container: as the image's user, and without capabilities."""
        user, group = stage.user.split(":")
        given = [f"{name}={value}" for name, value in {**stage.environment, **environment}.items()]
        return self.inside(
            *("chroot", root, "setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"),
            *("--bounding-set=-all", "--inh-caps=-all"),
            *("env", "-i", f"--chdir={stage.folder}", *given, *words),
        )
