from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx2
import pytest
from tests.support.patience import allow

from boeing_data_hub.cli.output import ExitCode

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody can tell which processes are left"),
]


class Lines:
    """What a running command has said so far."""

    def __init__(self, stream) -> None:
        self.text = ""
        self._thread = threading.Thread(target=self._read, args=[stream], daemon=True)
        self._thread.start()

    def _read(self, stream) -> None:
        for line in stream:
            self.text += line.decode()


def _processes(folder: Path) -> dict[int, str]:
    """Those that were started for the hub in this folder: its name is in their command or their environment."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            known = command + (entry / "environ").read_bytes() + os.fsencode((entry / "cwd").readlink())
        except OSError:  # it ended meanwhile, or is a zombie
            continue
        if os.fsencode(folder) in known:
            found[int(entry.name)] = command.replace(b"\0", b" ").decode()
    return found


@pytest.fixture
def up(bdh, data_dir, started, wait):
    """Starts `bdh up --sandbox` on the folder; the process, what it says, and its address."""
    bdh.environment["HUB_DATA_DIR"] = str(data_dir)

    def start(**environment: str) -> tuple[subprocess.Popen[bytes], Lines, Lines]:
        process = started(bdh.start("up", "--sandbox", "--port", "0", **environment))
        out, err = Lines(process.stdout), Lines(process.stderr)
        wait.until(lambda: "Ctrl-C stops" in out.text or process.poll() is not None, what="the hub's start")
        assert process.poll() is None, err.text
        return process, out, err

    return start


def _pid_of(words: str, folder: Path) -> int:
    return next(pid for pid, command in _processes(folder).items() if words in command)


def test_it_starts_runs_recovers_stops_and_starts_again_with_its_data(up, bdh, data_dir, wait):
    process, out, err = up()
    url = re.search(r"ready at (http://127\.0\.0\.1:\d+)", out.text).group(1)
    key = re.search(r"shown once: (bdh_\S+)", out.text).group(1)
    assert (data_dir / "api-key").read_text().strip() == key
    link = re.search(r"^Console: (http://127\.0\.0\.1:\d+/sign-in/\S+) ", out.text, re.MULTILINE).group(1)
    answers = [httpx2.post(link, headers={"Origin": url}, trust_env=False).status_code for _ in range(2)]
    assert answers == [303, 410]
    for name in ("api-key", "running.json"):
        assert (data_dir / name).stat().st_mode & 0o077 == 0

    # The CLI of this machine finds the hub's address and key by itself, and its database.
    searched = bdh("search", "UP-1", "UP-2", "--json")
    assert searched.code == 0, searched.err
    assert searched.json["normalized_count"] == 2
    assert bdh("doctor").code == 0
    assert key.split("_")[1] in bdh("keys", "list").out

    # A killed worker is reported, and another does its work.
    killed = _pid_of("boeing_data_hub.worker extraction", data_dir)
    os.kill(killed, signal.SIGKILL)
    wait.until(lambda: "extraction ended (exit code -9); restarting it" in err.text, what="the remark")
    assert bdh("search", "UP-3", "--json").json["normalized_count"] == 1

    process.terminate()
    assert process.wait(allow(20)) == 0
    assert _processes(data_dir) == {}
    assert not (data_dir / "running.json").exists()
    assert bdh("search", "UP-1", HUB_API_URL=url, HUB_API_KEY=key).code == ExitCode.UNREACHABLE
    # Nobody knows who answers at that address now, so the kept key does not go there.
    assert bdh("search", "UP-1", HUB_API_URL=url).code == ExitCode.CREDENTIALS

    # The second start: same key, same data. Then it is killed, and takes everything with it.
    process, out, _ = up()
    assert "shown once" not in out.text
    assert (data_dir / "api-key").read_text().strip() == key
    listed = bdh("batches", "list", "--json").json
    assert listed["total"] == 2
    process.kill()
    wait.until(lambda: not _processes(data_dir), seconds=10, what="the end of every process")


def test_it_can_be_ended_while_it_starts(bdh, data_dir, started, wait):
    process = started(bdh.start("up", "--sandbox", "--port", "0", HUB_DATA_DIR=str(data_dir)))
    err = Lines(process.stderr)
    wait.until(lambda: "Starting" in err.text and (data_dir / "running.json").exists(), what="the middle of its start")
    process.terminate()
    assert process.wait(allow(20)) == 130
    assert "Traceback" not in err.text
    assert _processes(data_dir) == {}
    assert not (data_dir / "running.json").exists()


def test_a_taken_port_is_reported_before_anything_is_started(bdh, data_dir):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        refused = bdh.process("up", "--sandbox", "--port", port, HUB_DATA_DIR=str(data_dir))
    assert refused.code == 6
    assert port in refused.err
    assert list(data_dir.iterdir()) == []


def test_the_demo_searches_its_list_tells_what_it_found_and_leaves_nothing(bdh, data_dir, tmp_path, monkeypatch):
    # What stands here for the real hub, right or wrong, must not reach a demo.
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path(".env").write_text(
        "HUB_PORT=eighty\nBOEING_BATCH_SIZE=1000\nDATABASE_URL=postgresql://real@127.0.0.1:1/real\nHUB_VENDOR=Real\n"
        "SHOPIFY_CLIENT_ID=real\nHUB_PUBLIC_URL=https://real.example/hub\nHUB_DIGEST_EMAIL_TO=boss@real.example\n"
    )
    ended = bdh.process("demo", "--limit", "100000", TMPDIR=str(data_dir), hub_sweep_seconds="often", HUB_KEEP="x")
    assert ended.code == 0, ended.err
    assert re.search(r"^3,342 part numbers searched in \d+ s$", ended.out, re.MULTILINE)
    rows = re.findall(r"^ +([\d,]+)  (.+)$", ended.out, re.MULTILINE)
    told = [(words, int(number.replace(",", ""))) for number, words in rows]
    assert sum(number for words, number in told if words.startswith(("found", "not for sale", "failed"))) == 3342
    assert next(number for words, number in told if words.startswith("Boeing calls used")) == 335
    # Nearly all have an image, and the store says that it fetched it.
    assert re.search(r"^   3,223  products in the store", ended.out, re.MULTILINE)
    assert next(number for words, number in told if words.startswith("have their image")) == 3174
    assert "49 without one at Boeing have the placeholder" in ended.out
    assert _processes(data_dir) == {}
    assert list(data_dir.iterdir()) == []
