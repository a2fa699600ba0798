"""What every quote states besides parts and prices, from the settings."""

from __future__ import annotations

from boeing_data_hub.quotes.quote import QuoteTerms
from boeing_data_hub.settings import Settings


def terms_in_force(settings: Settings) -> QuoteTerms:
    """The terms of a quote that is requested now."""
    return QuoteTerms(
        prepared_by=settings.hub_quote_prepared_by or settings.hub_vendor,
        comments=settings.hub_quote_comments,
        condition=settings.hub_quote_condition,
        uom=settings.hub_quote_uom,
        price_type=settings.hub_quote_price_type,
        tag_date=settings.hub_quote_tag_date,
        lead_time=settings.hub_quote_lead_time,
        traceability_store=settings.hub_quote_traceability_store,
        traceability_boeing=settings.hub_quote_traceability_boeing,
    )
