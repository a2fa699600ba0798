"""Fields of an image, which change with its state."""

# A resolver is handed whatever record its parent returned: the schema, not Python, says what that is.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from boeing_data_hub_sandbox.shopify.records import Media, gid, number_of

Info = GraphQLResolveInfo[Any]
Answer = Callable[..., Any]


def _of(read: Callable[[Any], Any]) -> Answer:
    return lambda source, _info, **_given: read(source)


def _image(source: Media, info: Info) -> dict[str, Any] | None:
    if source.status != "READY":
        return None
    name = source.source.split("?", 1)[0].rpartition("/")[2]
    address = f"{info.context.world.url or 'https://cdn.shopify.com'}/cdn/files/{number_of(source.id)}/{name}"
    return {
        "id": gid("ImageSource", number_of(source.id)),
        "url": address,
        "altText": source.alt,
        "width": 800,
        "height": 800,
    }


def _media_errors(source: Media, _info: Info) -> list[dict[str, Any]]:
    if source.failure is None:
        return []
    return [{"code": source.failure, "message": source.failure.replace("_", " ").capitalize(), "details": None}]


def _preview(source: Media, info: Info) -> dict[str, Any]:
    return {"image": _image(source, info), "status": source.status}


MEDIA_FIELDS: dict[str, dict[str, Answer]] = {
    "MediaImage": {
        "fileErrors": _media_errors,
        "fileStatus": _of(lambda it: it.status),
        "image": _image,
        "mediaContentType": _of(lambda _: "IMAGE"),
        "mediaErrors": _media_errors,
        "originalSource": _of(lambda it: {"fileSize": it.size, "url": it.source}),
        "preview": _preview,
    },
}
