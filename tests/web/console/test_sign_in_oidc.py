"""Signing in with an identity provider: a local server plays it, and sends every kind of wrong token."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from tests.support.patience import allow

from boeing_data_hub.clock import monotonic, now
from boeing_data_hub.errors import Unauthorized
from boeing_data_hub.web.app import create_app
from boeing_data_hub.web.console import id_token
from boeing_data_hub.web.console.identity import Identity
from boeing_data_hub.web.places import SIGN_INS

pytestmark = pytest.mark.services

KEY = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"})
EC = ECKey.generate_key("P-256")
EC384 = ECKey.generate_key("P-384")


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
        self.header: dict[str, Any] = {"kid": "one"}
        self.published: list[dict[str, Any]] = [KEY.as_dict(private=False)]
        self.methods: list[str] | None = None
        self.refusal: dict[str, Any] | None = None
        self.userinfo: dict[str, Any] | None = None
        self.bearer = ""
        self.drips = False
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages = {"/.well-known/openid-configuration": provider.configuration, "/keys": provider.keys}
                if self.path == "/userinfo":
                    provider.bearer = self.headers["authorization"]
                    self._answer(provider.userinfo or {})
                    return
                self._answer(pages[self.path]())

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                provider.asked = {name: values[0] for name, values in form.items()}
                provider.asked["authorization"] = self.headers["authorization"] or ""
                if provider.refusal is not None:
                    self._answer(provider.refusal, 400)
                else:
                    self._answer(provider.token())

            def _answer(self, told: dict[str, Any], status: int = 200) -> None:
                body = json.dumps(told).encode()
                self.send_response(500 if provider.silent else status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for start in range(0, len(body), 1 if provider.drips else len(body)):
                    self.wfile.write(body[start : start + 1] if provider.drips else body)
                    time.sleep(0.1 if provider.drips else 0)

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
            **({"token_endpoint_auth_methods_supported": self.methods} if self.methods is not None else {}),
            **({"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.userinfo is not None else {}),
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": self.published}

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
        signed = jwt.encode({"alg": self.alg, **self.header}, claims, self.key, algorithms=[self.alg])
        return {"id_token": signed, "access_token": "access-1"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def before(sandboxed, provider, visits):
    """Somebody before a hub that knows the provider; `more` are further settings."""

    def make(**more):
        hub = sandboxed(
            **{
                "hub_oidc_issuer": provider.issuer,
                "hub_oidc_client_id": "hub",
                "hub_oidc_client_secret": "shh",
                "hub_oidc_roles": {"parts-team": "search", "it": "admin"},
                **more,
            }
        )
        return visits(create_app(hub))

    return make


@pytest.fixture
def person(before):
    """Somebody before a hub that knows the provider."""
    return before()


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


def test_a_person_gets_the_role_of_their_group(person, provider):
    assert "Sign in with SSO" in person.get("/sign-in").text
    answer = person.get(leave(person, provider))
    assert answer.headers["location"] == "/console/runs"
    page = person.get("/console/runs")
    assert "Operator" in page.text
    assert "Ada &lt;script&gt;" in page.text
    assert provider.asked["authorization"].startswith("Basic ")
    assert "shh" not in person.get("/sign-in").text
    assert person.send("/console/sign-out").status_code == 303
    assert person.get("/console").status_code == 303


def refused(person, provider, *, status=401, query=""):
    """The message of the sign-in page after a rejected sign-in, which begins no session."""
    answer = person.get(leave(person, provider) + query)
    assert answer.status_code == status, answer.text
    assert "API key" in answer.text
    assert "Sign in with SSO" in answer.text
    assert person.get("/console").status_code == 303
    return unescape(answer.text.partition('role="alert"')[2].partition("</div>")[0])


WRONG_CLAIMS = (
    ({"iss": "https://evil.example"}, "HUB_OIDC_ISSUER"),
    ({"aud": "another"}, "its audience"),
    ({"aud": ["another"]}, "its audience"),
    ({"aud": "another", "azp": "hub"}, "its audience"),
    ({"aud": ["hub", "another"], "azp": "another"}, "authorized party"),
    ({"exp": 1}, "expired"),
    ({"exp": None}, "expired"),
    ({"exp": True}, "expired"),
    ({"iat": 4_000_000_000}, "dated in the future"),
    ({"nbf": 4_000_000_000}, "dated in the future"),
    ({"nonce": "replayed"}, "another sign-in"),
    ({"nonce": None}, "another sign-in"),
    ({"sub": None}, "does not name a person"),
    ({"sub": ["person-1"]}, "does not name a person"),
    ({"sub": "a\0b"}, "does not name a person"),
    ({"exp": float("inf")}, "expired"),
    ({"aud": ["hub", "another"]}, "authorized party"),
)


def test_a_token_that_cannot_be_verified_is_rejected_with_the_reason(person, provider):
    for claims, said in WRONG_CLAIMS:
        provider.claims = claims
        assert said in refused(person, provider), claims


def test_a_forged_signature_is_rejected(person, provider):
    provider.key = OTHER
    assert "none of the keys" in refused(person, provider)


def test_a_person_without_a_mapped_group_cannot_sign_in_and_sees_the_claim_but_no_name(person, provider):
    for groups, said in (
        ([], "names 0 groups"), (["secret-others"], "names 1 groups"), (None, "is not there"),
        ("secret-nobody", "names 1 groups"), ({"parts-team": True}, "names 0 groups"),
    ):  # fmt: skip
        provider.claims = {"groups": groups}
        shown = refused(person, provider, status=403)
        assert f"the claim groups {said}" in shown
        assert "secret" not in shown


@pytest.mark.parametrize(
    "claims",
    [
        {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph.example/me"}}},
        {"hasgroups": True},
        {"hasgroups": "true"},
    ],
)
def test_a_person_with_too_many_groups_sees_the_remedy(person, provider, claims):
    provider.claims = {"groups": None, **claims}
    shown = refused(person, provider, status=403)
    assert "group overage" in shown
    assert "app roles" in shown


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["it"]}}),
        ("resource_access.hub.roles", {"resource_access": {"hub": {"roles": ["x", "it"]}}}),
        ("resource_access.hub.example.com.roles", {"resource_access": {"hub.example.com": {"roles": ["it"]}}}),
        ("https://example.com/roles", {"https://example.com/roles": ["it"]}),
        ("https://example.com/auth.roles", {"https://example.com/auth": {"roles": "it"}}),
        ("groups", {"groups": "it"}),
        ("groups", {"groups": "staff it"}),
        ("groups", {"groups": "staff, it"}),
        ("cognito:groups", {"cognito:groups": ["it"]}),
        ("urn:zitadel:iam:org:project:roles", {"urn:zitadel:iam:org:project:roles": {"it": {"1": "example.com"}}}),
    ],
)
def test_groups_are_found_in_every_form_that_providers_use(before, provider, path, claims):
    provider.claims = {"groups": None, **claims}
    person = before(hub_oidc_role_claim=path)
    assert person.get(leave(person, provider)).status_code == 303
    assert "Administrator" in person.get("/console").text


def test_groups_are_read_from_userinfo_of_the_same_person(before, provider):
    provider.claims = {"groups": None}
    provider.userinfo = {"sub": "another", "groups": ["it"]}
    assert "is not there" in refused(before(), provider, status=403)
    provider.userinfo = {"sub": "person-1", "groups": ["it"]}
    person = before()
    assert person.get(leave(person, provider)).status_code == 303
    assert provider.bearer == "Bearer access-1"


def test_the_scope_is_a_setting(before, provider):
    person = before(hub_oidc_scope="openid groups")
    asked = parse_qs(urlsplit(person.get("/sign-in/oidc").headers["location"]).query)
    assert asked["scope"] == ["openid groups"]
    with pytest.raises(ValueError, match="openid"):
        before(hub_oidc_scope="profile groups")


SECRET = "a+b%c:d e/\u00e4"


@pytest.mark.parametrize(
    ("setting", "methods", "in_form"),
    [
        ("auto", None, False),
        ("auto", ["client_secret_post"], True),
        ("auto", ["client_secret_post", "client_secret_basic"], False),
        ("client_secret_basic", ["client_secret_post"], False),
        ("client_secret_post", ["client_secret_basic"], True),
    ],
)
def test_the_secret_is_sent_as_the_provider_takes_it_whatever_signs_it_holds(
    before, provider, setting, methods, in_form
):
    provider.methods = methods
    person = before(hub_oidc_client_secret=SECRET, hub_oidc_client_auth=setting)
    assert person.get(leave(person, provider)).status_code == 303
    if in_form:
        assert (provider.asked["client_id"], provider.asked["client_secret"]) == ("hub", SECRET)
        assert provider.asked["authorization"] == ""
    else:
        assert "client_secret" not in provider.asked
        pair = base64.b64decode(provider.asked["authorization"].removeprefix("Basic ")).decode()
        assert [unquote_plus(piece) for piece in pair.split(":")] == ["hub", SECRET]


def without(key, *names, **more):
    return {name: value for name, value in {**key.as_dict(private=False), **more}.items() if name not in names}


ODD_KEYS = [
    {"kty": "AKP", "kid": "pq"}, {"kty": "RSA", "n": "!", "e": "AQAB"}, {"kty": "RSA"}, "no key", None,
    {"kty": "EC", "crv": "P-999", "x": "AQAB", "y": "AQAB"},
    without(OTHER, "kid", "alg"), without(OTHER, "kid", use="enc"), without(KEY, use="enc"),
]  # fmt: skip


@pytest.mark.parametrize("header", [{}, {"kid": "one"}])
@pytest.mark.parametrize("own", [without(KEY, "kid"), without(KEY, "kid", "alg"), without(KEY)])
def test_of_several_keys_with_or_without_ids_the_one_that_fits_is_found(person, provider, header, own):
    provider.header, provider.published = header, [*ODD_KEYS, own]
    assert person.get(leave(person, provider)).status_code == 303


def test_a_token_signed_by_none_of_the_keys_is_rejected(person, provider):
    provider.header, provider.published = {}, ODD_KEYS
    assert "none of the keys" in refused(person, provider)


@pytest.mark.parametrize("key", [EC, EC384])
def test_keys_on_curves_are_known_too(person, provider, key):
    provider.key, provider.published = key, [without(KEY), without(key, "kid")]
    provider.alg = {"P-256": "ES256", "P-384": "ES384"}[key.as_dict()["crv"]]
    provider.header = {}
    assert person.get(leave(person, provider)).status_code == 303


def test_a_shared_secret_is_never_a_signature(person, provider):
    provider.key, provider.alg = OctKey.import_key("shh" * 20), "HS256"
    provider.published = [provider.key.as_dict()]
    assert "does not accept" in refused(person, provider)


def test_the_providers_own_reason_is_shown_escaped_and_cut(person, provider):
    shown = refused(
        person, provider, query="&error=access_denied&error_description=%3Cscript%3E" + "x" * 5000 + "%00%0A"
    )
    assert "access_denied: <script>xxx" in shown  # unescaped by the test
    assert len(shown) < 1000
    provider.refusal = {"error": "invalid_client", "error_description": "Wrong secret (AADSTS7000215)."}
    shown = refused(person, provider)
    assert "invalid_client: Wrong secret (AADSTS7000215)" in shown
    assert "HUB_OIDC_CLIENT_ID" in shown
    provider.refusal = {"error": {"odd": 1}, "error_description": ["x"]}
    assert "refused the sign-in" in refused(person, provider)


def test_an_unsolicited_error_is_not_shown(person, provider):
    answer = person.get("/sign-in/oidc/back?error=phish&error_description=call+this+number&state=forged")
    assert answer.status_code == 401
    assert "call this number" not in answer.text


def test_an_issuer_that_differs_by_a_slash_is_the_same_and_another_is_named(before, provider):
    person = before(hub_oidc_issuer=provider.issuer + "/")
    assert person.get(leave(person, provider)).status_code == 303
    person = before()
    provider.issuer = "https://login.example.com/another"
    answer = person.get("/sign-in/oidc")
    assert answer.status_code == 503
    assert "names another issuer than HUB_OIDC_ISSUER" in answer.text


def test_a_redirect_that_was_not_started_here_is_rejected(person, provider, visits):
    back = leave(person, provider)
    stranger = visits(person.browser.app)
    forged = back.partition("&state=")[0] + "&state=forged"
    for one, way in ((stranger, back), (person, forged), (person, "/sign-in/oidc/back"), (person, back)):
        answer = one.get(way)
        assert answer.status_code == 401
        assert "was not started here" in answer.text
        assert one.get("/console").status_code == 303


def test_a_provider_that_does_not_respond_is_reported(person, provider):
    provider.silent = True
    answer = person.get("/sign-in/oidc")
    assert answer.status_code == 503
    assert "sign in with an API key" in answer.text


def test_without_a_provider_there_is_no_single_sign_on(someone):
    assert "organisation" not in someone().get("/sign-in").text
    assert someone().get("/sign-in/oidc").status_code == 404


def nearly_over(hub):
    """Let every session have four more minutes."""
    hub.database.run(lambda work: work.do("UPDATE hub.sessions SET expires_at = now() + interval '4 minutes'"))


def test_the_word_of_the_provider_holds_for_15_minutes_and_is_renewed_there(person, provider, hub):
    person.get(leave(person, provider))
    token = person.token()
    assert hub.database.run(
        lambda work: work.value("SELECT max(expires_at) <= now() + interval '15 minutes' FROM hub.sessions")
    )
    page = {"accept": "text/html"}
    assert person.get("/console/runs", **page).status_code == 200
    nearly_over(hub)
    assert person.get("/console/runs", **{"hx-request": "true"}, **page).status_code == 200  # a script's request
    answer = person.get("/console/runs?outcome=x", **page)
    assert answer.headers["location"] == "/sign-in/oidc?next=%2Fconsole%2Fruns%3Foutcome%3Dx"
    provider.claims = {"name": "Ada Lovelace", "groups": ["it"]}
    assert person.get(leave(person, provider)).headers["location"] == "/console/runs"
    assert "Ada Lovelace" in person.get("/console/settings/keys", **page).text
    assert (
        person.browser.post(  # the forms of open pages stay good
            "/console/theme", data={"csrf": token, "theme": "dark"}, headers={"Origin": person.address}
        ).status_code
        == 303
    )


def test_a_person_who_lost_their_role_is_signed_out_when_the_provider_says_so(person, provider, hub):
    person.get(leave(person, provider))
    nearly_over(hub)
    provider.claims = {"groups": []}
    assert person.get(leave(person, provider)).status_code == 403
    assert person.get("/console/runs").headers["location"].startswith("/sign-in?")


def test_a_session_ends_after_twelve_hours_of_renewals(person, provider, hub):
    person.get(leave(person, provider))
    before = dict(person.browser.cookies)
    hub.database.run(lambda work: work.do("UPDATE hub.sessions SET created_at = now() - interval '13 hours'"))
    person.get(leave(person, provider))
    assert dict(person.browser.cookies) != before
    assert hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.sessions")) == 1


@pytest.mark.parametrize(
    "kept",
    [
        b'{"state": 1, "nonce": 2, "verifier": 3, "next": 4}',
        b'{"state": "\\ud800", "nonce": "n", "verifier": "v", "next": "/console"}',
        b'{"state": "s", "nonce": "n", "verifier": "v", "next": ["/console"]}',
        b"[" * 2_000,
        b"7",
    ],
)
def test_an_odd_cookie_begins_no_session_and_no_error(person, kept):
    person.browser.cookies.set("bdh_oidc", base64.urlsafe_b64encode(kept).decode())
    answer = person.get("/sign-in/oidc/back?code=abc&state=s")
    assert answer.status_code == 401
    assert "was not started here" in answer.text


def test_keys_can_be_refused_where_people_sign_in_with_the_provider(before, provider, signed_in, make_key):
    earlier = signed_in("admin")
    person = before(hub_console_keys=False)
    assert 'name="key"' not in person.get("/sign-in").text
    assert person.sign_in(make_key("admin")).status_code == 403
    person.browser.cookies.update(earlier.browser.cookies)  # a session that began before the setting was changed
    assert person.get("/console").status_code == 303
    assert person.get(leave(person, provider)).status_code == 303
    assert person.get("/console/runs").status_code == 200
    with pytest.raises(ValueError, match="HUB_OIDC_ISSUER"):
        before(hub_console_keys=False, hub_oidc_issuer="")


def test_the_way_back_is_below_hub_public_url_whatever_host_a_request_names(before):
    person = before(hub_public_url="https://hub.example.com")
    answer = person.get("/sign-in/oidc", Host="evil.example")
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["redirect_uri"] == ["https://hub.example.com/sign-in/oidc/back"]
    assert answer.headers["set-cookie"].startswith("__Host-bdh-oidc=")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_from_another_site_signs_nobody_in_without_a_click(person, provider, site):
    elsewhere = {"Sec-Fetch-Site": site}
    answer = person.get("/sign-in/oidc?next=/console/runs", **elsewhere)
    assert (answer.status_code, "Sign in with SSO" in answer.text) == (200, True)
    assert "set-cookie" not in answer.headers
    assert "/sign-in/oidc?next=%2Fconsole%2Fruns" in answer.text
    assert person.get(leave(person, provider)).status_code == 303
    assert person.get("/sign-in/oidc", **elsewhere).status_code == 303  # who is signed in is only renewed


def test_callbacks_that_fail_are_throttled_and_a_person_still_gets_in(person, provider):
    back = "/sign-in/oidc/back?code=abc&state=forged"
    statuses = [person.get(back).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert person.get(leave(person, provider)).status_code == 303


def test_a_slow_provider_holds_only_a_few_threads(person, provider):
    back = leave(person, provider)
    with ExitStack() as full:
        for _ in range(8):
            full.enter_context(SIGN_INS.one())
        assert person.get(back).status_code == 503
        assert person.get("/sign-in/oidc").status_code == 503
        assert person.get("/health").status_code == 200


def test_a_provider_that_answers_byte_by_byte_is_cut_off(person, provider):
    app = person.browser.app
    app.state.identity = Identity(app.state.hub.identity_provider, seconds=1.0)
    back = leave(person, provider)
    provider.drips = True
    began = monotonic()
    assert person.get(back).status_code == 503
    assert monotonic() - began < allow(3)


def deep(depth: int) -> str:
    return base64.urlsafe_b64encode(b'{"alg":' + b"[" * depth).decode().rstrip("=")


@pytest.mark.parametrize(
    "token", [f"{deep(100_000)}.e30.c2ln", "é.e30.c2ln", "...", "", "a.b", "bnVsbA.e30.c2ln", "W10.e30.c2ln"]
)
def test_a_token_of_no_form_is_an_answer_and_no_error(token):
    with pytest.raises(Unauthorized):
        id_token.signed_claims(token, {"keys": []})


@pytest.mark.parametrize("odd", [{"key_ops": 5}, {"key_ops": "verify"}, {"kty": []}, {"n": 7}, {"alg": {}}, {"use": 1}])
def test_an_odd_key_of_the_provider_is_passed_over(person, provider, odd):
    provider.published = [{**provider.published[0], "kid": None, **odd}, *provider.published]
    assert person.get(leave(person, provider)).status_code == 303
