"""Where images are kept: under their own hash, so storing twice is storing once, and nothing is overwritten."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from boeing_data_hub.errors import Retry
from boeing_data_hub.media.picture import FetchedImage


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image that the world can read.

    Attributes:
        url: where the shop fetches it.
        path: within the store.
        sha256: of its content, in hex.
    """

    url: str
    path: str
    sha256: str


class ImageStore(Protocol):
    """A place for images; safe to use from several threads and processes."""

    @property
    def base_url(self) -> str:
        """What the address of every image kept here begins with."""
        ...

    def put(self, image: FetchedImage) -> StoredImage:
        """Keep the image; to repeat it, also after a lost answer, changes nothing.

        Raises:
            Retry: the store cannot take it just now.
            Reject: the store will not take this image.
            StopTheLine: the store wants other credentials.
        """
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


def path_of(image: FetchedImage) -> str:
    """`parts/ab/abcdef….jpg`: named by content alone, so no part number ever becomes a path."""
    return f"parts/{image.sha256[:2]}/{image.sha256}{image.suffix}"


class LocalFolderStore(ImageStore):
    """Keeps images in a folder that a web server publishes.

    Args:
        folder: made when the first image comes.
        public_base_url: under which the folder's files are reachable.
    """

    def __init__(self, folder: Path, public_base_url: str) -> None:
        self._folder = folder
        self._public_base_url = public_base_url.rstrip("/")

    @property
    def base_url(self) -> str:
        """See `ImageStore`."""
        return f"{self._public_base_url}/"

    def put(self, image: FetchedImage) -> StoredImage:
        """See `ImageStore`. A file is there whole or not at all.

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
                "An image could not be written to the image folder. It is tried again; look at the disk's space and the"
                " folder's rights.",
                code="image_storage_failed",
            ) from error
        return StoredImage(f"{self._public_base_url}/{path}", path, image.sha256)

    def close(self) -> None:
        """See `ImageStore`: nothing stays open."""


def _write_whole(final: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=final.parent, prefix=".", suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            part.chmod(0o644)  # a web server under another account reads it
            part.replace(final)  # two writers at once put the same bytes there
        except BaseException:
            part.unlink(missing_ok=True)
            raise
