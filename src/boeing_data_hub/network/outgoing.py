"""The only place that creates HTTP clients, so that all use the same proxies and certificates.

A test checks that no other module creates one.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from threading import Lock
from typing import Any

import httpx2

from boeing_data_hub.deadline import TimedTransport
from boeing_data_hub.network.faults import ProxyFaultError, is_of_tls, refused, unreachable, unusable
from boeing_data_hub.network.proxies import Proxies, Proxy
from boeing_data_hub.network.trust import Trust

_LOGIN = 407


@dataclass(frozen=True, slots=True)
class Network:
    """The certificates and proxies of this process.

    Attributes:
        trust: certificates to trust.
        proxies: the proxy for each call.
    """

    trust: Trust = field(default_factory=Trust.of_environment)
    proxies: Proxies = field(default_factory=Proxies.of_environment)

    @classmethod
    def trusting(cls, ca_file: Path | None) -> Network:
        """Read the environment, and trust the authorities in `ca_file` as well."""
        return cls(trust=Trust.of_environment(ca_file))

    def tls(self) -> ssl.SSLContext:
        """The TLS context for protocols other than HTTP. Raises BadInput, as `Trust.context`."""
        return self.trust.context()

    def transport(self, *, connections: int, keep_idle: float, tls: bool = True) -> httpx2.BaseTransport:
        """Pooled connections, direct or through the proxies, that honor `ends_within`.

        Args:
            connections: most connections open at a time, for each proxy and for direct calls.
            keep_idle: seconds an unused connection is kept.
            tls: False if no https server is called: then no certificates are read.
        """
        trusted = self.tls() if tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return _Ways(self, partial(TimedTransport, connections=connections, keep_idle=keep_idle, tls=trusted))

    def client(
        self,
        *,
        connections: int,
        keep_idle: float,
        transport: httpx2.BaseTransport | None = None,
        tls: bool = True,
        **options: Any,
    ) -> httpx2.Client:
        """A client without redirects and cookies, so that secrets only go to the hosts in the settings.

        Args:
            connections: see `transport`.
            keep_idle: see `transport`.
            transport: replaces the network in tests.
            tls: see `transport`.
            options: passed to `httpx2.Client`.
        """
        return httpx2.Client(
            transport=transport or self.transport(connections=connections, keep_idle=keep_idle, tls=tls),
            follow_redirects=False,
            trust_env=False,  # we have read the environment already
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            **options,
        )

    def proxy_for(self, url: httpx2.URL) -> Proxy | None:
        """The proxy for a call; None: direct."""
        return self.proxies.of(url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80))


class _Ways(httpx2.BaseTransport):
    """Sends each call directly or through its proxy, and tells a proxy's errors from the server's."""

    def __init__(self, network: Network, made: partial[TimedTransport]) -> None:
        self._network = network
        self._made = made
        self._lock = Lock()
        self._ways: dict[Proxy | None, TimedTransport] = {None: made()}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        proxy = self._network.proxy_for(request.url)
        if proxy is None:
            return self._ways[None].handle_request(request)
        if proxy.why_not:
            raise unusable(proxy)
        host = request.url.host
        try:
            response = self._way(proxy).handle_request(request)
        except ProxyFaultError:
            raise
        except httpx2.ProxyError as error:
            status = str(error).partition(" ")[0]
            raise refused(proxy, host, int(status) if status.isdigit() else 0) from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            if is_of_tls(error):
                raise
            raise unreachable(proxy) from None
        if response.status_code == _LOGIN:  # for plain http the proxy itself answers
            response.close()
            raise refused(proxy, host, _LOGIN)
        return response

    def _way(self, proxy: Proxy) -> TimedTransport:
        with self._lock:
            if proxy not in self._ways:
                host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
                via = httpx2.Proxy(
                    f"{proxy.scheme}://{host}:{proxy.port}",
                    ssl_context=self._network.tls() if proxy.scheme == "https" else None,
                    auth=(proxy.username, proxy.password) if proxy.username or proxy.password else None,
                )
                self._ways[proxy] = self._made(via=via)
            return self._ways[proxy]

    def close(self) -> None:
        with self._lock:
            for way in self._ways.values():
                way.close()
