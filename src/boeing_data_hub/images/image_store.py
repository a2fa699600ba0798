"""Image storage. Files are named by their hash, so storing is idempotent and nothing is overwritten."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from boeing_data_hub.errors import Retry
from boeing_data_hub.images.picture import FetchedImage


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A publicly readable image.

    Attributes:
        url: where Shopify fetches it.
        path: within the store.
        sha256: of its content, in hex.
    """

    url: str
    path: str
    sha256: str


class ImageStore(Protocol):
    """Stores images; safe to use from several threads and processes."""

    @property
    def base_url(self) -> str:
        """The common prefix of the URLs of its images."""
        ...

    def put(self, image: FetchedImage) -> StoredImage:
        """Store the image. Idempotent.

        Raises:
            Retry: the image store is temporarily unavailable.
            Reject: the image store rejects this image.
            PauseUpstream: the image store rejects the credentials.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


def path_of(image: FetchedImage) -> str:
    """`parts/ab/abcdef….jpg`: a name from the content alone, so no part number ends up in a path."""
    return f"parts/{image.sha256[:2]}/{image.sha256}{image.suffix}"


class LocalFolderStore(ImageStore):
    """Stores images in a folder that a web server serves.

    Args:
        folder: created with the first image.
        public_base_url: URL of the folder.
    """

    def __init__(self, folder: Path, public_base_url: str) -> None:
        self._folder = folder
        self._public_base_url = public_base_url.rstrip("/")

    @property
    def base_url(self) -> str:
        """See `ImageStore`."""
        return f"{self._public_base_url}/"

    def put(self, image: FetchedImage) -> StoredImage:
        """See `ImageStore`. Files are written atomically.

        Raises:
            Retry: `image_storage_failed`: the disk is full or cannot be written.
        """
        path = path_of(image)
        final = self._folder / path
        try:
            if not final.exists():
                final.parent.mkdir(parents=True, exist_ok=True)
                _write_whole(final, image.content)
        except OSError as error:
            raise Retry(
                "An image could not be written to the image folder. The hub retries. Check the disk space and the"
                " folder's permissions.",
                code="image_storage_failed",
            ) from error
        return StoredImage(f"{self._public_base_url}/{path}", path, image.sha256)

    def close(self) -> None:
        """See `ImageStore`. There is nothing to close."""


def _write_whole(final: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=final.parent, prefix=".", suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            part.chmod(0o644)  # readable for a web server under another account
            part.replace(final)  # concurrent writers write the same bytes
        except BaseException:
            part.unlink(missing_ok=True)
            raise
