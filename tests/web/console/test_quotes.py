"""The pages of quotes: what was asked, what each line came to and where from, what a quote waits for."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def settings():
    return {"hub_quote_answer_seconds": 0, "shopify_unmapped_locations": "sell_from_default"}


@pytest.fixture
def ask(anonymous, make_key):
    """Asks for a quote as the webhook would; the address of its page."""
    key = make_key("search")

    def send(number, parts, **more):
        quantities = ",".join(str(n) for n in range(1, parts.count(",") + 2))
        body = {"rfq_number": number, "requested_parts": parts, "requested_qty": quantities, **more}
        answer = anonymous.post("/api/zap/webhook", json=body, headers={"X-API-Key": key})
        assert answer.status_code == 200, answer.text
        return f"/console/quotes/{answer.json()['id']}"

    return send


def test_a_viewer_reads_what_each_line_came_to_and_where_from(viewer, ask, stages, boeing):
    boeing.set_part("A1=K3", unknown=False, listPrice=100.0, quantity=1, baseUOM="EA")
    boeing.set_part("B2=K3", unknown=True)
    page = ask("RFQ-1", "B2=K3,A1=K3", buyer_company_name="Example Air", deliver_to_address="Hangar 7")
    waiting = viewer.read(page)
    assert "Waiting for Boeing: 2 of 2 lines" in waiting
    assert "No extraction worker is running" in waiting
    assert 'hx-get="' in viewer.get(page).text
    stages.settle()
    told = viewer.read(page)
    for text in (
        "Quote RFQ-1", "Partly quoted", "110.00 USD", "recognize this part number", "Example Air",
        "Hangar 7", "1 of 2 requested pieces available", "Requested a quote", "Completed a quote", "EA, NE",
    ):  # fmt: skip
        assert text in told, text
    assert 'hx-get="' not in viewer.get(page).text
    assert "Retry" not in told
    assert "View quote" in viewer.read(re.search(r"/console/runs/[0-9a-f-]{36}", viewer.get(page).text)[0])


def test_the_list_is_filtered_by_the_address_and_goes_on_page_by_page(viewer, ask, stages, hub):
    assert "No quotes yet" in viewer.read("/console/quotes")
    assert "requests need an API key" in viewer.read("/console/quotes")
    for number in range(53):
        ask(f"RFQ-{number:02}", "B2=K3")
    first = viewer.get("/console/quotes")
    assert "RFQ-52" in first.text
    assert "RFQ-02" not in first.text
    following = re.search(r'href="([^"]+)" *>Next page|rel="next" href="([^"]+)"', first.text)
    rest = viewer.read((following[1] or following[2]).replace("&amp;", "&"))
    assert "RFQ-02" in rest
    assert "RFQ-03" not in rest
    assert "RFQ-07" in viewer.read("/console/quotes?q=RFQ-07&state=pending")
    assert "No quotes match" in viewer.read("/console/quotes?q=RFQ-07&state=quoted")
    assert viewer.get("/console/quotes?state=nonsense").status_code == 422
    assert viewer.get("/console/quotes?q=%00").status_code == 422


def test_an_operator_has_unanswered_lines_asked_again(operator, viewer, ask, stages, hub, boeing):
    boeing.set_part("A1=K3", unknown=False, listPrice=100.0, quantity=1)
    page = ask("RFQ-1", "A1=K3")
    run = re.search(r"/console/runs/[0-9a-f-]{36}", viewer.get(page).text)[0]
    operator.send(f"{run}/cancel")
    assert "Unanswered" in viewer.read(page)
    assert "Retry 1 line" not in viewer.read(page)
    assert "Retry 1 line" in operator.read(page)
    assert "The lines are completed on this page" in operator.follow(operator.send(f"{page}/retry"))
    stages.settle()
    assert "All lines are quoted" in viewer.read(page)
    assert operator.send(f"{page}/retry").status_code == 409


def test_what_a_buyer_sends_is_only_text(viewer, ask, stages, hostile, harmless):
    for number, text in enumerate(hostile):
        names = ("buyer_company_name", "buyer_name", "buyer_address", "buyer_email", "rfq_sub_url")
        page = ask(f"<b>{number}</b>", "=1+1", **dict.fromkeys(names, text[:1999]))
        stages.settle()
        harmless(viewer.get(page).text)
        harmless(viewer.get(f"{page}/lines").text)
    harmless(viewer.get("/console/quotes").text)
    harmless(viewer.get("/console/quotes?q=%3Cscript%3E").text)
    harmless(viewer.get("/console/runs").text)
    csv = viewer.get(f"{page}/lines.csv")
    assert "'=1+1" in csv.text


@pytest.mark.parametrize("quote", ["0", "1", "-1", "9" * 30, "x"])
def test_an_unknown_quote_is_not_found(viewer, quote):
    assert viewer.get(f"/console/quotes/{quote}").status_code in {404, 422}
