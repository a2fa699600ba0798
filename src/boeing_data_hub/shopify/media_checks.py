"""Follows pictures after an upload: the store processes each one some time after its answer, and may fail.

One query checks a hundred products. A picture that failed is reported with the store's message and sent again a few
times; then a person must act. None of this delays the end of a run.
"""

from __future__ import annotations

from typing import Final

import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Reject
from boeing_data_hub.retry import RetryPolicy, every
from boeing_data_hub.settings.images import Images
from boeing_data_hub.shopify import media_check_rows, observing, products
from boeing_data_hub.shopify.effects import EffectKind, Effects
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.media_check_rows import Resend
from boeing_data_hub.shopify.observed import Observed
from boeing_data_hub.shopify.publications import StoreFacts, StoreProduct
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.row_lease import Taken
from boeing_data_hub.shopify.store_products import SURVEYED_AT_ONCE
from boeing_data_hub.shopify.storefront import Storefront

log = structlog.get_logger(__name__)

IMAGE_FAILED: Final = "image_failed"
_LONGEST: Final = 3600.0
_LOOKS: Final = 24  # a picture that the store still processes after about half a day is not checked again
_RESEND_AFTER: Final = 6.0  # multiples of HUB_PICTURE_LOOK_SECONDS, until a picture is sent again


