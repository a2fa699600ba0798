"""What the stand-in tells about its callers, and how it is changed while it runs."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.support.patience import allow

from boeing_data_hub.errors import BadInput, Unavailable
from boeing_data_hub.settings import Settings
from boeing_data_hub_sandbox.boeing.answers import World, line_items
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl, environment
from boeing_data_hub_sandbox.boeing.settings import SandboxSettings


def test_every_price_call_is_in_the_ledger(boeing, control):
    boeing.price("A", "B")
    boeing.price("C", productCodes=[])
    control.expire_tokens()
    boeing.price("D")
    first, second, third = control.ledger()
    assert (first["number"], first["parts"], first["status"], first["answered"]) == (1, ["A", "B"], 200, True)
    assert first["token"].startswith("oauth-")
    assert first["at"] > 1.7e9
    assert (second["status"], second["answered"], second["parts"]) == (400, False, [])
    assert (third["status"], third["parts"], third["token"]) == (401, ["D"], "bad bad")
    assert third["monotonic"] > first["monotonic"]
    assert [call["number"] for call in control.ledger(since=1, limit=1)] == [2]


def test_statistics_and_their_reset(boeing, control):
    boeing.oauth()
    boeing.price("A", "B")
    boeing.price("B", "C")
    stats = control.stats()
    assert (stats["calls"], stats["answered"], stats["by_status"]) == (2, 2, {"200": 2})
    assert (stats["oauth_calls"], stats["part_token_calls"]) == (1, 0)
    assert (stats["parts_asked"], stats["distinct_parts"], stats["parts_asked_more_than_once"]) == (4, 3, 1)
    assert stats["asked_more_than_once"] == {"B": 2}
    assert (stats["window"], stats["limit"], stats["average_batch_fill"]) == (60.0, 0, 2.0)
    assert stats["last_call_at"] > stats["first_call_at"]
    control.reset()
    assert control.stats()["calls"] == 0
    assert control.ledger() == []


def test_beyond_the_limit_there_is_429_and_it_is_counted(boeing, control):
    control.settings(limit=3, window=60.0)
    answers = [boeing.price(f"P{number}") for number in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 50 <= int(answers[-1].headers["retry-after"]) <= 60
    stats = control.stats()
    assert (stats["calls"], stats["answered"], stats["max_in_window"]) == (5, 3, 5)
    assert (stats["over_limit"], stats["refused_by_limit"]) == (2, 2)
    assert control.stats(limit=5)["over_limit"] == 0
    assert control.stats(window=0.000001)["max_in_window"] == 1


def test_the_limit_is_open_again_when_its_window_has_passed(boeing, control, wait):
    control.settings(limit=1, window=0.3)
    assert boeing.price("A").status_code == 200
    refused = boeing.price("A")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    wait.until(lambda: boeing.price("A").status_code == 200, seconds=5)


@pytest.mark.parametrize(("how", "header"), [("none", None), ("date", "GMT")])
def test_a_429_may_name_a_date_or_no_time(boeing, control, how, header):
    control.settings(limit=1, retry_after=how)
    boeing.price("A")
    found = boeing.price("A").headers.get("retry-after")
    assert found is None if header is None else found.endswith(header)


def test_the_limit_may_only_be_observed(boeing, control):
    control.settings(limit=1, limit_mode="observe")
    assert {boeing.price("A").status_code for _ in range(3)} == {200}
    stats = control.stats()
    assert (stats["over_limit"], stats["refused_by_limit"]) == (2, 0)


def test_settings_change_in_part_or_return_to_the_start(control):
    assert control.settings(limit=7, latency_ms=3)["limit"] == 7
    assert control.settings()["latency_ms"] == 3
    back = control.restore_settings(window=5.0)
    assert (back["limit"], back["latency_ms"], back["window"]) == (0, 0, 5)


@pytest.mark.parametrize("wrong", [{"limit": -1}, {"limit": "many"}, {"window": 0}, {"nonsense": 1}, {"order": "odd"}])
def test_a_setting_that_cannot_be_is_refused_and_nothing_changes(control, wrong):
    with pytest.raises(BadInput) as refused:
        control.settings(latency_ms=99, **wrong)
    assert "limit" in refused.value.details["settings"]
    assert control.settings()["latency_ms"] == 0


def test_prices_and_stock_of_a_part_move_at_once_and_move_back(boeing, control):
    before = boeing.items("P512777=K3")
    told = control.set_part("P512777=K3", listPrice=1.5, netPrice=1.25, quantity=2)
    (now,) = boeing.items("P512777=K3")
    assert told == [now]
    assert (now["listPrice"], now["netPrice"], now["quantity"]) == (1.5, 1.25, 2)
    control.set_part("P512777", unknown=True)
    assert boeing.items("P512777=K3") == []
    control.forget_part("P512777")
    control.forget_part("P512777=K3")
    assert boeing.items("P512777=K3") == before


def test_parts_with_slashes_and_odd_texts_can_be_set(boeing, control, stand_in):
    control.set_part("M83248/1-241", name="\u00e4")
    assert {item["name"] for item in boeing.items("M83248/1-241")} == {"\u00e4"}
    broken = b'{"name": "\\ud800"}'  # half of a character: JSON can carry it, UTF-8 cannot
    assert httpx2.put(f"{stand_in}/control/parts/M83248/1-241", content=broken, trust_env=False).is_success
    assert {item["name"] for item in boeing.items("M83248/1-241")} == {"\ud800"}


@pytest.mark.parametrize("wrong", [{"unknown": 1}, {"locations": ["Dallas"]}, {"remove": "eccn"}])
def test_an_override_that_cannot_be_is_refused(control, wrong):
    with pytest.raises(BadInput):
        control.set_part("A", **wrong)


def test_another_day_is_a_setting(boeing, control):
    control.settings(drift=3)
    parts = [f"PN{number}" for number in range(10)]
    assert boeing.items(*parts) == [item for part in parts for item in line_items(part, World(drift=3))]
    assert boeing.items(*parts) != [item for part in parts for item in line_items(part)]


def test_the_currency_is_a_setting(boeing, control):
    control.settings(currency="CAD")
    assert boeing.price("P512777").json()["currency"] == "CAD"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nonsense", 404),
        ("POST", "stats", 404),
        ("GET", "stats?window=soon", 422),
        ("GET", "stats?window=0", 422),
        ("GET", "stats?window=nan", 422),
        ("DELETE", "faults/99", 404),
        ("DELETE", "faults/x", 404),
        ("PUT", "parts/", 404),
    ],
)
def test_a_control_call_that_cannot_be_says_why(control, stand_in, method, path, status):
    answer = httpx2.request(method, f"{stand_in}/control/{path}", trust_env=False)
    assert answer.status_code == status
    assert answer.json()["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 200_000])
def test_a_control_body_that_is_no_object_is_refused(control, stand_in, body):
    assert httpx2.patch(f"{stand_in}/control/settings", content=body, trust_env=False).status_code == 400


def test_the_environment_is_what_a_hub_reads(stand_in):
    values = {name.lower(): value for name, value in environment(stand_in + "/").items()}
    settings = Settings(_env_file=None, **values)
    assert settings.boeing_client_secret.get_secret_value() == "sandbox-secret"
    assert settings.boeing_pna_price_url.startswith(f"{stand_in}/boeing-part")


def test_a_stand_in_takes_its_settings_and_its_ledger_file_from_the_command_line(start_stand_in, tmp_path):
    path = tmp_path / "ledger.jsonl"
    process, url = start_stand_in("--limit", "9", "--window", "30", "--latency-ms", "1", "--ledger", str(path))
    with BoeingSandboxControl(url) as control:
        settings = control.settings()
        assert (settings["limit"], settings["window"], settings["latency_ms"]) == (9, 30.0, 1.0)
        answer = httpx2.post(environment(url)["BOEING_PNA_PRICE_URL"], json={"productCodes": ["A"]}, trust_env=False)
        assert answer.status_code == 401
        assert [json.loads(line)["status"] for line in path.read_text().splitlines()] == [401]
        process.send_signal(signal.SIGINT)
        assert process.wait(allow(10)) == 0
        with pytest.raises(Unavailable):
            control.stats()


@pytest.mark.parametrize("kind", ["never_answers", "drip", "endless", "slow"])
def test_it_ends_at_once_in_the_middle_of_a_fault_and_complains_about_nothing(start_stand_in, wait, kind):
    process, url = start_stand_in()
    address = urlsplit(url)
    with BoeingSandboxControl(url) as control, socket.create_connection((address.hostname, address.port)) as client:
        control.fault(kind, call="oauth", **({"seconds": 3600} if kind == "slow" else {}))
        client.sendall(b"POST /oauth2/v2.0/token HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        wait.until(lambda: next(iter(control.faults().values()))["fired"], seconds=5)
        process.terminate()
        assert process.wait(allow(3)) == -signal.SIGTERM
    assert process.stdout.read() == b""


def test_help_names_every_setting():
    run = subprocess.run(
        [sys.executable, "-m", "boeing_data_hub_sandbox.boeing", "--help"],
        capture_output=True,
        timeout=allow(20),
        check=True,
    )
    for name in SandboxSettings.model_fields:
        assert f"--{name.replace('_', '-')} ".encode() in run.stdout


@pytest.mark.parametrize("arguments", [("--limit", "-1"), ("--limit-mode", "odd")])
def test_a_wrong_command_line_is_refused(arguments):
    run = subprocess.run(
        [sys.executable, "-m", "boeing_data_hub_sandbox.boeing", *arguments],
        capture_output=True,
        timeout=allow(20),
        check=False,
    )
    assert run.returncode == 2
    assert arguments[0].encode() in run.stderr
