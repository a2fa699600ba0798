"""Fetches one product image. The host is resolved once, and only the checked address is connected to.

Behind a proxy, the proxy resolves the name. The name is still checked, and so are any
addresses that this machine resolves it to; a name that only the proxy can resolve is left to the proxy.
"""

from __future__ import annotations

import queue
import threading
import zlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final

import httpx2
import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.clock import monotonic
from boeing_data_hub.deadline import ends_within
from boeing_data_hub.images.circuit_breaker import CircuitBreaker
from boeing_data_hub.images.guards import FetchRules, ImageRefused, Target, check_addresses, check_url
from boeing_data_hub.images.picture import FetchedImage, remade
from boeing_data_hub.network.exchange import ExchangeError, HttpExchange
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.network.public_hosts import system_resolver

log = structlog.get_logger(__name__)

Resolver = Callable[[str, int], Iterable[str]]

_CONNECT_SECONDS: Final = 3.0
_CONNECTIONS: Final = 64  # more than the threads that fetch, so that a slow host of one does not block another
_DECODERS: Final = 4  # at a time, because decoding the largest image allowed takes a few hundred megabytes
_MOST_ADDRESSES: Final = 3
_LOOK_UP_SECONDS: Final = 1.0  # for names that a proxy connects to, which may not resolve here
_MOST_REDIRECTS: Final = 3
_BUSY: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

