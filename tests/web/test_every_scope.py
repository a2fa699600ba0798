"""Every operation of the API's description, called by every kind of key and by strangers: exactly the scope that the
description names admits, and a refusal changes no row.

An operation that is added without a scope, or whose route asks for another one than it says, turns this red.
"""

from __future__ import annotations

import pytest
from tests.support.tables import contents

pytestmark = pytest.mark.services

HAS = {
    "read": {"read"},
    "search": {"search", "read"},
    "publish": {"publish", "read"},
    "admin": {"admin", "publish", "search", "read"},
}
OPEN = {"get_health", "get_readiness", "get_image"}
SIGNED = {"receive_store_webhook"}
WITH_SECRET = {"ask_for_quote", "get_quote"}
SECRET = "a-secret-of-the-quote-webhook-for-tests"
IDS = {"uuid": "00000000-0000-0000-0000-000000000000"}


@pytest.fixture
def settings():
    """Without rates, which would refuse most of the requests for another reason."""
    return {
        "hub_rate_requests": 0,
        "hub_rate_changes": 0,
        "hub_quote_rate": 0,
        "hub_quote_webhook_secret": SECRET,
    }


def operations(client):
    """Each operation's id, method and an address of it that leads to nothing, with the scopes that its keys need."""
    for path, methods in client.app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method.upper(), filled(path, operation), operation["security"]


def filled(path, operation):
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            schema = parameter["schema"]
            value = schema.get("enum", [IDS.get(schema.get("format"), "1")])[0]
            path = path.replace(f"{{{parameter['name']}}}", str(value))
    return path


def guarded(client):
    """The operations that need a key: id, method, address and scope."""
    for name, method, path, security in operations(client):
        if name not in OPEN | SIGNED:
            yield name, method, path, security[0]["bearer"][0]


def answered(client, method, path, **headers):
    """The status of an answer to a request without a body or a query, and its code if it is a refusal."""
    answer = client.request(method, path, headers=headers)
    return answer.status_code, answer.json()["code"] if answer.status_code in {401, 403} else ""


def test_every_operation_names_one_scope_unless_it_is_listed_here(anonymous):
    for name, _, _, security in operations(anonymous):
        if name in OPEN:
            assert security == [], name
        elif name in SIGNED:
            assert security == [{"storeSignature": []}], name
        else:
            [scope] = security[0]["bearer"]
            assert scope in HAS, name
            secret = [{"webhookSecret": []}] if name in WITH_SECRET else []
            assert security == [{"bearer": [scope]}, {"apiKey": [scope]}, *secret], name


def test_strangers_get_nowhere(anonymous, hub, make_key):
    revoked, expired, cut = make_key("admin"), make_key("admin", days=1), make_key("admin")
    for change, key in (("revoked_at = now()", revoked), ("expires_at = now() - interval '1 second'", expired)):
        hub.database.run(
            lambda work, change=change, key=key: work.do(
                f"UPDATE hub.api_keys SET {change} WHERE id = %(id)s",  # noqa: S608 - one of the two above
                {"id": key.split("_")[1]},
            )
        )
    strangers = (
        {},
        {"X-API-Key": revoked},
        {"Authorization": f"Bearer {expired}"},
        {"X-API-Key": cut[:-1]},
        {"Authorization": f"Basic {cut}"},
        {"X-Webhook-Secret": SECRET[:-1]},
        {"Cookie": f"bdh_session={cut}; __Host-bdh={cut}"},
    )
    before = contents(hub)
    for name, method, path, _ in guarded(anonymous):
        for headers in strangers:
            assert answered(anonymous, method, path, **headers) == (401, "unauthorized"), (name, headers)
    assert contents(hub) == before


@pytest.mark.parametrize("kind", HAS)
def test_a_key_is_admitted_exactly_where_it_has_the_scope(anonymous, hub, make_key, kind):
    key = make_key(kind)
    wanted = list(guarded(anonymous))
    assert len(wanted) > 80
    before = contents(hub)
    for name, method, path, scope in wanted:
        if scope not in HAS[kind]:
            for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
                assert answered(anonymous, method, path, **headers)[0] == 403, (name, scope)
    assert contents(hub) == before
    for name, method, path, scope in wanted:
        if scope in HAS[kind]:
            assert answered(anonymous, method, path, **{"X-API-Key": key})[0] not in {401, 403}, (name, scope)


def test_the_webhook_s_secret_opens_quotes_alone(anonymous):
    for name, method, path, _ in guarded(anonymous):
        status, _ = answered(anonymous, method, path, **{"X-Webhook-Secret": SECRET})
        assert (status != 401) == (name in WITH_SECRET), (name, status)


def test_no_key_replaces_the_store_s_signature(anonymous, make_key):
    key = make_key("admin")
    for name, method, path, _ in operations(anonymous):
        if name in SIGNED:
            assert answered(anonymous, method, path, **{"X-API-Key": key})[0] == 401, name
