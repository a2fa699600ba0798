"""Supabase keys: the header for each kind, and what happens if Storage wants another one."""

from __future__ import annotations

import base64
import json
import socket
import threading

import httpx2
import pytest
import uvicorn
from pydantic import SecretStr, ValidationError
from tests.support.patience import allow

from boeing_data_hub.errors import HubError, PauseUpstream
from boeing_data_hub.images.placeholder import placeholder
from boeing_data_hub.images.supabase import SupabaseStorage
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.reading import read
from boeing_data_hub_sandbox.storage import StorageSandbox

SECRET = "sb_secret_canary-storage"


def token(**claims):
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{body}.sig-canary"


@pytest.fixture
def serve():
    running = []

    def start(key, **options):
        sandbox = StorageSandbox(key, **options)
        sandbox.make("product-images")
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(sandbox.app, log_config=None, access_log=False, lifespan="off", ws="none")
        )
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        running.append((server, thread, listening))
        return sandbox, f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield start
    for server, thread, listening in running:
        server.should_exit = True
        thread.join(allow(10))
        listening.close()


@pytest.fixture
def opened():
    made = []

    def make(url, key):
        made.append(SupabaseStorage(url, SecretStr(key), "product-images"))
        return made[-1]

    yield make
    for one in made:
        one.close()


BOTH = ("apikey", "authorization")


def test_a_secret_key_goes_into_apikey_alone(serve, opened):
    sandbox, url = serve(SECRET)
    storage = opened(url, SECRET)
    storage.put(placeholder())
    storage.bucket()
    assert sandbox.sent == [("apikey",), ("apikey",)]


def test_a_storage_that_wants_authorization_gets_both_and_that_is_remembered(serve, opened):
    sandbox, url = serve(SECRET, wants_authorization=True)
    storage = opened(url, SECRET)
    storage.put(placeholder())
    storage.bucket()
    assert sandbox.sent == [("apikey",), BOTH, BOTH]
    assert sandbox.uploads == 1


def test_a_token_goes_into_both(serve, opened):
    key = token(role="service_role")
    sandbox, url = serve(key)
    opened(url, key).put(placeholder())
    assert sandbox.sent == [BOTH]


@pytest.mark.parametrize("wants", [False, True])
def test_a_wrong_secret_key_is_refused_and_not_tried_again_and_again(serve, opened, wants):
    sandbox, url = serve(SECRET, wants_authorization=wants)
    with pytest.raises(PauseUpstream) as refused:
        opened(url, "sb_secret_canary-wrong").put(placeholder())
    assert refused.value.code == "storage_key_refused"
    assert len(sandbox.sent) <= 2
    assert "canary" not in refused.value.message


