"""Workers, scheduler and clients live at a Redis as people have it, and the doctor says of it what they meet."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.patience import allow

from boeing_data_hub.app import Hub
from boeing_data_hub.broker.address import parse
from boeing_data_hub.broker.visit import visit
from boeing_data_hub.errors import Unavailable
from boeing_data_hub.health.doctor.redis_check import look_at_broker
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.wake_ups import PREFIX, WakeUps, celery_app, require_usable

pytestmark = pytest.mark.services
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def start(tmp_path, database_url) -> Iterator[Callable[..., Any]]:
    """Starts a module of the hub as a process; it has a log."""
    made: list[subprocess.Popen[bytes]] = []

    def begin(url: str, *arguments: str, **settings: str) -> Any:
        log = tmp_path / f"{len(made)}.log"
        environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": url, "HUB_LOG_FORMAT": "json",
                       "HUB_SWEEP_SECONDS": "0.5", **settings}  # fmt: skip
        command = [sys.executable, "-m", "boeing_data_hub.worker", *arguments]
        with log.open("wb") as output:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        process.told = log.read_text  # type: ignore[attr-defined]
        made.append(process)
        return process

    yield begin
    for process in made:
        process.terminate()
    for process in made:
        try:
            process.wait(timeout=allow(10))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def doctor_says(url: str) -> dict[str, str]:
    found = look_at_broker(url, name="REDIS_URL")
    return {each.code: f"{each.message} {each.remedy}" for each in found if each.level == "error"}


def lives(url: str, start, wait) -> None:
    """A worker starts, answers `inspect ping`, and takes the scheduler's wake-ups; sender and figures work as well."""
    assert doctor_says(url) == {}
    worker, scheduler = start(url, "default"), start(url, "beat")
    wait.until(lambda: "ready." in worker.told() or worker.poll() is not None, what="the worker")
    assert worker.poll() is None, worker.told()
    with celery_app(url) as app:
        answers = wait.until(lambda: app.control.inspect(timeout=2).ping(), what="an answer")
    assert list(answers.values()) == [{"ok": "pong"}]
    wake_ups = WakeUps(url)
    assert wake_ups.send(Stage.DEFAULT, 3)
    wait.until(lambda: wake_ups.waiting(Stage.DEFAULT) == 0, what="an empty queue")
    assert wake_ups.send(Stage.EXTRACTION, 1)
    assert wake_ups.waiting(Stage.EXTRACTION) == 1
    wake_ups.close()
    assert scheduler.poll() is None, scheduler.told()
    assert "Traceback" not in worker.told() + scheduler.told()


def test_a_private_authority_is_named_in_the_address(make_door, authority, start, wait):
    door = make_door()
    lives(f"rediss://127.0.0.1:{door.port}/0?ssl_ca_certs={authority.ca}", start, wait)
    assert door.encrypted


