"""Serves metrics as a worker does, and uses all the time of a processor that it can get; for the test of the alert."""

from __future__ import annotations

import hashlib
import sys
import threading

from boeing_data_hub import logs, telemetry

THREADS = 12  # on a machine that is busy otherwise, they get their share all the same


def compute() -> None:
    block = b"x" * 1_000_000
    while True:
        hashlib.sha256(block).digest()  # in C, so that the others may compute meanwhile


if __name__ == "__main__":
    logs.configure(level="INFO", style="text", process="worker:busy")
    telemetry.begin(process="worker:busy", version="0")
    telemetry.serve("127.0.0.1", int(sys.argv[1]))
    for _ in range(THREADS):
        threading.Thread(target=compute).start()
