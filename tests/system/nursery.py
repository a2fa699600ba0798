"""Starts the rig's processes as forks of one that has imported everything: in no time instead of half a second each.

Reads orders from stdin, a line of JSON each, and answers each with a line. A child is a process like any other: with a
session, an environment, arguments and a log of its own. It ends when we do, and we end with our stdin.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import threading

from fastapi.routing import iter_route_contexts

from boeing_data_hub.cli.machine.children import die_with_parent
from boeing_data_hub.web import app as api
from boeing_data_hub.web.console import mount as console

MAINS = {
    name: importlib.import_module(f"{name}.__main__").main
    for name in ("boeing_data_hub.web", "boeing_data_hub.worker", "boeing_data_hub_sandbox.boeing")
}


def serve() -> None:
    ended: dict[int, int] = {}
    for line in sys.stdin:
        order = json.loads(line)
        answer = _start(**order["start"]) if "start" in order else _exit_code(order["pid"], ended)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def _start(module: str, arguments: list[str], environment: dict[str, str], log: str) -> int:
    ours = os.getpid()
    if pid := os.fork():
        return pid
    os.setsid()
    die_with_parent()
    if os.getppid() != ours:
        os._exit(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    sys.exit(MAINS[module]())  # out of all our loops, as `python -m` ends


def _exit_code(pid: int, ended: dict[int, int]) -> int | None:
    if pid not in ended:
        found, status = os.waitpid(pid, os.WNOHANG)
        if not found:
            return None
        ended[pid] = os.waitstatus_to_exitcode(status)
    return ended[pid]


if __name__ == "__main__":
    assert threading.active_count() == 1  # a fork copies only the thread that forks
    list(iter_route_contexts([*api.routes(), *console.routes()]))  # else each API completes them at its first request
    gc.freeze()
    serve()
