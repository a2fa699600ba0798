"""`make setup`: installs what a lock file names with pip, and says every few seconds how far it is.

Needs nothing but the Python of the environment it installs into. All that pip says goes to a file. What pip calls an
error is shown at once, all else only if it fails: with package sources of one's own, pip warns at every package.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic

_EVERY = 10.0  # seconds between two lines
_LAST_LINES = 25
_COLLECTED = re.compile(r"Collecting ([A-Za-z0-9._-]+)")
_TROUBLE = re.compile(r"(error:|WARNING: Retrying|WARNING: Connection)")


class Progress:
    """How far pip is, by what it says.

    Args:
        total: packages that the lock file names; those for other platforms are taken off as pip says so.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.fetched = 0
        self.now = ""
        self.unpacking = False

    def hear(self, line: str) -> None:
        """Take one line of pip's into account."""
        text = line.strip()
        if found := _COLLECTED.match(text):
            self.fetched += 1
            self.now = found[1]
        elif text.startswith("Ignoring "):
            self.total -= 1
        elif text.startswith("Installing collected packages"):
            self.unpacking = True

    def told(self, seconds: float) -> str:
        """The line for people."""
        if self.unpacking:
            return f"  {seconds:3.0f} s: all {self.total} packages are here, and are being unpacked"
        if not self.fetched:
            return f"  {seconds:3.0f} s: pip is starting"
        return f"  {seconds:3.0f} s: package {self.fetched} of {self.total}, {self.now}"


def install(arguments: list[str], *, log: Path, total: int = 1) -> int:
    """Run `pip install` with these arguments, and tell how it goes; pip's exit code."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        *arguments,
    ]
    progress, began, ended = Progress(total), monotonic(), threading.Event()

    def tell() -> None:
        while not ended.wait(_EVERY):
            say(progress.told(monotonic() - began))

    last: list[str] = []
    shown = False
    with (
        log.open("a", encoding="utf-8") as file,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as pip,
    ):
        threading.Thread(target=tell, daemon=True).start()
        assert pip.stdout is not None  # noqa: S101 - it was asked for
        for line in pip.stdout:
            file.write(line)
            last = [*last, line][-_LAST_LINES:]
            progress.hear(line)
            shown = shown or line.startswith("ERROR")
            if shown or _TROUBLE.match(line.strip()):  # what follows an error explains it
                say(f"  {line.rstrip()}")
        ended.set()
    if pip.returncode != 0:
        if not shown:
            say("".join(last).rstrip())
        say(f"pip ended with code {pip.returncode}; all it said is in {log}. Correct what it complains of (often the")
        say("network, or a proxy that pip must be told of), and run `make setup` again: it goes on from where it was.")
    return pip.returncode


def say(text: str) -> None:
    """Print at once, in a pipe, too."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Install the lock file's packages, then the hub and its sandbox, editable."""
    parser = argparse.ArgumentParser(description="Install a hashed lock file, then the hub and its sandbox.")
    parser.add_argument("lock", type=Path)
    parser.add_argument("--log", type=Path, required=True, help="for everything that pip says")
    chosen = parser.parse_args()
    total = len(re.findall(r"^[a-zA-Z0-9]", chosen.lock.read_text("utf-8"), re.MULTILINE))
    chosen.log.write_text("", encoding="utf-8")
    began = monotonic()
    say(f"Installing up to {total} packages into {sys.prefix}, each checked against its hash.")
    say("This takes a minute or two the first time, and seconds after that.")
    code = install(["--require-hashes", "-r", str(chosen.lock)], log=chosen.log, total=total)
    if code == 0:
        own = ["--no-deps", "--no-build-isolation", "--no-index", "--editable", ".", "--editable", "./sandbox"]
        code = install(own, log=chosen.log)
    if code == 0:
        say(f"Installed in {monotonic() - began:.0f} s.")
    return code


if __name__ == "__main__":
    sys.exit(main())
