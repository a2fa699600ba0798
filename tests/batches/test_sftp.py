"""A list is read by SFTP from a server whose host key it pins; nothing else is spoken to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.support.sftp_server import SftpServer

from boeing_data_hub.batches.lists.spreadsheet import MAX_BYTES
from boeing_data_hub.batches.sftp import SftpReader
from boeing_data_hub.errors import BadInput, HubError, Retry

PASSWORD = "correct horse"
OTHER_KEY = "SHA256:" + "A" * 43
LIST = b"P/N;Site\nAN3-4;Miami\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("sftp")
    (folder / "stock.csv").write_bytes(LIST)
    with (folder / "large.csv").open("wb") as large:
        large.truncate(MAX_BYTES + 1)
    running = SftpServer(folder, PASSWORD)
    yield running
    running.close()


def reader(server: SftpServer, *, password: str = PASSWORD, key_file: str = "", pair: bool = True) -> SftpReader:
    passwords = SecretStr(json.dumps({"hub@127.0.0.1": password}) if password else "")
    pairs = frozenset({server.place} if pair else ())
    return SftpReader(frozenset({"example.com"}), pairs, passwords, key_file)


def address(server: SftpServer, path: str = "/stock.csv") -> str:
    return f"sftp://hub@{server.place}{path}"


def refused(read: SftpReader, where: str, host_key: str) -> HubError:
    with pytest.raises(HubError) as told:
        read.fetch(where, host_key)
    assert PASSWORD not in told.value.message
    assert told.value.__context__ is None
    return told.value


def test_a_file_is_read_with_a_password(server: SftpServer):
    assert reader(server).fetch(address(server), server.host_key) == LIST


def test_a_file_is_read_with_a_key(server: SftpServer, tmp_path: Path):
    key = tmp_path / "id"
    server.client_key.write_private_key(key)
    found = reader(server, password="", key_file=str(key)).fetch(address(server), server.host_key)
    assert found == LIST


def test_a_server_with_another_host_key_gets_no_password(server: SftpServer):
    before = server.sign_ins
    assert refused(reader(server), address(server), OTHER_KEY).code == "sftp_host_key"
    assert server.sign_ins == before


def test_what_a_person_must_correct_is_not_tried_again(server: SftpServer, tmp_path: Path):
    for read, where, code in (
        (reader(server, password="wrong"), address(server), "sftp_login"),
        (reader(server, password=""), address(server), "sftp_login"),
        (reader(server), address(server, "/none.csv"), "list_not_there"),
        (reader(server, key_file=str(tmp_path / "none")), address(server), "sftp_key"),
    ):
        told = refused(read, where, server.host_key)
        assert (told.code, type(told)) == (code, BadInput)


def test_a_server_that_is_away_is_tried_again(server: SftpServer):
    away = SftpReader(frozenset(), frozenset({"127.0.0.1:1"}), SecretStr(""))
    told = refused(away, "sftp://hub@127.0.0.1:1/stock.csv", server.host_key)
    assert (told.code, type(told)) == ("list_unreachable", Retry)


def test_a_file_that_is_too_large_is_refused(server: SftpServer):
    assert refused(reader(server), address(server, "/large.csv"), server.host_key).code == "file_too_large"


@pytest.mark.parametrize(
    "where",
    [
        "sftp://hub:secret@files.example.com/x",
        "sftp://files.example.com/x",
        "sftp://hub@files.example.com",
        "sftp://hub@files.example.com:2222/x",
        "sftp://hub@other.org/x",
        "sftp://hub@127.0.0.1/x",
        "sftp://hub@evil-example.com/x",
        "sftp://hub@files.example.com/x?y",
        "sftp://hub@files.example.com\\@other.org/x",
    ],
)
def test_an_address_with_a_password_or_on_another_host_is_refused(server: SftpServer, where: str):
    told = refused(reader(server), where, server.host_key)
    assert told.code == "list_address_forbidden"
    assert "secret" not in told.message


def test_a_name_that_leads_into_the_own_network_is_refused(server: SftpServer):
    own = SftpReader(frozenset({"localhost"}), frozenset(), SecretStr(""))
    told = refused(own, "sftp://hub@localhost/x", server.host_key)
    assert told.code == "list_address_forbidden"
    assert "private network" in told.message


@pytest.mark.parametrize(
    "host", ["a..example.com", f"{'a' * 64}.example.com", "-.example.com", "xn--zz--.example.com", "a.-.example.com"]
)
def test_a_host_that_can_have_no_address_is_no_fault_of_the_hub(server: SftpServer, host: str):
    told = refused(reader(server), f"sftp://hub@{host}/x", server.host_key)
    assert told.code in {"list_address_forbidden", "list_unreachable"}


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "localhost"],
)
def test_no_form_of_a_private_address_is_taken_for_a_host(server: SftpServer, host: str):
    for where in (f"sftp://hub@{host}/x", f"sftp://hub@{host}:22/x", f"SFTP://hub@{host}/x"):
        assert refused(reader(server), where, server.host_key).code == "list_address_forbidden", where


def test_without_a_pinned_host_key_nothing_is_spoken_to(server: SftpServer):
    assert refused(reader(server), address(server), "").code == "no_host_key"
