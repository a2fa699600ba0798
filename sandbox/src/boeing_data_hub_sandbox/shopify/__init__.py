"""A Shopify Admin GraphQL API that validates, prices, remembers and misbehaves like the real one, over real HTTP."""
