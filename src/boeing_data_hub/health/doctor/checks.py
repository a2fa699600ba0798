"""The doctor's checks and their inputs. `app.py` provides the settings.

The checks run in parallel, each on separate connections with short timeouts, so that a broken service delays no other
check.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from boeing_data_hub.boeing.tryout import log_in
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.clock import monotonic, now
from boeing_data_hub.connections import boeing_access, boeing_tokens_memory, tokens_database
from boeing_data_hub.connections import network as way_out
from boeing_data_hub.errors import BadInput
from boeing_data_hub.health.doctor import (
    boeing_check,
    clocks,
    contradictions,
    images_check,
    interfaces,
    network,
    redis_check,
    settings_check,
)
from boeing_data_hub.health.doctor.addresses import host_of, is_here
from boeing_data_hub.health.doctor.asking import asked_for
from boeing_data_hub.health.doctor.finding import Finding, skipped, well
from boeing_data_hub.health.doctor.postgres_visit import visit_postgres
from boeing_data_hub.health.doctor.running import Check, side_by_side
from boeing_data_hub.health.doctor.shopify_visit import visit_store
from boeing_data_hub.images.supabase import SupabaseStorage
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.reading import Reading
from boeing_data_hub.work.pacing import Pacing

LOOKS_FOR: Final = 12.0  # seconds
_CALL: Final = 4.0  # seconds for one call of a check
_SLOT: Final = 40.0  # seconds to wait for a slot, if the price call is requested
_BOEING_URLS: Final = ("BOEING_OAUTH_TOKEN_URL", "BOEING_PNA_OAUTH_URL", "BOEING_PNA_PRICE_URL")
_STORAGE_KEYS: Final = ("SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_KEY")
_STORE_SETTINGS: Final = (
    "SHOPIFY_STORE_DOMAIN",
    "SHOPIFY_CLIENT_ID",
    "SHOPIFY_CLIENT_SECRET",
    "SHOPIFY_ADMIN_API_TOKEN",
    "SHOPIFY_API_VERSION",
)


class Doctor:
    """Runs all checks.

    Args:
        settings: the environment.
        policy: how parts are listed and sold.
        data_dir: the folder of local files.
        queues: that must have a worker.
        pacing: provides slots for Boeing calls; used only if a price call is requested.
        reading: how the settings were read; None in a process that runs with them, so that they are valid.
        key: the key that the command line sends; empty if there is none.
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
        self._network = way_out(settings)
        self._unusable = reading.unusable if reading else frozenset[str]()

    def examine(self, *, price: str | None = None, seconds: float = LOOKS_FOR) -> list[Finding]:
        """All findings with their remedies, settings first, within about `seconds`.

        Args:
            price: a part number to request from Boeing; uses one slot, and takes up to 40 seconds longer.
            seconds: a check that takes longer is reported as such.
        """
        checks = [
            Check("settings", self._given),
            Check("network", self._way_out),
            Check("postgres", self._postgres),
            Check("redis", self._redis),
            Check("boeing", lambda: self._outside("boeing", self._boeing(price))),
            Check("store", lambda: self._outside("store", self._store())),
            Check("images", lambda: self._outside("images", self._images())),
            Check("data folder", lambda: images_check.look_at_folder(self._data_dir)),
        ]
        if not is_here(self._settings.boeing_pna_price_url):
            checks.append(Check("image hosts", lambda: self._outside("image hosts", self._image_hosts())))
        if self._reading is not None:
            checks.append(Check("api", lambda: self._outside("api", self._api())))
        if self._settings.hub_oidc_issuer:
            checks.append(Check("sign-in", lambda: self._outside("sign-in", self._sign_in())))
        return side_by_side(checks, seconds=seconds + (_SLOT if price else 0.0))

    def _given(self) -> Iterator[Finding]:
        if self._reading is not None:
            yield from settings_check.judge_given(self._reading)
        yield from contradictions.judge_contradictions(self._settings, self._unusable)

    def _cannot(self, what: str, *names: str) -> Iterator[Finding]:
        """Run a check, or report that a required setting is invalid."""
        wrong = [name for name in names if name in self._unusable]
        if wrong:
            yield skipped(what, f"Skipped, because {', '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} invalid.")

    def _way_out(self) -> Iterator[Finding]:
        yield from network.judge_network(self._network, self._reading.in_file if self._reading else ())

    def _outside(self, what: str, look: Iterator[Finding]) -> Iterator[Finding]:
        """Run a check that makes calls, or report that certificates cannot be verified."""
        try:
            self._network.tls()
        except BadInput:
            yield skipped(what, "Skipped, because the certificate file cannot be used.")
            return
        yield from look

    def _postgres(self) -> Iterator[Finding]:
        cannot = list(self._cannot("postgres", "DATABASE_URL"))
        yield from cannot or visit_postgres(
            self._settings,
            queues=self._queues,
            key=self._key,
            judges_key=self._reading is not None,
            call_seconds=_CALL,
        )

    def _redis(self) -> Iterator[Finding]:
        s = self._settings
        chosen = s.celery_broker_url if s.celery_broker_url and s.celery_broker_url.get_secret_value() else s.redis_url
        name = "CELERY_BROKER_URL" if chosen is s.celery_broker_url and chosen is not None else "REDIS_URL"
        cannot = list(self._cannot("redis", "CELERY_BROKER_URL", "REDIS_URL"))
        url = chosen.get_secret_value() if chosen else ""
        with suppress(BadInput):  # what is wrong with it, the look says
            url = s.broker_url if url else ""
        yield from cannot or redis_check.look_at_broker(url, name=name, seconds=_CALL)

    def _boeing(self, price: str | None) -> Iterator[Finding]:
        s = self._settings
        missing = [name for name in boeing_check.SECRETS if not getattr(s, name.lower()).get_secret_value().strip()]
        if missing:
            yield boeing_check.not_set(missing)
            return
        if cannot := list(self._cannot("boeing", *_BOEING_URLS)):
            yield from cannot
            return
        try:
            access = replace(boeing_access(s), token_timeout=_CALL + 1, connect_timeout=_CALL)
        except BadInput:  # which address it is, the settings' own check tells
            yield skipped("boeing", "Skipped, because one of Boeing's addresses is invalid.")
            return
        if price is not None and not self._slot():
            yield skipped("boeing price", f"No rate-limit slot was free within {_SLOT:g} s; Boeing was not called.")
            price = None
        with tokens_database(s, seconds=_CALL) as database:
            tried = log_in(access, ask=price, memory=boeing_tokens_memory(s, database))
        yield from boeing_check.judge_login(tried)
        if tried.dated and (off := clocks.judge_date("Boeing", tried.dated, now(), uncertain=_CALL)):
            yield off

    def _slot(self) -> bool:
        """Wait for a slot of the shared rate limit."""
        slots = self._pacing().reserve(wanted=1, horizon=_SLOT)
        if slots.calls:
            time.sleep(max(0.0, slots.first_at - monotonic()))
        return bool(slots.calls)

    def _store(self) -> Iterator[Finding]:
        if not self._settings.has_store:
            return  # the settings' own check tells
        cannot = list(self._cannot("store", *_STORE_SETTINGS))
        yield from cannot or visit_store(self._settings, self._policy, call_seconds=_CALL)

    def _images(self) -> Iterator[Finding]:
        s = self._settings
        name, secret = s.storage_key
        if cannot := list(self._cannot("images", "SUPABASE_URL", *_STORAGE_KEYS, "SUPABASE_STORAGE_BUCKET")):
            yield from cannot
        elif s.supabase_url:
            doubts = list(images_check.judge_keys(s.storage_keys, s.supabase_url, now()))
            yield from doubts
            if any(each.level == "error" for each in doubts):
                return
            storage = SupabaseStorage(
                s.supabase_url,
                secret,
                s.supabase_storage_bucket,
                seconds=_CALL + 1,
                network=self._network,
            )
            try:
                yield from images_check.look_at_bucket(storage, s.supabase_storage_bucket)
            finally:
                storage.close()
        elif secret.get_secret_value():
            yield images_check.KEY_ALONE.found(f"{name} is set, and SUPABASE_URL is not.", name=name)
        if s.has_store:
            yield from images_check.judge_public(s.supabase_url or s.public_url, s.shopify_store_domain.strip())

    def _image_hosts(self) -> Iterator[Finding]:
        origin = self._settings.hub_image_fallback_origin
        if not origin:
            return
        host = host_of(origin)
        asked = asked_for(origin, self._network, seconds=_CALL)
        if asked.fault:
            yield network.fault_found("image hosts", asked.fault)
        elif asked.status is None:
            yield images_check.SOURCE.found(f"{host}, where images come from, cannot be reached.")
        else:
            yield well("image hosts", f"{host}, where images come from, can be reached.")

    def _api(self) -> Iterator[Finding]:
        s = self._settings
        host = f"[{s.hub_host}]" if ":" in s.hub_host else s.hub_host
        url = s.hub_api_url.rstrip("/") or f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{s.hub_port}"  # noqa: S104 - compared, not bound
        asked = asked_for(f"{url}/ready", self._network, seconds=_CALL)
        if asked.fault:
            yield network.fault_found("api", asked.fault)
        else:
            yield from interfaces.judge_api(url, asked.status, ours='"checks"' in asked.text)

    def _sign_in(self) -> Iterator[Finding]:
        s = self._settings
        issuer = s.hub_oidc_issuer.rstrip("/")
        asked = asked_for(f"{issuer}/.well-known/openid-configuration", self._network, seconds=_CALL)
        if asked.fault:
            yield network.fault_found("sign-in", asked.fault)
            return
        yield from interfaces.judge_provider(
            asked.status,
            asked.text,
            issuer=issuer,
            client_auth=s.hub_oidc_client_auth,
            scope=s.hub_oidc_scope,
            role_claim=s.hub_oidc_role_claim,
        )
