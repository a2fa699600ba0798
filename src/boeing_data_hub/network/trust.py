"""Trusted certificates: the system's, or those of SSL_CERT_FILE and SSL_CERT_DIR, plus those of HUB_CA_FILE."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx2

from boeing_data_hub.errors import BadInput


@dataclass(frozen=True, slots=True)
class Trust:
    """The certificate authorities to trust.

    Attributes:
        file: replaces the system's certificates (SSL_CERT_FILE); empty: unset.
        folder: the same, as a folder of files with hashed names (SSL_CERT_DIR).
        added: file of additional authorities (HUB_CA_FILE); empty: unset.
    """

    file: str = ""
    folder: str = ""
    added: str = ""

    @classmethod
    def of_environment(cls, added: Path | None = None, environment: Mapping[str, str] | None = None) -> Trust:
        """Read OpenSSL's own variables, by default from `os.environ`."""
        named = os.environ if environment is None else environment
        return cls(named.get("SSL_CERT_FILE", ""), named.get("SSL_CERT_DIR", ""), str(added or ""))

    def context(self) -> ssl.SSLContext:
        """The TLS context for clients, built once because reading the certificates takes 0.1 seconds.

        Raises:
            BadInput: `ca_unusable`: a file cannot be read or contains no certificate.
        """
        return _context(self)


@cache
def _context(trust: Trust) -> ssl.SSLContext:
    if trust.file or trust.folder:
        name = "SSL_CERT_FILE" if trust.file else "SSL_CERT_DIR"
        if trust.folder and not Path(trust.folder.split(os.pathsep)[0]).is_dir() and not trust.file:
            raise _unusable("SSL_CERT_DIR", "there is no such folder")
        try:
            context = ssl.create_default_context(cafile=trust.file or None, capath=trust.folder or None)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(name, _why(error)) from None
    else:
        context = httpx2.create_ssl_context(trust_env=False)
    if trust.added:
        try:
            context.load_verify_locations(cafile=trust.added)
        except (OSError, ssl.SSLError) as error:
            raise _unusable("HUB_CA_FILE", _why(error)) from None
    return context


def holds_certificates(path: Path) -> str | None:
    """What is wrong with a PEM file of certificates; None if it can be used."""
    try:
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        found.load_verify_locations(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        return _why(error)
    return None if found.cert_store_stats()["x509"] else "it holds no certificate"


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
    return f"it cannot be read: {error.strerror}" if isinstance(error, OSError) else "it cannot be read"


def _unusable(name: str, why: str) -> BadInput:
    return BadInput(
        f"{name} cannot be used: {why}. No server can be trusted without it. Correct or remove it.", code="ca_unusable"
    )
