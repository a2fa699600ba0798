"""Charts of a part: small whatever they show, harmless, and the same figures as in the table."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from boeing_data_hub.catalogue.movements import PriceMove, StockMove
from boeing_data_hub.shopify.part_history import OurPrice, moments
from boeing_data_hub.web.console import charts
from boeing_data_hub.web.console.charts import Line, Point, draw, steps

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def test_a_value_is_in_force_until_the_next_one():
    assert steps([Point(at(3), 5.0), Point(at(1), None)], until=NOW) == [
        Point(at(3), 5.0),
        Point(at(1), 5.0),
        Point(at(1), None),
        Point(NOW, None),
    ]
    assert steps([], until=NOW) == []


def test_ten_thousand_rows_make_a_small_picture_with_the_highest_and_the_lowest():
    rows = [Point(at(10_000 - n), 100.0 + n % 7) for n in range(10_000)]
    rows[5_000], rows[5_001] = Point(rows[5_000].at, 900.0), Point(rows[5_001].at, 1.0)
    corners = steps(rows, until=NOW)
    assert len(corners) <= 601
    assert {900.0, 1.0} <= {corner.value for corner in corners}
    began = time.process_time()
    picture = draw([Line(str(number), rows) for number in range(3)], until=NOW, value=charts.figure)
    assert len(picture) < 100_000
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
@pytest.mark.parametrize("points", [[], [Point(at(1), 5.0)], [Point(at(2), None)], [Point(NOW, 0.0)],
                                    [Point(at(3), 1.0), Point(at(2), None), Point(at(1), 2.0)]])  # fmt: skip
def test_a_picture_runs_nothing_loads_nothing_and_colors_follow_the_theme(points, theme):
    picture = draw([Line("<b>A & B</b>", points), Line("C", points)], until=NOW, value=charts.whole, theme=theme)
    root = ET.fromstring(picture)  # noqa: S314 - our own
    assert not [tag for tag in root.iter() if tag.tag.endswith("script")]
    assert b"http" not in picture.replace(b"http://www.w3.org/2000/svg", b"")
    assert (b"prefers-color-scheme" in picture) == (theme == "auto")


def test_moments_join_what_boeing_said_with_what_was_published():
    prices = [PriceMove(at(9), Decimal(10), Decimal(8), "USD"), PriceMove(at(1), None, Decimal(12), "EUR")]
    stocks = [StockMove(at(9), 4, {}), StockMove(at(5), 0, {})]
    ours = [OurPrice(at(7), Decimal("10.00")), OurPrice(at(3), None), OurPrice(at(2), Decimal("16.00"))]
    found = moments(prices, stocks, ours, currency="USD")
    assert [(one.at, one.list_price, one.net_price, one.our_price, one.margin, one.stock) for one in found] == [
        (at(9), 10, 8, None, None, 4),
        (at(7), 10, 8, 10, pytest.approx(0.2), 4),
        (at(5), 10, 8, 10, pytest.approx(0.2), 0),
        (at(3), 10, 8, None, None, 0),
        (at(2), 10, 8, 16, pytest.approx(0.5), 0),
        (at(1), None, 12, 16, None, 0),
    ]


def test_drawing_leaves_python_s_import_as_it_was():
    draw([Line("Price", [Point(at(3), 5.0), Point(at(1), 6.0)])], until=NOW, value=str)
    assert [finder for finder in sys.meta_path if type(finder).__module__.startswith("pygal")] == []
