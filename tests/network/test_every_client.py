"""Every outgoing client uses the same proxies and certificates, and reports what blocked a call in the same way."""

from __future__ import annotations

import ast
import logging
import socket
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
from pydantic import SecretStr
from tests.support.patience import allow

import boeing_data_hub
from boeing_data_hub import tracing
from boeing_data_hub.app import Hub
from boeing_data_hub.boeing.tryout import log_in
from boeing_data_hub.cli import access
from boeing_data_hub.connections import boeing_access, network, store_access, store_grants
from boeing_data_hub.deadline import ends_within
from boeing_data_hub.errors import HubError
from boeing_data_hub.health.doctor.asking import asked_for
from boeing_data_hub.health.notice import Document, Message
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.client import NoAccount, ShopifyClient
from boeing_data_hub.shopify.transfer import Transfer
from boeing_data_hub.web.console.identity import Attempt, Identity

SOURCE = Path(boeing_data_hub.__file__).parent
MESSAGE = Message(
    id="m-1",
    subject="s",
    text="t",
    html="<p>t</p>",
    payload={},
    document=Document(kind="test", title="s", console="", sections=()),
)
SECRET = "canary-pass-w0rd"


def settings_for(origin, **more):
    """Settings in which everything outside is at one address."""
    pair = origin.partition("://")[2]
    return Settings(
        _env_file=None,
        boeing_oauth_token_url=f"{origin}/token",
        boeing_pna_oauth_url=f"{origin}/part-token",
        boeing_pna_price_url=f"{origin}/price",
        boeing_client_id="c",
        boeing_client_secret="s",
        boeing_username="u",
        boeing_password="p",
        shopify_store_domain=origin,
        shopify_admin_api_token="shpat_x",
        hub_image_allow_hosts=pair,
        hub_image_fallback_origin="",
        supabase_url=origin,
        supabase_service_role_key="sb_secret_x",
        hub_digest_webhook_url=f"{origin}/hook",
        hub_oidc_issuer=origin,
        hub_oidc_client_id="c",
        hub_oidc_client_secret="s",
        hub_oidc_roles='{"all": "read"}',
        otel_exporter_otlp_endpoint=origin,
        hub_api_url=origin,
        hub_api_key="bdh_x",
        **more,
    )


def of_boeing(settings):
    tried = log_in(boeing_access(settings))
    if tried.error:
        raise tried.error


def of_the_store(settings):
    client = ShopifyClient(store_access(settings), NoAccount())
    try:
        client.run("bulk_running", {})
    finally:
        client.close()


def of_the_stores_tokens(settings):
    store_grants(settings, store_access(settings)).by_credentials()


def of_the_stores_files(settings):
    transfer = Transfer(store_access(settings))
    try:
        transfer.put({"url": f"{settings.shopify_store_domain}/staged/x", "parameters": []}, "x.jsonl", b"{}\n")
    finally:
        transfer.close()


def of_image_hosts(settings):
    with Closing(Hub(settings)) as hub:
        hub.images.fetcher.fetch(f"{settings.supabase_url}/a.png")


def of_the_storage(settings):
    with Closing(Hub(settings)) as hub:
        hub.images.store.bucket()


def of_the_webhook(settings):
    with Closing(Hub(settings)) as hub:
        hub.upkeep.webhook.send(MESSAGE)


def of_the_identity_provider(settings):
    with Closing(Hub(settings)) as hub:
        identity = Identity(hub.identity_provider, network=hub.network)
        try:
            identity.address(Attempt.begin(), "https://hub.example.com/back")
        finally:
            identity.close()


def of_traces(settings):
    with structlog.testing.capture_logs() as lines:
        Hub(settings, name="traces").start_tracing()
        try:
            with tracing.span("something"):
                pass
        finally:
            tracing.stop()
    said = [line["why"] for line in lines if "why" in line]
    if said:
        raise HubError(said[0])


def of_the_command_line(settings):
    key = settings.hub_api_key.get_secret_value()
    api = access.connect(access.Access(settings.hub_api_url, key, settings.hub_ca_file))
    try:
        api.call("GET", "/ready")
    finally:
        api.close()


def of_the_doctor(settings):
    asked = asked_for(f"{settings.hub_api_url}/ready", network(settings), seconds=4)
    if asked.fault:
        raise HubError(asked.fault.said)


class Closing:
    """A hub, closed at the end of a block."""

    def __init__(self, hub):
        self._hub = hub

    def __enter__(self):
        return self._hub

    def __exit__(self, *_error):
        self._hub.close()


CLIENTS = {
    "boeing/exchange.py": of_boeing,
    "shopify/exchange.py": of_the_store,
    "shopify/grants.py": of_the_stores_tokens,
    "shopify/transfer.py": of_the_stores_files,
    "images/fetch.py": of_image_hosts,
    "images/supabase.py": of_the_storage,
    "health/posting.py": of_the_webhook,
    "web/console/identity.py": of_the_identity_provider,
    "network/otlp.py": of_traces,
    "cli/client.py": of_the_command_line,
    "health/doctor/asking.py": of_the_doctor,
}
NOT_HTTP = {"health/mail.py"}
every_client = pytest.mark.parametrize("call", CLIENTS.values(), ids=CLIENTS.keys())


