"""Sends a message by e-mail, through the operator's mail server, over TLS."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, Literal

from pydantic import SecretStr

from boeing_data_hub.clock import now
from boeing_data_hub.errors import Retry
from boeing_data_hub.health.notice import Message
from boeing_data_hub.network.faults import fault_of
from boeing_data_hub.network.outgoing import Network

_SECONDS: Final = 10.0  # for each step of the SMTP dialogue; there are about eight


@dataclass(frozen=True, slots=True)
class MailServer:
    """The operator's mail server.

    Attributes:
        username: empty if the server needs no sign-in.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str
    password: SecretStr


class Mail:
    """A channel that sends e-mail to a list of people.

    Args:
        server: accepts the mail.
        sender: bare address.
        recipients: bare addresses.
        network: provides the trusted certificates. Mail never uses an HTTP proxy.
        named: where a person finds the recipients, in errors.
    """

    def __init__(
        self,
        server: MailServer,
        *,
        sender: str,
        recipients: Sequence[str],
        network: Network | None = None,
        named: str = "HUB_DIGEST_EMAIL_TO",
    ) -> None:
        self._server = server
        self._sender = sender
        self._recipients = list(recipients)
        self._network = network or Network()
        self._named = named

    def send(self, message: Message) -> None:
        """See `Channel`. Raises Retry if the server cannot be reached, or accepts none of the recipients.

        The message has the same Message-ID in every attempt, so that a mailbox can recognize a repetition.
        """
        mail = letter(message, sender=self._sender, recipients=self._recipients)
        try:
            server = self._connected()
            try:
                server.send_message(mail)  # a retry for the rejected recipients would reach the others twice
            except BaseException:
                server.close()
                raise
        except smtplib.SMTPAuthenticationError:
            raise Retry("The mail server rejects our sign-in (HUB_SMTP_USERNAME).", code="mail_credentials") from None
        except smtplib.SMTPRecipientsRefused:
            raise Retry(f"The mail server accepts no recipient of {self._named}.", code="mail_refused") from None
        except (smtplib.SMTPException, OSError) as error:
            fault = fault_of(error, self._server.host)
            why = f". {fault.said}" if fault else f" ({type(error).__name__})."
            failed = Retry(f"The mail server did not accept the message{why}", code="mail_unreachable")
            failed.fault = fault.kind if fault else ""
            raise failed from None
        with suppress(smtplib.SMTPException, OSError):  # the mail was accepted, so errors while closing do not matter
            server.quit()
        server.close()

    def _connected(self) -> smtplib.SMTP:
        place = (self._server.host, self._server.port)
        context = self._network.tls()
        us = self._sender.rpartition("@")[2]  # resolving our own name may take longer than the mail
        if self._server.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(*place, us, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(*place, us, timeout=_SECONDS)
        try:
            if self._server.security == "starttls":
                server.starttls(context=context)
            if self._server.username:
                server.login(self._server.username, self._server.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server


def letter(message: Message, *, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """The message as a mail: plain text, and HTML beside it."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = f"<{message.id.replace(':', '.')}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail
