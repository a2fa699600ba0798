"""A company's own network: see `tests/support/company_network.py`."""

from tests.support.company_network import authority, plain_environment, proxy, serve

__all__ = ["authority", "plain_environment", "proxy", "serve"]
