"""Posts a body to a webhook: over https, without following redirects, bounded in time and size.

An address that people enter is untrusted input: its host must belong to the public internet, and only the checked
address is connected to. Behind a proxy, the proxy resolves the name; it is still checked where it resolves here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx2
from pydantic import SecretStr

from boeing_data_hub.errors import BadInput, Retry
from boeing_data_hub.network.exchange import FAILURE_BYTES, ExchangeError, HttpExchange, Reply, request_to
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.network.public_hosts import is_public, system_resolver

GONE: Final = "webhook_gone"
"""Code of the error for a webhook that its receiver has removed."""

_LONGEST_WAIT: Final = 3600.0
_HTTPS: Final = 443
_MOST_ADDRESSES: Final = 3
_REVOKED: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})

Resolver = Callable[[str, int], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Receivers:
    """Which hosts an entered address may name.

    Attributes:
        suffixes: the host must be one of these or below one of them; empty: any public host.
        allowed: `host:port` pairs that may also be reached by http, and at private addresses.
    """

    suffixes: tuple[str, ...] = ()
    allowed: Collection[str] = ()


def checked(address: str, receivers: Receivers) -> httpx2.URL:
    """An entered address as a URL, without connecting to anything.

    Raises:
        BadInput: it is not https, or its host is not allowed. The message does not quote it.
    """
    try:
        url = httpx2.URL(address)
    except (httpx2.InvalidURL, ValueError):
        raise _bad("it is not a web address") from None
    host, port = url.host.lower(), url.port or (_HTTPS if url.scheme == "https" else 80)
    if not host or url.userinfo or not address.isascii() or not address.isprintable() or " " in address:
        raise _bad("it is not a plain web address")
    if f"{host}:{port}" in receivers.allowed:
        return url
    if url.scheme != "https":
        raise _bad("it must begin with https://")
    if receivers.suffixes and not any(host == one or host.endswith(f".{one}") for one in receivers.suffixes):
        raise _bad(f"its host must be {' or '.join(receivers.suffixes)}, or below")
    if "." not in host or host.rpartition(".")[2][:1].isdigit() or ":" in host:
        raise _bad("its host must be a public name")
    return url


def _bad(why: str) -> BadInput:
    return BadInput(f"This address can't be used: {why}. Nothing was saved.", code="bad_address")


class Poster:
    """Posts to webhooks; safe to use from several threads.

    Args:
        seconds: maximum duration of a call.
        network: proxies and certificates.
        resolver: replaces DNS in tests.
    """

    def __init__(
        self, *, seconds: float = 10.0, network: Network | None = None, resolver: Resolver = system_resolver
    ) -> None:
        self._seconds = seconds
        self._network = network or Network()
        self._resolver = resolver
        self._exchange = HttpExchange(self._network, connections=4, keep_idle=5.0)

    def post(
        self,
        url: SecretStr,
        body: bytes,
        headers: Mapping[str, str],
        *,
        who: str = "The webhook",
        receivers: Receivers | None = None,
    ) -> None:
        """Post a body.

        Args:
            url: where to post; it may contain a secret, and no error quotes it.
            body: what to post.
            headers: of the request.
            who: the receiver in errors.
            receivers: which hosts may be reached; None: any, because the operator's settings name the address.

        Raises:
            Retry: the receiver did not accept it. Every failure is retried, because the receiver can be corrected.
        """
        sent = {"content-type": "application/json", "user-agent": "boeing-data-hub", **headers}
        try:
            if receivers is None:
                reply = self._send(url.get_secret_value(), body, sent)
            else:
                reply = self._guarded(url.get_secret_value(), body, sent, receivers, who)
        except ExchangeError as error:
            raise _unreachable(who, error) from None
        if not reply.is_success:
            raise _refusal(who, reply)

    def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        request = request_to("POST", url, content=body, headers=dict(headers))
        return self._exchange.send(request, seconds=self._seconds, most=FAILURE_BYTES)

    def _guarded(self, address: str, body: bytes, headers: Mapping[str, str], receivers: Receivers, who: str) -> Reply:
        try:
            url = checked(address, receivers)
        except BadInput as refused:  # the settings have changed since it was saved
            raise Retry(refused.message, code="webhook_forbidden") from None
        port = url.port or (_HTTPS if url.scheme == "https" else 80)
        found = list(dict.fromkeys(self._resolver(url.host, port)))
        is_named = f"{url.host.lower()}:{port}" in receivers.allowed
        if not is_named and not all(is_public(one) for one in found):
            raise Retry(
                f"{who} is in a private network, which entered addresses can't reach. An administrator can allow it in "
                "HUB_NOTIFICATION_HOSTS.",
                code="webhook_forbidden",
            )
        if self._network.proxy_for(url) is not None:
            return self._send(address, body, headers)
        if not found:
            raise Retry(f"{who} cannot be reached: its host does not exist.", code="webhook_unreachable")
        return self._at_one_of(found[:_MOST_ADDRESSES], url, body, headers)

    def _at_one_of(self, found: list[str], url: httpx2.URL, body: bytes, headers: Mapping[str, str]) -> Reply:
        failure = ExchangeError("unreachable")
        for place in found:
            request = httpx2.Request(
                "POST",
                url.copy_with(host=place),
                content=body,
                # `close`: connections are pooled by address, and one opened for a host must not serve another there.
                headers={**headers, "host": url.netloc.decode("ascii"), "connection": "close"},
                extensions={"sni_hostname": url.host},  # the certificate is for the name, not the address
            )
            try:
                return self._exchange.send(request, seconds=self._seconds, most=FAILURE_BYTES, host=url.host)
            except ExchangeError as error:
                failure = error
                if not error.not_sent:
                    break
        raise failure

    def close(self) -> None:
        """Close the connections."""
        self._exchange.close()


def _unreachable(who: str, error: ExchangeError) -> Retry:
    # The path may contain a secret. The host is known to the proxy and the resolver anyway.
    why = f"cannot be reached. {error.fault.said}" if error.fault else f"does not answer ({error.kind})."
    failed = Retry(f"{who} {why}", code="webhook_unreachable")
    failed.fault = error.fault.kind if error.fault else ""
    return failed


def _refusal(who: str, reply: Reply) -> Retry:
    status = f"{who} answered with status {reply.status}."
    if reply.status < HTTPStatus.BAD_REQUEST:
        said = f"{status} Redirects are not followed: set the address it leads to."
    elif reply.status in _REVOKED:
        said = f"{status} It was removed or revoked: create a new one, and enter its address."
    elif reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        said = f"{status} It does not allow posts: check it, or create a new one and enter its address."
    else:
        said = status
    code = GONE if reply.status in _REVOKED else "webhook_refused"
    return Retry(said, code=code, retry_after=_seconds_of(reply.headers.get("retry-after")))


def _seconds_of(text: str | None) -> float | None:
    return min(_LONGEST_WAIT, float(text)) if text and text.isascii() and text.isdigit() else None
