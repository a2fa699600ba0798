"""Fetches the file of a saved list from its address, by https or SFTP.

By https under the same guards as images: only hosts that the settings name, only public addresses, redirects checked
like the first address, bounded in time and bytes.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from pydantic import SecretStr

from boeing_data_hub.batches.lists.spreadsheet import MAX_BYTES
from boeing_data_hub.batches.sftp import SftpReader, is_sftp
from boeing_data_hub.errors import BadInput, Retry
from boeing_data_hub.images.fetch import ImageFetcher
from boeing_data_hub.images.guards import FetchRules, ImageRefused, check_url
from boeing_data_hub.network.outgoing import Network

_SECONDS: Final = 30.0
_SAID: Final = {
    "image_forbidden_address": (
        "list_address_forbidden",
        "The address was rejected. Lists are read by https, at a public address, from hosts in HUB_LIST_HOSTS.",
    ),
    "image_not_found": ("list_not_there", "There is no file at the address (404)."),
    "image_unavailable": ("list_unavailable", "The server of the address returned an error."),
    "image_unreachable": ("list_unreachable", "The server of the address could not be reached."),
    "image_timeout": ("list_timeout", f"The server of the address took longer than {_SECONDS:.0f} s."),
    "image_host_resting": ("list_unreachable", "The server of the address failed several times; it is tried later."),
    "image_too_many_redirects": ("list_redirects", "The address redirects too often."),
    "image_too_large": ("file_too_large", f"The file is larger than {MAX_BYTES // 1_048_576} MB."),
}


class ListFetcher:
    """Fetches lists.

    Args:
        hosts: from where lists may be read: host names, each with all below it; or `host:port` at any address, for
            servers in the company's own network.
        http_hosts: the same `host:port`, over http; for sandboxes.
        network: certificates and proxies, for https.
        passwords: for SFTP, a JSON object of `user@host` and password.
        key_file: for SFTP, a private key; empty: none.
    """

    def __init__(
        self,
        hosts: tuple[str, ...],
        http_hosts: tuple[str, ...],
        network: Network,
        *,
        passwords: SecretStr,
        key_file: str,
    ) -> None:
        self._rules = FetchRules(
            domains=frozenset(host for host in hosts if ":" not in host),
            allow_hosts=frozenset(host for host in hosts if ":" in host),
            allow_plain_http_to=frozenset(http_hosts),
            fallback_origin=None,
            seconds=_SECONDS,
            max_bytes=MAX_BYTES,
        )
        self._network = network
        self._sftp = SftpReader(self._rules.domains, self._rules.allow_hosts, passwords, key_file)

    @cached_property
    def _fetcher(self) -> ImageFetcher:
        return ImageFetcher(self._rules, network=self._network)

    def check(self, address: str, host_key: str = "") -> None:
        """Check an address before it is saved, without connecting to anything.

        Raises:
            BadInput: `list_address_forbidden`, `no_host_key`.
        """
        if is_sftp(address):
            self._sftp.check(address, host_key)
            return
        try:
            check_url(address, self._rules)
        except ImageRefused as refused:
            raise _told(refused) from None

    def fetch(self, address: str, host_key: str = "") -> bytes:
        """The file at an address.

        Raises:
            BadInput: it cannot be read until a person changes something.
            Retry: it may be readable later.
        """
        if is_sftp(address):
            return self._sftp.fetch(address, host_key)
        try:
            return self._fetcher.download(address)
        except ImageRefused as refused:
            raise _told(refused) from None

    def close(self) -> None:
        """Close all connections."""
        if "_fetcher" in self.__dict__:
            self._fetcher.close()


def _told(refused: ImageRefused) -> BadInput | Retry:
    code, message = _SAID.get(refused.code, ("list_unreadable", "The file could not be read from the address."))
    return Retry(message, code=code) if refused.passing else BadInput(message, code=code)