class Answers(httpx2.BaseTransport):
    """Answers in turn, and keeps which headers came."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []

    def handle_request(self, request):
        self.sent.append(tuple(name for name in BOTH if name in request.headers))
        status, body = self.answers.pop(0)
        return httpx2.Response(status, stream=httpx2.ByteStream(json.dumps(body).encode()), request=request)


GOOD = (200, {"public": True})
NO_TOKEN = (400, {"statusCode": "403", "error": "Unauthorized", "message": "Invalid Compact JWS"})


@pytest.mark.parametrize(
    "asks",
    [
        (
            400,
            {"statusCode": "400", "error": "Error", "message": "headers must have required property 'authorization'"},
        ),
        (400, {"code": "FST_ERR_VALIDATION", "message": "headers must have required property 'authorization'"}),
        (400, {"message": "headers must have required property 'Authorization'", "error": "InvalidRequest"}),
        (401, {"message": "Missing authorization header"}),
        (401, {"msg": "", "error": "No authorization header was found"}),
        (403, {"message": "authorization header is required"}),
    ],
)
def test_every_way_of_asking_for_authorization_is_understood(asks):
    network = Answers(asks, GOOD, GOOD)
    storage = SupabaseStorage("https://a.supabase.co", SecretStr(SECRET), "b", transport=network)
    assert storage.bucket().public
    storage.bucket()
    assert network.sent == [("apikey",), BOTH, BOTH]


@pytest.mark.parametrize(
    "refusal",
    [
        (401, {"message": "Invalid API key"}),
        (403, {"message": "new row violates row-level security policy", "error": "Unauthorized"}),
        (400, {"message": "Bucket not found", "statusCode": "404"}),
        (500, {"message": "authorization required"}),
    ],
)
def test_other_refusals_are_not_answered_with_a_second_call(refusal):
    network = Answers(refusal)
    storage = SupabaseStorage("https://a.supabase.co", SecretStr(SECRET), "b", transport=network)
    with pytest.raises(HubError):
        storage.bucket()
    assert network.sent == [("apikey",)]


def test_where_both_are_refused_again_apikey_alone_is_sent_from_then_on():
    asks = (400, {"message": "headers must have required property 'authorization'"})
    network = Answers(asks, GOOD, NO_TOKEN, GOOD, GOOD)
    storage = SupabaseStorage("https://a.supabase.co", SecretStr(SECRET), "b", transport=network)
    for _ in range(3):
        storage.bucket()
    assert network.sent == [("apikey",), BOTH, BOTH, ("apikey",), ("apikey",)]


def test_two_answers_that_contradict_each_other_end_after_two_calls():
    asks = (400, {"message": "headers must have required property 'authorization'"})
    network = Answers(asks, NO_TOKEN)
    storage = SupabaseStorage("https://a.supabase.co", SecretStr(SECRET), "b", transport=network)
    with pytest.raises(PauseUpstream):
        storage.bucket()
    assert network.sent == [("apikey",), BOTH]


def test_the_stand_in_refuses_as_the_real_one_does(serve):
    _, url = serve(SECRET)
    there = f"{url}/storage/v1/bucket/product-images"

    def answer(**headers):
        found = httpx2.get(there, headers=headers, trust_env=False)
        return found.status_code, found.json().get("message")

    lacking = (400, "headers must have required property 'authorization'")
    assert answer() == lacking
    assert answer(authorization=f"Bearer {SECRET}") == (400, "Invalid Compact JWS")
    assert answer(apikey=SECRET, authorization="Bearer other") == (400, "Invalid Compact JWS")
    assert answer(apikey=SECRET, authorization=f"Bearer {SECRET}")[0] == 200
    assert answer(apikey=SECRET)[0] == 200
    assert answer(apikey="sb_secret_other") == (401, "Invalid API key")


# --- Settings ---


@pytest.mark.parametrize("name", ["SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_KEY"])
def test_any_of_the_names_will_do(name):
    found = Settings(_env_file=None, supabase_url="https://a.supabase.co", **{name.lower(): f" {SECRET} "})
    assert found.storage_key[0] == name
    assert found.storage_key[1].get_secret_value() == SECRET
    assert SECRET in found.secrets


def test_the_guides_name_is_known_to_the_doctor(monkeypatch, tmp_path):
    found = read({"SUPABASE_URL": "https://a.supabase.co", "SUPABASE_KEY": SECRET}, env_file=tmp_path / "none")
    assert found.mistakes == ()
    assert "SUPABASE_KEY" not in {stray.name for stray in found.strays}


def test_the_new_name_comes_first():
    found = Settings(
        _env_file=None,
        supabase_url="https://a.supabase.co",
        supabase_key="third",
        supabase_service_role_key="second",
        supabase_secret_key="first",
    )
    assert list(found.storage_keys) == ["SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_KEY"]
    assert found.storage_key[1].get_secret_value() == "first"


def test_an_address_without_a_key_names_the_setting():
    with pytest.raises(ValidationError, match="SUPABASE_SECRET_KEY"):
        Settings(_env_file=None, supabase_url="https://a.supabase.co", supabase_secret_key="  ")
