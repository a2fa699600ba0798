"""Signing in with an identity provider: a real one stands in at the wire, and lies in every way one could."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from boeing_data_hub.clock import now
from boeing_data_hub.web.app import create_app

pytestmark = pytest.mark.services

KEY = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"})


class Provider:
    """Says yes to everyone. `claims` are laid over what it would say in truth; `key` is what it signs with."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key = KEY
        self.alg = "RS256"
        self.asked: dict[str, str] = {}
        self.challenge = ""
        self.nonce = ""
        self.silent = False
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages = {"/.well-known/openid-configuration": provider.configuration, "/keys": provider.keys}
                self._answer(pages[self.path]())

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                provider.asked = {name: values[0] for name, values in form.items()}
                provider.asked["authorization"] = self.headers["authorization"]
                self._answer(provider.token())

            def _answer(self, told: dict[str, Any]) -> None:
                body = json.dumps(told).encode()
                self.send_response(500 if provider.silent else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [KEY.as_dict(private=False)]}

    def token(self) -> dict[str, Any]:
        moment = int(now().timestamp())
        truth = {
            "iss": self.issuer,
            "aud": "hub",
            "sub": "person-1",
            "name": "Ada <script>",
            "iat": moment,
            "exp": moment + 300,
            "nonce": self.nonce,
            "groups": ["parts-team", "unknown"],
        }
        claims = {name: value for name, value in {**truth, **self.claims}.items() if value is not None}
        verifier = self.asked.get("code_verifier", "")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        assert challenge == self.challenge, "the verifier is not the one of the challenge"
        return {"id_token": jwt.encode({"alg": self.alg, "kid": "one"}, claims, self.key, algorithms=[self.alg])}


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def person(sandboxed, provider, visits):
    """Somebody before a hub that knows the provider."""
    hub = sandboxed(
        hub_oidc_issuer=provider.issuer,
        hub_oidc_client_id="hub",
        hub_oidc_client_secret="shh",
        hub_oidc_roles={"parts-team": "search", "it": "admin"},
    )
    return visits(create_app(hub))


def leave(person, provider, to="/console/runs"):
    """Go to the provider; the query with which one comes back."""
    answer = person.get(f"/sign-in/oidc?next={to}")
    assert answer.status_code == 303
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    provider.challenge, provider.nonce = asked["code_challenge"], asked["nonce"]
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://testserver/sign-in/oidc/back"
    return f"/sign-in/oidc/back?code=abc&state={asked['state']}"


def test_whoever_the_provider_vouches_for_gets_the_role_of_their_group(person, provider):
    assert "Sign in with your organisation" in person.get("/sign-in").text
    answer = person.get(leave(person, provider))
    assert answer.headers["location"] == "/console/runs"
    page = person.get("/console/runs")
    assert "Operator" in page.text
    assert "Ada &lt;script&gt;" in page.text
    assert provider.asked["authorization"].startswith("Basic ")
    assert "shh" not in person.get("/sign-in").text
    assert person.send("/console/sign-out").status_code == 303
    assert person.get("/console").status_code == 303


LIES = (
    {"iss": "https://evil.example"},
    {"aud": "another"},
    {"aud": ["another"]},
    {"aud": ["hub", "another"], "azp": "another"},
    {"exp": 1},
    {"exp": None},
    {"iat": 4_000_000_000},
    {"nonce": "replayed"},
    {"nonce": None},
    {"sub": None},
)


def test_what_cannot_be_verified_is_not_believed(person, provider):
    for lie in LIES:
        provider.claims = lie
        answer = person.get(leave(person, provider))
        assert answer.headers["location"].startswith("/sign-in?"), lie
        assert person.get("/console").status_code == 303, lie


def test_a_forged_signature_opens_nothing(person, provider):
    provider.key = OTHER
    assert person.get(leave(person, provider)).headers["location"].startswith("/sign-in?")
    assert person.get("/console").status_code == 303


def test_a_person_without_one_of_our_groups_is_not_let_in(person, provider):
    for groups in ([], ["others"], None, "nobody", {"parts-team": True}):
        provider.claims = {"groups": groups}
        assert person.get(leave(person, provider)).status_code == 403
        assert person.get("/console").status_code == 303


def test_a_way_back_that_was_not_begun_here_leads_nowhere(person, provider, visits):
    back = leave(person, provider)
    stranger = visits(person.browser.app)
    assert stranger.get(back).headers["location"].startswith("/sign-in?")
    forged = back.partition("&state=")[0] + "&state=forged"
    assert person.get(forged).headers["location"].startswith("/sign-in?")
    assert person.get("/sign-in/oidc/back").headers["location"].startswith("/sign-in?")


def test_a_provider_that_does_not_answer_is_told_of(person, provider):
    provider.silent = True
    answer = person.get("/sign-in/oidc")
    assert answer.status_code == 503
    assert "sign in with an API key" in answer.text


def test_without_a_provider_there_is_no_such_way(someone):
    assert "organisation" not in someone().get("/sign-in").text
    assert someone().get("/sign-in/oidc").status_code == 404
