"""Proxies and certificates, and their effect on a call. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from boeing_data_hub.errors import BadInput, HubError
from boeing_data_hub.health.doctor.finding import Advice, Finding, some, well
from boeing_data_hub.network.faults import Fault
from boeing_data_hub.network.outgoing import Network

CERTIFICATE = Advice(
    "certificate_refused",
    "network",
    "error",
    "a server's certificate is not trusted, has expired, or is for another name",
    "If it comes from your company's own authority, or from a proxy that looks into TLS, set HUB_CA_FILE to that "
    "authority's certificate (PEM). Otherwise the server's operator must renew it, or the address is wrong.",
)
PROXY = Advice(
    "proxy_refused",
    "network",
    "error",
    "the proxy cannot be reached, rejects the sign-in, or blocks the call",
    "Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY as this process sees them, and have the proxy let the call through; "
    "or name the host in NO_PROXY, where it is reached directly.",
)
IN_FILE = Advice(
    "proxy_in_file",
    "network",
    "warning",
    "a proxy or certificates that are named in the file .env, where they have no effect",
    "Set them in the environment of the processes: in systemd's EnvironmentFile, docker's env_file, or a shell.",
)
PROXY_UNUSABLE = Advice(
    "proxy_unusable",
    "network",
    "error",
    "a variable that names a proxy cannot be used",
    "Write {name} like http://proxy.example.com:3128, or http://user:password@proxy.example.com:3128; or remove it.",
)
CA_UNUSABLE = Advice(
    "ca_unusable",
    "network",
    "error",
    "a file of certificates cannot be used, so that no server can be trusted",
    "Correct SSL_CERT_FILE or SSL_CERT_DIR as this process sees them, or remove them: without, the system's "
    "certificates are taken, and HUB_CA_FILE adds yours.",
)


_VARIABLES: Final = frozenset({"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"})


def judge_network(network: Network, in_file: Collection[str] = ()) -> Iterator[Finding]:
    """Findings about proxies and certificates in the environment; none if it has no such settings.

    Args:
        network: as this process reads the environment.
        in_file: names that stand in the file `.env` and not in the environment.
    """
    if unread := sorted(_VARIABLES.intersection(name.upper() for name in in_file)):
        yield IN_FILE.found(f"{some(unread)} in the file .env: the hub reads such names in its environment only.")
    proxies = dict.fromkeys(network.proxies.by_scheme.values())
    for proxy in proxies:
        if proxy.why_not:
            yield PROXY_UNUSABLE.found(f"{proxy.setting} cannot be used: {proxy.why_not}.", name=proxy.setting)
    try:
        network.tls()
    except BadInput as error:
        yield CA_UNUSABLE.found(error.message)
        return
    if any(proxy.why_not for proxy in proxies):
        return
    said: list[str] = []
    if proxies:
        shown = " and ".join(f"{proxy.shown} ({proxy.setting})" for proxy in proxies)
        said.append("NO_PROXY is *, so no call goes through a proxy." if network.proxies.everywhere else "")
        said[-1] = said[-1] or f"Calls go out through the proxy {shown}, but for this machine and what NO_PROXY names."
    if network.trust.file or network.trust.folder:
        said.append("Trusted are the certificates of SSL_CERT_FILE or SSL_CERT_DIR, in place of the system's.")
    if network.trust.added:
        said.append("Trusted are those of HUB_CA_FILE, too.")
    if said:
        yield well("network", " ".join(said))


def stood_in_the_way(name: str, error: HubError, message: str = "") -> Finding | None:
    """The finding if a certificate or a proxy prevented a call; None if neither did.

    Args:
        name: what was checked, e.g. `boeing`.
        error: the call's error.
        message: a longer text than the error's; empty: the error's.
    """
    advice = {"certificate": CERTIFICATE, "proxy": PROXY}.get(error.fault)
    return replace(advice.found(message or error.message), name=name) if advice else None


def fault_found(name: str, fault: Fault) -> Finding:
    """The same for a call that only tests the connection."""
    advice = CERTIFICATE if fault.kind == "certificate" else PROXY
    return replace(advice.found(fault.said), name=name)