class MediaChecks:
    """Follows pictures.

    Args:
        database: the rows.
        client: calls the store.
        storefront: reads the store.
        effects: the loop.
        settings: HUB_PICTURE_....
    """

    def __init__(
        self, *, database: Database, client: AsksStore, storefront: Storefront, effects: Effects, settings: Images
    ) -> None:
        self._database = database
        self._client = client
        self._storefront = storefront
        self._effects = effects
        self.look_seconds = settings.hub_picture_look_seconds
        self._resends = settings.hub_picture_resends
        self._kind: EffectKind[Resend] = EffectKind(
            name="a picture that is sent again",
            next_due=lambda work, facts: media_check_rows.next_resend(work, facts.shop),
            held_as=lambda row: row.sku,
            carry_out=self._resend,
            retry=lambda _row: every(_RESEND_AFTER * self.look_seconds),
            put_off=lambda work, facts, row, later: media_check_rows.put_off(
                work, facts.shop, row.sku, wait=later.wait
            ),
        )
        self._looked_at = float("-inf")

    def work(self, facts: StoreFacts, *, busy: bool) -> bool:
        """Check some pictures that are due, or send one again. False if none is due.

        Args:
            facts: of the store.
            busy: True if parts wait to be published, so that pictures take a turn only now and then.

        Raises:
            HubError: an error that affects every call.
        """
        if busy and monotonic() - self._looked_at < self.look_seconds:
            return False
        self._looked_at = monotonic()
        return self._look(facts) or self._effects.take_one(self._kind, facts)

    def _look(self, facts: StoreFacts) -> bool:
        until_next = RetryPolicy(first=self.look_seconds, longest=_LONGEST)

        def take(work: Work) -> tuple[dict[str, int], dict[str, StoreProduct]]:
            due = media_check_rows.take_due(work, facts.shop, looks=until_next, limit=SURVEYED_AT_ONCE)
            return due, products.known(work, facts.shop, list(due)) if due else {}

        looks, known = self._database.run(take, patience=20)
        if not looks:
            return False
        rows = {sku: row for sku, row in known.items() if row.product_id is not None and row.form is not None}
        try:
            seen = self._storefront.seen([row.product_id for row in rows.values() if row.product_id])
            found = {sku: seen.get(row.product_id or "") for sku, row in rows.items()}
            failed = self._failed(rows, found)
            learned = observing.learned_media(rows, found)
        except Reject as refused:  # publishing continues even if the store does not answer this query
            log.warning("pictures could not be checked", code=refused.code)
            return True
        ready = [sku for sku, one in found.items() if one is not None and observing.picture_ready(rows[sku], one)]
        gone = [sku for sku in looks if found.get(sku) is None]
        late = [sku for sku, count in looks.items() if count >= _LOOKS and sku not in failed and sku not in ready]

        def keep(work: Work) -> dict[str, str]:
            # One that was published meanwhile may have another picture.
            changed = rows.keys() - products.unchanged(work, facts.shop, rows)
            media_check_rows.learn(work, facts.shop, {sku: each for sku, each in learned.items() if sku not in changed})
            return self._keep(
                work,
                facts.shop,
                {sku: said for sku, said in failed.items() if sku not in changed},
                *([sku for sku in each if sku not in changed] for each in (ready, gone, late)),
            )

        for sku, said in self._database.run(keep, patience=60).items():
            log.warning("the store could not process a picture", sku=sku, code=IMAGE_FAILED, said=said)
        return True

    def _failed(self, rows: dict[str, StoreProduct], found: dict[str, Observed | None]) -> dict[str, str]:
        """The pictures that failed, with the store's message."""
        media = {
            sku: next(each.id for each in observing.own_media(rows[sku], one.media) if each.status == observing.FAILED)
            for sku, one in found.items()
            if one is not None and observing.picture_failed(rows[sku], one)
        }
        said = self._storefront.media_errors(list(media.values())) if media else {}
        return {sku: said.get(each) or "no reason given" for sku, each in media.items()}

    def _keep(
        self, work: Work, shop: str, failed: dict[str, str], ready: list[str], gone: list[str], late: list[str]
    ) -> dict[str, str]:
        """Save what was seen. Returns what was written about pictures that failed, by SKU."""
        resends = RetryPolicy(attempts=self._resends, first=_RESEND_AFTER * self.look_seconds, factor=4.0)
        again = media_check_rows.failed(work, shop, failed, resends=resends) if failed else {}
        told = {sku: _said(failed[sku], again[sku], self._resends) for sku in again}
        media_check_rows.tell_items(work, shop, told, code=IMAGE_FAILED)
        media_check_rows.tell_items(work, shop, dict.fromkeys(ready, ""), code=None)
        products.pictures_ready(work, shop, ready)
        media_check_rows.end(work, shop, gone, None)  # the next publish of the part notices that the product is gone
        media_check_rows.end(work, shop, late, "unknown")
        return told

    def _resend(self, taken: Taken[Resend], facts: StoreFacts) -> None:
        try:
            self._send(taken, facts)
        except UserErrors as refused:
            said, sku = f"Shopify rejected it again. {refused.message}"[:300], taken.row.sku
            taken.save(lambda work: media_check_rows.end(work, facts.shop, [sku], "failed", said=said))

    def _send(self, taken: Taken[Resend], facts: StoreFacts) -> None:
        """Send the picture again, in place of the one that failed. Pictures that others added stay."""
        sku = taken.row.sku
        row = self._database.run(lambda work: products.known(work, facts.shop, [sku]), patience=20).get(sku)
        whole = self._storefront.read(row.custom_id) if row is not None else None
        if row is None or whole is None or whole.get("id") != row.product_id or not row.image_url or row.form is None:
            taken.save(lambda work: media_check_rows.end(work, facts.shop, [sku], None))
            return
        others = observing.other_media(row, whole)
        picture = {"originalSource": row.image_url, "alt": str(row.form["title"]), "contentType": "IMAGE"}
        files = [*({"id": media_id} for media_id in others), picture]
        variables = {"identifier": {"id": row.product_id}, "input": {"files": files}}
        self._client.run("product_upsert_lean", variables, keep_going=taken.is_ours)
        taken.save(lambda work: media_check_rows.sent_again(work, facts.shop, sku, others=others))


def _said(error: str, sent: int, most: int) -> str:
    follows = (
        f"The hub sends it again ({sent + 1} of {most})."
        if sent < most
        else "Fix the image, then publish the part again."
    )
    return f"Image: Shopify couldn't process it ({IMAGE_FAILED}): {error}. {follows}"
