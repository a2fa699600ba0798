"""Uploads and downloads of bulk operations' files, to and from the store's file hosts.

Addresses come from the store's answers. Only the store, its cloud and, for a simulator, this machine are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from boeing_data_hub.errors import Reject, Retry
from boeing_data_hub.network.exchange import FAILURE_BYTES, ExchangeError, HttpExchange, request_to
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.shapes import part, rows

_UPLOAD_SECONDS: Final = 300.0
_DOWNLOAD_SECONDS: Final = 600.0
_LONGEST_LINE: Final = 4_000_000  # bytes; the result of one of our lines has a few hundred
_CLOUD: Final = re.compile(
    r"(?:[a-z0-9-]+\.)*(?:googleapis\.com|amazonaws\.com|shopify\.com|shopifycdn\.com|myshopify\.com)"
)
_EXPIRED: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class ResultsGone(Reject):
    """The results of a bulk operation are no longer available: their address has expired."""

    code = "shopify_results_gone"


class Transfer:
    """Uploads and downloads.

    Args:
        access: its address determines which hosts are the store's.
    """

    def __init__(self, access: ShopifyAccess) -> None:
        self._store = urlsplit(access.origin)
        self._exchange = HttpExchange(access.network, connections=8, keep_idle=20.0)

    def put(self, target: Mapping[str, Any], name: str, content: bytes) -> str:
        """Upload a file to a staged target. Returns the path that a bulk operation reads.

        Raises:
            Reject: the target is on another host, or rejects the file.
            Retry: it did not answer.
        """
        url = self._checked(str(target.get("url")))
        fields = {str(each["name"]): str(each["value"]) for each in target.get("parameters") or ()}
        try:
            request = request_to("POST", url, data=fields, files={"file": (name, content, "text/jsonl")})
            reply = self._exchange.send(request, seconds=_UPLOAD_SECONDS, most=FAILURE_BYTES)
        except ExchangeError as error:
            raise _failed(
                error, "The file of a bulk operation could not be uploaded.", "It is uploaded again.", "upload"
            ) from None
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Retry(
                f"The file of a bulk operation was not accepted (status {reply.status}). It is uploaded again.",
                code="shopify_upload_failed",
            )
        if not reply.is_success:
            raise Reject(
                f"The store's file host refused the file of a bulk operation (status {reply.status}).",
                code="shopify_upload_refused",
            )
        return fields.get("key") or unquote(urlsplit(url).path.removeprefix("/staged/").lstrip("/"))

    def lines(self, url: str) -> Iterator[bytes]:
        """Yield the lines of a result as they arrive. The last one may be truncated.

        Raises:
            ResultsGone: the address has expired.
            Reject: it is on another host.
            Retry: it did not answer.
        """
        try:
            request = request_to("GET", self._checked(url))
            with self._exchange.opened(request, seconds=_DOWNLOAD_SECONDS) as reply:
                if reply.status_code in _EXPIRED:
                    raise ResultsGone(
                        "A bulk operation's results have expired. Each product is looked up individually."
                    )
                if not reply.is_success:
                    raise Retry(
                        f"The results of a bulk operation could not be read (status {reply.status_code}).",
                        code="shopify_results_failed",
                    )
                yield from _split(reply.iter_bytes())
        except ExchangeError as error:
            what = "The results of a bulk operation could not be read to their end."
            raise _failed(error, what, "They are read again.", "results") from None

    def _checked(self, url: str) -> str:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
            own = host == self._store.hostname or (_is_loopback(host) and _is_loopback(self._store.hostname or ""))
            cloud = parts.scheme == "https" and parts.port in {None, 443} and bool(_CLOUD.fullmatch(host))
            good = ((own and parts.scheme == self._store.scheme) or cloud) and "@" not in parts.netloc
        except ValueError:
            good = False
        if not good:
            raise Reject(
                "The store gave an address for a bulk operation's file that does not belong to it. It was not used.",
                code="shopify_strange_address",
            )
        return url

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()


def _failed(error: ExchangeError, what: str, then: str, kind: str) -> Retry:
    fault = error.fault
    failed = Retry(f"{what} {fault.said} {then}" if fault else f"{what} {then}", code=f"shopify_{kind}_failed")
    failed.fault = fault.kind if fault else ""
    return failed


def _split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line for line in whole if line.strip())
        if len(rest) > _LONGEST_LINE:
            raise Retry("A line of a bulk operation's results has no end.", code="shopify_results_failed")
    if rest.strip():
        yield rest


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def first_target(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The target in a `stagedUploadsCreate` answer.

    Raises:
        Retry: there is none.
    """
    targets = rows(part(answer, "stagedUploadsCreate"), "stagedTargets")
    if not targets:
        raise Retry("The store named no place for a bulk operation's file.", code="shopify_malformed")
    return targets[0]