def said(call, settings):
    """What a person is told when the call fails."""
    with pytest.raises(HubError) as failed:
        call(settings)
    assert failed.value.__cause__ is None or failed.value.__suppress_context__ or call is of_the_command_line
    return failed.value.message


def reached(call, settings):
    """Make the call; what becomes of an answer that is an empty object is not asked here."""
    with suppress(HubError):
        call(settings)


# --- Nobody escapes ---


def modules():
    return [path for path in sorted(SOURCE.rglob("*.py")) if "sandbox" not in path.relative_to(SOURCE).parts]


def test_every_module_that_opens_a_client_is_in_the_table_above():
    found = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            words = {word.arg for word in node.keywords}
            if {"connections", "keep_idle"} <= words:
                found.add(path.relative_to(SOURCE).as_posix())
    assert found - {"network/outgoing.py", "network/exchange.py"} == set(CLIENTS)


def test_only_the_exchange_sends_and_two_clients_say_why_not():
    """The exporter of traces wants the library's own answers; the command line calls the user's own hub."""
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "client" and isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Name | ast.Call | ast.BoolOp) and "httpx2" in path.read_text(encoding="utf-8")
    }  # fmt: skip
    assert found == {"network/exchange.py", "network/otlp.py", "cli/client.py"}


def test_no_module_creates_its_own_client_or_tls_context():
    forbidden = {
        "httpx2": "Client AsyncClient HTTPTransport AsyncHTTPTransport create_ssl_context get post put patch "
        "delete head request stream",
        "ssl": "create_default_context SSLContext",
        "socket": "create_connection",
        "smtplib": "SMTP SMTP_SSL",
    }
    calls = {f"{module}.{name}" for module, names in forbidden.items() for name in names.split()}
    at_home = {"network/outgoing.py", "network/trust.py", "deadline.py", *NOT_HTTP}
    strays = []
    for path in modules():
        name = path.relative_to(SOURCE).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {word.name for node in ast.walk(tree) if isinstance(node, ast.Import) for word in node.names}
        taken = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        strays += [
            (name, one)
            for one in ("requests", "urllib3", "urllib.request", "aiohttp", "http.client")
            if one in imported | taken
        ]
        if name in at_home:
            continue
        strays += [
            (name, f"{node.func.value.id}.{node.func.attr}")
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and f"{node.func.value.id}.{node.func.attr}" in calls
        ]
    assert strays == []


# --- Every exchange ends ---


@pytest.fixture
def serve_slowly():
    """A server that sends a beginning, and then one piece after another forever."""
    over = threading.Event()
    threads = []

    def serve(beginning, piece, every):
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def answer(connection):
            with connection, suppress(OSError):
                connection.recv(65_536)
                connection.sendall(beginning)
                while not over.wait(every):
                    connection.sendall(piece)

        def accept():
            with suppress(OSError):
                while not over.is_set():
                    connection, _ = listener.accept()
                    threads.append(threading.Thread(target=answer, args=(connection,), daemon=True))
                    threads[-1].start()

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1]

    with ExitStack() as stack:
        yield serve
        over.set()


CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
# Traces are sent by a thread of their own; the command line has a person who can stop it.
BOUNDED = {name: call for name, call in CLIENTS.items() if name not in {"cli/client.py", "network/otlp.py"}}


@pytest.mark.parametrize("call", BOUNDED.values(), ids=BOUNDED.keys())
@pytest.mark.parametrize(
    ("beginning", "piece", "every"),
    [
        (b"HTTP/1.1 200 OK\r\nx-slow: ", b"x", 0.02),
        (CHUNKED, b" ", 0.02),
        (b"HTTP/1.1 503 Busy\r\n\r\n", b" ", 0.02),
        (CHUNKED, b" " * 65_536, 0.0),
    ],
    ids=["headers drip", "a body drips", "a failure's body drips", "a body without end"],
)
def test_an_answer_that_does_not_end_is_left(call, beginning, piece, every, serve_slowly):
    port = serve_slowly(beginning, piece, every)
    done = threading.Event()

    def make():
        with ends_within(0.5), suppress(HubError):
            call(settings_for(f"http://127.0.0.1:{port}"))
        done.set()

    threading.Thread(target=make, daemon=True).start()
    assert done.wait(allow(10)), "the call outlived its time"


# --- Certificates ---


@every_client
def test_a_certificate_of_an_unknown_authority_is_named_as_not_trusted(call, authority, serve):
    server = serve(authority.context("localhost"))
    told = said(call, settings_for(f"https://localhost:{server.port}"))
    assert "The certificate of localhost is not trusted" in told
    assert "HUB_CA_FILE" in told or call is of_the_identity_provider  # who signs in cannot set it; the log names it
    assert "DNS" not in told
    assert server.asked == []


