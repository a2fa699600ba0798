"""What a failed call means for its parts."""

from __future__ import annotations

from dataclasses import replace

from boeing_data_hub.boeing.judging import AskedPart, Missing, after_failure, after_missing
from boeing_data_hub.errors import PauseUpstream, RateLimited, Reject, Retry
from boeing_data_hub.retry import RetryPolicy

RULES = RetryPolicy(attempts=4, first=2.0, longest=60.0, longest_asked=600.0)


def asked(count, attempts=0, group=None):
    return [AskedPart(f"P{n}", attempts, group) for n in range(count)]


def test_a_transient_failure_is_asked_again_together_after_a_pause():
    verdict = after_failure(asked(10), Retry("slow", code="boeing_timeout"), RULES)
    (again,) = verdict.again
    assert len(again.part_numbers) == 10
    assert (again.wait, again.attempts, again.alone) == (2.0, 1, False)
    assert verdict.failed == ()


def test_pauses_grow_with_every_failure():
    waits = [after_failure(asked(1, n), Retry("x"), replace(RULES, attempts=99)).again[0].wait for n in range(7)]
    assert waits == [2, 4, 8, 16, 32, 60, 60]


def test_the_other_side_s_own_wait_is_honoured():
    assert after_failure(asked(1), Retry("x", retry_after=30), RULES).again[0].wait == 30


def test_a_call_that_keeps_failing_is_split_in_two():
    verdict = after_failure(asked(10, attempts=3), Retry("x"), RULES)
    assert [len(call.part_numbers) for call in verdict.again] == [5, 5]
    assert all(call.alone and call.attempts == 2 for call in verdict.again)


def test_a_rejected_call_is_split_at_once():
    verdict = after_failure(asked(3), Reject("no"), RULES)
    assert [call.part_numbers for call in verdict.again] == [("P0",), ("P1", "P2")]
    assert all(call.wait == 0 for call in verdict.again)


def test_the_guilty_part_stands_alone_and_fails_with_the_reason():
    verdict = after_failure(asked(1), Reject("Boeing refuses it.", code="boeing_rejected"), RULES)
    assert verdict.failed == ("P0",)
    assert verdict.code == "boeing_rejected"
    assert "Boeing refuses it." in verdict.sentence


def test_one_bad_part_of_ten_is_found_in_eight_calls_and_nine_survive():
    waiting = [tuple(asked(10))]
    calls, failed, answered = 0, [], []
    while waiting:
        call = waiting.pop()
        calls += 1
        if all(part.part_number != "P7" for part in call):
            answered += [part.part_number for part in call]
            continue
        verdict = after_failure(call, Reject("no"), RULES)
        failed += verdict.failed
        waiting += [tuple(AskedPart(p, a.attempts, 1) for p in a.part_numbers) for a in verdict.again]
    assert failed == ["P7"]
    assert len(answered) == 9
    assert calls <= 9


def test_a_line_at_fault_is_never_counted_against_the_parts():
    for error in (RateLimited("429"), PauseUpstream("secret wrong"), Retry("refused", whole_line=True)):
        verdict = after_failure(asked(10, attempts=3), error, RULES)
        assert verdict.failed == ()
        assert [call.attempts for call in verdict.again] == [3]


def test_a_part_left_out_of_a_clean_answer_is_not_found():
    assert after_missing(["A"], {"A": 0}, suspicious=False, confirm=False, retry=RULES) == Missing(gone=("A",))


def test_a_part_left_out_of_an_answer_to_another_question_is_asked_again():
    left_out = after_missing(["A"], {"A": 0}, suspicious=True, confirm=False, retry=RULES)
    assert left_out.gone == left_out.wrong == ()
    assert left_out.again[0].part_numbers == ("A",)


def test_wrong_answers_do_not_go_on_for_ever_and_are_not_called_not_found():
    assert after_missing(["A"], {"A": 3}, suspicious=True, confirm=False, retry=RULES) == Missing(wrong=("A",))


def test_a_missing_part_can_be_confirmed_by_a_separate_call():
    left_out = after_missing(["A", "B"], {"A": 0, "B": 1}, suspicious=False, confirm=True, retry=RULES)
    assert left_out.gone == ("B",)
    assert [(call.part_numbers, call.alone) for call in left_out.again] == [(("A",), True)]