# Image servers reject clients that do not look like a browser. `identity`: only decompression bombs would shrink.
# `close`: connections are pooled by address, and one opened for a host must not serve another at the same address.
_HEADERS: Final = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Accept": "image/webp,image/png,image/jpeg;q=0.9,*/*;q=0.5",
    "Accept-Language": "en-US,en;q=0.9",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class ImageFetcher:
    """Fetches images within the rules; thread-safe.

    Args:
        rules: see `FetchRules`.
        rests: circuit breaker for hosts that are down.
        network: certificates and proxies to use.
        resolver: replaces DNS in tests.
        transport: replaces the network in tests.
    """

    def __init__(
        self,
        rules: FetchRules,
        *,
        rests: CircuitBreaker | None = None,
        network: Network | None = None,
        resolver: Resolver = system_resolver,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._rules = rules
        self._rests = rests or CircuitBreaker()
        self._decoding = threading.BoundedSemaphore(_DECODERS)
        self._resolver = resolver
        self._network = network or Network()
        self._exchange = HttpExchange(
            self._network,
            connections=_CONNECTIONS,
            keep_idle=0.0,
            connect_timeout=_CONNECT_SECONDS,
            transport=transport,
        )

    def fetch(self, url: str) -> FetchedImage:
        """Fetch the image from the URL, or else from the same path of the fallback origin, and re-encode it.

        Raises:
            ImageRefused: `image_forbidden_address` (also logged as a security event), `image_not_found`,
                `image_unavailable`, `image_unreachable`, `image_timeout`, `image_host_resting`,
                `image_too_many_redirects`, `image_too_large`, or one of `remade`'s. Where both candidates fail, what
                the first failed of; `passing` if either is.
        """
        ends_at = monotonic() + self._rules.seconds
        candidates = self._candidates(url)
        failures: list[ImageRefused] = []
        for after, candidate in enumerate(candidates, start=1):
            # The first may use half of the time, so that a slow one leaves some for the second.
            seconds = (ends_at - monotonic()) / (len(candidates) - after + 1)
            try:
                with telemetry.outside_call("images", "fetch"):
                    received = self._follow(candidate, seconds)
                with self._decoding:
                    return remade(received)
            except ImageRefused as refused:
                if refused.code == "image_forbidden_address":
                    raise
                failures.append(refused)
        told = failures[0]
        raise ImageRefused(told.message, code=told.code, passing=any(each.passing for each in failures))

    def download(self, url: str) -> bytes:
        """The bytes at a URL, within the same rules, not taken for an image. Raises ImageRefused, as `fetch`."""
        self._checked(url)
        with telemetry.outside_call("lists", "fetch"):
            return self._follow(url, self._rules.seconds)

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()

    def _candidates(self, url: str) -> list[str]:
        first = self._checked(url)
        fallback = self._rules.fallback_origin
        if fallback is None:
            return [url]
        second = fallback.rstrip("/") + first.url.raw_path.decode("ascii")
        return [url] if self._checked(second).url == first.url else [url, second]

    def _checked(self, url: str) -> Target:
        try:
            return check_url(url, self._rules)
        except ImageRefused as refused:
            _security_event(refused, url)
            raise

    def _follow(self, url: str, seconds: float) -> bytes:
        ends_at = monotonic() + seconds
        for _ in range(_MOST_REDIRECTS + 1):
            target = self._checked(url)
            with self._rests.visit(f"{target.host}:{target.port}"):
                left = ends_at - monotonic()
                if self._network.proxy_for(target.url) is None:
                    places = self._resolved(target, left)
                else:
                    self._looked_up(target, min(left, _LOOK_UP_SECONDS))
                    places = (target.url.host,)
                found = self._ask(target, places, ends_at - monotonic())
            if isinstance(found, bytes):
                return found
            url = found
        raise ImageRefused(
            f"The image address redirects more than {_MOST_REDIRECTS} times. The product gets the placeholder.",
            code="image_too_many_redirects",
        )

    def _resolved(self, target: Target, seconds: float) -> tuple[str, ...]:
        """Resolve once, in a separate thread because the system's resolver has no timeout."""
        answer: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        threading.Thread(
            target=lambda: answer.put(list(self._resolver(target.host, target.port))), name="image-host", daemon=True
        ).start()
        try:
            addresses = answer.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            raise _too_late() from None
        try:
            return check_addresses(target, addresses)
        except ImageRefused as refused:
            _security_event(refused, str(target.url))
            raise

    def _looked_up(self, target: Target, seconds: float) -> None:
        """Reject a name that resolves to a private address here, even though a proxy would connect to it."""
        try:
            self._resolved(target, seconds)
        except ImageRefused as refused:
            if refused.code == "image_forbidden_address":
                raise

    def _ask(self, target: Target, addresses: tuple[str, ...], seconds: float) -> bytes | str:
        """The body, or the redirect's target. Addresses are tried in turn until one can be connected to."""
        failure, ends_at = _unreachable(), monotonic() + seconds
        with ends_within(seconds):
            for address in addresses[:_MOST_ADDRESSES]:
                try:
                    return self._ask_at(address, target, seconds)
                except ExchangeError as error:
                    if error.kind == "timeout" or monotonic() >= ends_at:  # connecting, too, may use up the time
                        raise _too_late() from None
                    if not error.not_sent:
                        raise _unreachable(error) from None
                    # A certificate error explains more than a refused connection to the next address.
                    failure = failure if failure.fault else _unreachable(error)
        raise failure

    def _ask_at(self, address: str, target: Target, seconds: float) -> bytes | str:
        request = httpx2.Request(
            "GET",
            target.url.copy_with(host=address),
            headers={"Host": target.url.netloc.decode("ascii"), **_HEADERS},
            extensions={"sni_hostname": target.host},  # the certificate is for the name, not the address
        )
        with self._exchange.opened(request, seconds=seconds, host=target.host) as response:
            if response.status_code in _REDIRECTS and (location := response.headers.get("location")):
                return str(target.url.join(location))
            if response.status_code != HTTPStatus.OK:
                raise _not_served(response.status_code)
            return _body(response, self._rules.max_bytes)


def _body(response: httpx2.Response, most: int) -> bytes:
    """The decompressed body. Neither the received nor the decompressed bytes exceed `most` by more than one chunk."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", ""}:
        raise ImageRefused(
            "The image was compressed in an unsupported way. The product gets the placeholder.",
            code="image_not_an_image",
        )
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if encoding == "gzip" else None
    body, received = bytearray(), 0
    for chunk in response.iter_raw():
        received += len(chunk)
        try:
            body += unpacking.decompress(chunk, most + 1 - len(body)) if unpacking else chunk
        except zlib.error:
            raise _unreachable() from None
        if received > most or len(body) > most:
            raise ImageRefused(
                f"The image is larger than {most:,} bytes. The product gets the placeholder.", code="image_too_large"
            )
    return bytes(body)


def _not_served(status: int) -> ImageRefused:
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return ImageRefused(
            "There is no image at this address. The product gets the placeholder.", code="image_not_found"
        )
    return ImageRefused(
        f"The image server returned status {status}. The product gets the placeholder.",
        code="image_unavailable",
        passing=status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def _too_late() -> ImageRefused:
    return ImageRefused(
        "The image server was too slow. The product gets the placeholder.", code="image_timeout", passing=True
    )


def _unreachable(error: ExchangeError | None = None) -> ImageRefused:
    fault = error.fault if error is not None else None
    why = f"could not be reached. {fault.said}" if fault else "could not be reached."
    refused = ImageRefused(
        f"The image server {why} The product gets the placeholder.", code="image_unreachable", passing=True
    )
    refused.fault = fault.kind if fault else ""
    return refused


def _security_event(refused: ImageRefused, url: str) -> None:
    if refused.code == "image_forbidden_address":
        # No query or userinfo, which may contain secrets; `repr` escapes control characters.
        shown = repr(url.partition("?")[0].rpartition("@")[2])[:200]
        log.warning("image address refused", security_event=True, reason=refused.message, address=shown)
