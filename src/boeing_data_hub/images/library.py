"""Builds the fetcher and the store of images from the settings."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from boeing_data_hub.images.fetch import ImageFetcher
from boeing_data_hub.images.gallery import Gallery
from boeing_data_hub.images.guards import FetchRules
from boeing_data_hub.images.image_store import ImageStore, LocalFolderStore
from boeing_data_hub.images.supabase import SupabaseStorage
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.settings import Settings


class ImageLibrary:
    """Creates its parts when they are first used.

    Args:
        settings: the environment.
        network: certificates and proxies to use.
        data_dir: the folder for local files.
    """

    def __init__(self, settings: Settings, network: Network, *, data_dir: Path) -> None:
        self._settings = settings
        self._network = network
        self._data_dir = data_dir

    @property
    def folder(self) -> Path | None:
        """The folder of images that the API serves; None if Supabase keeps them."""
        return None if self._settings.supabase_url else self._data_dir / "media"

    @cached_property
    def store(self) -> ImageStore:
        """Supabase Storage, or else the local folder."""
        s = self._settings
        if self.folder is None:
            return SupabaseStorage(s.supabase_url, s.storage_key[1], s.supabase_storage_bucket, network=self._network)
        return LocalFolderStore(self.folder, f"{s.public_url}/media")

    @cached_property
    def fetcher(self) -> ImageFetcher:
        """Fetches images from web sites."""
        s = self._settings
        fallback = s.hub_image_fallback_origin or None
        rules = FetchRules(
            domains=frozenset(s.hub_image_domains),
            hosts=frozenset({urlsplit(fallback).hostname or ""} if fallback else ()),  # allows the fallback
            allow_hosts=frozenset(s.hub_image_allow_hosts),
            allow_plain_http_to=frozenset(s.hub_image_allow_http_hosts),
            fallback_origin=fallback,
            seconds=s.hub_image_timeout,
            max_bytes=s.hub_image_max_bytes,
        )
        return ImageFetcher(rules, network=self._network)

    @cached_property
    def gallery(self) -> Gallery:
        """The images of products. Another kind of source is another `fetch`, or a choice between several."""
        return Gallery(self.fetcher.fetch, self.store)

    def close(self) -> None:
        """Close all connections."""
        for part in ("fetcher", "store"):
            if part in self.__dict__:
                self.__dict__[part].close()
