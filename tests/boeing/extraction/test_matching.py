from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.boeing.matching import match
from boeing_data_hub.values.part_numbers import BadPartNumber, base_number, clean, suffix


def items(*numbers, **codes):
    return [{"aviallPartNumber": number} for number in numbers] + [
        {"aviallPartNumber": number, "productCode": code} for number, code in codes.items()
    ]


def found(requested, line_items):
    return match(requested, line_items).skus


def test_a_part_is_served_by_its_own_number():
    result = match(["P512777=K3", "P1022=K3"], items("P1022=K3", "P512777=K3"))
    assert result.skus == {"P512777=K3": ("P512777=K3",), "P1022=K3": ("P1022=K3",)}
    assert (result.missing, result.strangers, result.relatives, result.several) == ((), 0, 0, ())
    assert not result.suspicious


def test_case_spaces_and_typographic_dashes_make_no_difference():
    assert found(["WF338109=K3"], items("wf338109=k3")) == {"WF338109=K3": ("WF338109=K3",)}
    assert found(["4066-0074-1=E4"], items(" 4066\u20130074\u20131=e4\u00a0")) == {
        "4066-0074-1=E4": ("4066-0074-1=E4",)
    }
    assert found(["AN 3-43A"], items("AN3-43A")) == {"AN 3-43A": ("AN3-43A",)}
    assert found(["an3-43a"], items("AN3 -43A")) == {"an3-43a": ("AN3 -43A",)}


def test_the_exact_spelling_wins_over_one_with_other_spaces():
    assert found(["AN 3"], items("AN3", "AN 3")) == {"AN 3": ("AN 3",)}


def test_a_part_left_out_is_missing():
    result = match(["A=K3", "B=K3"], items("A=K3"))
    assert (result.missing, result.suspicious) == (("B=K3",), False)


def test_an_empty_answer_leaves_everything_missing():
    assert match(["B", "A"], []).missing == ("B", "A")


def test_a_bare_number_is_served_by_its_one_variant():
    result = match(["WF338109"], items("WF338109=K3"))
    assert (result.skus, result.several) == ({"WF338109": ("WF338109=K3",)}, ())


def test_a_bare_number_is_served_by_all_its_variants_and_that_is_said():
    result = match(["X1", "Y1"], items("X1=K3", "Y1=K3", "X1=9B"))
    assert result.skus == {"X1": ("X1=9B", "X1=K3"), "Y1": ("Y1=K3",)}
    assert result.several == ("X1",)


def test_a_bare_number_in_the_answer_wins_over_its_variants():
    result = match(["X1"], items("X1=K3", "X1"))
    assert (result.skus, result.relatives, result.strangers) == ({"X1": ("X1",)}, 1, 0)


def test_one_item_may_serve_the_bare_and_the_full_number():
    result = match(["X1", "X1=K3"], items("X1=K3"))
    assert result.skus == {"X1": ("X1=K3",), "X1=K3": ("X1=K3",)}


def test_a_variant_is_never_served_by_another_variant():
    result = match(["X1=K3"], items("X1=9B"))
    assert (result.skus, result.missing) == ({}, ("X1=K3",))
    assert (result.relatives, result.strangers, result.suspicious) == (1, 0, False)
    assert found(["X1=K3"], items(**{"X1=9B": "X1=K3"})) == {}


def test_a_full_number_is_served_by_the_bare_one_where_that_is_the_only_one():
    assert found(["X1=K3"], items("X1", "Y1=K3")) == {"X1=K3": ("X1",)}


def test_a_full_number_does_not_match_a_bare_one_of_another_part():
    assert found(["X1=K3", "X1"], items("X1")) == {"X1": ("X1",)}
    assert found(["X1=K3", "X1=9B"], items("X1")) == {}
    assert found(["X1=K3"], items("X1", "X1=9B")) == {}


def test_a_product_code_names_the_part_where_no_part_number_does():
    assert found(["OLD-7"], items(**{"NEW7=K3": "old-7"})) == {"OLD-7": ("NEW7=K3",)}
    assert found(["X1"], items("X1", **{"NEW7=K3": "X1"})) == {"X1": ("X1",)}


def test_a_product_code_comes_before_the_bare_number():
    result = match(["X1"], items("X1=9B", **{"X1=K3": "X1"}))
    assert (result.skus, result.relatives) == ({"X1": ("X1=K3",)}, 1)


