"""Fetches one product image: its host is resolved once, and connected to at the very address that was checked."""

from __future__ import annotations

import queue
import socket
import threading
import zlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx2
import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.clock import monotonic
from boeing_data_hub.deadline import TimedTransport, ends_within
from boeing_data_hub.media.guards import FetchRules, ImageRefused, Target, check_addresses, check_url
from boeing_data_hub.media.picture import FetchedImage, remade
from boeing_data_hub.media.rests import HostRests

log = structlog.get_logger(__name__)

Resolver = Callable[[str, int], Iterable[str]]

_CONNECT_SECONDS: Final = 3.0
_CONNECTIONS: Final = 64  # more than threads ask, so that none waits, and fails, because another's host is slow
_DECODERS: Final = 4  # at a time: the largest picture allowed takes a few hundred megabytes while it is decoded
_MOST_ADDRESSES: Final = 3
_MOST_REDIRECTS: Final = 3
_BUSY: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

# Image servers turn away clients that do not look like a browser. `identity`: pictures do not shrink, bombs do.
# `close`: connections are made to addresses, and one made for a name must not serve another name at the same address.
_HEADERS: Final = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Accept": "image/webp,image/png,image/jpeg;q=0.9,*/*;q=0.5",
    "Accept-Language": "en-US,en;q=0.9",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_CAUGHT: Final = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError)


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of a host, as this machine sees them; none when its name does not resolve."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


class ImageFetcher:
    """Fetches images under the rules; safe to use from several threads.

    Args:
        rules: see `FetchRules`.
        rests: which hosts are left alone because they are down.
        resolver: another way from names to addresses, for tests.
        transport: another way than the network, for tests.
    """

    def __init__(
        self,
        rules: FetchRules,
        *,
        rests: HostRests | None = None,
        resolver: Resolver = system_resolver,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._rules = rules
        self._rests = rests or HostRests()
        self._decoding = threading.BoundedSemaphore(_DECODERS)
        self._resolver = resolver
        self._client = httpx2.Client(
            transport=transport or TimedTransport(connections=_CONNECTIONS, keep_idle=0.0),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    def fetch(self, url: str) -> FetchedImage:
        """The image at the URL, or else at the same path of the fallback origin; written anew.

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
            # The first may use half of the time, so that one which drips leaves some for the other.
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

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

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
                addresses = self._resolved(target, ends_at - monotonic())
                found = self._ask(target, addresses, ends_at - monotonic())
            if isinstance(found, bytes):
                return found
            url = found
        raise ImageRefused(
            f"The image's address leads on more than {_MOST_REDIRECTS} times. The product gets the placeholder.",
            code="image_too_many_redirects",
        )

    def _resolved(self, target: Target, seconds: float) -> tuple[str, ...]:
        """Resolved once, in a thread of its own: the system's resolver takes no deadline."""
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

    def _ask(self, target: Target, addresses: tuple[str, ...], seconds: float) -> bytes | str:
        """The body, or where it leads on to. Each address is tried while none could be connected to."""
        failure = _unreachable()
        try:
            with ends_within(seconds):
                for address in addresses[:_MOST_ADDRESSES]:
                    try:
                        return self._ask_at(address, target, seconds)
                    except httpx2.ConnectTimeout:
                        failure = _too_late()
                    except httpx2.ConnectError:
                        failure = _unreachable()
        except httpx2.TimeoutException:
            raise _too_late() from None
        except _CAUGHT:
            raise _unreachable() from None
        raise failure

    def _ask_at(self, address: str, target: Target, seconds: float) -> bytes | str:
        request = httpx2.Request(
            "GET",
            target.url.copy_with(host=address),
            headers={"Host": target.url.netloc.decode("ascii"), **_HEADERS},
            extensions={
                "timeout": {"connect": _CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds},
                "sni_hostname": target.host,  # the certificate is verified against the name, not the address
            },
        )
        response = self._client.send(request, stream=True)
        try:
            if response.status_code in _REDIRECTS and (location := response.headers.get("location")):
                return str(target.url.join(location))
            if response.status_code != HTTPStatus.OK:
                raise _not_served(response.status_code)
            return _body(response, self._rules.max_bytes)
        finally:
            response.close()


def _body(response: httpx2.Response, most: int) -> bytes:
    """The body, unpacked; neither what is received nor what comes of it exceeds `most` by more than a chunk."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", ""}:
        raise ImageRefused(
            "The image came packed in a way we did not ask for. The product gets the placeholder.",
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
            "There is no image at its address. The product gets the placeholder.", code="image_not_found"
        )
    return ImageRefused(
        f"The image's server answered with status {status}. The product gets the placeholder.",
        code="image_unavailable",
        passing=status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def _too_late() -> ImageRefused:
    return ImageRefused(
        "The image did not come in time. The product gets the placeholder.", code="image_timeout", passing=True
    )


def _unreachable() -> ImageRefused:
    return ImageRefused(
        "The image's server could not be reached, or broke off. The product gets the placeholder.",
        code="image_unreachable",
        passing=True,
    )


def _security_event(refused: ImageRefused, url: str) -> None:
    if refused.code == "image_forbidden_address":
        # Without query and userinfo, which may hold secrets; `repr` keeps control characters out of the line.
        shown = repr(url.partition("?")[0].rpartition("@")[2])[:200]
        log.warning("image address refused", security_event=True, reason=refused.message, address=shown)