@every_client
@pytest.mark.parametrize("how", ["HUB_CA_FILE", "SSL_CERT_FILE"])
def test_a_certificate_of_a_private_authority_is_trusted(call, how, authority, serve, monkeypatch):
    server = serve(authority.context("localhost"))
    more = {"hub_ca_file": authority.file} if how == "HUB_CA_FILE" else {}
    if how == "SSL_CERT_FILE":
        monkeypatch.setenv(how, str(authority.file))
    reached(call, settings_for(f"https://localhost:{server.port}", **more))
    assert server.asked


@every_client
@pytest.mark.parametrize(
    ("days", "name", "expected"),
    [
        ((-30, -1), "localhost", "The certificate of localhost has expired."),
        ((1, 30), "localhost", "The certificate of localhost is not valid yet."),
        ((-2, 30), "other.example.com", "The certificate of localhost is for another name."),
    ],
)
def test_an_expired_or_misnamed_certificate_is_named_as_that(call, days, name, expected, authority, serve):
    server = serve(authority.context(name, days=days))
    told = said(call, settings_for(f"https://localhost:{server.port}", hub_ca_file=authority.file))
    assert expected in told
    assert server.asked == []


@every_client
def test_a_port_that_does_not_speak_tls_is_named_as_that(call, serve):
    server = serve()
    assert "localhost does not speak TLS at that port." in said(call, settings_for(f"https://localhost:{server.port}"))


# --- Proxies ---


@every_client
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_calls_go_through_the_proxy_signed_in(call, variable, authority, serve, proxy, monkeypatch):
    server = serve(authority.context("outside.example.com"))
    proxy.wanted = f"hub:{SECRET}@%"
    monkeypatch.setenv(variable, f"http://hub:{SECRET}%40%25@127.0.0.1:{proxy.port}")
    reached(call, settings_for(f"https://outside.example.com:{server.port}", hub_ca_file=authority.file))
    assert proxy.asked[0] == f"CONNECT outside.example.com:{server.port}"
    assert proxy.signed_in[0] == proxy.wanted
    assert server.asked
    assert not any("proxy-authorization" in headers for headers in server.headers)


@every_client
@pytest.mark.parametrize(
    ("wanted", "status", "expected"),
    [
        ("somebody:else", 0, "requires a user name and password, or rejected them (407)."),
        ("", 403, "does not allow calls to outside.example.com (403)."),
        ("", 502, "did not let a call to outside.example.com through (status 502)."),
    ],
)
def test_a_proxys_refusal_is_the_proxys(call, wanted, status, expected, proxy, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    proxy.wanted, proxy.status = wanted, status
    monkeypatch.setenv("HTTPS_PROXY", f"http://hub:{SECRET}@127.0.0.1:{proxy.port}")
    told = said(call, settings_for("https://outside.example.com:8443"))
    assert f"The proxy 127.0.0.1:{proxy.port} {expected}" in told
    assert SECRET not in told + caplog.text


@every_client
def test_a_proxy_that_is_away_is_named(call, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://hub:{SECRET}@127.0.0.1:1")
    told = said(call, settings_for("https://outside.example.com:8443"))
    assert "The proxy 127.0.0.1:1 cannot be reached." in told
    assert SECRET not in told


@every_client
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(call, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", f"socks5://hub:{SECRET}@127.0.0.1:1080")
    told = said(call, settings_for("https://outside.example.com:8443"))
    assert "ALL_PROXY cannot be used: socks5:// proxies are not supported" in told
    assert SECRET not in told


@every_client
def test_a_certificate_behind_a_proxy_is_named_as_that(call, authority, serve, proxy, monkeypatch):
    server = serve(authority.context("outside.example.com"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    told = said(call, settings_for(f"https://outside.example.com:{server.port}"))
    assert "The certificate of outside.example.com is not trusted" in told


@every_client
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_this_machine_is_never_called_through_a_proxy(call, host, authority, serve, proxy, monkeypatch):
    server = serve(authority.context("localhost", "127.0.0.1"))
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    reached(call, settings_for(f"https://{host}:{server.port}", hub_ca_file=authority.file))
    assert server.asked
    assert proxy.asked == []


@every_client
def test_what_no_proxy_names_is_called_directly(call, proxy, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "other.example, .example.com")
    reached(call, settings_for("https://outside.example.com:8443"))  # a name that leads nowhere without the proxy
    assert proxy.asked == []


def test_the_cli_through_a_proxy_in_clear_tells_the_proxys_sign_in_from_the_hubs(proxy, serve, monkeypatch):
    server = serve()
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    settings = SimpleNamespace(
        hub_api_url=f"http://hub.internal.example:{server.port}",
        hub_api_key=SecretStr("bdh_x"),
        hub_ca_file=None,
    )
    reached(of_the_command_line, settings)
    assert server.asked == ["GET /ready"]
    proxy.wanted = "a:b"
    assert "requires a user name and password" in said(of_the_command_line, settings)
