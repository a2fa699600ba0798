"""Every part of the hub reads an address the same way; an unusable one is rejected with an explanation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.broker.address import BadAddressError, BrokerAddress, Encryption, parse
from boeing_data_hub.errors import BadInput
from boeing_data_hub.settings import Settings

USED = {
    "redis://": BrokerAddress(),
    "redis://cache:6380/3": BrokerAddress(host="cache", port=6380, database=3),
    "redis://cache?db=3": BrokerAddress(host="cache", database=3),
    "redis://cache/?virtual_host=3": BrokerAddress(host="cache", database=3),
    "redis://:p%40ss@cache": BrokerAddress(host="cache", password="p@ss"),
    "redis://me:word@[::1]:6379/0": BrokerAddress(host="::1", username="me", password="word"),
    "valkey://cache": BrokerAddress(host="cache"),
    "REDISS://cache": BrokerAddress(host="cache", encryption=Encryption()),
    "valkeys://cache": BrokerAddress(host="cache", encryption=Encryption()),
    "redis://cache?ssl=true": BrokerAddress(host="cache", encryption=Encryption()),
    "rediss://cache?ssl_cert_reqs=none": BrokerAddress(
        host="cache", encryption=Encryption(verify="none", check_hostname=False)
    ),
    "rediss://cache?ssl_cert_reqs=CERT_NONE": BrokerAddress(
        host="cache", encryption=Encryption(verify="none", check_hostname=False)
    ),
    "rediss://cache?ssl_cert_reqs=CERT_OPTIONAL": BrokerAddress(host="cache", encryption=Encryption(verify="optional")),
    "rediss://cache?ssl_cert_reqs=required": BrokerAddress(host="cache", encryption=Encryption()),
    "rediss://cache?ssl_check_hostname=False": BrokerAddress(host="cache", encryption=Encryption(check_hostname=False)),
    "rediss://cache?ssl_ca_certs=/a/ca.pem&ssl_certfile=/a/c.pem&ssl_keyfile=/a/c.key": BrokerAddress(
        host="cache", encryption=Encryption(ca_file="/a/ca.pem", certificate="/a/c.pem", key="/a/c.key")
    ),
    "redis://cache?socket_timeout=5&health_check_interval=3": BrokerAddress(host="cache"),
    "unix:///run/redis.sock": BrokerAddress(path="/run/redis.sock"),
    "unix:///run/redis.sock?db=2": BrokerAddress(path="/run/redis.sock", database=2),
    "unix:///run/a%20b.sock?virtual_host=2": BrokerAddress(path="/run/a b.sock", database=2),
    "unix://me:word@/run/redis.sock": BrokerAddress(path="/run/redis.sock", username="me", password="word"),
    "unix:///run/redis.sock?password=word": BrokerAddress(path="/run/redis.sock", password="word"),
    "redis+socket:///run/redis.sock?virtual_host=1": BrokerAddress(path="/run/redis.sock", database=1),
    "redis+socket://:word@/run/redis.sock": BrokerAddress(path="/run/redis.sock", password="word"),
}
REFUSED = {
    "http://cache": "REST interface",
    "https://x.upstash.io": "REST interface",
    "sentinel://cache:26379": "Sentinel",
    "redis+sentinel://cache": "Sentinel",
    "memcached://cache": "Memcached",
    "amqp://guest@cache": "RabbitMQ",
    "cache:6379": "must begin with",
    "ftp://cache": "must begin with",
    "": "must begin with",
    "redis://cache:99999": "cannot be read",
    "redis://cache:port": "cannot be read",
    "redis://[::1": "cannot be read",
    "redis://a:1;redis://b:1": "several servers",
    "redis://a,b": "several servers",
    "redis://cache/name": "number",
    "redis://cache/-1": "number",
    "redis://cache?ssl_ca_certs=/ca.pem": "rediss://",
    "rediss://cache?ssl_cert_reqs=maybe": "none, optional or required",
    "rediss://cache?ssl_check_hostname=perhaps": "true or false",
    "redis://cache?colour=red": "colour",
    "unix://run/redis.sock": "three slashes",
    "unix:///": "three slashes",
}


@pytest.mark.parametrize("url", USED)
def test_an_address_is_read_as_people_write_it(url):
    assert parse(url) == USED[url]
    assert parse(parse(url).url) == USED[url]


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_no_address_of_a_redis_is_refused_in_words(url):
    with pytest.raises(BadAddressError, match=REFUSED[url]):
        parse(url)


@given(
    username=st.text(max_size=8).map(lambda text: text.strip("\x00")),
    password=st.text(min_size=1, max_size=12),
    path=st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).map(
        lambda text: f"/run/{text}"
    ),
    database=st.integers(0, 99),
    on_a_socket=st.booleans(),
    ca=st.sampled_from(["", "/a b/ca&x=1.pem"]),
)
def test_whatever_user_password_and_path_are_the_one_form_is_read_back(
    username, password, path, database, on_a_socket, ca
):
    who = {"username": username, "password": password, "database": database}
    address = (
        BrokerAddress(path=path, **who)
        if on_a_socket
        else BrokerAddress(host="cache", encryption=Encryption(ca_file=ca), **who)
    )
    assert parse(address.url) == address
    assert password not in repr(address) or password in repr(replace(address, password=""))


def test_what_is_shown_holds_no_user_and_no_password():
    assert parse("rediss://me:word@cache:6380/1?ssl_password=key").shown == "rediss://cache:6380/1"


def test_authorities_of_a_setting_count_where_the_address_names_none():
    named = parse("rediss://cache?ssl_ca_certs=/mine.pem")
    assert parse("rediss://cache").trusting("/all.pem").encryption.ca_file == "/all.pem"
    assert named.trusting("/all.pem") == named
    assert parse("redis://cache").trusting("/all.pem") == parse("redis://cache")


def test_settings_give_the_one_form_and_refuse_what_is_none():
    def of(**given: str) -> str:
        return Settings(_env_file=None, **given).broker_url

    assert of(redis_url="redis+socket:///run/r.sock?virtual_host=2") == "unix:///run/r.sock?db=2"
    assert of(redis_url="redis://a", celery_broker_url="rediss://b") == "rediss://b:6379/0"
    with pytest.raises(BadInput, match="CELERY_BROKER_URL is no usable address: Redis Sentinel") as told:
        of(redis_url="redis://a", celery_broker_url="sentinel://:canary@b")
    assert "canary" not in told.value.message
    with pytest.raises(BadInput, match="REDIS_URL is not set"):
        of(redis_url="")


@pytest.mark.parametrize(
    "url",
    ["unix:///run/r.sock?password=canary-1", "rediss://:canary-1@a?ssl_password=canary-1", "redis://u:canary%2D1@a"],
)
def test_passwords_are_known_to_the_log_wherever_they_stand(url):
    assert "canary-1" in Settings(_env_file=None, redis_url=url).secrets
