"""Both Boeing tokens of this process: fetched once, shared by all threads, renewed in time and after a refusal.

Every login is seen by Boeing, which writes to the account's owner when there are many: none is made without need.
"""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode

import httpx2

from boeing_data_hub import clock, telemetry
from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.exchange import FIXED_HEADERS, Exchange, Question, Reply
from boeing_data_hub.boeing.failures import sort_token_failure
from boeing_data_hub.errors import HubError, Retry, StopTheLine

_MARGIN = 60.0  # seconds before its end at which a token is renewed, or a tenth of its life if that is less
_MARGIN_SHARE = 0.1
_FAILURE_SHARED = 1.0  # seconds for which a failed login is everybody's, so that eight threads do not try in turn
_UNMISTAKABLE = 12  # characters; a shorter token might also be a word of an honest answer
_FRESH = 60.0  # seconds: tokens refused younger than this were never good

_PART_TOKEN = "x-part-access-token"  # noqa: S105 - the name of a header, not a token
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_HEADER_VALUE = re.compile(r"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Both tokens of one login.

    Attributes:
        generation: counts logins of this process from 1; a refusal names the generation it hit.
        headers: those of a price call, ready to send.
        secrets: the tokens as bytes, to be cut out of whatever Boeing sends back.
        obtained_at: monotonic moment before the login.
        renew_at: monotonic moment from which they are renewed; infinite if Boeing did not say how long they live.
        expires_at: monotonic moment of their end; infinite likewise.
        on_probation: the pair before it was refused, and nothing has been accepted since.
    """

    generation: int
    headers: httpx2.Headers = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)
    obtained_at: float
    renew_at: float
    expires_at: float
    on_probation: bool


class Tokens:
    """The cache. Safe to use from several threads; at most one of them logs in at a time.

    Args:
        access: credentials and addresses.
        exchange: what the two token calls go through.
        monotonic: the clock that tells their age.
    """

    def __init__(
        self, access: BoeingAccess, exchange: Exchange, *, monotonic: Callable[[], float] = clock.monotonic
    ) -> None:
        self._access = access
        self._exchange = exchange
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._pair: TokenPair | None = None
        self._generation = 0
        self._refused = 0  # newest generation refused, and accepted
        self._accepted = 0
        self._failure: tuple[HubError, int, float] | None = None

    def current(self) -> TokenPair:
        """Tokens that are good as far as we know; logs in, or waits for the thread that does, only if need be.

        Shortly before their end one thread renews them while the others go on with the old ones; should that fail
        for now, they serve to their end.

        Raises:
            StopTheLine: `boeing_credentials`.
            RateLimited, Retry: the login failed for now; always `whole_line`.
        """
        pair = self._pair
        if pair is None:
            return self.renew(self._generation)
        moment = self._monotonic()
        if moment < pair.renew_at:
            return pair
        if moment >= pair.expires_at:
            return self.renew(pair.generation)
        if not self._lock.acquire(blocking=False):
            return pair
        try:
            return self._renew_alone(pair.generation)
        except Retry:
            return pair
        finally:
            self._lock.release()

    def renew(self, stale_generation: int) -> TokenPair:
        """Tokens newer than `stale_generation`, however many threads ask for them: one login serves all.

        Raises:
            HubError: as `current`. A failure is shared for a second by all who wait for the same thing.
        """
        with self._lock:
            return self._renew_alone(stale_generation)

    def accepted(self, pair: TokenPair) -> None:
        """Boeing answered a call made with these."""
        # Without the lock: the worst that a lost race costs is one more login before credentials count as wrong.
        self._accepted = max(self._accepted, pair.generation)

    def refused(self, pair: TokenPair) -> None:
        """Boeing refused (401) a call made with these: have new ones ready, or find that logging in does not help.

        Judged is the pair the call was made with, not the one that is current by now, so late refusals of an old pair
        find the new one and change nothing. Credentials count as wrong only when a pair is refused that is less than
        a minute old, that was never accepted, and that was fetched because its predecessor was refused too: two
        refusals in a row with nothing accepted between them. The pair is dropped then, so that the next attempt logs
        in anew and is judged the same way after its first refusal.

        Raises:
            HubError: as `current`.
        """
        with self._lock:
            self._refused = max(self._refused, pair.generation)
            if self._pair is not None and self._pair.generation == pair.generation:
                self._pair = None
            never_good = self._accepted < pair.generation and self._monotonic() - pair.obtained_at < _FRESH
            if pair.on_probation and never_good:
                raise StopTheLine(
                    "Boeing gives us tokens and then refuses them. No part has failed; work goes on when they are"
                    " accepted. Check that the account of BOEING_USERNAME may see prices.",
                    code="boeing_credentials",
                )
            self._renew_alone(pair.generation)

    def _renew_alone(self, stale_generation: int) -> TokenPair:
        pair = self._pair
        if pair is not None and pair.generation > stale_generation and self._monotonic() < pair.expires_at:
            return pair
        if self._failure is not None:
            failure, generation, at = self._failure
            if generation == stale_generation and self._monotonic() - at < _FAILURE_SHARED:
                raise copy.copy(failure)  # a copy: a raised error carries the traceback of its own thread
        try:
            self._pair = self._log_in()
        except HubError as error:
            self._failure = (error, stale_generation, self._monotonic())
            raise copy.copy(error) from None
        self._failure = None
        return self._pair

    def _log_in(self) -> TokenPair:
        access, started = self._access, self._monotonic()
        form = {
            "client_id": _secret(access.client_id.get_secret_value(), "BOEING_CLIENT_ID"),
            "client_secret": _secret(access.client_secret.get_secret_value(), "BOEING_CLIENT_SECRET"),
            "scope": access.scope,
            "grant_type": "client_credentials",
        }
        username = _secret(access.username.get_secret_value(), "BOEING_USERNAME")
        password = _secret(access.password.get_secret_value(), "BOEING_PASSWORD")
        oauth = self._ask(
            "POST",
            access.oauth_url,
            {"Content-Type": "application/x-www-form-urlencoded"},
            urlencode(form).encode(),
            settings="BOEING_CLIENT_ID, BOEING_CLIENT_SECRET and BOEING_SCOPE",
        )
        first = _object(oauth)
        bearer = _token(first.get("access_token"))
        authorization = f"Bearer {bearer}"
        part = self._ask(
            "GET",
            access.part_token_url,
            {
                "Authorization": authorization,
                "Content-Type": "application/json",
                "x-username": username,
                "x-password": password,
            },
            settings="BOEING_USERNAME and BOEING_PASSWORD",
        )
        second = _object(part)
        part_token = _token(part.headers.get(_PART_TOKEN) or second.get(_PART_TOKEN) or second.get("access_token"))
        lives = min(_seconds(first.get("expires_in")), _seconds(second.get("expires_in")))
        self._generation += 1
        return TokenPair(
            self._generation,
            httpx2.Headers(
                {
                    **FIXED_HEADERS,
                    "Authorization": authorization,
                    "x-boeing-parts-authorization": part_token,
                    "Content-Type": "application/json",
                }
            ),
            tuple(token.encode() for token in (bearer, part_token) if len(token) >= _UNMISTAKABLE),
            obtained_at=started,
            renew_at=started + lives - min(_MARGIN, lives * _MARGIN_SHARE) if lives < float("inf") else lives,
            expires_at=started + lives,
            on_probation=self._refused > 0 and self._refused >= self._accepted,
        )

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None, *, settings: str
    ) -> Reply:
        merged = {**FIXED_HEADERS, **headers}
        sent = httpx2.Headers([(name.encode(), value.encode()) for name, value in merged.items()])
        try:
            with telemetry.outside_call("boeing", "token") as call:
                reply = self._exchange.send(
                    Question(method, httpx2.URL(url), sent, content), seconds=self._access.token_timeout
                )
                if reply.status != HTTPStatus.OK:
                    call.outcome = sort_token_failure(reply.status, reply.headers, settings=settings).code
        except Retry as error:
            # Without tokens nobody can ask anything; and what such a call received may hold one.
            raise Retry(error.message, code=error.code, whole_line=True) from None
        if reply.status != HTTPStatus.OK:
            raise sort_token_failure(reply.status, reply.headers, settings=settings)
        return reply


def _secret(value: str, setting: str) -> str:
    # A secret read from a file often ends in a newline; no header could carry one.
    value = value.strip()
    if not _HEADER_VALUE.fullmatch(value):
        raise StopTheLine(
            f"{setting} is {'not set' if not value else 'unusable: it has control characters'}. No part has failed;"
            " set it and start the hub again.",
            code="boeing_credentials",
        )
    return value


def _object(reply: Reply) -> dict[str, Any]:
    """The JSON object in a token reply, or an empty one: the part token may come without any body."""
    try:
        value = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _token(value: Any) -> str:
    if isinstance(value, str) and _TOKEN.fullmatch(value.strip()):
        return value.strip()
    raise Retry(
        "Boeing's login answered without a usable token. Work goes on when it does.",
        code="boeing_malformed",
        whole_line=True,
    )


def _seconds(value: Any) -> float:
    """A token's life; infinite (until a refusal) when it is not told or makes no sense."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return float("inf")
    return seconds if seconds > 0 else float("inf")
