"""An open page says within five seconds what is wrong, recovers automatically, and never goes backwards."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import expect
from tests.support.patience import allow

from boeing_data_hub.cli.client import Api

FIVE_SECONDS = 1_000 * allow(5)  # on an idle machine


@pytest.fixture
def run(page, system, key):
    """A long run, watched; afterwards it is cancelled and Boeing is well."""
    api = Api(system.url, key)
    parts = [f"F{os.urandom(4).hex()}-{number}" for number in range(9000)]
    try:
        made = api.call("POST", "/api/bulk-search", json={"part_numbers": parts})
        page.goto(f"/console/runs/{made['batch_id']}")
        expect(page.locator("#live")).to_contain_text(re.compile(r"[1-9][\d,]* done"))
        yield page
        system.boeing.clear_faults()
        api.call("DELETE", f"/api/batches/{made['batch_id']}")
    finally:
        api.close()


def done(page):
    return int(re.search(r"Ready for review\s*([\d,]+)", page.locator(".stages").inner_text())[1].replace(",", ""))


def test_a_killed_worker(run, system):
    before = done(run)
    (pid,) = [child.pid for child in system.group.status() if child.name == "extraction"]
    os.kill(pid, signal.SIGKILL)
    expect(run.locator("#live")).to_contain_text("extraction worker was last seen", timeout=FIVE_SECONDS + 1_000)
    assert done(run) >= before
    system.start_process("extraction-again", "boeing_data_hub.worker", "extraction")
    expect(run.locator("#live")).not_to_contain_text("was last seen")
    stood = done(run)
    run.wait_for_function(
        "stood => parseInt(document.querySelector('.stage:last-child .figure').textContent.replace(',', '')) > stood",
        arg=stood,
    )


def test_redis_gone(run, system):
    before = done(run)
    system.redis.stop()
    expect(run.locator("#live")).to_contain_text("Redis isn't responding", timeout=FIVE_SECONDS)
    assert done(run) >= before
    system.redis.restart()
    expect(run.locator("#live")).not_to_contain_text("Redis isn't responding")


def test_the_database_gone(run, system, complaints):
    before = done(run)
    system.postgres.stop("immediate")
    expect(run.locator("#trouble")).to_contain_text("The database isn't responding", timeout=FIVE_SECONDS)
    assert done(run) >= before
    system.postgres.restart()
    expect(run.locator("#trouble")).to_be_empty()
    assert done(run) >= before


def test_the_hub_itself_gone(run, system, complaints):
    (pid,) = [child.pid for child in system.group.status() if child.name == "api"]
    os.kill(pid, signal.SIGKILL)
    expect(run.locator("#connection")).to_be_visible(timeout=FIVE_SECONDS)
    system.start_process("api-again", "boeing_data_hub.web", "--host", "127.0.0.1", "--port", str(system.port))
    expect(run.locator("#connection")).to_be_hidden()
    complaints.clear()  # the browser reports every refused connection


def test_boeing_limits_us(run, system):
    before = done(run)
    system.boeing.fault("rate_limited", retry_after=5)
    expect(run.locator("#live")).to_contain_text("Boeing asked us to slow down", timeout=FIVE_SECONDS)
    assert done(run) >= before
