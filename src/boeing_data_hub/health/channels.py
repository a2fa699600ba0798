"""Builds the channels: of the settings, and of each notification target."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from pydantic import SecretStr

from boeing_data_hub.errors import BadInput
from boeing_data_hub.health.chat import SLACK_HOSTS, TEAMS_HOSTS, Slack, Teams
from boeing_data_hub.health.mail import Mail, MailServer
from boeing_data_hub.health.notice import EMAIL, WEBHOOK, Channel
from boeing_data_hub.health.posting import Poster, Receivers, checked
from boeing_data_hub.health.targets import Kind, Target
from boeing_data_hub.health.webhook import Webhook
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.settings.notices import Notices

_HOSTS: Final[dict[Kind, tuple[str, ...]]] = {"slack": SLACK_HOSTS, "teams": TEAMS_HOSTS}


class Channels:
    """The channels of a process.

    Args:
        settings: of notifications.
        network: proxies and certificates.
    """

    def __init__(self, settings: Notices, network: Network) -> None:
        self._settings = settings
        self._network = network

    @cached_property
    def _poster(self) -> Poster:
        return Poster(network=self._network)

    @cached_property
    def webhook(self) -> Webhook | None:
        """The webhook of the settings; None: not configured."""
        s = self._settings
        if not s.hub_digest_webhook_url.get_secret_value():
            return None
        return Webhook(s.hub_digest_webhook_url, s.hub_digest_webhook_secret, poster=self._poster)

    @cached_property
    def of_settings(self) -> dict[str, Channel]:
        """The channels of the settings, by name."""
        found: dict[str, Channel] = {}
        if self.webhook is not None:
            found[WEBHOOK] = self.webhook
        if self._settings.hub_digest_email_to:
            found[EMAIL] = self._mail(self._settings.hub_digest_email_to, named="HUB_DIGEST_EMAIL_TO")
        return found

    def of(self, target: Target) -> Channel:
        """The channel of a target. Raises BadInput if the settings that it needs are missing."""
        url, receivers = SecretStr(target.address), self._receivers(target.kind)
        if target.kind == "slack":
            return Slack(url, self._poster, receivers)
        if target.kind == "teams":
            return Teams(url, self._poster, receivers)
        if target.kind == "webhook":
            return Webhook(url, SecretStr(target.secret), poster=self._poster, receivers=receivers)
        self.check_mail()
        return self._mail(target.address.split(", "), named=f"\u201c{target.name}\u201d")

    def check(self, kind: Kind, address: str) -> None:
        """Check an entered webhook address, without connecting to it. Raises BadInput."""
        checked(address, self._receivers(kind))

    def check_mail(self) -> None:
        """Raise BadInput if no mail server is set."""
        if not self._settings.hub_smtp_host or not self._settings.hub_digest_email_from:
            raise BadInput(
                "E-mail needs HUB_SMTP_HOST and HUB_DIGEST_EMAIL_FROM. Ask an administrator to set them.",
                code="no_mail_server",
            )

    def _receivers(self, kind: Kind) -> Receivers:
        return Receivers(_HOSTS.get(kind, ()), self._settings.hub_notification_hosts)

    def _mail(self, recipients: list[str] | tuple[str, ...], *, named: str) -> Mail:
        s = self._settings
        server = MailServer(
            s.hub_smtp_host, s.hub_smtp_port, s.hub_smtp_security, s.hub_smtp_username, s.hub_smtp_password
        )
        return Mail(server, sender=s.hub_digest_email_from, recipients=recipients, network=self._network, named=named)

    def close(self) -> None:
        """Close all connections."""
        if (poster := self.__dict__.get("_poster")) is not None:
            poster.close()
