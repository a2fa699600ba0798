"""The stand-in's controls for tests, demo and command line; and the environment that points a hub at it."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx2

from boeing_data_hub.errors import BadInput, Unavailable

_TIMEOUT: Final = 10.0  # seconds


def environment(base_url: str) -> dict[str, str]:
    """The BOEING_* settings with which a hub talks to the stand-in at `base_url`."""
    base = base_url.rstrip("/")
    return {
        "BOEING_OAUTH_TOKEN_URL": f"{base}/oauth2/v2.0/token",
        "BOEING_PNA_OAUTH_URL": f"{base}/boeing-part-price-availability/token/v1/oauth",
        "BOEING_PNA_PRICE_URL": f"{base}/boeing-part-price-availability/price-availability/v1/wtoken",
        "BOEING_SCOPE": "api://helixapis.com/.default",
        "BOEING_CLIENT_ID": "sandbox-client",
        "BOEING_CLIENT_SECRET": "sandbox-secret",
        "BOEING_USERNAME": "sandbox-user",
        "BOEING_PASSWORD": "sandbox-password",
    }


class BoeingSandboxControl:
    """Controls of one running stand-in; usable from any thread. Connects when first used, and keeps no connection.

    Every method raises `BadInput` when the stand-in refuses, and `Unavailable` when it does not answer.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        # No connection outlives a call: the stand-in may be killed and started again between two.
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._client = httpx2.Client(base_url=self.base_url, timeout=_TIMEOUT, trust_env=False, limits=limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the client."""
        self._client.close()

    def stats(self, *, window: float | None = None, limit: int | None = None) -> dict[str, Any]:
        """What the ledger adds up to.

        Args:
            window: seconds of the sliding window of `max_in_window` and `over_limit`; None: the stand-in's own.
            limit: calls allowed in it; None: the stand-in's own.
        """
        given = {"window": window, "limit": limit}
        return self._call("GET", "stats", params={name: value for name, value in given.items() if value is not None})

    def ledger(self, *, since: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        """At most `limit` price calls with a number above `since`, oldest first."""
        return self._call("GET", "ledger", params={"since": since, "limit": limit})["calls"]

    def reset(self) -> None:
        """Empty the ledger; the limit's window begins anew."""
        self._call("DELETE", "ledger")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings, e.g. `latency_ms=50`; all settings as they are then."""
        return self._call("PATCH", "settings", json=changes)

    def restore_settings(self, **settings: Any) -> dict[str, Any]:
        """Return to the settings of the start, but for those given; all settings as they are then."""
        return self._call("PUT", "settings", json=settings)

    def fault(
        self,
        kind: str,
        *,
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
        parts: Iterable[str] = (),
        after_calls: int = 0,
        call: str | None = None,
        **options: Any,
    ) -> int:
        """Switch a fault on; its id.

        Args:
            kind: one of `kinds()`.
            times: how often it strikes; None: until it is removed.
            probability: with which it strikes an eligible call.
            seed: of its dice.
            parts: strike only price calls that ask one of these.
            after_calls: let so many eligible calls pass first.
            call: oauth, part_token, price or any; None: the one that is natural to the kind.
            options: of the kind, e.g. `status=502`.
        """
        wanted = {
            "kind": kind,
            "times": times,
            "probability": probability,
            "seed": seed,
            "parts": list(parts),
            "after_calls": after_calls,
            "call": call,
            "options": options,
        }
        return self._call("POST", "faults", json=wanted)["id"]

    def faults(self) -> dict[int, dict[str, Any]]:
        """The faults switched on, by id; `fired` tells how often each struck."""
        return {fault["id"]: fault for fault in self._call("GET", "faults")["faults"]}

    def kinds(self) -> dict[str, str]:
        """Every kind of fault, and what it means."""
        return self._call("GET", "faults")["kinds"]

    def clear_faults(self, number: int | None = None) -> None:
        """Switch one fault off, or all."""
        self._call("DELETE", "faults" if number is None else f"faults/{number}")

    def set_part(self, part: str, **fields: Any) -> list[dict[str, Any]]:
        """Give a part other figures; the line items with which it is answered now.

        `quantity` and `locations` keep stock, total and `inStock` in agreement; `unknown=True` makes the part unknown;
        `remove=[...]` leaves fields out; any other name is a field of the line item, set as it is.
        """
        return self._call("PUT", f"parts/{quote(part, safe='')}", json=fields)["line_items"]

    def forget_part(self, part: str = "") -> None:
        """Give a part its own figures back, or all parts."""
        self._call("DELETE", f"parts/{quote(part, safe='')}")

    def expire_tokens(self) -> int:
        """End every token; how many there were."""
        return self._call("POST", "expire-tokens")["expired"]

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, f"/control/{path}", **arguments)
        except httpx2.TransportError as error:
            raise Unavailable(f"The Boeing sandbox at {self.base_url} does not answer: {error}") from error
        document: dict[str, Any] = answer.json()
        if answer.is_error:
            raise BadInput(document["message"], code=document["code"], details=document)
        return document
