"""Boeing Data Hub: price and availability from Boeing Distribution, staged and published to Shopify."""

__version__ = "0.1.0"
