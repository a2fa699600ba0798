"""`make pin-images`: names every base image by the digest that its tag has at the registry now.

Run it with each release, after looking at what changed; it needs Docker and the registry. A digest that stands there
already is replaced, so that corrections of the image are taken.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = ("Dockerfile", "compose.yaml")
_IMAGE = re.compile(
    r"^(FROM |    image: )([a-z0-9./-]+:[A-Za-z0-9._-]+)(?:@sha256:[0-9a-f]{64})?(?=$| AS )", re.MULTILINE
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def pinned(text: str, digest_of: Callable[[str], str]) -> str:
    """A file's text with the digest of each image behind its tag."""
    return _IMAGE.sub(lambda found: f"{found[1]}{found[2]}@{digest_of(found[2])}", text)


def digest_of(image: str) -> str:
    """The digest of the image's index, for all kinds of machines. Raises SystemExit if Docker does not know it."""
    words = ["docker", "buildx", "imagetools", "inspect", image, "--format", "{{.Manifest.Digest}}"]
    said = subprocess.run(words, check=False, capture_output=True, text=True)
    digest = said.stdout.strip()
    if said.returncode != 0 or not _DIGEST.fullmatch(digest):
        raise SystemExit(f"Docker does not say which digest {image} has. Nothing was changed. {said.stderr.strip()}")
    return digest


def main() -> None:
    """Write the files, all or none."""
    known: dict[str, str] = {}

    def once(image: str) -> str:
        known.setdefault(image, digest_of(image))
        return known[image]

    texts = {ROOT / name: pinned((ROOT / name).read_text(), once) for name in FILES}
    for path, text in texts.items():
        path.write_text(text)
    sys.stdout.writelines(f"{image}@{digest}\n" for image, digest in known.items())


if __name__ == "__main__":
    main()
