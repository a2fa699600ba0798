"""The rules for quotes, from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from boeing_data_hub.catalogue.listings import ListingPolicy
from boeing_data_hub.quotes.quote import QuoteTerms
from boeing_data_hub.settings import Settings


@dataclass(frozen=True, slots=True)
class QuotingRules:
    """The rules for quotes (settings HUB_QUOTE_..., HUB_REUSE_FRESH_FOR in seconds); `has_store`: a store is
    configured.
    """

    terms: QuoteTerms
    policy: ListingPolicy
    max_parts: int
    answer_seconds: float
    fresh_for: float
    has_store: bool
    offer_variant: bool = False
    urgent: bool = False

    @classmethod
    def of(cls, settings: Settings, policy: ListingPolicy) -> QuotingRules:
        """The rules in these settings.

        Args:
            settings: HUB_QUOTE_..., and settings that quotes share with searches and the store.
            policy: how parts are offered, prices included.
        """
        return cls(
            terms=QuoteTerms(
                prepared_by=settings.hub_quote_prepared_by or settings.hub_vendor,
                comments=settings.hub_quote_comments,
                condition=settings.hub_quote_condition,
                uom=settings.hub_quote_uom,
                price_type=settings.hub_quote_price_type,
                tag_date=settings.hub_quote_tag_date,
                lead_time=settings.hub_quote_lead_time,
                traceability_store=settings.hub_quote_traceability_store,
                traceability_boeing=settings.hub_quote_traceability_boeing,
            ),
            policy=policy,
            max_parts=settings.hub_quote_max_parts,
            answer_seconds=settings.hub_quote_answer_seconds,
            fresh_for=settings.hub_reuse_fresh_for,
            has_store=settings.has_store,
            offer_variant=settings.hub_quote_offer_variant,
            urgent=settings.hub_quote_urgent,
        )