def test_a_private_authority_is_trusted_without_a_parameter_as_the_machine_trusts_it(
    make_door, authority, start, wait, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    door = make_door()
    lives(f"rediss://localhost:{door.port}/1", start, wait)
    assert door.encrypted


def test_a_private_authority_is_trusted_by_the_hub_s_one_setting(
    make_door, authority, start, wait, monkeypatch, database_url
):
    monkeypatch.setenv("HUB_CA_FILE", str(authority.ca))
    url = f"rediss://localhost:{make_door().port}/1"
    settings = Settings(_env_file=None, database_url=database_url, redis_url=url)
    assert doctor_says(settings.broker_url) == {}
    worker = start(url, "extraction")
    wait.until(lambda: "ready." in worker.told() or worker.poll() is not None, seconds=60, what="ready")
    wake_ups = WakeUps(settings.broker_url)
    assert wake_ups.send(Stage.EXTRACTION, 3)
    wait.until(lambda: wake_ups.waiting(Stage.EXTRACTION) == 0, what="an empty queue")
    wake_ups.close()
    assert "Traceback" not in worker.told()


def test_an_untrusted_certificate_is_named_and_may_be_accepted(make_door, start, wait):
    url = f"rediss://127.0.0.1:{make_door().port}/0"
    assert "ssl_ca_certs" in doctor_says(url)["redis_certificate"]
    lives(f"{url}?ssl_cert_reqs=none", start, wait)


def test_a_certificate_for_another_host_is_named(make_door, authority):
    url = f"rediss://127.0.0.1:{make_door(certificate='elsewhere').port}/0?ssl_ca_certs={authority.ca}"
    assert "must match the certificate" in doctor_says(url)["redis_certificate"]
    assert doctor_says(f"{url}&ssl_check_hostname=false") == {}


def test_a_server_that_wants_our_certificate_gets_it(make_door, authority, start, wait):
    url = f"rediss://127.0.0.1:{make_door(asks=True).port}/0?ssl_ca_certs={authority.ca}"
    found = doctor_says(url)  # one of the two, as the refusal comes before or after our first command
    assert found.keys() & {"redis_client_certificate", "redis_protocol"}
    both = f"{url}&ssl_certfile={authority.file('client-both.pem')}"
    assert doctor_says(both) == {}
    certificate = f"&ssl_certfile={authority.file('client.pem')}&ssl_keyfile={authority.file('client.key')}"
    lives(url + certificate, start, wait)


def test_a_file_that_is_not_there_is_named(make_door):
    url = f"rediss://127.0.0.1:{make_door().port}/0?ssl_ca_certs=/nowhere/ca.pem"
    assert "ssl_ca_certs" in doctor_says(url)["redis_tls_file"]


@pytest.mark.parametrize("form", ["unix://{}", "unix://{}?db=1", "redis+socket://{}?virtual_host=2"])
def test_a_socket_of_this_machine_is_used(server, start, wait, form):
    lives(form.format(server.socket), start, wait)


def test_a_socket_is_used_with_user_and_password(server, start, wait):
    server.admin("ACL", "SETUSER", "hub", "on", ">sec/ret@", "~*", "&*", "+@all")
    lives(f"unix://hub:sec%2Fret%40@{server.socket}?db=3", start, wait)


def test_a_socket_that_is_not_there_is_named(server, tmp_path):
    assert "redis_socket" in doctor_says(f"unix://{tmp_path}/none.sock")


def test_a_postgres_that_refuses_us_is_a_line_and_no_traceback_in_the_log_of_a_worker(
    server, start, wait, database_url
):
    password = urlsplit(database_url).password
    wrong = database_url.replace(f":{password}@", ":canary@")
    worker, scheduler = (start(server.url, each, DATABASE_URL=wrong) for each in ("default", "beat"))
    wait.until(
        lambda: "ready." in worker.told() and "the heartbeat could not be written" in worker.told(),
        seconds=60,
        what="a worker",
    )
    wake_ups = WakeUps(server.url)
    assert wake_ups.send(Stage.DEFAULT, 5)
    wait.until(lambda: wake_ups.waiting(Stage.DEFAULT) == 0, what="sweeps that fail")
    wake_ups.close()
    worker.terminate()  # those under way are ended first
    assert worker.wait(timeout=allow(20)) == 0
    assert "rejects the user name or password" in worker.told()
    assert "Traceback" not in worker.told() + scheduler.told()
    assert worker.told().count("the heartbeat could not be written") == 1
    assert "canary" not in worker.told() + scheduler.told()


def documented_rights() -> list[str]:
    text = (DOCS / "operations.md").read_text()
    (line,) = re.findall(r"^ACL SETUSER hub (.+?[^\\])$", text.replace("\\\n", " "), re.MULTILINE)
    return line.replace("PASSWORD", "secret").split()


def test_the_documented_rights_are_enough_for_everything_the_hub_does(server, start, wait, database_url):
    server.admin("ACL", "SETUSER", "hub", *documented_rights())
    server.admin("ACL", "LOG", "RESET")
    url = server.url_of("hub")
    lives(url, start, wait)
    hub = Hub(Settings(_env_file=None, database_url=database_url, redis_url=url))
    figures = hub.figures.now().redis
    hub.close()
    assert figures is not None
    assert figures.wake_ups["extraction"] == 1
    assert figures.memory is None  # INFO is not among the rights
    told = [
        each if isinstance(each, dict) else dict(zip(each[::2], each[1::2], strict=True))
        for each in server.admin("ACL", "LOG")
    ]
    refused = {each[b"object"].lower().partition(b"|")[0] for each in told}
    assert refused <= {b"info", b"client"}  # our client's name for the server's list; nothing depends on it


# A database besides 0, Flower, and what is asked before there is a user.
_ELSEWHERE = {"+select", "+psubscribe", "+punsubscribe", "&bdh:/0.celeryev/*", "+auth", "+hello"}
NEEDED = [right for right in documented_rights() if right[0] in "+&~" and right not in _ELSEWHERE]


@pytest.mark.parametrize("right", NEEDED)
def test_each_documented_right_is_needed_and_named_when_it_is_missing(server, right):
    server.admin("ACL", "SETUSER", "hub", *(each for each in documented_rights() if each != right))
    assert right.partition("|")[0] in doctor_says(server.url_of("hub")).get("redis_rights", "")


def test_the_rights_that_people_grant_first_are_enough(server, start, wait):
    server.admin("ACL", "SETUSER", "hub", "on", ">secret", "resetchannels", "~bdh:*", "&bdh:*", "+@all")
    lives(server.url_of("hub"), start, wait)


@pytest.mark.parametrize("process", [("default",), ("beat",)])
def test_a_user_without_the_channels_is_refused_at_start(server, start, process):
    server.admin("ACL", "SETUSER", "hub", "on", ">secret", "resetchannels", "~bdh:*", "+@all")
    refused = start(server.url_of("hub"), *process)
    assert refused.wait(timeout=allow(20)) == 2
    assert "&bdh:*" in refused.told()
    assert "Traceback" not in refused.told()


def test_cluster_mode_is_named_by_the_doctor_and_refused_at_start(make_server, start):
    server = make_server(cluster_enabled="yes")
    said = doctor_says(server.url)
    assert list(said) == ["redis_cluster"]
    for arguments in (("default",), ("extraction", "normalization"), ("beat",)):
        refused = start(server.url, *arguments)
        assert refused.wait(timeout=allow(20)) == 2
        assert "cluster mode" in refused.told()
        assert "Traceback" not in refused.told()


def test_cluster_mode_is_seen_by_an_account_that_may_not_ask(make_server):
    server = make_server(cluster_enabled="yes")
    server.admin("CLUSTER", "ADDSLOTS", *range(16384))
    server.admin("ACL", "SETUSER", "hub", "on", ">secret", "resetchannels", "~bdh:*", "&bdh:*", "+@all", "-@dangerous")
    assert list(doctor_says(server.url_of("hub"))) == ["redis_cluster"]


def test_a_replica_is_named(make_server):
    first = make_server()
    second = make_server(replicaof=f"127.0.0.1 {first.port}")
    assert "primary" in doctor_says(second.url)["redis_read_only"]
    with pytest.raises(Unavailable, match="replica"):  # whoever watches the process starts it again after a failover
        require_usable(second.url)


def test_a_server_without_memory_left_is_named(server):
    server.admin("CONFIG", "SET", "maxmemory", "1")
    assert "maxmemory" in doctor_says(server.url)["redis_no_memory"]


def test_a_server_whose_connections_are_all_taken_is_named(make_server):
    server = make_server(maxclients="1")
    with celery_app(server.url) as app, app.connection_for_read() as connection:
        connection.default_channel.client.ping()
        assert "maxclients" in doctor_says(server.url)["redis_crowded"]


@pytest.mark.parametrize(
    ("setup", "url", "code"),
    [
        (["requirepass", "secret"], "redis://127.0.0.1:{port}/0", "redis_password"),
        (["requirepass", "secret"], "redis://:wrong@127.0.0.1:{port}/0", "redis_password"),
        (["requirepass", "secret"], "redis://nobody:secret@127.0.0.1:{port}/0", "redis_password"),
        ([], "redis://127.0.0.1:{port}/99", "redis_database"),
        ([], "rediss://127.0.0.1:{port}/0", "redis_protocol"),
        ([], "redis://127.0.0.1:1/0", "redis_unreachable"),
        ([], "redis://nohost.invalid/0", "redis_unreachable"),
        ([], "sentinel://127.0.0.1:{port}/0", "redis_unreachable"),
    ],
)
def test_what_is_wrong_is_named(make_server, setup, url, code):
    server = make_server(**dict([setup] if setup else []))
    told = doctor_says(url.format(port=server.port))
    assert list(told) == [code]
    assert "secret" not in told[code]
    assert "wrong" not in told[code].replace("is wrong", "")


def test_what_cannot_be_asked_is_unknown_and_no_fault(server):
    server.admin("ACL", "SETUSER", "hub", "on", ">secret", "resetchannels", "~bdh:*", "&bdh:*", "+@all", "-@dangerous")
    facts = visit(parse(server.url_of("hub")), prefix=PREFIX)
    assert (facts.policy, facts.used, facts.maximum, facts.persistent, facts.refused) == ("", None, None, None, None)
    assert facts.version
    (ok,) = [each for each in look_at_broker(server.url_of("hub"), name="REDIS_URL") if each.level == "ok"]
    assert "unknown" in ok.message


def test_the_visit_leaves_nothing_behind(server):
    visit(parse(server.url), prefix=PREFIX)
    assert [key for key in server.admin("KEYS", "*") if b"doctor" in key] == []
