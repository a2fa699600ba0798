"""A sandbox as a child process, for tests and the demo: started, known by its address, and gone in the end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl

_FAREWELL = 5.0


@contextmanager
def running_shopify(*, plan: str = "unlimited", port: int = 0) -> Generator[ShopifyControl]:
    """Start a sandbox and hand out its control client.

    Args:
        plan: one of `knobs.PLANS`; `unlimited` never throttles.
        port: 0 for any free one.

    Raises:
        RuntimeError: when the process ends before it listens.
    """
    command = [sys.executable, "-m", "boeing_data_hub_sandbox.shopify", "--plan", plan, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            if not said.startswith("listening on "):
                raise RuntimeError(f"the Shopify sandbox did not start (exit code {process.poll()})")
            with ShopifyControl(said.removeprefix("listening on ").strip()) as control:
                yield control
        finally:
            process.terminate()
            try:
                process.wait(_FAREWELL)
            except subprocess.TimeoutExpired:
                process.kill()
