"""The words of the console: plain English, one word for each thing, plural forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.batches import failure_groups
from boeing_data_hub.batches.names import run_name
from boeing_data_hub.batches.requests import PublishRequest, SearchRequest, name_of, publish_options, search_options
from boeing_data_hub.catalogue import screening
from boeing_data_hub.catalogue.screening import Reason
from boeing_data_hub.health.batch_status import WaitingFor
from boeing_data_hub.health.live import message
from boeing_data_hub.values.counted import counted, form
from boeing_data_hub.values.states import BatchStatus, BatchType, ItemState
from boeing_data_hub.web.console import figures, rendering, words
from boeing_data_hub.web.console.audit_words import ACTIONS
from boeing_data_hub.work.batch import Batch, BatchOptions

TEMPLATES = Path(rendering.__file__).parent / "templates"
DIALECT = re.compile(
    r"\b(?:anew|of late|mend(?:ed|s)?|nobody'?s?|somebody(?: else)?|doubled|orphans?|publishings|is told|are told"
    r"|(?:a|this|next|later) publishing"
    r"|by (?:itself|themselves)|goes? on|all the same|foretold|look on|for ever|taken back|takes? back"
    r"|kept by hand|set by hand|your word|ahead in line|catalogue)\b",
    re.IGNORECASE,
)
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def batch(**fields):
    """A run as a row would give it."""
    given = {
        "id": UUID(int=1), "batch_type": BatchType.SEARCH, "status": BatchStatus.PROCESSING, "total_items": 10,
        "extracted_count": 0, "normalized_count": 0, "published_count": 0, "failed_count": 0,
        "not_for_sale_count": 0, "cancelled_count": 0, "reused_count": 0,
        "error_message": None, "owner": "me", "idempotency_key": None, "request_hash": "",
        "options": BatchOptions(), "retry_of": None, "rate": None, "created_at": NOW, "updated_at": NOW,
        "started_at": NOW, "completed_at": None,
    }  # fmt: skip
    return Batch(**{**given, **fields})


def shown(template):
    """What a person can read of a template: texts, and the texts within its expressions, tags and comments left out."""
    text = re.sub(r"\{#.*?#\}", " ", template, flags=re.DOTALL)
    quoted = [
        words
        for code in re.findall(r"\{[{%].*?[%}]\}", text, flags=re.DOTALL)
        for words in re.findall(r'"([^"]* [^"]*)"', code)
        if "/" not in words and "hx-" not in words
    ]
    plain = re.sub(r"<[^>]*>", " ", re.sub(r"\{[{%].*?[%}]\}", " ", text, flags=re.DOTALL))
    labels = re.findall(r'(?:aria-label|placeholder|title)="([^"{]*)"', text)
    return [plain, *quoted, *labels]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.stem)
def test_no_page_speaks_dialect(path):
    found = [hit[0] for text in shown(path.read_text()) for hit in DIALECT.finditer(text)]
    assert found == []


def test_no_sentence_of_the_word_maps_speaks_dialect():
    texts = [
        *(text for kind in words.KINDS.values() for it in kind.values() for text in (it.text, it.means)),
        *words.FIELDS.values(), *words.CAUSES.values(), *ACTIONS.values(), *words.REASONS.values(),
        *words.PLACEHOLDERS.values(), *rendering.NOTICES.values(), *failure_groups.WHAT_TO_DO.values(),
        *screening.SENTENCES.values(),
    ]  # fmt: skip
    assert [text for text in texts if DIALECT.search(text)] == []


def test_every_reason_why_a_part_is_not_sold_has_a_label_and_a_sentence():
    assert {reason.value for reason in Reason} <= set(words.REASONS)
    assert {reason.value for reason in Reason} <= set(screening.SENTENCES)


@given(st.integers(min_value=0, max_value=10**9))
def test_only_one_is_singular(number):
    said = counted(number, "part")
    assert said == f"{number:,} part" if number == 1 else said == f"{number:,} parts"
    assert form(number, "is", "are") == ("is" if number == 1 else "are")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"options": BatchOptions(source="parts.xlsx")}, "parts.xlsx"),
        ({"options": BatchOptions()}, "Search"),
        ({"batch_type": BatchType.PUBLISH, "options": BatchOptions(source="parts.xlsx")}, "Publish parts.xlsx"),
        ({"batch_type": BatchType.PUBLISH, "options": BatchOptions(source="Pasted list")}, "Publish pasted list"),
        (
            {"batch_type": BatchType.PUBLISH, "options": BatchOptions(source="Found by parts.xlsx")},
            "Publish parts.xlsx",
        ),
        ({"batch_type": BatchType.PUBLISH, "options": BatchOptions(source="One part: A=K3")}, "Publish A=K3"),
        ({"batch_type": BatchType.PUBLISH, "options": BatchOptions()}, "Publish"),
        ({"retry_of": UUID(int=2), "options": BatchOptions(source="parts.xlsx")}, "Retry: parts.xlsx"),
        ({"retry_of": UUID(int=2)}, "Retry of failed parts"),
        (
            {"batch_type": BatchType.PUBLISH, "options": BatchOptions(source="a.csv", undo_of=UUID(int=3))},
            "Undo: a.csv",
        ),
        ({"batch_type": BatchType.PUBLISH, "options": BatchOptions(undo_of=UUID(int=3))}, "Undo of a publish run"),
    ],
)
def test_a_run_is_named_after_its_list(fields, name):
    assert run_name(batch(**fields)) == name


def test_a_run_without_a_list_is_named_after_its_parts():
    assert name_of(["AN3-43A"]) == "AN3-43A"
    assert name_of(["AN3-43A", "B", "C"]) == "AN3-43A and 2 more"
    asked = {"part_numbers": ["A", "B"], "owner": "me"}
    assert search_options(SearchRequest(**asked)).source == "A and 1 more"
    assert publish_options(PublishRequest(**asked), bulk_from=100).source == "A and 1 more"
    assert search_options(SearchRequest(**asked, source="a.csv")).source == "a.csv"


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("boeing_limit", "running"),
        ("shopify_bulk_operation", "running"),
        ("limit", "waiting"),
        ("credentials", "waiting"),
        ("no_worker", "waiting"),
    ],
)
def test_a_run_at_its_usual_pace_is_running(reason, state):
    assert words.run_state(batch(), WaitingFor(reason=reason, until=None, message="")) == state


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"failed_count": 1, "normalized_count": 2}, "Running: 3 of 10 parts done, 1 failed."),
        ({"status": BatchStatus.COMPLETED, "total_items": 1, "normalized_count": 1}, "Finished: 1 part succeeded."),
        ({"status": BatchStatus.COMPLETED, "normalized_count": 10}, "Finished: all 10 parts succeeded."),
        (
            {"status": BatchStatus.COMPLETED, "normalized_count": 9, "failed_count": 1},
            "Finished with failures: 9 of 10 parts succeeded, 1 failed.",
        ),
        ({"status": BatchStatus.PENDING, "total_items": 1}, "Plan for 1 part, waiting for approval."),
    ],
)
def test_a_run_says_in_parts_how_far_it_is(fields, said):
    assert message(batch(**fields)).startswith(said)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (92, 110, "92\u2013110 s"),
        (45, 130, "45 s to 2 min"),
        (5, 5.2, "5 s"),
        (0.2, 5, "under 5 s"),
        (3600, 7200, "1\u20132 h"),
    ],
)
def test_a_range_names_its_unit_once(low, high, said):
    assert figures.span(low, high) == said


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("price", "2502.12", "2,502.12"),
        ("price", None, "(empty)"),
        ("notes", "", "(empty)"),
        ("title", "BOLT", "BOLT"),
        ("price", "unreadable", "unreadable"),
    ],
)
def test_a_changed_value_is_money_or_empty_or_itself(field, value, said):
    assert figures.changed(field, value) == said


def test_metafields_are_shown_by_their_names():
    assert words.field_name("metafields.notes") == "Notes"
    assert words.field_name("metafields.tracedoc") == "Trace document"
    assert words.field_name("handle") == "URL handle"


def test_every_state_of_a_part_has_a_word():
    assert set(words.ITEM) >= set(ItemState)