def test_hyphens_are_ignored_last_and_only_if_the_match_is_unique():
    assert found(["MS24665132"], items("MS24665-132")) == {"MS24665132": ("MS24665-132",)}
    assert found(["WF-338109"], items("WF338109=K3")) == {"WF-338109": ("WF338109=K3",)}
    assert found(["MS24665132"], items("MS24665-132", "MS2466-5132")) == {}
    assert found(["MS24665132", "MS24665-132"], items("MS24665-132")) == {"MS24665-132": ("MS24665-132",)}
    assert found(["MS24665132", "MS-24665132"], items("MS24665-132")) == {}
    assert found(["MS24665132=K3"], items("MS24665-132=9B")) == {}


def test_several_rows_of_one_sku_are_one_match():
    assert found(["A=K3"], items("A=K3", "a=k3", "A=K3")) == {"A=K3": ("A=K3",)}


def test_unrequested_items_are_counted_and_match_nothing():
    result = match(["A=K3"], items("A=K3", "Z9=K3", "Z8=K3"))
    assert (result.skus, result.strangers, result.suspicious) == ({"A=K3": ("A=K3",)}, 2, False)


def test_an_answer_to_another_question_is_suspicious():
    result = match(["A=K3", "B=K3"], items("C=K3", "D=K3"))
    assert (result.missing, result.strangers, result.suspicious) == (("A=K3", "B=K3"), 2, True)


def test_items_without_a_usable_number_are_strangers():
    junk = [None, 7, "A=K3", [], {}, {"aviallPartNumber": None}, {"aviallPartNumber": 5}, {"aviallPartNumber": "\x00"}]
    result = match(["A=K3"], junk)
    assert (result.skus, result.missing, result.strangers) == ({}, ("A=K3",), len(junk))


def test_a_request_that_is_no_part_number_is_missing():
    assert match(["", "\ud800", "A"], items("A")).missing == ("", "\ud800")


# --- any answer -----------------------------------------------------------------------------------------------------

NUMBER = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["A1", "A-1", "a1", " A 1", "B2", "B\u20132", "", "-"]),
        st.sampled_from(["", "", "=K3", "=9B", "=", "=k3 "]),
    ),
)
JUNK = st.one_of(
    st.none(), st.integers(), st.text(st.characters(exclude_categories=()), max_size=5), st.lists(st.none())
)
LINE = st.one_of(
    st.fixed_dictionaries({"aviallPartNumber": NUMBER}, optional={"productCode": NUMBER | JUNK}),
    st.fixed_dictionaries({}, optional={"aviallPartNumber": JUNK, "productCode": JUNK}),
    JUNK,
)
REQUESTS = st.lists(NUMBER, unique=True, max_size=6)


def cleaned(text):
    try:
        return clean(text)
    except (BadPartNumber, TypeError):
        return None


@settings(deadline=None, max_examples=400)
@given(REQUESTS, st.lists(LINE, max_size=7), st.randoms(use_true_random=False))
def test_every_part_is_found_or_missing_whatever_the_order_of_the_answer(requested, lines, random):
    result = match(requested, lines)
    assert [part for part in requested if part in result.skus] == list(result.skus)
    assert [part for part in requested if part not in result.skus] == list(result.missing)
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert match(requested, shuffled) == result
    backwards = match(requested[::-1], lines)
    assert backwards.skus == result.skus
    assert (backwards.strangers, backwards.relatives) == (result.strangers, result.relatives)


@settings(deadline=None, max_examples=400)
@given(REQUESTS, st.lists(LINE, max_size=7))
def test_an_exact_match_wins_and_another_variant_never_matches(requested, lines):
    result = match(requested, lines)
    skus = {
        cleaned(line["aviallPartNumber"]) for line in lines if isinstance(line, dict) and "aviallPartNumber" in line
    }
    skus.discard(None)
    for part in requested:
        number = cleaned(part)
        if number in skus:
            assert result.skus[part] == (number,)
        for sku in result.skus.get(part, ()):
            assert sku in skus
            if base_number(number) == base_number(sku) and suffix(number) and suffix(sku):
                assert suffix(number) == suffix(sku)
        assert result.skus.get(part, ("",)) == tuple(sorted(set(result.skus.get(part, ("",)))))
    assert 0 <= result.strangers + result.relatives <= len(lines)
