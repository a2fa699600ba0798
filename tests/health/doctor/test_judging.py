"""What cannot be broken on a test's machine is judged from facts made up here; and how checks are run."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from threading import Event

import pytest
from tests.support.patience import allow

from boeing_data_hub.broker.refusals import Refusal
from boeing_data_hub.broker.visit import BrokerFacts
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.db.probe import PostgresFacts, TableFacts
from boeing_data_hub.errors import Retry
from boeing_data_hub.health.doctor import (
    addresses,
    clocks,
    images_check,
    interfaces,
    postgres_check,
    postgres_refusals,
    redis_check,
    shopify_check,
    stalled_work,
)
from boeing_data_hub.health.doctor.all_findings import advice_by_subject
from boeing_data_hub.health.doctor.finding import Advice, some, well
from boeing_data_hub.health.doctor.running import Check, side_by_side
from boeing_data_hub.health.lost_work import LateLeftovers, LostWork
from boeing_data_hub.images.supabase import Bucket
from boeing_data_hub.shopify.probes import Definitions

REMOTE = "postgresql://u:canary@db.example.com:5432/postgres"
HERE = "postgresql://u:canary@127.0.0.1:5432/postgres"
TABLE = TableFacts(name="batches", secured=True, forced=True, strangers=(), writable=True)
WELL = PostgresFacts(
    version=160004, role="postgres", mode="direct", tls=True, read_only=False, bypasses=True, may_use_schema=True,
    schema_open_to=(), connections=97, connected=12, ahead=0.0, uncertain=0.1, tables=(TABLE,),
)  # fmt: skip
BROKER = BrokerFacts(version="7.2.4", policy="noeviction", used=1, maximum=0, persistent=True)


def codes(found, level=None):
    return {each.code for each in found if level is None or each.level == level}


def judged(facts=WELL, url=REMOTE, revision="0004", **changes):
    found = {"expected": "0004", "pool": 10, "processes": 6, **changes}
    return list(postgres_check.judge_postgres(facts, url, revision=revision, **found))


def wrong(found):
    return {each.code for each in found if each.level in {"warning", "error"}}


def test_a_healthy_database_is_reported_with_its_mode_and_connections():
    found = judged()
    assert wrong(found) == set()
    told = {each.name: each.message for each in found}
    assert "Postgres 16" in told["postgres"]
    assert "direct" in told["postgres"]
    assert "12 of 97" in told["postgres connections"]


@pytest.mark.parametrize(
    ("facts", "url", "code"),
    [
        (replace(WELL, version=140010), HERE, "postgres_old"),
        (replace(WELL, read_only=True), HERE, "postgres_read_only"),
        (replace(WELL, tls=False), REMOTE, "postgres_in_clear"),
        (replace(WELL, mode="transaction pooler"), HERE, "postgres_transaction_pooler"),
        (WELL, "postgresql://u:p@db.example.com:6543/postgres", "postgres_transaction_pooler"),
        (replace(WELL, may_use_schema=False), HERE, "schema_forbidden"),
        (replace(WELL, tables=(replace(TABLE, writable=False),)), HERE, "tables_not_writable"),
        (replace(WELL, tables=(replace(TABLE, forced=False),)), HERE, "tables_unsecured"),
        (replace(WELL, tables=(replace(TABLE, strangers=("anon",)),)), HERE, "tables_open"),
        (replace(WELL, schema_open_to=("authenticated",)), HERE, "tables_open"),
        (replace(WELL, connections=57), HERE, "postgres_connections"),
    ],
)
def test_each_fault_of_a_database_is_named(facts, url, code):
    assert code in wrong(judged(facts, url))


def test_a_loopback_database_needs_no_encryption():
    assert wrong(judged(replace(WELL, tls=False), HERE)) == set()


def test_through_a_transaction_pooler_the_finding_says_how_to_upgrade():
    found = judged(replace(WELL, mode="transaction pooler"), revision="0001")
    (missing,) = [each for each in found if each.code == "migrations_missing"]
    assert "session pooler" in missing.remedy


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://postgres.abc:p@aws-0-eu-central-1.pooler.supabase.com:6543/postgres", "transaction pooler"),
        ("postgresql://postgres.abc:p@aws-0-eu-central-1.pooler.supabase.com:5432/postgres", "session pooler"),
        ("postgresql://postgres:p@db.abc.supabase.co:5432/postgres", None),
    ],
)
def test_supabase_connection_modes_are_recognized_by_their_addresses(url, mode):
    assert postgres_check.mode_by_address(url) == mode


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('FATAL:  password authentication failed for user "hub"', "postgres_password"),
        ("FATAL:  Tenant or user not found", "postgres_password"),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "u", database "d", no encryption',
            "postgres_not_allowed",
        ),
        ("FATAL:  sorry, too many clients already", "postgres_crowded"),
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", "postgres_crowded"),
        ("FATAL:  Max client connections reached", "postgres_crowded"),
        ("connection timeout expired", "postgres_unreachable"),
        ("server closed the connection unexpectedly", "postgres_unreachable"),
        ('root certificate file "/x/root.crt" does not exist', "postgres_tls"),
        ("FATAL:  the database system is starting up", "postgres_starting"),
    ],
)
def test_a_refusal_is_classified_by_its_text_and_no_password_is_repeated(said, code):
    found = postgres_refusals.not_connected(said, REMOTE)
    assert found.code == code
    assert "canary" not in found.message + found.remedy


@pytest.mark.parametrize(
    ("told", "url", "code"),
    [
        (replace(BROKER, version="5.0.7"), "redis://127.0.0.1/0", "redis_old"),
        (replace(BROKER, refused=Refusal("replica")), "redis://127.0.0.1/0", "redis_read_only"),
        (replace(BROKER, refused=Refusal("cluster")), "redis://127.0.0.1/0", "redis_cluster"),
        (replace(BROKER, policy="volatile-lru"), "redis://127.0.0.1/0", "redis_evicts"),
        (replace(BROKER, used=90, maximum=100), "redis://127.0.0.1/0", "redis_full"),
        (BROKER, "redis://:p@redis.example.com:6379/0", "redis_in_clear"),
        (BROKER, "rediss://redis.example.com:6379/0", "redis_open"),
    ],
)
def test_each_fault_of_a_broker_is_named(told, url, code):
    assert code in wrong(redis_check.judge_broker(told, url, name="REDIS_URL"))


def test_a_broker_that_does_not_allow_info_is_still_ok():
    assert (
        wrong(redis_check.judge_broker(replace(BROKER, version="", policy=""), "redis://127.0.0.1", name="REDIS_URL"))
        == set()
    )


@pytest.mark.parametrize(("ahead", "uncertain", "off"), [(4, 0, False), (60, 1, True), (-3600, 1, True), (8, 5, False)])
def test_a_clock_is_off_when_it_is_so_beyond_doubt(ahead, uncertain, off):
    assert (clocks.judge_clock("Postgres", ahead, uncertain=uncertain) is not None) == off


def test_a_clock_is_compared_with_the_date_of_a_response():
    moment = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
    late = clocks.judge_date("Boeing", format_datetime(moment - timedelta(minutes=3), usegmt=True), moment, uncertain=4)
    assert late is not None
    assert "180 s behind" in late.message
    assert clocks.judge_date("Boeing", "yesterday", moment, uncertain=4) is None


@pytest.mark.parametrize(
    ("wanted", "answered", "today", "code"),
    [
        ("2026-10", "2026-10", date(2026, 11, 25), "api_version_ok"),
        ("2026-10", "2026-10", date(2027, 9, 1), "version_unchecked"),
        ("2026-10", "2026-10", date(2028, 1, 1), "version_unchecked"),
        ("2026-10", "2027-01", date(2028, 1, 1), "version_unsupported"),
        ("unstable", "unstable", date(2026, 11, 25), "version_unchecked"),
    ],
)
def test_a_version_is_supported_for_a_year(wanted, answered, today, code):
    assert codes(shopify_check.judge_version(wanted, answered, today)) == {code}


def test_a_public_domain_in_place_of_the_store_s_own_is_named():
    found = shopify_check.not_answered(
        Retry("Shopify's answer was no JSON.", code="shopify_malformed"), "parts.example.com"
    )
    assert found.code == "store_domain_odd"


def test_definitions_of_another_type_are_named():
    policy = ListingPolicy()
    found = shopify_check.judge_definitions(
        Definitions((), (("custom.notes", "json", "multi_line_text_field"),)), policy
    )
    assert codes(found) == {"definitions_differ"}


def test_a_bucket_that_accepts_every_image_is_ok():
    assert wrong(images_check.judge_bucket(Bucket(public=True, largest=None, types=("image/*",)), "b")) == set()


def test_an_api_that_is_not_ready_says_so():
    assert codes(interfaces.judge_api("http://127.0.0.1:8000", 503, ours=True)) == {"api_not_ready"}


def provider(scope="openid", client_auth="auto", **more):
    told = {"issuer": "https://id.example", "authorization_endpoint": "https://id.example/a", **more}
    return codes(
        interfaces.judge_provider(
            200, json.dumps(told), issuer="https://id.example/", client_auth=client_auth, scope=scope,
            role_claim="groups",
        ),
    )  # fmt: skip


def test_what_an_identity_provider_says_of_itself_is_held_against_the_settings():
    assert provider() == {"sign-in_ok"}
    assert provider(issuer="https://other.example") == {"oidc_issuer_differs"}
    assert "oidc_scope" in provider(scopes_supported=["openid", "groups"])
    assert "oidc_scope" not in provider(scopes_supported=["openid", "groups"], scope="openid groups")
    assert "oidc_client_auth" in provider(
        token_endpoint_auth_methods_supported=["client_secret_post"], client_auth="client_secret_basic"
    )
    for status, text in ((None, ""), (500, "{}"), (200, "[]"), (200, "<html>")):
        found = interfaces.judge_provider(status, text, issuer="x", client_auth="auto", scope="openid", role_claim="g")
        assert codes(found) == {"oidc_unreachable"}


def test_without_stalled_work_the_check_is_ok():
    nothing = LostWork(leases=0, doubtful=(), leftovers=LateLeftovers(), still=(), bulk=(), unsent={}, pauses=())
    assert codes(stalled_work.judge_stalled_work(nothing)) == {"lost_work_ok"}


def test_images_that_the_store_could_not_process_are_counted():
    lost = LostWork(
        leases=0, doubtful=(), leftovers=LateLeftovers(), still=(), bulk=(), unsent={}, pauses=(), pictures=3
    )
    (finding,) = stalled_work.judge_stalled_work(lost)
    assert (finding.code, finding.level) == ("pictures_failed", "warning")
    assert "3 images" in finding.message
    assert "bdh store pictures" in finding.remedy


def test_undelivered_notifications_are_one_finding_for_each_channel():
    lost = LostWork(
        leases=0, doubtful=(), leftovers=LateLeftovers(), still=(), bulk=(), pauses=(),
        unsent={"email": ["550 no such mailbox"], "webhook": ["", "It answered 410."]},
    )  # fmt: skip
    assert [found.message for found in stalled_work.judge_stalled_work(lost)] == [
        "1 notification could not be delivered by email. 550 no such mailbox",
        "2 notifications could not be delivered by webhook. It answered 410.",
    ]


def test_a_disk_that_is_nearly_full_is_named(tmp_path):
    assert codes(images_check.look_at_folder(tmp_path, least_free=10**18)) == {"disk_full"}


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8000/x", True), ("localhost", True), ("[::1]", True), ("http://[::1]:9/", True),
        ("https://hub.example.com", False), ("::", False), ("10.0.0.1:5432", False), ("localhost:80", True),
    ],
)  # fmt: skip
def test_this_machine_is_known_by_its_addresses(url, here):
    assert addresses.is_here(url) == here


def test_an_address_is_shown_without_password_and_query():
    assert addresses.shown("redis://:canary@h:6379/0?password=canary") == "redis://h:6379/0"


def test_checks_run_side_by_side_in_their_order_and_what_hangs_or_breaks_takes_nothing_with_it():
    never = Event()

    def hangs():
        yield well("slow", "So far so good.")
        never.wait(allow(60))

    def breaks():
        raise ZeroDivisionError("canary")

    def refuses():
        raise Retry("The store is away.", code="shopify_unreachable")

    began = time.monotonic()
    checks = [
        Check("slow", hangs),
        Check("broken", breaks),
        Check("away", refuses),
        Check("quick", lambda: [well("quick", "Yes.")]),
    ]
    found = side_by_side(checks, seconds=0.5)
    assert time.monotonic() - began < allow(30)
    assert [each.code for each in found] == [
        "slow_ok",
        "not_in_time",
        "check_failed",
        "shopify_unreachable",
        "quick_ok",
    ]
    assert "canary" not in str(found)
    never.set()


def test_every_advice_has_a_unique_code_and_a_remedy():
    every = [advice for group in advice_by_subject().values() for advice in group]
    assert all(isinstance(advice, Advice) and advice.remedy for advice in every)
    assert len({advice.code for advice in every}) == len(every) > 100


def test_of_many_names_only_the_first_are_listed():
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
