"""Starting processes: `bdh up` (everything on one machine), `bdh serve`, `bdh worker`, `bdh beat`."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from boeing_data_hub import plugins
from boeing_data_hub.app import Hub
from boeing_data_hub.cli import local, output
from boeing_data_hub.cli.machine.process_group import ChildStatus
from boeing_data_hub.cli.machine.system import QUEUES, System, SystemPlan
from boeing_data_hub.cli.operate import with_hub
from boeing_data_hub.db import api_keys, audit, sessions
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import BadInput, Conflict, HubError
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.wake_ups import require_usable


def become(module: str, *arguments: str) -> NoReturn:
    """Replace this process, so that the service has nothing of the CLI in memory and receives signals directly."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - our own module


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Default: HUB_HOST, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: HUB_PORT, else 8000.")] = None,
) -> None:
    """Run one API process."""
    with_hub(lambda hub: (hub.settings.postgres_url, hub.settings.broker_url))
    arguments = [*(["--host", host] if host else []), *(["--port", str(port)] if port is not None else [])]
    become("boeing_data_hub.web", *arguments)


def worker(
    queues: Annotated[list[str], typer.Argument(help=f"One or more of {', '.join(QUEUES)}.")],
    *,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=64, help="Threads per queue. Default: the CELERY_*_CONCURRENCY settings.")
    ] = None,
) -> None:
    """Run one worker process for one or more queues."""

    def check(hub: Hub) -> None:
        known = [stage.value for stage in Stage]
        if wrong := [queue for queue in queues if queue not in known]:
            raise BadInput(f"Unknown queue: {', '.join(wrong)}. Queues are {', '.join(known)}.", code="no_such_queue")
        _ = hub.settings.postgres_url, hub.settings.broker_url, hub.boeing_limit
        if Stage.PUBLISHING in queues:
            _ = hub.shop.access

    with_hub(check)
    become("boeing_data_hub.worker", *queues, *(["--concurrency", str(concurrency)] if concurrency else []))


def beat() -> None:
    """Run the scheduler."""
    with_hub(lambda hub: hub.settings.broker_url)
    become("boeing_data_hub.worker", "beat")


def local_key(url: str, data_dir: Path) -> tuple[str, bool]:
    """The local operator's key, and whether it is new. The key in the data folder is used while it is valid."""
    database = Database(url, size=1, name="bdh-up")
    try:
        path = data_dir / local.KEY_FILE
        kept = path.read_text().strip() if path.exists() else ""
        if kept and database.run(lambda work: api_keys.find(work, kept)) is not None:
            return kept, False

        def step(work: Work) -> str:
            record, key = api_keys.create(work, name="local operator", scopes=["admin"])
            audit.record(work, actor="bdh up", action="key.create", target=record.id, details={"scopes": ["admin"]})
            return key

        key = database.run(step)
        local.keep_key(data_dir, key)
        return key, True
    finally:
        database.close()


def sign_in_link(url: str, key: str, address: str) -> str:
    """A one-time link into the console. It grants what a key grants, so it is short-lived."""
    database = Database(url, size=1, name="bdh-up")
    try:

        def step(work: Work) -> str:
            record = api_keys.find(work, key)
            assert record is not None  # noqa: S101 - found or made a moment ago
            return sessions.make_link(work, record.id)

        return f"{address}/sign-in/{database.run(step)}"
    finally:
        database.close()


def print_console(link: str) -> None:
    """Print the address of the console."""
    output.say(f"Console: {link} (signs you in once, within {sessions.LINK_MINUTES} minutes)")


def stop_on_signals() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def print_exit(child: ChildStatus) -> None:
    """Print that a process ended and is being restarted."""
    output.note(f"{child.name} ended (exit code {child.exit_code}); restarting it. Nothing is lost.")


@contextmanager
def _noted(data_dir: Path, system: System) -> Generator[None]:
    try:  # a Ctrl-C may come as soon as the file exists
        local.keep_addresses(data_dir, system)
        yield
    finally:
        local.forget_addresses(data_dir)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"Cannot create the data folder {folder}: {error.strerror}. Nothing was started. Set HUB_DATA_DIR.",
            code="data_dir_unusable",
        ) from error


def _check_free(host: str, port: int) -> None:
    """Check that the port is free. Else the API would be restarted forever, and another program taken for it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise Conflict(
            f"The API cannot listen at {host}, port {port}: {error.strerror}. Nothing was started. "
            "Choose another with --port or --host.",
            code="port_not_free",
        ) from error


def _system(plan: SystemPlan, *, stand_ins: bool) -> System:
    """The system that `bdh up` starts: the hub alone if its services are configured, else with those of the sandbox."""
    has_broker = plan.settings.get("REDIS_URL") or plan.settings.get("CELERY_BROKER_URL")
    if plan.settings.get("DATABASE_URL") and has_broker and not stand_ins:
        return System(plan)
    purpose = "`bdh up --sandbox`" if stand_ins else "`bdh up` without both DATABASE_URL and REDIS_URL"
    return plugins.require("system", purpose=purpose).load()(plan, stand_ins=stand_ins)


def up(
    *,
    port: Annotated[int | None, typer.Option(help="The API's port. Default: HUB_PORT, else 8000.")] = None,
    host: Annotated[str | None, typer.Option(help="The API's address. Default: HUB_HOST, else 127.0.0.1.")] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Use sandboxes of Boeing and Shopify.")] = False,
    extraction_workers: Annotated[int, typer.Option(min=1, max=16, help="Extraction worker processes.")] = 1,
) -> None:
    """Run everything on this machine: API, workers and scheduler.

    Starts Postgres and Redis, too, unless their addresses are set. Ctrl-C stops everything.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C, so that a start that hangs can be ended
    try:
        settings = local.checked(Settings())
        data_dir = local.data_dir(settings)
        configured = {
            name: value.get_secret_value()
            for name, value in (
                ("DATABASE_URL", settings.database_url),
                ("REDIS_URL", settings.redis_url),
                ("CELERY_BROKER_URL", settings.celery_broker_url),
            )
            if value is not None
        }
        plan = SystemPlan(
            data_dir=data_dir,
            settings=configured,
            host=host or settings.hub_host,
            port=settings.hub_port if port is None else port,
            workers={"extraction": extraction_workers, "normalization": 1, "publishing": 1, "default": 1},
        )
        system = _system(plan, stand_ins=sandbox)
        _make(data_dir)
        if settings.redis_url is not None or settings.celery_broker_url is not None:
            require_usable(settings.broker_url)
        _check_free(plan.host, plan.port)
        output.note("Starting ...")
        with system, _noted(data_dir, system):
            key, is_new = local_key(system.environment["DATABASE_URL"], data_dir)
            system.wait_until_ready()
            stop = stop_on_signals()
            output.say(f"The hub is ready at {system.url} (API schema: /openapi.json).")
            print_console(sign_in_link(system.environment["DATABASE_URL"], key, system.url + settings.prefix))
            if is_new:
                output.say(f"API key of this machine's operator, shown once: {key}")
            output.say(
                f"The CLI on this machine finds it in {data_dir / local.KEY_FILE}. Logs: {system.logs}. Ctrl-C stops."
            )
            system.group.watch(stop, on_exit=print_exit)
            output.note("Stopping ...")
    except HubError as error:
        output.fail(error)
