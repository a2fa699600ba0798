"""An operator does the whole job in a browser."""

from __future__ import annotations

import re

import pytest
import xlsxwriter
from openpyxl import load_workbook
from playwright.sync_api import expect
from tests.browser.keyboard import tab_to


def workbook(path, parts):
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_column(0, 0, ["Part Number", *parts])
    book.close()
    return path


def settled(page):
    return int(re.search(r"(\d+)", page.locator(".hero-figure").inner_text())[1])


def start(page, parts):
    page.goto("/console/search")
    page.get_by_label("Part numbers").evaluate("(field, text) => { field.value = text }", "\n".join(parts))
    page.get_by_role("button", name="Preview list").click()
    page.get_by_role("button", name=re.compile(r"Search [\d,]+ parts?$")).click()
    page.wait_for_url("**/console/runs/**")


def test_from_a_workbook_to_the_corrected_failures(page, system, tmp_path):
    boeing = system.boeing
    for number in (7, 8):
        boeing.set_part(f"JOB-{number}", unknown=True)
    parts = [f"JOB-{number}" for number in range(700)]
    page.get_by_role("link", name="New search").first.click()
    page.get_by_label("CSV, XLSX or text file").set_input_files(workbook(tmp_path / "list.xlsx", [*parts, "job-7"]))
    page.get_by_role("button", name="Preview file").click()
    expect(page.get_by_role("heading", name="list.xlsx")).to_be_visible()
    expect(page.locator("dl")).to_contain_text("700")
    page.get_by_role("button", name="Search 700 parts").click()

    # It moves by itself: no page is loaded until it has ended, and it never goes backwards.
    page.wait_for_url("**/console/runs/**")
    loaded = []
    page.on("framenavigated", lambda frame: loaded.append(frame.url))
    seen = [settled(page)]
    while seen[-1] < 100:
        before = seen[-1]
        page.wait_for_function(
            "before => parseInt(document.querySelector('.hero-figure').textContent) !== before", arg=before
        )
        seen.append(settled(page))
    assert seen == sorted(seen)
    assert len(seen) > 2
    assert loaded == []
    expect(page.locator("#live")).to_contain_text("Finished with failures")
    cause = page.locator(".cause").filter(has_text=re.compile("recognize these part numbers"))
    expect(cause).to_contain_text("Check the suffix")
    expect(page.locator("#items")).to_contain_text("Failed")  # renewed at the end, too
    run = page.url.partition("?")[0]

    with page.expect_download() as download:
        page.get_by_role("link", name="Download failures (XLSX)").click()
    download.value.save_as(tmp_path / "failures.xlsx")
    book = load_workbook(tmp_path / "failures.xlsx")
    failed = [row[0].value for row in book.active.iter_rows(min_row=2)]
    assert {"JOB-7", "JOB-8"} <= set(failed)
    cause.get_by_role("link", name=re.compile("Show")).click()
    expect(page.locator("#items tbody tr")).to_have_count(len(failed))

    for row in book.active.iter_rows(min_row=2):
        row[0].value = f"FIXED-{row[0].value}"
    book.save(tmp_path / "corrected.xlsx")
    page.goto("/console/search")
    page.get_by_label("CSV, XLSX or text file").set_input_files(tmp_path / "corrected.xlsx")
    page.get_by_role("button", name="Preview file").click()
    page.get_by_role("button", name=re.compile(r"Search [\d,]+ parts?$")).click()
    page.wait_for_url(lambda address: "/console/runs/" in address and not address.startswith(run))
    expect(page.locator(".hero-figure")).to_have_text("100%")

    page.goto("/console/parts")
    page.get_by_label("Part number starts with").fill("fixedjob7")
    expect(page.locator("#found tbody tr").first).to_contain_text("FIXED-JOB-7")
    page.wait_for_url("**q=fixedjob7**")  # the address holds the filter
    page.locator("#found tbody a").first.click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()


def test_a_run_is_cancelled_in_two_steps_and_says_what_stays(page):
    start(page, [f"STOP-{number}" for number in range(9000)])
    page.locator("summary", has_text="Cancel run").click()
    question = page.locator(".confirm form", has=page.get_by_role("button", name="Cancel run"))
    expect(question).to_contain_text("Parts already priced are kept")
    question.get_by_role("button", name="Cancel run").click()
    expect(page.locator("#live")).to_contain_text("Cancelled")
    expect(page.locator("#live")).to_contain_text("are kept")


def test_everything_can_be_done_by_keyboard_alone(open_browser, key, system):
    system.boeing.fault("rate_limited", retry_after=1)  # so that there is something to cancel
    page = open_browser()
    page.goto("/console")
    page.keyboard.type(key)  # the field has the focus already
    page.keyboard.press("Enter")
    page.wait_for_url("**/console")
    tab_to(page, "Skip to content")
    page.keyboard.press("Enter")
    page.keyboard.press("n")
    page.wait_for_url("**/console/search")
    tab_to(page, "Part numbers")
    page.keyboard.type("KEYS-1\nKEYS-2")
    tab_to(page, "Preview list")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/console/search/[0-9a-f-]{36}$"))
    tab_to(page, "Search 2 parts")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/runs/**")
    tab_to(page, "Cancel run")
    page.keyboard.press("Enter")
    tab_to(page, "Cancel run")
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_contain_text("Cancelled")
    system.boeing.clear_faults()
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/console/runs")
    tab_to(page, "Only mine")
    page.keyboard.press("Space")
    tab_to(page, "Filter")
    page.keyboard.press("Enter")
    page.wait_for_url("**mine=true**")
    page.keyboard.press("/")
    page.keyboard.type("keys")  # in one box for parts, runs, plans and quotes
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/find?q=keys")
    tab_to(page, "KEYS-1 and 1 more")
    page.keyboard.press("/")
    page.keyboard.type("keys-1 and 1 more")  # the name of one run
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/runs/**")
    tab_to(page, "Dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in")


def test_without_javascript_it_can_be_read_and_used(signed_in):
    page = signed_in(java_script_enabled=False)
    page.goto("/console/search")
    page.get_by_label("Part numbers").fill("PLAIN-1\nPLAIN-2")
    page.get_by_role("button", name="Preview list").click()
    page.get_by_role("button", name=re.compile(r"Search [\d,]+ parts?$")).click()
    page.wait_for_url("**/console/runs/**")
    expect(page.locator("#live")).to_contain_text("Parts")
    page.goto("/console/parts?q=zz")
    page.get_by_label("Part number starts with").fill("plain")
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_url("**q=plain**")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_link_signs_in_once(open_browser, system, key):
    from boeing_data_hub.cli.start import sign_in_link

    link = sign_in_link(system.environment["DATABASE_URL"], key, system.url)
    for title in ("Overview", "This link has expired"):
        page = open_browser()
        page.goto(link)
        if page.get_by_role("button", name="Sign in").is_visible():
            page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name=title)).to_be_visible()


@pytest.fixture
def complaints(request):
    """A link that is used up is answered with 410, which the browser's console tells."""
    if request.node.name != "test_a_link_signs_in_once":
        return []

    class Tolerant(list):
        def append(self, text):
            if "410" not in text:
                super().append(text)

    return Tolerant()
