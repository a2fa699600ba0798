"""Receivers of notifications: see `tests/support/receivers.py`."""

from tests.support.receivers import certificate, make_mail_server, receiver

__all__ = ["certificate", "make_mail_server", "receiver"]
