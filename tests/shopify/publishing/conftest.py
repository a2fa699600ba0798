"""A hub with a store: see `tests/support/publishing.py`."""

from tests.support.publishing import desk, make_desk, make_store_hub, rows, store

__all__ = ["desk", "make_desk", "make_store_hub", "rows", "store"]
