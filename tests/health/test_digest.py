"""What a digest says, and how it is shown: nothing that came from outside is more than text."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.health import digest
from boeing_data_hub.health.attention import Attention
from boeing_data_hub.health.calendar import Period
from boeing_data_hub.health.digest_facts import Facts
from boeing_data_hub.health.digest_rows import EndedBatches, FailureCause, PriceMove
from boeing_data_hub.health.pauses import pause_of
from boeing_data_hub.work.rates import UpstreamPace

CONSOLE = "https://hub.example.com/console"
PERIOD = Period(date(2026, 11, 25), datetime(2026, 11, 24, 6, tzinfo=UTC), datetime(2026, 11, 25, 6, tzinfo=UTC))
NOTHING = Attention()


def facts(**changes):
    quiet = {
        "period": PERIOD, "ended": [], "worst": [], "outcomes": {}, "changed": {}, "price_moves": 0, "moved": [],
        "sold_out_count": 0, "sold_out": [], "failures": [], "answers": 0, "possible": None, "waiting": NOTHING,
        "pauses": [],
    }  # fmt: skip
    return Facts(**{**quiet, **changes})


def told(**changes):
    return digest.document(facts(**changes), console=CONSOLE)


def test_a_quiet_day_takes_one_line():
    text = digest.as_text(told())
    assert "2026-11-25: nothing to report" in text
    assert "Boeing answered 0 calls." in text
    assert CONSOLE in text


def test_a_busy_day_says_what_changed_failed_and_waits():
    document = told(
        changed={"created": 12, "updated": 1_300},
        outcomes={"unchanged": 1, "found:fetched": 90, "found:blocked": 4, "found:needs_review": 2},
        price_moves=3,
        moved=[PriceMove(sku="WF338109=K3", old="10.00", new="12.50", percent="25.0"),
               PriceMove(sku="B", old="4.00", new="2.00", percent="-50.0"),
               PriceMove(sku="C", old="0.00", new="2.00", percent=None)],
        sold_out_count=1,
        sold_out=["D"],
        failures=[FailureCause(code="not_found", parts=7, error="Boeing does not know it.", sample=["X", "Y"])],
        ended=[
            EndedBatches(batch_type="search", batches=2, items=9, normalized=2, published=0, failed=7, not_for_sale=0,
                         cancelled=0,
                         reused=0)
        ],
        answers=400,
        possible=28_800,
        waiting=Attention(
            conflicts=1, orphans=2, plans=3, adoption=3_124, reviews=10_000, in_doubt=1,
            unsent={"email": ["550 no such mailbox"]},
        ),
    )  # fmt: skip
    text = digest.as_text(document)
    for line in (
        "1,312 products changed, 7 parts failed, 8 items need attention",
        "12 products created, 1,300 updated; 1 part published without changes",
        "90 parts ready to sell, 4 that can't be sold, 2 that need review",
        f"WF338109=K3: 10.00 to 12.50 (+25.0 %) {CONSOLE}/part/WF338109%3DK3",
        "B: 4.00 to 2.00 (-50.0 %)",
        "C: 0.00 to 2.00 ",
        "1 product sold out: D.",
        "7 parts (not_found), e.g. X, Y. Boeing does not know it. What to do: Check the suffix",
        f"It won't be published until you decide. {CONSOLE}/attention#conflicts",
        "10,000 or more parts need review",
        f"A plan to link 3,124 products in your store to your parts is waiting for your decision. {CONSOLE}/adoptions",
        "Boeing answered 400 calls of 28,800 that the limit allows.",
        "1 notification could not be delivered by email. 550 no such mailbox",
    ):
        assert line in text, line
    assert (document.figures or {})["products_updated"] == 1_300
    assert digest.message_of("digest:2026-11-25", document).subject == document.title


def test_refused_credentials_stand_in_the_title():
    line = UpstreamPace(PERIOD.until, pause_reason="credentials", paused_since=PERIOD.since, paused_until=PERIOD.until)
    document = told(pauses=[pause_of("boeing", line)])
    assert "Boeing paused" in document.title
    assert "since 2026-11-24 06:00 UTC (credentials)" in digest.as_text(document)


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert [name for name, _ in attrs] in ([], ["href"], ["lang"], ["charset"]), attrs
        self.links += [value for name, value in attrs if name == "href"]


HOSTILE = st.text(max_size=400) | st.sampled_from(
    ['"><script>alert(1)</script>', "</li></ul><img src=x onerror=alert(1)>", "a\r\nBcc: x@y", "\x1b[2J\x07",
     "\u202egnp", "{{ 7 * 7 }}", "javascript:alert(1)", "&lt;", "\ud83d"]
)  # fmt: skip


@settings(deadline=None)
@given(text=HOSTILE.filter(lambda text: not re.search("[\ud800-\udfff]", text)))
def test_nothing_from_outside_is_more_than_text(text):
    document = told(
        moved=[PriceMove(sku=text, old=text, new=text, percent=None)],
        price_moves=1,
        sold_out=[text],
        sold_out_count=1,
        failures=[FailureCause(code=text, parts=1, error=text, sample=[text])],
        pauses=[pause_of("shopify", UpstreamPace(PERIOD.until, pause_reason="shopify_scope", pause_note=text))],
    )
    page = Elements()
    page.feed(digest.as_html(document))
    assert set(page.tags) <= {"html", "meta", "title", "h1", "h2", "ul", "li", "p", "a"}
    assert all(link.startswith(CONSOLE) for link in page.links)
    shown = digest.as_text(document)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]", shown)
    message = digest.message_of("digest:2026-11-25", document)
    assert "\n" not in message.subject
    assert json.loads(json.dumps(message.payload)) == message.payload


@pytest.mark.parametrize("text", ["x" * 10_000, "\u0000" * 400])
def test_a_line_has_its_length(text):
    assert len(digest.plain(text)) <= 300
