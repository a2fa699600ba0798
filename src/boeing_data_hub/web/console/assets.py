"""Static files. Addresses contain a hash of the content, so browsers can cache files for a year."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response

from boeing_data_hub.errors import NotFound

router = APIRouter(prefix="/static", include_in_schema=False)

_FOLDER: Final = Path(__file__).parent / "static"
_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file in memory. There are few, and they are small."""

    content: bytes
    kind: str
    url: str


def _load() -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    for path in sorted(_FOLDER.rglob("*")):
        if path.suffix in _KINDS:
            content = path.read_bytes()
            name = path.relative_to(_FOLDER).as_posix()
            mark = hashlib.sha256(content).hexdigest()[:12]
            found[name] = Asset(content, _KINDS[path.suffix], f"/static/{mark}/{name}")
    return found


ASSETS: Final = _load()
_BY_URL: Final = {asset.url: asset for asset in ASSETS.values()}


def url(name: str) -> str:
    """The address of a static file, e.g. of `console.css`."""
    return ASSETS[name].url


@router.get("/{rest:path}")
def static(rest: str, request: Request) -> Response:
    """A static file. It is public, so no session is needed."""
    asset = _BY_URL.get(f"/static/{rest}")
    if asset is None:
        raise NotFound("There is no such file. Load the page again.", code="no_such_file")
    tag = f'"{rest.partition("/")[0]}"'
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(asset.content, media_type=asset.kind, headers=headers)
