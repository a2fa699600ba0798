"""The doctor asks for a page, to see whether something answers there, and what stands in the way if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from boeing_data_hub.network.exchange import ExchangeError, HttpExchange, request_to
from boeing_data_hub.network.faults import Fault
from boeing_data_hub.network.outgoing import Network

_ANSWER_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of it.

    Attributes:
        status: of the answer; None: there was none.
        text: its beginning.
        fault: a certificate or a proxy that stood in the way; None: neither did.
    """

    status: int | None
    text: str = ""
    fault: Fault | None = None


def asked_for(url: str, network: Network, *, seconds: float) -> Asked:
    """Ask for a page, on a connection of its own. Raises nothing but what `Network.client` raises."""
    exchange = HttpExchange(network, connections=1, keep_idle=0.0)
    try:
        reply = exchange.send(request_to("GET", url), seconds=seconds, most=_ANSWER_BYTES)
    except ExchangeError as error:
        return Asked(None, fault=error.fault)
    finally:
        exchange.close()
    return Asked(reply.status, reply.body.decode("utf-8", "replace"))
