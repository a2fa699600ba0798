"""Starting things: `bdh up` (everything on one machine), `bdh serve`, `bdh worker`, `bdh beat`, `bdh sandbox`."""

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

from boeing_data_hub.cli import local, output
from boeing_data_hub.cli.operate import with_hub
from boeing_data_hub.errors import BadInput, Conflict, HubError
from boeing_data_hub.hub import Hub
from boeing_data_hub.model.states import Stage
from boeing_data_hub.sandbox.services.keeper import ChildStatus
from boeing_data_hub.sandbox.system import QUEUES, System, SystemPlan
from boeing_data_hub.settings import Settings
from boeing_data_hub.store import audit, keys, sessions
from boeing_data_hub.store.work import Database, Work

sandbox = typer.Typer(no_args_is_help=True, help="Stand-ins for the outside APIs.")


def _become(module: str, *arguments: str) -> NoReturn:
    """Replace this process, so that a service carries nothing of the CLI and a signal reaches it directly."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", f"boeing_data_hub.{module}", *arguments])  # noqa: S606 - our own module


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Default: HUB_HOST, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: HUB_PORT, else 8000.")] = None,
) -> None:
    """Run one API process."""
    with_hub(lambda hub: (hub.settings.postgres_url, hub.settings.broker_url))
    arguments = [*(["--host", host] if host else []), *(["--port", str(port)] if port is not None else [])]
    _become("web", *arguments)


def worker(
    queues: Annotated[list[str], typer.Argument(help=f"One or more of {', '.join(QUEUES)}.")],
    *,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=64, help="Threads per queue. Default: the CELERY_*_CONCURRENCY settings.")
    ] = None,
) -> None:
    """Run one worker process for some queues."""

    def check(hub: Hub) -> None:
        known = [stage.value for stage in Stage]
        if wrong := [queue for queue in queues if queue not in known]:
            raise BadInput(
                f"There is no queue {', '.join(wrong)}. Queues are {', '.join(known)}.", code="no_such_queue"
            )
        _ = hub.settings.postgres_url, hub.settings.broker_url, hub.boeing_limit
        if Stage.PUBLISHING in queues:
            _ = hub.shop.access

    with_hub(check)
    _become("worker", *queues, *(["--concurrency", str(concurrency)] if concurrency else []))


def beat() -> None:
    """Run the scheduler, which hints every few seconds that it is time to sweep."""
    with_hub(lambda hub: hub.settings.broker_url)
    _become("worker", "beat")


@sandbox.command(
    "boeing",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def boeing_sandbox(context: typer.Context) -> None:
    """Run a stand-in for Boeing (options: `bdh sandbox boeing --help`)."""
    _become("sandbox.boeing", *context.args)


@sandbox.command(
    "shopify",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def shopify_sandbox(context: typer.Context) -> None:
    """Run a stand-in for Shopify (options: `bdh sandbox shopify --help`)."""
    _become("sandbox.shopify", *context.args)


def local_key(url: str, data_dir: Path) -> tuple[str, bool]:
    """The local operator's key, and whether it is new: the one kept in the data folder is used while it works."""
    database = Database(url, size=1, name="bdh-up")
    try:
        path = data_dir / local.KEY_FILE
        kept = path.read_text().strip() if path.exists() else ""
        if kept and database.run(lambda work: keys.find(work, kept)) is not None:
            return kept, False

        def step(work: Work) -> str:
            record, key = keys.create(work, name="local operator", scopes=["admin"])
            audit.record(work, actor="bdh up", action="key.create", target=record.id, details={"scopes": ["admin"]})
            return key

        key = database.run(step)
        local.keep_key(data_dir, key)
        return key, True
    finally:
        database.close()


def sign_in_link(url: str, key: str, address: str) -> str:
    """A link into the console that works once: what a key opens, it opens too, so it is as short-lived as it can be."""
    database = Database(url, size=1, name="bdh-up")
    try:

        def step(work: Work) -> str:
            record = keys.find(work, key)
            assert record is not None  # noqa: S101 - found or made a moment ago
            return sessions.make_link(work, record.id)

        return f"{address}/sign-in/{database.run(step)}"
    finally:
        database.close()


def tell_console(link: str) -> None:
    """Say where the console is."""
    output.say(f"Console: {link} (signs you in once, within {sessions.LINK_MINUTES} minutes)")


def stop_on_signals() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def tell_exit(child: ChildStatus) -> None:
    """Say that a process ended and is started again."""
    output.note(f"{child.name} ended (exit code {child.exit_code}); it is started again. Nothing is lost.")


@contextmanager
def _noted(data_dir: Path, system: System) -> Generator[None]:
    try:  # a Ctrl-C may come as soon as the file is there
        local.keep_addresses(data_dir, system)
        yield
    finally:
        local.forget_addresses(data_dir)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"The data folder {folder} cannot be made: {error.strerror}. Nothing was started. Set HUB_DATA_DIR.",
            code="data_dir_unusable",
        ) from error


def _check_free(host: str, port: int) -> None:
    """Else the API would be started again and again, and whatever holds the port be taken for it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise Conflict(
            f"The API cannot listen at {host}, port {port}: {error.strerror}. Nothing was started. "
            "Choose another with --port or --host.",
            code="port_not_free",
        ) from error


def up(
    *,
    port: Annotated[int | None, typer.Option(help="The API's port. Default: HUB_PORT, else 8000.")] = None,
    host: Annotated[str | None, typer.Option(help="The API's address. Default: HUB_HOST, else 127.0.0.1.")] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Stand-ins instead of the real outside APIs.")] = False,
    extraction_workers: Annotated[int, typer.Option(min=1, max=16, help="Extraction worker processes.")] = 1,
) -> None:
    """Run everything on this machine, and stay: API, workers, scheduler; Postgres and Redis too unless configured."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: a start that hangs can be ended, too
    try:
        settings = local.checked(Settings())
        data_dir = local.data_dir(settings)
        _make(data_dir)
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
            sandbox=("--limit", "0") if sandbox else None,
            shopify=("--new-shop",) if sandbox else None,
            workers={"extraction": extraction_workers, "normalization": 1, "publishing": 1, "default": 1},
        )
        _check_free(plan.host, plan.port)
        output.note("Starting ...")
        with System(plan) as system, _noted(data_dir, system):
            key, is_new = local_key(system.environment["DATABASE_URL"], data_dir)
            system.wait_until_ready()
            stop = stop_on_signals()
            output.say(f"The hub is ready at {system.url} (it describes its API at /openapi.json).")
            tell_console(sign_in_link(system.environment["DATABASE_URL"], key, system.url))
            if is_new:
                output.say(f"API key of this machine's operator, shown once: {key}")
            output.say(
                f"The CLI on this machine finds it in {data_dir / local.KEY_FILE}. Logs: {system.logs}. Ctrl-C stops."
            )
            system.keeper.watch(stop, on_exit=tell_exit)
            output.note("Stopping ...")
    except HubError as error:
        output.fail(error)
