"""Where no systemd runs: a stand-in that starts, watches and stops what the units say, by systemd's protocol."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.ops.trial import Outside, answers, search_and_publish, until
from tests.ops.unit_files import FOLDER, Unit, read
from tests.support.patience import Deadline, allow

from boeing_data_hub.cli.machine.children import end_all, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.clock import monotonic
from boeing_data_hub.values.states import Stage

BIN = Path(sys.executable).parent


class Machine:
    """Does what systemd does with a unit: environment, socket, start, signal.

    Args:
        folder: for data, logs and sockets.
        settings: what stands in hub.env.
        secrets: what stands in files of their own.
        walls: the start of a command that shuts the rest of it in, for a unit; None: nothing does.
    """

    def __init__(
        self,
        folder: Path,
        settings: dict[str, str],
        walls: Callable[[Unit], list[str]] | None = None,
        *,
        secrets: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._secrets = secrets or {}
        self._settings = settings
        self._walls = walls or (lambda _unit: [])
        self._running: dict[str, tuple[Unit, subprocess.Popen[bytes], socket.socket]] = {}

    def environment(self, unit: Unit) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
        given = {**unit.environment, "HUB_DATA_DIR": str(self.folder / "data"), **self._settings}
        given = {name: value for name, value in given.items() if name not in unit.unset}
        return {**kept, **given, "CREDENTIALS_DIRECTORY": str(self._credentials(unit))}

    def _credentials(self, unit: Unit) -> Path:
        """The unit's own secrets, one file each; empty where there is none."""
        folder = self.folder / f"{unit.name}.credentials"
        folder.mkdir(exist_ok=True)
        for name in unit.credentials:
            (folder / name).write_text(self._secrets.get(name, ""))
        return folder

    def run(self, unit: Unit) -> None:
        subprocess.run(
            [*self._walls(unit), *unit.command(BIN)],
            env=self.environment(unit),
            check=True,
            timeout=allow(60),
            cwd=self.folder,
        )

    def start(self, unit: Unit) -> None:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self.folder / f"{unit.name}.socket"
        listening.bind(str(path))
        environment = {**self.environment(unit), "NOTIFY_SOCKET": str(path)}
        process = spawn(
            [*self._walls(unit), *unit.command(BIN)],
            env=environment,
            cwd=self.folder,
            stdout=self.folder / f"{unit.name}.log",
        )
        self._running[unit.name] = unit, process, listening

    def told(self, name: str, word: bytes, seconds: float) -> None:
        _, process, listening = self._running[name]
        deadline = Deadline(seconds)
        heard = b""
        while word not in heard:
            assert process.poll() is None or word == b"STOPPING=1", self.logs()
            assert not deadline.passed, f"{name} never said {word!r}: {heard!r}\n{self.logs()}"
            listening.settimeout(1)
            try:
                heard += listening.recv(1000)
            except TimeoutError:
                continue

    def logs(self) -> str:
        return "\n".join(f"{p.name}: {p.read_text()[-1500:]}" for p in sorted(self.folder.glob("*.log")))

    def stop_all(self) -> dict[str, tuple[int, float]]:
        """The target's stop: everybody at once; how each ended, and after how long."""
        began = monotonic()
        for _, process, _ in self._running.values():
            process.send_signal(signal.SIGTERM)
        ended = {}
        for name, (unit, process, _) in self._running.items():
            code = process.wait(timeout=unit.seconds("TimeoutStopSec"))
            ended[name] = code, monotonic() - began
            self.told(name, b"STOPPING=1", 1)
        return ended

    def do_the_job(self, outside: Outside) -> dict[str, tuple[int, float]]:
        """Tables, start, a small search and publishing, signs of life, stop; how each ended."""
        port = free_port()
        self.run(read(FOLDER / "bdh-db-upgrade.service"))
        units = [
            read(FOLDER / "bdh-api@.service", str(port)),
            *(read(FOLDER / f"bdh-{stage.value}@.service", "1") for stage in Stage),
            read(FOLDER / "bdh-beat.service"),
        ]
        for unit in units:
            self.start(unit)
        for unit in units:
            self.told(unit.name, b"READY=1", unit.seconds("TimeoutStartSec"))
        api = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{api}/ready"), "readiness", told=self.logs)
        made = subprocess.run(
            [BIN / "bdh", "keys", "create", "test", "--scope", "admin"],
            env=self.environment(units[0]),
            check=True,
            capture_output=True,
            text=True,
            cwd=self.folder,
        )
        search_and_publish(api, made.stdout.strip(), outside.store, self.logs)
        for unit in units:
            self.told(unit.name, b"WATCHDOG=1", unit.seconds("WatchdogSec") / 2)
        return self.stop_all()

    def close(self) -> None:
        end_all([process for _, process, _ in self._running.values()], timeout=allow(5))
        for _, _, listening in self._running.values():
            listening.close()
