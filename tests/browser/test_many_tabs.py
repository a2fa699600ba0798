"""Many tabs of one browser: each loads, moves by itself, and can send forms, over six connections at most."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import expect

from boeing_data_hub.cli.client import Api

TABS = 10

# In front of every page of a browser: without shared workers, as in some browsers on telephones.
WITHOUT_WORKERS = "delete window.SharedWorker"
# What a browser says of a tab that another one covers; headless ones call every tab visible.
VISIBILITY = """
Object.defineProperty(document, 'visibilityState', { get: () => window.bdhHidden ? 'hidden' : 'visible' });
window.bdhShow = (shown) => { window.bdhHidden = !shown; document.dispatchEvent(new Event('visibilitychange')); };
"""


@pytest.fixture
def runs(system, key):
    """Starts searches that take a while; afterwards they are cancelled."""
    api = Api(system.url, key)
    made = []

    def start(parts=4000):
        numbers = [f"T{os.urandom(4).hex()}-{number}" for number in range(parts)]
        made.append(api.call("POST", "/api/bulk-search", json={"part_numbers": numbers})["batch_id"])
        return made[-1]

    yield start
    for one in made:
        api.call("DELETE", f"/api/batches/{one}")
    api.close()


@pytest.fixture
def tabs(page):
    """Opens further tabs of the browser that `page` is in."""

    def open_one(address):
        tab = page.context.new_page()
        tab.goto(address)
        return tab

    return open_one


def test_ten_tabs_load_move_and_send_forms(page, tabs, runs):
    batches = [runs() for _ in range(TABS - 2)]
    opened = [page, tabs("/console"), *(tabs(f"/console/runs/{one}") for one in batches)]
    for tab in opened[2:]:
        tab.bring_to_front()
        shown = tab.locator(".hero-figure").inner_text()
        tab.wait_for_function("text => document.querySelector('.hero-figure').innerText !== text", arg=shown)
    cancelled = opened[-1]
    cancelled.get_by_role("link", name="Cancel run").or_(cancelled.get_by_text("Cancel run")).first.click()
    cancelled.get_by_role("button", name=re.compile("Cancel")).last.click()
    expect(cancelled.locator("main")).to_contain_text(re.compile("ancelled"))
    expect(opened[1].locator("#connection")).to_be_hidden()
    late = tabs("/console/runs")  # one more page than a browser has connections
    expect(late.get_by_role("heading", name="Runs", level=1)).to_be_visible()


def test_one_stream_carries_all_tabs(page, tabs, runs):
    batches = [runs() for _ in range(3)]
    opened = [tabs(f"/console/runs/{one}") for one in batches]
    for tab in opened:
        expect(tab.locator("#live")).to_contain_text(re.compile(r"[1-9]\d* done"))
    assert all(own_streams(tab) == 0 for tab in opened)


def own_streams(tab):
    """How many event streams a page itself has begun."""
    return tab.evaluate("performance.getEntriesByType('resource').filter(one => one.name.endsWith('/events')).length")


def test_a_hidden_tab_does_not_update_and_catches_up_when_it_is_shown(page, runs):
    page.context.add_init_script(VISIBILITY)
    page.goto(f"/console/runs/{runs(9000)}")
    expect(page.locator("#live")).to_contain_text(re.compile(r"[1-9]\d* done"))
    page.evaluate("bdhShow(false)")
    page.wait_for_timeout(500)
    before = page.locator("#live").inner_text()
    page.wait_for_timeout(3000)
    assert page.locator("#live").inner_text() == before
    page.evaluate("bdhShow(true)")
    expect(page.locator("#live")).not_to_have_text(before, timeout=4000)


def test_without_shared_workers_a_shown_tab_has_a_stream_and_hidden_ones_have_none(page, tabs, runs):
    page.context.add_init_script(VISIBILITY + WITHOUT_WORKERS)
    batch = runs(9000)
    opened = []
    for _ in range(TABS):
        tab = tabs(f"/console/runs/{batch}")
        expect(tab.locator("#live")).to_contain_text(re.compile(r"[1-9]\d* done"))
        tab.evaluate("bdhShow(false)")
        opened.append(tab)
    opened[0].evaluate("bdhShow(true)")
    before = opened[0].locator("#live").inner_text()
    expect(opened[0].locator("#live")).not_to_have_text(before)


def test_a_page_that_was_left_and_come_back_to_moves_again(page, runs):
    page.goto(f"/console/runs/{runs(9000)}")
    page.goto("/console/settings")
    page.go_back()
    before = page.locator("#live").inner_text()
    expect(page.locator("#live")).not_to_have_text(before)


def test_who_signs_out_in_one_tab_is_signed_out_in_the_others(page, tabs, runs):
    other = tabs(f"/console/runs/{runs(9000)}")
    expect(other.locator("#live")).to_contain_text(re.compile(r"[1-9]\d* done"))
    page.bring_to_front()
    page.get_by_role("button", name="Sign out").click()
    expect(other.locator("main")).to_contain_text("Sign in", timeout=15_000)  # there, or instead of the page
