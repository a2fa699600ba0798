"""The three calls on the wire, as the real service speaks them."""

from __future__ import annotations

import concurrent.futures

import pytest

from boeing_data_hub_sandbox.boeing.answers import line_items


def test_an_oauth_token_is_given_as_azure_gives_it(boeing):
    answer = boeing.oauth()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 3599
    assert answer.json()["access_token"]


@pytest.mark.parametrize("field", ["grant_type", "client_id", "client_secret", "scope"])
def test_an_incomplete_form_is_refused_by_name(boeing, field):
    answer = boeing.oauth(**{field: None})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert f"'{field}'" in answer.json()["error_description"]


def test_another_grant_type_is_refused(boeing):
    answer = boeing.oauth(grant_type="password")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("field", ["client_id", "client_secret"])
def test_client_credentials_are_checked_once_they_are_set(boeing, control, field):
    control.settings(**{field: "right"})
    refused = boeing.oauth(**{field: "wrong"})
    assert refused.status_code == 401
    assert refused.json()["error_description"].startswith("AADSTS")
    assert boeing.oauth(**{field: "right"}).status_code == 200


@pytest.mark.parametrize("field", ["username", "password"])
def test_user_and_password_are_checked_once_they_are_set(boeing, control, field):
    control.settings(**{field: "right"})
    oauth = boeing.oauth().json()["access_token"]
    assert boeing.part_token(oauth, **{f"x-{field}": "wrong"}).status_code == 401
    assert boeing.part_token(oauth, **{f"x-{field}": "right"}).status_code == 200


def test_the_part_token_comes_in_a_header_only(boeing):
    answer = boeing.part_token(boeing.oauth().json()["access_token"])
    assert answer.status_code == 200
    assert answer.headers["x-part-access-token"]
    assert answer.json() == {}


def test_the_part_token_needs_an_oauth_token_and_both_credentials(boeing):
    assert boeing.part_token("nonsense").status_code == 401
    assert boeing.part_token(boeing.oauth().json()["access_token"], **{"x-username": ""}).status_code == 401


def test_prices_come_in_an_envelope_in_the_order_asked(boeing):
    parts = ["WF338109", "P512777=K3", "4232-0226-1=9B", "AN3-43A"]
    answer = boeing.price(*parts)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"currency": "USD", "lineItems": [item for part in parts for item in line_items(part)]}


def test_the_same_question_gets_the_same_bytes(boeing):
    assert boeing.price("AN3-43A", "P1022=K3").content == boeing.price("AN3-43A", "P1022=K3").content


def test_a_part_asked_twice_in_a_call_is_answered_once(boeing):
    assert len(boeing.items("P512777=K3", "P512777=K3")) == 1


def test_unknown_parts_are_absent(boeing):
    assert boeing.items("=NO SUCH PART=", "P512777=K3") == line_items("P512777=K3")
    assert boeing.items("=NO SUCH PART=") == []


def test_no_stock_and_no_location_are_left_out_unless_wanted(boeing):
    assert boeing.items("P1022=K3", showNoStock=False) == []
    (item,) = boeing.items("P512777=K3", showLocation=False)
    assert "locationAvailabilities" not in item


@pytest.mark.parametrize(("order", "expected"), [("reversed", ["P1022", "AN3-4", "P512777"]), ("sorted", None)])
def test_the_order_of_the_answer_can_be_another(boeing, control, order, expected):
    control.settings(order=order)
    asked = ["P512777", "AN3-4", "P1022"]
    bases = [item["aviallPartNumber"].partition("=")[0] for item in boeing.items(*asked)]
    assert list(dict.fromkeys(bases)) == (expected or sorted(asked))


def test_ten_parts_are_the_most(boeing, control):
    parts = [f"PN{number}" for number in range(11)]
    assert boeing.price(*parts[:10]).status_code == 200
    refused = boeing.price(*parts)
    assert refused.status_code == 400
    assert "10" in refused.json()["message"]
    control.settings(max_parts=20)
    assert boeing.price(*parts).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000),
        *(b'{"productCodes":[]}', b'{"productCodes":"A"}', b'{"productCodes":[1]}'),
    ],
)
def test_a_body_that_asks_nothing_is_a_bad_request(boeing, body):
    answer = boeing.http.post(boeing.access["BOEING_PNA_PRICE_URL"], headers=boeing.tokens, content=body)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_an_enormous_body_is_refused(boeing):
    body = b" " * 1_500_000
    answer = boeing.http.post(boeing.access["BOEING_PNA_PRICE_URL"], headers=boeing.tokens, content=body)
    assert answer.status_code == 413


@pytest.mark.parametrize("header", ["Authorization", "x-boeing-parts-authorization"])
def test_a_price_call_needs_both_tokens(boeing, header):
    url, body = boeing.access["BOEING_PNA_PRICE_URL"], {"productCodes": ["A"]}
    without = {name: value for name, value in boeing.tokens.items() if name != header}
    assert boeing.http.post(url, headers=without, json=body).status_code == 401
    assert boeing.http.post(url, headers={**boeing.tokens, header: "Bearer x"}, json=body).status_code == 401
    assert boeing.http.post(url, headers=boeing.tokens, json=body).status_code == 200


def test_tokens_end_after_their_time(boeing, control):
    control.settings(token_ttl_s=0.05)
    boeing.log_in()
    while boeing.price("A").status_code == 200:
        pass
    assert boeing.price("A").json() == {"message": "Unauthorized"}
    control.settings(token_ttl_s=3599.0, part_token_ttl_s=0.05)
    boeing.log_in()
    while boeing.price("A").status_code == 200:
        pass


def test_all_tokens_can_be_ended_at_once(boeing, control):
    assert control.expire_tokens() == 2
    assert boeing.price("A").status_code == 401
    boeing.log_in()
    assert boeing.price("A").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/oauth2/v2.0/token"),
        ("POST", "/boeing-part-price-availability/token/v1/oauth"),
        ("GET", "/boeing-part-price-availability/price-availability/v1/wtoken"),
        ("POST", "/boeing-part-price-availability/price-availability/v1/wtoken/"),
    ],
)
def test_another_path_or_method_is_not_found(boeing, method, path):
    answer = boeing.http.request(method, boeing.url + path)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_latency_is_time_during_which_other_calls_are_served(boeing, control):
    control.settings(latency_ms=150.0)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda part: boeing.price(part).status_code, ["A", "B", "C", "D"]))
    assert answers == [200] * 4
    assert control.stats()["max_concurrent"] == 4
    assert all(call["seconds"] >= 0.14 for call in control.ledger())
