"""Every part has its picture, but for those few that have none, and what the stand-in draws from is complete."""

from __future__ import annotations

import ast
from io import BytesIO
from itertools import chain
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from boeing_data_hub_sandbox import boeing as stand_in
from boeing_data_hub_sandbox.boeing.answers import line_items
from boeing_data_hub_sandbox.boeing.dice import TOPICS, Dice
from boeing_data_hub_sandbox.boeing.figures import LOCATIONS
from boeing_data_hub_sandbox.boeing.pictures import FOLDER, has_picture, picture_reply
from boeing_data_hub_sandbox.boeing.samples import SAMPLES

ODD = ["AN 3/4=K3", "65-90305-59=P8", "MS29513%20", "Ünïcode", "A" * 100, "=", "/", "..", "%"]
MANY = [*SAMPLES, *(f"PN{number:04d}=K3" for number in range(2000))]


def asked_of_the_dice() -> set[str]:
    """Every topic that stands in the code as a literal."""
    found: set[str] = set()
    for module in sorted(Path(next(iter(stand_in.__path__))).glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in DICE:
                found |= {each.value for each in node.args[:1] if isinstance(each, ast.Constant)}
    return found


DICE = {"throw", "chance"}


def test_every_topic_that_the_code_asks_for_exists_and_every_one_that_exists_is_asked_for():
    asked = asked_of_the_dice()
    assert len(asked) > 20
    assert asked <= set(TOPICS)
    assert set(TOPICS) - asked == {*LOCATIONS, "length", "width", "height"}  # these are asked for by a variable
    assert len(set(TOPICS)) == len(TOPICS)


def test_topics_at_the_end_leave_what_was_drawn_before_as_it_was():
    dice = Dice("P512777=K3")
    assert [dice.throw(topic, 1000) for topic in TOPICS[:4]] == [416, 795, 953, 279]


@given(st.one_of(st.sampled_from(ODD), st.text(max_size=40)))
def test_any_number_has_a_picture_or_none(number):
    reply = picture_reply(f"{FOLDER}{quote(number, safe='')}_280.JPG")
    assert reply.status == (200 if has_picture(number) else 404)
    if reply.status == 200:
        assert Image.open(BytesIO(reply.body)).size == (280, 280)


def test_about_one_part_in_fifty_has_no_picture_and_the_others_are_not_all_alike():
    without = [number for number in MANY if not has_picture(number)]
    assert 0.01 < len(without) / len(MANY) < 0.03
    assert len({picture_reply(f"{FOLDER}{number}_280.JPG").body for number in MANY if has_picture(number)}) == 12


@pytest.mark.parametrize("number", ["P512777=K3", "AN 3/4=K3", "65-90305-59=P8"])
def test_the_address_in_an_answer_leads_to_the_picture(boeing, control, number):
    items = line_items(number)
    for address in chain.from_iterable((item["productImage"], item["thumbnailImage"]) for item in items):
        path = address.split("//", 1)[1].partition("/")[2]
        got = boeing.http.get(f"{boeing.url}/{path}")
        assert got.status_code == (200 if has_picture(items[0]["aviallPartNumber"]) else 404)
    assert items
    assert control.stats()["own_errors"] == 0
