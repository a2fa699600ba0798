"""`bdh store connect`: a person approves the app in a store of another organisation, and all workers have access."""

from __future__ import annotations

import re
import subprocess

import httpx2
import psycopg
import pytest
from tests.support.patience import allow

from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub_sandbox.shopify.control_client import environment
from boeing_data_hub_sandbox.shopify.running import running_shopify

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def sandbox():
    with running_shopify() as control:
        yield control


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def store(sandbox, port):
    sandbox.settings(
        tokens=[], same_organisation=False, approves=True, connected_life=0, client_secret="sandbox-client-secret",
        redirects=[f"http://localhost:{port}/callback"], refuse_tokens="",
    )  # fmt: skip
    sandbox.revoke_tokens()
    sandbox.clear()
    return sandbox


@pytest.fixture
def connecting(bdh, store, port, database_url):
    """Starts the command; gives the process and the address that it prints."""
    bdh.environment |= {**environment(store.url), "DATABASE_URL": database_url}
    started = []

    def start(*arguments, **more):
        process = bdh.start("store", "connect", "--port", str(port), "--no-browser", *arguments, **more)
        started.append(process)
        said = b""
        while b"ssh -L" not in said and b"Paste" not in said:  # what to do over ssh is the last thing said
            line = process.stderr.readline()
            assert line, said
            said += line
        return process, re.search(rb"(http://\S+/admin/oauth/authorize\S+)", said.replace(b"\n", b" "))[1].decode()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def approve(address):
    """What a browser does: where it is sent back to, and what it is shown there."""
    with httpx2.Client(trust_env=False, timeout=allow(10)) as browser:
        sent = browser.get(address)
        back = sent.headers.get("location", "")
        return back, browser.get(back.replace("//localhost", "//127.0.0.1")) if back else sent


def ended(process):
    out, err = process.communicate(timeout=allow(30))
    assert b"Traceback" not in err, err.decode()
    return process.returncode, out.decode(), err.decode()


def works(bdh):
    """Whether the doctor, with the same settings, has access to the store."""
    return {each["code"]: each for each in bdh("doctor", "--json").json}


def test_an_approval_gives_all_workers_access(bdh, store, connecting, database_url):
    assert "bdh store connect" in works(bdh)["store_grant_refused"]["remedy"]
    process, address = connecting()
    back, page = approve(address)
    assert page.status_code == 200
    code, out, err = ended(process)
    assert (code, "Connected" in out) == (0, True), err
    secret = re.search(r"[?&]code=(\w+)", back)[1]
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT secret->>'access_token' FROM hub.access_tokens WHERE secret IS NOT NULL")
        (token,) = rows.fetchone()
        assert connection.execute("SELECT action FROM hub.audit_log").fetchone() == ("store.connect",)
        audit = connection.execute("SELECT to_json(a)::text FROM hub.audit_log a").fetchone()[0]
    for told in (out, err, page.text, audit):
        assert token not in told
        assert secret not in told
    found = works(bdh)
    assert "store connect" in found["store_access_ok"]["message"]
    assert "store_ok" in found


def test_an_approval_is_accepted_once_and_forged_ones_do_not_end_the_wait(store, connecting):
    process, address = connecting()
    port = re.search(r"localhost%3A(\d+)", address)[1]
    for query in ("", "?code=abc&state=guess&shop=evil&hmac=" + "0" * 64):
        answer = httpx2.get(f"http://127.0.0.1:{port}/callback{query}", trust_env=False)
        assert answer.status_code == 400
        assert "was not used" in answer.text
    assert httpx2.get(f"http://127.0.0.1:{port}/other", trust_env=False).status_code == 404
    rebound = httpx2.get(f"http://127.0.0.1:{port}/callback", headers={"Host": "evil.example"}, trust_env=False)
    assert rebound.status_code == 404
    assert approve(address)[1].status_code == 200
    assert ended(process)[0] == 0
    assert store.stats()["tokens"]["issued.authorization_code"] == 1


def test_an_answer_for_another_run_of_the_command_is_not_used(store, connecting):
    first, address = connecting()
    first.kill()
    first.communicate()
    second, _another = connecting("--timeout", "4")
    back, page = approve(address)
    assert page.status_code == 400
    assert back
    code, _out, err = ended(second)
    assert (code, "No one approved" in err) == (8, True)


def test_declining_changes_nothing_and_says_so(store, connecting):
    store.settings(approves=False)
    process, address = connecting()
    assert approve(address)[1].status_code == 400
    code, _out, err = ended(process)
    assert code == 4
    assert "not approved" in err


def test_a_browser_on_another_machine_is_served_by_pasting_its_address(store, connecting):
    process, address = connecting("--paste")
    sent = httpx2.get(address, trust_env=False)
    process.terminate()
    process.communicate()
    assert sent.headers["location"].startswith("http://localhost:")


def test_a_pasted_address_connects(bdh, store, port, database_url):
    env = {**environment(store.url), "DATABASE_URL": database_url}
    bdh.environment |= env
    process = bdh.start("store", "connect", "--port", str(port), "--paste", "--json", stdin=subprocess.PIPE)
    said = b""
    while b"Paste" not in said:
        said += process.stderr.readline()
    address = re.search(rb"(http://\S+/admin/oauth/authorize\S+)", said)[1].decode()
    back = httpx2.get(address, trust_env=False).headers["location"]
    out, err = process.communicate(back.encode() + b"\n", timeout=allow(30))
    assert process.returncode == 0, err
    assert b'"missing_scopes": []' in out


def test_connected_tokens_that_end_are_renewed_by_their_refresh_token(bdh, store, connecting, database_url):
    store.settings(connected_life=3600)
    process, address = connecting()
    approve(address)
    assert ended(process)[0] == 0
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE hub.access_tokens SET renew_at = now(), expires_at = now()")
        store.revoke_tokens()
        for turn in (1, 2):
            assert "store_ok" in works(bdh)
            assert store.stats()["tokens"]["issued.refresh_token"] == turn
        rows = connection.execute("SELECT count(*) FROM hub.access_tokens WHERE secret ? 'refresh_token'")
        assert rows.fetchone() == (1,)


def test_a_connection_that_was_revoked_asks_to_connect_again(bdh, store, connecting):
    process, address = connecting()
    approve(address)
    assert ended(process)[0] == 0
    assert "store_ok" in works(bdh)
    store.revoke_tokens()
    found = works(bdh)
    assert "bdh store connect" in found["store_token_refused"]["message"]
    again, address = connecting()
    approve(address)
    assert ended(again)[0] == 0
    assert "store_ok" in works(bdh)


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"SHOPIFY_CLIENT_SECRET": ""}, 2, "SHOPIFY_CLIENT_SECRET"),
        ({"SHOPIFY_CLIENT_ID": ""}, 2, "SHOPIFY_CLIENT_ID"),
        ({"SHOPIFY_STORE_DOMAIN": ""}, 2, "SHOPIFY_STORE_DOMAIN"),
        ({"SHOPIFY_STORE_DOMAIN": "parts.example.com"}, 2, "NAME.myshopify.com"),
    ],
)
def test_settings_that_cannot_be_connected_are_named_before_anybody_approves(
    bdh, store, database_url, changes, code, says
):
    bdh.environment |= {**environment(store.url), "DATABASE_URL": database_url, **changes}
    done = bdh("store", "connect", "--no-browser", "--timeout", "1")
    assert done.code == code
    assert says in done.err
