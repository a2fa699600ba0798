"""One HTTP exchange with the store, bounded in time and size. Every failure becomes one of the hub's errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx2

from boeing_data_hub import __version__, tracing
from boeing_data_hub.errors import Retry
from boeing_data_hub.network.exchange import ExchangeError, HttpExchange, Reply
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.failures import NotSentError, kept_text, unanswered

_CONNECTIONS = 64
_KEEP_IDLE = 20.0  # seconds; shorter than gateways keep connections, so that few calls use one that was just closed


class Exchange:
    """Sends calls over pooled connections; safe to use from several threads.

    Args:
        access: address, token and limits.
    """

    def __init__(self, access: ShopifyAccess) -> None:
        self._access = access
        self._url = httpx2.URL(access.graphql_url)
        self._headers = httpx2.Headers(
            {
                "User-Agent": f"boeing-data-hub/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Content-Type": "application/json",
            }
        )
        self._exchange = HttpExchange(
            access.network,
            connections=_CONNECTIONS,
            keep_idle=_KEEP_IDLE,
            connect_timeout=access.connect_timeout,
        )

    def send(
        self, content: bytes, *, token: str, changes: bool, keep_going: Callable[[], bool] = lambda: True
    ) -> Reply:
        """Make one call, and read the whole reply.

        Args:
            content: the JSON body.
            token: the access token.
            changes: True if the call may change the store.
            keep_going: checked just before the body is sent; without a body, the store does nothing.

        Raises:
            NotSentError: the store cannot be reached (`whole_line`), or `keep_going` returned False.
            OutcomeUnknown: a call that may change the store had no complete answer.
            Retry: a call that only reads had no complete answer.
        """
        request = httpx2.Request(
            "POST",
            self._url,
            headers={
                **self._headers,
                "X-Shopify-Access-Token": token,
                "Content-Length": str(len(content)),
                **self._trace(),
            },
            content=_while(keep_going, content),
        )
        # Exceptions are not chained: the library's texts may quote header lines, including our token.
        most = self._access.max_body_bytes
        try:
            reply = self._exchange.send(request, seconds=self._access.call_deadline, most=most)
        except _NoLongerError:
            failure = stopped()
        except ExchangeError as error:
            failure = _translate(error, changes=changes)
        else:
            body = _without(token.encode(), reply.body)
            if not reply.is_cut:
                return replace(reply, body=body)
            failure = unanswered(
                f"Shopify's response is larger than {most:,} bytes and was not read to the end.",
                code="shopify_malformed",
                changes=changes,
                raw=kept_text(body),
            )
        raise failure

    def _trace(self) -> dict[str, str]:
        return tracing.outgoing() if self._access.send_trace else {}

    def close(self) -> None:
        """Close all connections. A call in progress fails, at its deadline at the latest."""
        self._exchange.close()


class _NoLongerError(Exception):
    """The lease is no longer held."""


def _while(keep_going: Callable[[], bool], content: bytes) -> Iterator[bytes]:
    # The lease may have expired while the call waited for points or a connection, or the process was frozen.
    if not keep_going():
        raise _NoLongerError
    yield content


def stopped() -> NotSentError:
    """The error for a call that was not made because its work was stopped."""
    return NotSentError("Shopify was not called because the run was stopped.", code="stopped")


def _without(token: bytes, body: bytes) -> bytes:
    return body.replace(token, b"[removed]") if token and token in body else body


def _translate(error: ExchangeError, *, changes: bool) -> Retry:
    """The hub's error for a failed exchange."""
    if error.kind == "closed":
        return NotSentError("The hub is stopping, so Shopify was not called. The hub will retry.", whole_line=True)
    if error.not_sent and error.fault is not None:
        blocked = NotSentError(
            f"The store cannot be reached. {error.fault.said} Nothing has failed; work goes on when that is put right.",
            whole_line=True,
        )
        blocked.fault = error.fault.kind
        return blocked
    if error.not_sent:
        return NotSentError(
            "The store cannot be reached. Nothing has failed; work goes on when it answers again.", whole_line=True
        )
    if error.kind == "timeout":
        return unanswered("Shopify did not respond in time.", code="shopify_timeout", changes=changes)
    if error.kind == "unreadable":
        return unanswered("Shopify's response could not be decompressed.", code="shopify_malformed", changes=changes)
    return unanswered(
        "The connection to Shopify broke before the response was complete.",
        code="shopify_connection_lost",
        changes=changes,
    )
