"""nginx before the API, with the very file that we hand out."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.ops.engine import ROOT
from tests.ops.trial import answers, until
from tests.support.patience import allow

from boeing_data_hub.cli.machine.children import end_all, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.db import api_keys

pytestmark = [pytest.mark.tools, pytest.mark.services]

NAME = "hub.example.com"
MAIN = """user root; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/site.conf; }}
"""


@dataclass
class Site:
    """The hub as the world sees it, and what is behind it."""

    client: httpx2.Client
    apis: list[Any]
    key: str
    clear: str
    log: Path


@pytest.fixture
def site(tmp_path: Path, hub: Any, database_url: str, redis_url: str) -> Iterator[Site]:
    nginx, openssl = shutil.which("nginx", path="/usr/sbin:/usr/bin"), shutil.which("openssl")
    assert nginx, "`make test-tools` brings what these tests need"
    assert openssl
    tls, clear, *ports = (free_port() for _ in range(4))
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"]
    subprocess.run([openssl, *request, "-subj", f"/CN={NAME}", *files], check=True, capture_output=True)
    text = (ROOT / "ops/nginx.conf").read_text().replace("# server 127.0.0.1:8001", "server 127.0.0.1:8001")
    for ours, here in (
        (r"listen \[::\]:\d+[^;]*;", ""),
        (r"listen 443", f"listen 127.0.0.1:{tls}"),
        (r"listen 80", f"listen 127.0.0.1:{clear}"),
        (r"ssl_certificate  .*", f"ssl_certificate {tmp_path}/cert.pem;"),
        (r"ssl_certificate_key .*", f"ssl_certificate_key {tmp_path}/key.pem;"),
        ("/var/log/nginx/access.log", f"{tmp_path}/access.log"),
        ("127.0.0.1:8000", f"127.0.0.1:{ports[0]}"),
        ("127.0.0.1:8001", f"127.0.0.1:{ports[1]}"),
    ):
        text, found = re.subn(ours, here, text)
        assert found, ours
    (tmp_path / "site.conf").write_text(text)
    (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path))
    words = [nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    checked = subprocess.run([*words, "-t"], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    settings = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "PATH": "/usr/bin:/bin"}
    bdh = str(Path(sys.executable).with_name("bdh"))
    apis = [
        spawn([bdh, "serve", "--port", str(port)], env=settings, cwd=tmp_path, stdout=tmp_path / f"{port}.log")
        for port in ports
    ]
    proxy = spawn(words, stdout=tmp_path / "nginx.log")
    key = hub.database.run(lambda work: api_keys.create(work, name="test", scopes=["admin"]))[1]
    try:
        for port in ports:
            until(lambda port=port: answers(f"http://127.0.0.1:{port}/health"), "the API")
        client = httpx2.Client(
            base_url=f"https://127.0.0.1:{tls}",
            headers={"Host": NAME},
            verify=False,
            timeout=allow(10),
            trust_env=False,
        )
        with client:
            yield Site(client, apis, key, f"http://127.0.0.1:{clear}", tmp_path / "access.log")
    finally:
        end_all([proxy, *apis], timeout=allow(15))


def test_a_person_who_comes_by_tls_is_known_to_do_so(site):
    assert "strict-transport-security" in site.client.get("/health").headers
    answer = site.client.post(
        "/sign-in", data={"key": site.key}, headers={"Origin": f"https://{NAME}", "Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 303, answer.text
    assert answer.headers["set-cookie"].startswith("__Host-bdh=")
    assert "Secure" in answer.headers["set-cookie"]


def test_events_come_as_they_happen_and_large_lists_go_through(site):
    access = {"X-API-Key": site.key}
    parts = [f"PART-{number}" for number in range(50_000)]
    batch = site.client.post("/api/bulk-search", json={"part_numbers": parts}, headers=access).json()["batch_id"]
    with site.client.stream("GET", f"/api/batches/{batch}/events", headers=access) as events:
        lines = events.iter_lines()
        assert next(lines) == "event: progress"


def test_a_restart_of_one_api_goes_unnoticed(site):
    assert site.client.get("/health").status_code == 200
    site.apis[0].terminate()
    seen = set()
    while site.apis[0].poll() is None:
        seen.add(site.client.get("/health").status_code)
    seen.add(site.client.get("/health").status_code)
    assert seen == {200}


def test_the_api_over_plain_http_is_refused_and_pages_are_redirected(site):
    for path in ("/api/batches", "/metrics", "/openapi.json"):
        answer = httpx2.get(f"{site.clear}{path}", headers={"X-API-Key": "bdh_x"}, trust_env=False)
        assert (answer.status_code, "revoke it" in answer.text) == (403, True)
    answer = httpx2.get(f"{site.clear}/console", headers={"Host": "evil.example"}, trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{NAME}/console")


def test_a_one_time_link_is_in_no_access_log(site):
    assert site.client.get("/sign-in/secret-token").status_code == 410
    assert site.client.get("/sign-in").status_code == 200
    logged = site.log.read_text()
    assert "GET /sign-in HTTP" in logged
    assert "secret-token" not in logged


@pytest.mark.parametrize(
    ("cipher", "is_taken"),
    [
        ("ECDHE-RSA-AES256-GCM-SHA384", True),
        ("ECDHE-RSA-CHACHA20-POLY1305", True),
        ("ECDHE-RSA-AES256-SHA384", False),  # CBC
        ("AES256-GCM-SHA384", False),  # no forward secrecy
    ],
)
def test_only_ciphers_with_forward_secrecy_and_authentication_are_taken(site, cipher, is_taken):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{cipher}:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", site.client.base_url.port)) as connection:
        if is_taken:
            with context.wrap_socket(connection) as secure:
                assert secure.cipher()[0] == cipher
        else:
            with pytest.raises(ssl.SSLError):
                context.wrap_socket(connection)
