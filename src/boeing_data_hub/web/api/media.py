"""GET /media: images of the local folder, for Shopify, which has no key. An image's name is its hash: it can be cached
forever, and cannot be guessed.
"""

from __future__ import annotations

import re
import stat
from typing import Annotated, Final

from fastapi import APIRouter, Header, Response
from fastapi.responses import FileResponse

from boeing_data_hub.errors import NotFound
from boeing_data_hub.web.access import TheHub

router = APIRouter(prefix="/media", tags=["media"])

# Every name has this form; nothing else becomes a path.
_NAME: Final = re.compile(r"parts/([0-9a-f]{2})/(\1[0-9a-f]{62})\.(jpg|png)")
_MEDIA_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png"}


@router.head("/{path:path}", include_in_schema=False)
@router.get(
    "/{path:path}",
    response_class=FileResponse,
    responses={
        200: {"description": "The image.", "content": {"image/jpeg": {}, "image/png": {}}},
        304: {"description": "The caller already has it."},
    },
)
def get_image(path: str, hub: TheHub, if_none_match: Annotated[str, Header()] = "") -> Response:
    """One image of the local folder; needs no key."""
    name = _NAME.fullmatch(path)
    folder = hub.images.folder
    if name is None or folder is None:
        raise _missing()
    file = folder / name.group()
    try:
        found = file.stat()
    except OSError:
        raise _missing() from None
    if not stat.S_ISREG(found.st_mode):
        raise _missing()
    tag = f'"{name[2]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "public, max-age=31536000, immutable",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if tag in if_none_match or if_none_match.strip() == "*":
        return Response(status_code=304, headers=headers)
    return FileResponse(file, headers=headers, media_type=_MEDIA_TYPES[name[3]], stat_result=found)


def _missing() -> NotFound:
    return NotFound("No such image.", code="no_image")
