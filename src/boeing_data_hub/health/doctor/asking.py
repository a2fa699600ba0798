"""Fetches a page, to see if a server responds, and what prevents it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from boeing_data_hub.network.exchange import ExchangeError, HttpExchange, request_to
from boeing_data_hub.network.faults import Fault
from boeing_data_hub.network.outgoing import Network

_ANSWER_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """The result.

    Attributes:
        status: of the response; None: there was none.
        text: its beginning.
        fault: a certificate or a proxy that prevented it; None: neither did.
    """

    status: int | None
    text: str = ""
    fault: Fault | None = None


def asked_for(url: str, network: Network, *, seconds: float) -> Asked:
    """Fetch a page, on a separate connection. Raises only what `Network.client` raises."""
    exchange = HttpExchange(network, connections=1, keep_idle=0.0)
    try:
        reply = exchange.send(request_to("GET", url), seconds=seconds, most=_ANSWER_BYTES)
    except ExchangeError as error:
        return Asked(None, fault=error.fault)
    finally:
        exchange.close()
    return Asked(reply.status, reply.body.decode("utf-8", "replace"))
