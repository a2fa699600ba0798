"""What people notice every day: times in their zone, tables that sort, and a run that says it has ended."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.browser.test_whole_job import start


def test_times_are_in_the_readers_zone_and_headings_say_so(signed_in):
    page = signed_in(timezone_id="Asia/Kolkata")  # 5 h 30 min before UTC, all year
    start(page, ["ZONE-1"])
    expect(page.locator("#live")).to_contain_text("Succeeded")
    page.goto("/console/runs")
    expect(page.locator("thead")).to_contain_text("Started (your time)")
    time = page.locator("tbody time").first
    hour, minute = map(int, re.search(r"(\d\d):(\d\d)", time.get_attribute("title")).groups())
    assert time.get_attribute("title").endswith(" UTC")
    local = (hour * 60 + minute + 330) % (24 * 60)
    expect(time).to_contain_text(f"{local // 60:02}:{local % 60:02}")


def test_without_javascript_times_are_in_utc_and_say_so(signed_in):
    page = signed_in(timezone_id="Asia/Kolkata", java_script_enabled=False)
    page.goto("/console/runs")
    expect(page.locator("thead")).to_contain_text("Started (UTC)")
    time = page.locator("tbody time").first
    shown = re.search(r"\d\d:\d\d", time.inner_text())[0]
    assert f"T{shown}" in time.get_attribute("datetime")


def test_a_whole_table_sorts_by_keyboard(page):
    start(page, ["SORT-2", "SORT-1", "SORT-3"])
    expect(page.locator("#live")).to_contain_text("Succeeded")
    page.goto(page.url.partition("?")[0])
    first = page.locator("#items tbody tr").first
    expect(first).to_contain_text("SORT-2")
    heading = page.get_by_role("button", name="Part number", exact=True)
    heading.focus()
    page.keyboard.press("Enter")
    expect(first).to_contain_text("SORT-3")
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Part number")
    page.keyboard.press("Enter")
    expect(first).to_contain_text("SORT-1")
    page.get_by_role("button", name="#").click()
    page.get_by_role("button", name="#").click()
    expect(first).to_contain_text("SORT-2")  # by number


def test_the_end_of_a_run_is_told_in_the_title_to_screen_readers_and_on_the_desktop(open_browser, signed_in, system):
    parts = [f"TOLD-{number}" for number in range(30)]
    for part in parts:
        system.boeing.set_part(part, unknown=False)
    system.boeing.fault("rate_limited", retry_after=1)  # so that it is still running when the button is pressed
    try:
        page = signed_in(permissions=["notifications"])
        page.add_init_script(
            "window.told = []; window.Notification = class { static permission = 'granted';"
            " static requestPermission = async () => 'granted';"
            " constructor(title, more) { window.told.push(title + ' / ' + more.body); } };"
        )
        start(page, parts)
        expect(page).to_have_title(re.compile(r"^\d+% – TOLD-0 and 29 more · "))
        button = page.get_by_role("button", name="Notify me when runs end")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        system.boeing.clear_faults()
        expect(page.locator("#live")).to_contain_text("Succeeded")
        expect(page.locator("#progress-said")).to_contain_text("Succeeded.")
        expect(page).to_have_title("Succeeded – TOLD-0 and 29 more · Boeing Data Hub")
        [told] = page.evaluate("window.told")
        assert told.startswith("TOLD-0 and 29 more: Succeeded / ")
    finally:
        system.boeing.clear_faults()
