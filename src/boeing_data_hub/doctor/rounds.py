"""The doctor's rounds: which checks there are, and what each is handed. `hub.py` hands over the settings.

Every check runs on connections of its own, with short limits, beside the others: what is broken must not hold it up.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import httpx2

from boeing_data_hub import __version__
from boeing_data_hub.boeing.tryout import log_in
from boeing_data_hub.clock import monotonic, now
from boeing_data_hub.doctor.store_visit import visit_store
from boeing_data_hub.errors import BadInput
from boeing_data_hub.media.supabase import SupabaseStorage
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.outside import boeing_access
from boeing_data_hub.pacing import Pacing
from boeing_data_hub.reporting.checkup import (
    boeing,
    broker,
    clocks,
    contradictions,
    given,
    images,
    interfaces,
    left_lying,
    postgres,
    staff,
)
from boeing_data_hub.reporting.checkup.addresses import host_of, is_here
from boeing_data_hub.reporting.checkup.finding import Finding, skipped, well
from boeing_data_hub.reporting.checkup.running import Check, side_by_side
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.reading import Reading
from boeing_data_hub.store import health, keys, lost_work, revision, workers
from boeing_data_hub.store.health import PostgresRefused

_SECONDS: Final = 12.0
_CALL: Final = 4.0  # seconds one call of a check may take
_SLOT: Final = 40.0  # seconds to wait for a slot, where somebody wants the price call
_BOEING_URLS: Final = ("BOEING_OAUTH_TOKEN_URL", "BOEING_PNA_OAUTH_URL", "BOEING_PNA_PRICE_URL")
_STORE_SETTINGS: Final = ("SHOPIFY_STORE_DOMAIN", "SHOPIFY_ADMIN_API_TOKEN", "SHOPIFY_API_VERSION")


class Doctor:
    """Looks at everything.

    Args:
        settings: the environment.
        policy: how parts are shown and sold.
        data_dir: where local files live.
        queues: that must have a worker.
        pacing: gives slots for Boeing calls; asked only where a price call is wanted.
        reading: how the settings were read; None in a process that runs on them, where they are right.
        key: the key the command line would send; empty where there is none.
    """

    def __init__(
        self,
        settings: Settings,
        policy: ListingPolicy,
        *,
        data_dir: Path,
        queues: tuple[str, ...],
        pacing: Callable[[], Pacing],
        reading: Reading | None = None,
        key: str = "",
    ) -> None:
        self._settings = settings
        self._policy = policy
        self._data_dir = data_dir
        self._queues = queues
        self._pacing = pacing
        self._reading = reading
        self._key = key
        self._unusable = reading.unusable if reading else frozenset[str]()

    def examine(self, *, price: str | None = None) -> list[Finding]:
        """Everything looked at, the settings first, each with its remedy, within some 12 seconds.

        Args:
            price: a part number to ask Boeing a price for, in a slot of its own (and then up to 40 seconds longer).
        """
        checks = [
            Check("settings", self._given),
            Check("postgres", self._postgres),
            Check("redis", self._redis),
            Check("boeing", lambda: self._boeing(price)),
            Check("store", self._store),
            Check("images", self._images),
            Check("data folder", lambda: images.look_at_folder(self._data_dir)),
        ]
        if not is_here(self._settings.boeing_pna_price_url):
            checks.append(Check("image hosts", self._image_hosts))
        if self._reading is not None:
            checks.append(Check("api", self._api))
        if self._settings.hub_oidc_issuer:
            checks.append(Check("sign-in", self._sign_in))
        return side_by_side(checks, seconds=_SECONDS + (_SLOT if price else 0.0))

    def _given(self) -> Iterator[Finding]:
        if self._reading is not None:
            yield from given.judge_given(self._reading)
        yield from contradictions.judge_contradictions(self._settings, self._unusable)

    def _cannot(self, what: str, *names: str) -> Iterator[Finding]:
        """One finding where a setting that is needed cannot be used."""
        wrong = [name for name in names if name in self._unusable]
        if wrong:
            yield skipped(what, f"Not looked at, because {', '.join(wrong)} cannot be used.")

    # Postgres, and what only Postgres knows.

    def _postgres(self) -> Iterator[Finding]:
        if cannot := list(self._cannot("postgres", "DATABASE_URL")):
            yield from cannot
            return
        secret = self._settings.database_url
        url = secret.get_secret_value() if secret else ""
        if not url:
            yield postgres.UNSET.found("DATABASE_URL is not set, so there is no database.")
            return
        try:
            with health.connected(url, seconds=_CALL) as connection:
                yield from self._rows(connection, url)
        except PostgresRefused as refused:
            yield postgres.not_connected(refused.said, url)

    def _rows(self, connection: health.Connection, url: str) -> Iterator[Finding]:
        s = self._settings
        facts = health.look(connection, url=url, seconds=_CALL)
        with health.reading(connection) as work:
            found = revision.current(work) if facts.may_use_schema else None
            ready = found is not None and found >= revision.EXPECTED
            alive = workers.alive(work, silent_after=s.hub_worker_silent_after) if ready else []
        # Every worker counts, the API, and the scheduler's sweep, which works within a worker.
        processes = max(len({(each["host"], each["pid"]) for each in alive}), len(self._queues)) + 1
        yield from postgres.judge_postgres(
            facts, url, revision=found, expected=revision.EXPECTED, pool=s.hub_database_pool, processes=processes
        )
        if off := clocks.judge_clock("Postgres", facts.ahead, uncertain=facts.uncertain):
            yield off
        if not ready:
            yield skipped("workers", "Not looked at: the tables are not there yet.")
            return
        yield from staff.judge_staff(
            alive,
            queues=self._queues,
            swept=any("sweep" in each["queues"] for each in alive),
            version=__version__,
            local_images=not s.supabase_url,
        )
        if not all(table.writable for table in facts.tables):
            return
        with health.reading(connection) as work:
            lost = lost_work.look(work, after=max(60.0, 10 * s.hub_sweep_seconds))
            known = keys.find(work, self._key) is not None if self._key else None
        yield from left_lying.judge_left_lying(lost)
        if self._reading is not None:
            yield from interfaces.judge_key(given=bool(self._key), known=known)

    # The others.

    def _redis(self) -> Iterator[Finding]:
        s = self._settings
        chosen = s.celery_broker_url if s.celery_broker_url and s.celery_broker_url.get_secret_value() else s.redis_url
        name = "CELERY_BROKER_URL" if chosen is s.celery_broker_url and chosen is not None else "REDIS_URL"
        cannot = list(self._cannot("redis", "CELERY_BROKER_URL", "REDIS_URL"))
        yield from cannot or broker.look_at_broker(
            chosen.get_secret_value() if chosen else "", name=name, seconds=_CALL
        )

    def _boeing(self, price: str | None) -> Iterator[Finding]:
        s = self._settings
        missing = [name for name in boeing.SECRETS if not getattr(s, name.lower()).get_secret_value().strip()]
        if missing:
            yield boeing.not_set(missing)
            return
        if cannot := list(self._cannot("boeing", *_BOEING_URLS)):
            yield from cannot
            return
        try:
            access = replace(boeing_access(s), token_timeout=_CALL + 1, connect_timeout=_CALL)
        except BadInput:  # which address it is, the settings' own check tells
            yield skipped("boeing", "Not looked at, because an address of Boeing cannot be used.")
            return
        if price is not None and not self._slot():
            yield skipped("boeing price", f"No slot of Boeing's limit is free within {_SLOT:g} s; nothing was asked.")
            price = None
        tried = log_in(access, ask=price)
        yield from boeing.judge_login(tried)
        if tried.dated and (off := clocks.judge_date("Boeing", tried.dated, now(), uncertain=_CALL)):
            yield off

    def _slot(self) -> bool:
        """Wait for a slot of the limit that all workers share."""
        slots = self._pacing().reserve(wanted=1, horizon=_SLOT)
        if slots.calls:
            time.sleep(max(0.0, slots.first_at - monotonic()))
        return bool(slots.calls)

    def _store(self) -> Iterator[Finding]:
        if not self._settings.shopify_store_domain.strip():
            return  # the settings' own check tells
        cannot = list(self._cannot("store", *_STORE_SETTINGS))
        yield from cannot or visit_store(self._settings, self._policy, call_seconds=_CALL)

    def _images(self) -> Iterator[Finding]:
        s = self._settings
        key = s.supabase_service_role_key.get_secret_value()
        if cannot := list(
            self._cannot("images", "SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_STORAGE_BUCKET")
        ):
            yield from cannot
        elif s.supabase_url:
            doubts = list(images.judge_key(key, s.supabase_url, now()))
            yield from doubts
            if doubts:
                return
            storage = SupabaseStorage(
                s.supabase_url, s.supabase_service_role_key, s.supabase_storage_bucket, seconds=_CALL + 1
            )
            try:
                yield from images.look_at_bucket(storage, s.supabase_storage_bucket)
            finally:
                storage.close()
        elif key:
            yield images.KEY_ALONE.found("SUPABASE_SERVICE_ROLE_KEY is set, and SUPABASE_URL is not.")
        if s.shopify_store_domain.strip():
            yield from images.judge_public(s.supabase_url or s.public_url, s.shopify_store_domain.strip())

    def _image_hosts(self) -> Iterator[Finding]:
        origin = self._settings.hub_image_fallback_origin
        if not origin:
            return
        host = host_of(origin)
        try:
            socket.create_connection((host, httpx2.URL(origin).port or 443), timeout=_CALL).close()
        except OSError:
            yield images.SOURCE.found(f"{host}, where pictures come from, cannot be reached.")
        else:
            yield well("image hosts", f"{host}, where pictures come from, can be reached.")

    def _api(self) -> Iterator[Finding]:
        s = self._settings
        host = f"[{s.hub_host}]" if ":" in s.hub_host else s.hub_host
        url = s.hub_api_url.rstrip("/") or f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{s.hub_port}"  # noqa: S104 - compared, not bound
        status, told = _asked(f"{url}/ready")
        yield from interfaces.judge_api(url, status, ours='"checks"' in told)

    def _sign_in(self) -> Iterator[Finding]:
        issuer = self._settings.hub_oidc_issuer.rstrip("/")
        status, told = _asked(f"{issuer}/.well-known/openid-configuration")
        if status == 200 and '"authorization_endpoint"' in told:  # noqa: PLR2004 - OK
            yield well("sign-in", "The identity provider answers.")
        else:
            said = "does not answer" if status is None else f"answers with status {status}, not as an identity provider"
            yield interfaces.PROVIDER.found(f"The identity provider {said}.")


def _asked(url: str) -> tuple[int | None, str]:
    """Status and text of a page; no status where there was no answer."""
    try:
        answer = httpx2.get(url, timeout=_CALL, trust_env=False)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        return None, ""
    return answer.status_code, answer.text
