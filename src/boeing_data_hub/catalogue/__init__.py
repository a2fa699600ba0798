"""The catalogue: staged parts, manual overrides, screening, prices and stock. It knows no wire format."""
