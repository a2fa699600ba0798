"""Celery's own tools, run for real: `celery -A boeing_data_hub.worker.app inspect`, `worker`, `beat`, `flower`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.support.patience import allow

from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.errors import BadInput
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.wake_ups import WakeUps
from boeing_data_hub.worker.foreman import check_options, chosen_queues

QUEUES = [stage.value for stage in Stage]


class Tools:
    """Runs and starts `celery -A boeing_data_hub.worker.app ...` with the hub's settings."""

    def __init__(self, settings: dict[str, str], folder: Any) -> None:
        self.environment = {**os.environ, "HUB_LOG_FORMAT": "json", "HUB_SWEEP_SECONDS": "0.5", **settings}
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "celery", "-A", "boeing_data_hub.worker.app", *arguments]

    def run(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            self.command(*arguments), env=self.environment, cwd=self.folder, capture_output=True, text=True,
            timeout=allow(60), check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def start(self, *arguments: str, module: str | None = None) -> Any:
        log = self.folder / f"{len(self.started)}.log"
        command = [sys.executable, "-m", module, *arguments] if module else self.command(*arguments)
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env=self.environment, cwd=self.folder, stdout=output, stderr=subprocess.STDOUT
            )
        process.told = log.read_text  # type: ignore[attr-defined]
        self.started.append(process)
        return process


@pytest.fixture
def tools(tmp_path, database_url, server) -> Iterator[Tools]:
    made = Tools({"DATABASE_URL": database_url, "REDIS_URL": server.url}, tmp_path)
    yield made
    for process in made.started:
        process.terminate()
    for process in made.started:
        try:
            process.wait(timeout=allow(10))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.mark.services
def test_flower_and_inspect_show_every_worker_however_it_was_started(tools, wait, database):
    """Two by `bdh worker`, two by `celery worker`; they beat, take wake-ups, and answer over the prefix."""
    workers = [
        tools.start("extraction", module="boeing_data_hub.worker"),
        tools.start("default", module="boeing_data_hub.worker"),
        tools.start("worker", "-Q", "normalization"),
        tools.start("worker", "-Q", "publishing", "--concurrency", "3"),
    ]
    beat = tools.start("beat")
    port = free_port()
    flower = tools.start("flower", "--address=127.0.0.1", f"--port={port}")
    for worker in workers:
        wait.until(
            lambda worker=worker: "ready." in worker.told() or worker.poll() is not None, seconds=60, what="ready"
        )
        assert worker.poll() is None, worker.told()

    # In Postgres, as the hub itself sees them; who has swept says so there, too.
    def served() -> bool:
        rows = database.run(lambda work: work.rows("SELECT queues FROM hub.workers"))
        return sorted(queue for row in rows for queue in row["queues"] if queue in QUEUES) == sorted(QUEUES)

    wait.until(served, what="four heartbeats")

    code, told = tools.run("inspect", "ping", "--json")
    assert code == 0, told
    answers = json.loads(told[told.index("{") : told.rindex("}") + 1])
    assert len(answers) == 4
    _, told = tools.run("inspect", "active_queues", "--json")
    found = json.loads(told[told.index("{") : told.rindex("}") + 1])
    assert sorted(queue["name"] for one in found.values() for queue in one) == sorted(QUEUES)
    _, told = tools.run("control", "add_consumer", "publishing")
    assert "This worker serves" in told
    _, told = tools.run("inspect", "stats")
    assert '"max-concurrency": 3' in told

    # By Flower: its list, and what it knows of each.
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=allow(10), trust_env=False) as client:

        def listed() -> Any:
            try:
                answer = client.get("/workers", params={"json": "1"})
                rows = answer.json()["data"] if answer.status_code == 200 else []
            except (httpx2.TransportError, ValueError):
                return False
            return rows if len(rows) == 4 and all(row["status"] for row in rows) else False

        rows = wait.until(listed, seconds=60, what=f"four workers in Flower {flower.told()}")
        assert {row["hostname"].split(".")[0] for row in rows} == set(QUEUES)

    # The scheduler's wake-ups are taken, by the worker of that queue only.
    wake_ups = WakeUps(tools.environment["REDIS_URL"])
    wake_ups.send(Stage.PUBLISHING, 3)
    wait.until(lambda: all(wake_ups.waiting(stage) == 0 for stage in Stage), what="empty queues")
    wake_ups.close()
    swept = "SELECT count(*) FROM hub.workers WHERE 'sweep' = ANY(queues)"
    wait.until(lambda: database.run(lambda work: work.value(swept)), what="a sweep")
    assert beat.poll() is None, beat.told()
    workers[2].terminate()
    assert workers[2].wait(timeout=allow(20)) == 0, workers[2].told()
    wait.until(
        lambda: (
            not database.run(lambda w: w.value("SELECT count(*) FROM hub.workers WHERE 'normalization' = ANY(queues)"))
        ),
        what="the sign-off",
    )


@pytest.mark.services
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-P", "prefork"], "threads"),
        (["--pool=processes"], "threads"),
        (["-P", "solo"], "threads"),
        (["--autoscale=4,1"], "--concurrency"),
        (["-B"], "bdh beat"),
        (["--time-limit=5"], "no effect on threads"),
        (["--max-tasks-per-child=5"], "no effect on threads"),
        (["-Q", "extractoin"], "There is no queue extractoin"),
    ],
)
def test_what_would_break_a_worker_is_refused_in_words_before_anything_starts(tools, arguments, words, database):
    code, told = tools.run("worker", *arguments)
    assert code == 2
    assert words in told
    assert "Nothing was started" in told
    assert "Traceback" not in told
    assert database.run(lambda work: work.value("SELECT count(*) FROM hub.workers")) == 0


def test_without_an_address_the_tools_say_what_is_missing(tmp_path):
    code, told = Tools({"REDIS_URL": "", "CELERY_BROKER_URL": ""}, tmp_path).run("inspect", "ping")
    assert code != 0
    assert "REDIS_URL is not set" in told
    assert "Traceback" not in told


def test_an_address_that_cannot_be_used_is_named_without_its_password(tmp_path):
    code, told = Tools({"REDIS_URL": "sentinel://:canary@cache:26379/0"}, tmp_path).run("inspect", "ping")
    assert code != 0
    assert "Sentinel" in told
    assert "canary" not in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("wanted", "left_out", "chosen"),
    [
        (None, None, QUEUES),
        ("", None, QUEUES),
        ("extraction", None, ["extraction"]),
        ("extraction, default,extraction", None, ["extraction", "default"]),
        (["publishing"], [], ["publishing"]),
        (None, "publishing,default", [each for each in QUEUES if each not in {"publishing", "default"}]),
    ],
)
def test_queues_are_chosen_as_celery_s_options_say(wanted, left_out, chosen):
    assert chosen_queues(wanted, left_out) == chosen


@pytest.mark.parametrize("wanted", ["celery", "extraction,other"])
def test_an_unknown_queue_is_rejected(wanted):
    with pytest.raises(BadInput, match="There is no queue"):
        chosen_queues(wanted)


@pytest.mark.parametrize("pool", ["prefork", "processes", "solo", "gevent", "eventlet", "custom"])
def test_no_other_pool_is_possible(pool):
    with pytest.raises(BadInput, match="threads"):
        check_options({"pool": pool})


def test_threads_may_be_asked_for_by_name():
    check_options({"pool": "threads"})
    check_options({"pool_cls": None, "concurrency": 4, "task_events": True})
