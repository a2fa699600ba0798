"""The console's saved lists: an empty page that teaches, a form that keeps its values, and what a new file changed."""

from __future__ import annotations

import pytest

pytestmark = [
    pytest.mark.services,
    # Starlette leaves the file of a form that breaks off to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def saved(operator):
    return operator.send("/console/lists", name="ACME <b>stock</b>", after_refresh="new").headers["location"]


def send_file(operator, page, content):
    path = page.partition("?")[0].replace("/console/lists/", "/console/lists/upload/")
    return operator.send(path, files={"file": ("stock.csv", content)})


def test_the_page_without_lists_says_what_they_are_for(operator):
    told = operator.read("/console/lists")
    assert "No saved lists yet" in told
    assert "what each new file adds and removes" in told
    assert "Saved lists" in operator.read("/console")  # the navigation leads there


def test_a_list_is_saved_read_searched_and_deleted(operator, saved, hub):
    assert "Never read" in operator.read(saved)
    first = send_file(operator, saved, b"P/N;Site\nAN3-4;Miami\nAN3-5;Dallas\n")
    told = operator.follow(first)
    assert "File read." in told
    assert "AN3-4 Miami" in told
    told = operator.follow(send_file(operator, saved, b"P/N;Site\nAN3-5;Dallas\nAN3-6;Oslo\n"))
    assert "Added 1" in told
    assert "Removed 1" in told
    page = saved.partition("?")[0]
    assert "AN3-4" in operator.read(f"{page}?which=removed")
    run = operator.send(f"{page}/search", which="new").headers["location"]
    assert "/console/runs/" in run
    assert hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.batches")) == 3
    assert "List deleted." in operator.follow(operator.send(f"{page}/delete"))
    assert operator.get(page).status_code == 404


def test_a_name_that_is_taken_is_said_in_the_form_which_keeps_its_values(operator, saved):
    answer = operator.send("/console/lists", name="ACME <b>stock</b>", column="Mfr P/N")
    assert answer.status_code == 422
    assert "There is a list" in answer.text
    assert 'value="Mfr P/N"' in answer.text


def test_a_list_is_edited_with_its_mapping(operator, saved):
    page = saved.partition("?")[0]
    operator.send(f"{page}/edit", name="Other", column="B", header_row="0", first_row="2")
    send_file(operator, saved, b"x;OLD-1\nx;AN3-4\nx;AN3-5\n")
    told = operator.read(page)
    assert "Part numbers 2" in told
    assert "Other" in told
    assert 'value="0"' in operator.get(f"{page}/edit").text


def test_an_address_on_a_host_that_is_not_named_is_refused_in_the_form(operator):
    answer = operator.send("/console/lists", name="X", address="https://files.example.com/x.csv")
    assert answer.status_code == 422
    assert "HUB_LIST_HOSTS" in answer.text
