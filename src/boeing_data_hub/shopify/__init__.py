"""Everything about Shopify: the client, listings, publishing, stock, bulk operations, and what the store really has."""
