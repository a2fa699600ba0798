"""Celery's connection to Redis: kombu's transport with three differences.

It parses addresses as the rest of the hub does, so that TLS, Unix sockets and private CAs work alike for workers,
API and doctor. It subscribes to channels by their names, so that an account limited to `&bdh:*` may. And it puts
nothing back when it is closed.
"""

from __future__ import annotations

from typing import Any

import redis
from kombu.transport import redis as kombu_redis
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from boeing_data_hub.broker.address import BrokerAddress, Encryption, parse

_kombu: Any = kombu_redis  # kombu carries no types


def tls_options(encryption: Encryption) -> dict[str, Any]:
    """The arguments that redis-py, and so kombu and Flower, take for an encrypted connection."""
    named = {
        "ssl_ca_certs": encryption.ca_file,
        "ssl_ca_path": encryption.ca_path,
        "ssl_certfile": encryption.certificate,
        "ssl_keyfile": encryption.key or encryption.certificate,  # one file may hold both
        "ssl_password": encryption.key_password,
        "ssl_ciphers": encryption.ciphers,
    }
    return {
        "ssl_cert_reqs": encryption.verify,
        "ssl_check_hostname": encryption.check_hostname,
        **{name: value for name, value in named.items() if value},
    }


def connection_options(address: BrokerAddress, **limits: Any) -> dict[str, Any]:
    """The arguments of a redis-py connection pool; `limits` are its time limits and the like."""
    options: dict[str, Any] = {
        "db": address.database,
        "username": address.username or None,
        "password": address.password or None,
        # Skips the query for maintenance windows, which a restricted account may not run.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        **limits,
    }
    if address.path:
        for name in ("socket_connect_timeout", "socket_keepalive", "socket_keepalive_options"):
            options.pop(name, None)
        return options | {"connection_class": redis.UnixDomainSocketConnection, "path": address.path}
    options |= {"host": address.host, "port": address.port, "connection_class": redis.Connection}
    if address.encryption:
        options |= {"connection_class": redis.SSLConnection, **tls_options(address.encryption)}
    return options


def client(address: BrokerAddress, *, seconds: float) -> Any:
    """A client that connects as Celery does and waits at most `seconds` for each response."""
    limits = {"socket_timeout": seconds, "socket_connect_timeout": seconds, "health_check_interval": 10}
    return redis.Redis.from_pool(redis.ConnectionPool(**connection_options(address, **limits)))


class WakeUpChannel(_kombu.Channel):
    """A channel that requeues nothing on close, because an unacknowledged wake-up is not worth keeping.

    Kombu's channel needs its connection for that; if Redis has just gone, it finds none and the worker crashes.
    """

    do_restore = False

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - kombu's
        options = connection_options(
            parse(self.connection.client.hostname),
            max_connections=self.max_connections,
            socket_timeout=self.socket_timeout,
            socket_connect_timeout=self.socket_connect_timeout,
            socket_keepalive=self.socket_keepalive,
            health_check_interval=self.health_check_interval,
            retry_on_timeout=self.retry_on_timeout,
        )
        if "tries" in (told := self.connection.client.transport_options):
            options["retry"] = Retry(NoBackoff(), told["tries"] - 1)
        if asynchronous:
            options["connection_class"] = self._polled(options["connection_class"])
        return options

    def _polled(self, kind: Any) -> Any:
        """Unregister the connection from the poller on close, as kombu does."""
        channel = self

        class PolledConnection(kind):
            def disconnect(self, *arguments: Any, **options: Any) -> None:
                super().disconnect(*arguments, **options)  # pyright: ignore[reportUnknownMemberType] - its base is untyped
                if channel._registered:
                    channel._on_connection_disconnect(self)

        return PolledConnection

    def _subscribe(self) -> None:
        """Subscribe to plain names by name: an ACL must list each pattern literally."""
        topics = [topic for queue in self.active_fanout_queues for topic in self._get_subscribe_topics(queue)]
        if not topics:
            return
        client = self.subclient
        if client.connection._sock is None:  # noqa: SLF001 - as kombu does
            client.connection.connect()
        self._in_listen = client.connection
        plain, patterns = _sorted(topics)
        if plain:
            client.subscribe(*plain)
        if patterns:
            client.psubscribe(*patterns)

    def _unsubscribe_from(self, queue: str) -> None:
        client = self.subclient
        if client.connection and client.connection._sock:  # noqa: SLF001 - as kombu does
            plain, patterns = _sorted(self._get_subscribe_topics(queue))
            if plain:
                client.unsubscribe(*plain)
            if patterns:
                client.punsubscribe(*patterns)


def _sorted(topics: list[str]) -> tuple[list[str], list[str]]:
    """Plain names, and patterns."""
    patterns = [topic for topic in topics if set(topic) & set("*?[")]
    return [topic for topic in topics if topic not in patterns], patterns


class WakeUpTransport(_kombu.Transport):
    """Redis with `WakeUpChannel`. Kombu passes it the address unparsed."""

    Channel = WakeUpChannel
    can_parse_url = True
