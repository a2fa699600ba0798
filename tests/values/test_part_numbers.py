"""What a person may type, and what the hub takes it for."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.patience import allow

from boeing_data_hub.values import part_numbers
from boeing_data_hub.values.part_numbers import MAX_LENGTH, BadPartNumber, base_number, clean, suffix

REASONS = {"empty", "too_long", "control_character", "lone_surrogate", "not_ascii", "soft_hyphen"}
CLEAN = re.compile(r"(?! )[ -`{-~]{1,50}(?<! )")
PRINTABLE = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
ANYTHING = st.text(alphabet=st.characters(categories=None), max_size=70) | st.text(
    alphabet="aZ09-= \t\"'\u201c\u201d\u2019\u2013\u00ad\u00a0\u200b\ufeff\u202e\ud800\x00\x85\u2028\uff21", max_size=70
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("AN3-43A", "AN3-43A"),
        ("an3-43a", "AN3-43A"),
        ("  ms20470ad6-10\r\n", "MS20470AD6-10"),
        ("WF338109=K3", "WF338109=K3"),
        ("M83248/1-241", "M83248/1-241"),
        ("KIT  A \t", "KIT A"),
        ("AN3\u00a0A", "AN3 A"),
        ("\u00a0AN3\u2003", "AN3"),
        ("\ufeffAN3", "AN3"),
        ("AN3\u200b-\u206043A", "AN3-43A"),
        ("AN3\u00ad-43A", "AN3-43A"),
        ("\u202eAN3\u202c", "AN3"),
        ("\u200fAN3\u200e", "AN3"),
        ("AN3\u201343A", "AN3-43A"),
        ("AN3\u201443A", "AN3-43A"),
        ("AN3\u221243A", "AN3-43A"),
        ("AN3\u201143A", "AN3-43A"),
        ("AN3\uff0d43A", "AN3-43A"),
        ("AN3\ufe5843A", "AN3-43A"),
        ("AN3\ufe6343A", "AN3-43A"),
        ("\uff21\uff2e\uff13", "AN3"),
        ("\u212a3", "K3"),
        ('"AN3"', "AN3"),
        ("'AN3'", "AN3"),
        ("\u201cAN3\u201d", "AN3"),
        ("\u201eAN3\u201c", "AN3"),
        ("\u00abAN3\u00bb", "AN3"),
        ('" AN3 "', "AN3"),
        ("'00123", "00123"),
        ('\'"00123"', "00123"),
        ('"AN3', "AN3"),
        ('HOSE 12"', 'HOSE 12"'),
        ('"HOSE 12""', 'HOSE 12"'),
        ("O\u2019RING", "O'RING"),
        ('="00123"', "00123"),
        ("=K3", "=K3"),
        ("00123", "00123"),
        ("AN3\ufe0f", "AN3"),
        ("a" * MAX_LENGTH, "A" * MAX_LENGTH),
        (" " * 900 + "AN3", "AN3"),
        ("AN3\u200b" * 12, "AN3" * 12),
    ],
)
def test_a_typed_part_number_is_cleaned_to_what_it_means(typed: str, meant: str):
    assert clean(typed) == meant


@pytest.mark.parametrize(
    ("typed", "code", "named"),
    [
        ("", "empty", ""),
        ("   ", "empty", ""),
        ("\ufeff\u200b", "empty", ""),
        ('""', "empty", ""),
        ('"', "empty", ""),
        ("'", "empty", ""),
        ('=""', "empty", ""),
        ("A" * 51, "too_long", "51"),
        ("A" * 1_000_000, "too_long", "1,000,000"),
        ("\u200b" * 1_000_000, "too_long", "1,000,000"),
        ("AN3\x0043A", "control_character", "Character 4 (U+0000)"),
        ("AN3\t43A", "control_character", "Character 4 (U+0009)"),
        ("AN3\n43A", "control_character", "Character 4 (U+000A)"),
        ('"\tAN3\x7f"', "control_character", "Character 6 (U+007F)"),
        ("AN3\x85A", "control_character", "U+0085"),
        ("AN\ud800", "lone_surrogate", "Character 3 (U+D800)"),
        ("\udfffAN", "lone_surrogate", "Character 1 (U+DFFF)"),
        ("ANÄ3", "not_ascii", "Character 3 (U+00C4)"),
        ("A\u03a93", "not_ascii", "U+03A9"),
        ("\u0410N3", "not_ascii", "Character 1 (U+0410)"),
        ("AN3\u00bd", "not_ascii", "U+00BD"),
        ("AN3\U0001f6e9", "not_ascii", "U+1F6E9"),
    ],
)
def test_a_text_that_is_no_part_number_is_refused_with_its_reason(typed: str, code: str, named: str):
    with pytest.raises(BadPartNumber) as refused:
        clean(typed)
    assert refused.value.reason_code == code
    assert named in refused.value.sentence
    assert str(refused.value) == refused.value.sentence
    assert refused.value.sentence.isascii()


def test_the_variant_suffix_is_cut_at_the_first_equals_sign():
    assert (base_number("WF338109=K3"), suffix("WF338109=K3")) == ("WF338109", "K3")
    assert (base_number("WF338109"), suffix("WF338109")) == ("WF338109", "")
    assert (base_number("A=B=C"), suffix("A=B=C")) == ("A", "B=C")


@given(PRINTABLE | ANYTHING)
@example("\"\t'AN3")
@example('= "A"')
def test_cleaning_yields_a_clean_part_number_for_good_or_says_why_not(typed: str):
    try:
        once = clean(typed)
    except BadPartNumber as refused:
        assert refused.reason_code in REASONS  # noqa: PT017
        return
    assert CLEAN.fullmatch(once)
    assert "  " not in once
    assert clean(once) == once


@given(PRINTABLE)
def test_case_never_makes_a_difference(typed: str):
    try:
        expected = clean(typed)
    except BadPartNumber:
        return
    assert clean(typed.lower()) == clean(typed.upper()) == clean(f"  {typed}\n") == expected


@pytest.mark.alone
def test_fifty_thousand_plain_part_numbers_take_a_moment():
    parts = [f"ms20470ad{number}-10=k3" for number in range(50_000)]
    started = time.process_time()
    for part in parts:
        clean(part)
    assert time.process_time() - started < allow(0.1)  # 0.03 s on an idle core


@pytest.mark.parametrize("text", ['"' * 999, "\"'" * 400 + "A", '="' * 300 + "A" + '"' * 300])
def test_a_long_text_of_quotes_in_quotes_is_refused_without_taking_them_all_off(text):
    with pytest.raises(BadPartNumber) as refused:
        clean(text)
    assert refused.value.reason_code in {"too_long", "empty"}


def test_a_text_that_cannot_be_a_part_number_is_not_folded_to_its_end(monkeypatch):
    folded = []
    fold = vars(part_numbers)["_fold"]
    monkeypatch.setattr(part_numbers, "_fold", lambda one: folded.append(one) or fold(one))
    for text in ("\uff21" * 900, "\u4e2d" * 900):
        folded.clear()
        with pytest.raises(BadPartNumber):
            clean(text)
        assert len(folded) < 120
