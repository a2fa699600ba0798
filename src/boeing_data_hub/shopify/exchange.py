"""One HTTP exchange with the store: bounded in time and size; whatever goes wrong leaves as one of the hub's errors."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from boeing_data_hub import __version__, tracing
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Retry
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.failures import NotSentError, kept_text, unanswered

_CONNECTIONS = 64
_KEEP_IDLE = 20.0  # seconds; shorter than what gateways keep, so that few calls meet a connection just closed
_FAILURE_BYTES = 65_536  # of a failure's body: its status is what counts

_NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
_CAUGHT = (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, httpx2.CookieConflict, httpx2.SSEError, OSError)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, after decompression, with our token cut out wherever it was repeated."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Exchange:
    """Sends calls over pooled connections; safe to use from several threads.

    Args:
        access: address, token and limits.
    """

    def __init__(self, access: ShopifyAccess) -> None:
        self._access = access
        self._url = httpx2.URL(access.graphql_url)
        self._echo = access.token.get_secret_value().encode()
        self._headers = httpx2.Headers(
            {
                "User-Agent": f"boeing-data-hub/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Content-Type": "application/json",
                "X-Shopify-Access-Token": access.token.get_secret_value(),
            }
        )
        self._client = httpx2.Client(
            verify=_tls(),
            limits=httpx2.Limits(
                max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS, keepalive_expiry=_KEEP_IDLE
            ),
            follow_redirects=False,  # our token goes nowhere but where the settings say
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    def send(self, content: bytes, *, changes: bool, keep_going: Callable[[], bool] = lambda: True) -> Reply:
        """Make one call, and read the reply whole.

        Args:
            content: the JSON body.
            changes: whether the call may change the store.
            keep_going: asked when only the body is still to be sent; without a body, the store does nothing.

        Raises:
            NotSentError: the store cannot be reached (whole line), or `keep_going` said no.
            OutcomeUnknown: a call that changes something, whose answer did not arrive whole.
            Retry: the same for a call that only reads.
        """
        seconds = self._access.call_deadline
        timeout = {"connect": self._access.connect_timeout, "read": seconds, "write": seconds, "pool": seconds}
        request = httpx2.Request(
            "POST",
            self._url,
            headers={**self._headers, "Content-Length": str(len(content)), **self._trace()},
            content=_while(keep_going, content),
            extensions={"timeout": timeout},
        )
        if self._client.is_closed:
            raise _stopping()
        ends_at = monotonic() + seconds
        # Nothing below is chained to what we raise: the library's texts may quote header lines, our token among them.
        try:
            response = self._client.send(request, stream=True)
            try:
                return self._read(response, ends_at, changes=changes)
            finally:
                response.close()
        except _NoLongerError:
            failure = stopped()
        except _CAUGHT as error:
            failure = _translate(error, changes=changes)
        except RuntimeError:
            if not self._client.is_closed:
                raise
            failure = _translate(httpx2.ReadError("closed"), changes=changes)
        raise failure from None

    def _trace(self) -> dict[str, str]:
        return tracing.outgoing() if self._access.send_trace else {}

    def _read(self, response: httpx2.Response, ends_at: float, *, changes: bool) -> Reply:
        good = response.status_code == HTTPStatus.OK
        body = bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > (self._access.max_body_bytes if good else _FAILURE_BYTES):
                    break
                _in_time(ends_at)
        except _CAUGHT:
            if good:
                raise  # of a failure, the status says enough
        whole = self._without_token(bytes(body))
        if good and len(body) > self._access.max_body_bytes:
            raise unanswered(
                f"Shopify's answer is larger than {self._access.max_body_bytes:,} bytes and was not read to its end.",
                code="shopify_malformed",
                changes=changes,
                raw=kept_text(whole),
            )
        return Reply(response.status_code, response.headers, whole)

    def _without_token(self, body: bytes) -> bytes:
        return body.replace(self._echo, b"[removed]") if self._echo and self._echo in body else body

    def close(self) -> None:
        """Close all connections. A call under way fails, at the end of its time at the latest."""
        self._client.close()


class _NoLongerError(Exception):
    """The work is not ours any more."""


def _while(keep_going: Callable[[], bool], content: bytes) -> Iterator[bytes]:
    # Waiting for points and for a connection, or a freeze of the process, may have outlasted the caller's claim.
    if not keep_going():
        raise _NoLongerError
    yield content


def stopped() -> NotSentError:
    """What a call fails with that was not made because its work was stopped."""
    return NotSentError("The call to Shopify was not made, because the work was stopped.", code="stopped")


@cache
def _tls() -> ssl.SSLContext:
    # Reading the certificates takes a tenth of a second; one reading serves every client of the process.
    return httpx2.create_ssl_context(trust_env=False)


def _in_time(ends_at: float) -> None:
    # The library's own limit begins anew with every chunk, so an answer that drips in would never end.
    if monotonic() > ends_at:
        raise httpx2.ReadTimeout("the call's time is over")


def _stopping() -> NotSentError:
    return NotSentError("The hub is stopping, so Shopify was not asked. The call is made again.", whole_line=True)


def _translate(error: Exception, *, changes: bool) -> Retry:
    """The hub's error for one of the HTTP library's; its class alone decides, its text is dropped."""
    if isinstance(error, _NEVER_SENT):
        return NotSentError(
            "The store cannot be reached. Nothing has failed; work goes on when it answers again.", whole_line=True
        )
    if isinstance(error, httpx2.TimeoutException):
        return unanswered("Shopify did not answer in time.", code="shopify_timeout", changes=changes)
    if isinstance(error, httpx2.DecodingError):
        return unanswered("Shopify's answer could not be unpacked.", code="shopify_malformed", changes=changes)
    return unanswered(
        "The connection to Shopify broke before the answer was complete.",
        code="shopify_connection_lost",
        changes=changes,
    )
