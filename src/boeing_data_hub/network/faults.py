"""Calls that failed because of a certificate or a proxy, with what to do about it. Pure.

The sentences use our words and OpenSSL's. They never quote a server's response or a proxy's credentials.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import httpx2

from boeing_data_hub.network.proxies import Proxy

_EXPIRED, _NOT_YET = 10, 9  # OpenSSL's reason codes
_NAMES: Final = frozenset({62, 63, 64})
_UNKNOWN: Final = frozenset({2, 18, 19, 20, 21, 27})
_LOGIN, _FORBIDDEN = 407, 403

Kind = Literal["certificate", "proxy"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem with a certificate or a proxy.

    Attributes:
        kind: a certificate, or a proxy.
        sentence: what happened; ends with a full stop.
        remedy: what to do about it; ends with a full stop.
    """

    kind: Kind
    sentence: str
    remedy: str

    @property
    def said(self) -> str:
        """Sentence and remedy."""
        return f"{self.sentence} {self.remedy}"


class ProxyFaultError(httpx2.ProxyError):
    """The proxy did not let a call through, or could not be reached itself.

    Args:
        fault: what to say about it.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.sentence)
        self.fault = fault


def fault_of(error: BaseException, host: str) -> Fault | None:
    """The certificate or proxy fault behind a client's error; None if the cause is the server or the connection.

    Args:
        error: what the client raised.
        host: the host name to show.
    """
    for one in _chain(error):
        if isinstance(one, ProxyFaultError):
            return one.fault
        if isinstance(one, ssl.SSLCertVerificationError):
            return _certificate(one, host)
    return _no_tls(error, host)


def is_of_tls(error: BaseException) -> bool:
    """True if a TLS handshake failed, which means that a connection had been opened."""
    return any(isinstance(one, ssl.SSLError) for one in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _certificate(error: ssl.SSLCertVerificationError, host: str) -> Fault:
    code = error.verify_code
    shown = host or "the server"
    if code == _EXPIRED:
        said = f"The certificate of {shown} has expired."
        return Fault("certificate", said, "The server's operator must renew it, or the clock of this machine is wrong.")
    if code == _NOT_YET:
        said = f"The certificate of {shown} is not valid yet."
        return Fault("certificate", said, "The clock of this machine or of the issuer is wrong.")
    if code in _NAMES:
        said = f"The certificate of {shown} is for another name."
        return Fault("certificate", said, "Use the name in the certificate as the address in the setting.")
    if code in _UNKNOWN:
        said = f"The certificate of {shown} is not trusted ({error.verify_message})."
        return Fault(
            "certificate",
            said,
            "If it comes from your company's own authority, or from a proxy that inspects TLS, set HUB_CA_FILE to "
            "that authority's certificate in PEM form.",
        )
    said = f"The certificate of {shown} cannot be accepted ({error.verify_message})."
    return Fault("certificate", said, "Ask the operator of that server.")


def _no_tls(error: BaseException, host: str) -> Fault | None:
    """A handshake that failed for a reason other than the certificate."""
    for one in _chain(error):
        if isinstance(one, ssl.SSLError) and not isinstance(one, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            reason = (one.reason or "").replace("_", " ").lower()
            if reason in {"wrong version number", "http request", "record layer failure", "unknown protocol"}:
                said = f"{host or 'The server'} does not speak TLS at that port."
                return Fault("certificate", said, "Check the port, and whether the address should begin with http://.")
            if reason:
                said = f"{host or 'The server'} and the hub could not agree on TLS ({reason})."
                return Fault("certificate", said, "Ask the operator of that server, or of the proxy in front of it.")
    return None


def refused(proxy: Proxy, host: str, status: int) -> ProxyFaultError:
    """The proxy itself rejected the call to `host`, with this status."""
    if status == _LOGIN:
        said = f"The proxy {proxy.shown} requires a user name and password, or rejected them (407)."
        remedy = f"Write them into {proxy.setting}, as in http://user:password@{proxy.shown}; % and @ as %25 and %40."
    elif status == _FORBIDDEN:
        said = f"The proxy {proxy.shown} does not allow calls to {host} (403)."
        remedy = f"Have {host} allowed there, or name it in NO_PROXY if this machine reaches it directly."
    else:
        said = f"The proxy {proxy.shown} did not let a call to {host} through (status {status or 'unreadable'})."
        remedy = f"Ask the proxy's operator whether it can reach {host}; or name it in NO_PROXY."
    return ProxyFaultError(Fault("proxy", said, remedy))


def unreachable(proxy: Proxy) -> ProxyFaultError:
    """The proxy cannot be reached."""
    return ProxyFaultError(
        Fault(
            "proxy",
            f"The proxy {proxy.shown} cannot be reached.",
            f"Check {proxy.setting}, and that the proxy is running and accepts this machine.",
        )
    )


def unusable(proxy: Proxy) -> ProxyFaultError:
    """The variable that names the proxy cannot be used."""
    return ProxyFaultError(
        Fault("proxy", f"{proxy.setting} cannot be used: {proxy.why_not}.", "Correct it, or remove it.")
    )
