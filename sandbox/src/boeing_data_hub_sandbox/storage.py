"""A stand-in for Supabase Storage: buckets and public objects in memory, with the real one's odd answers.

`python -m boeing_data_hub_sandbox.storage --port P` serves until stopped; says where it listens when it does.
"""

from __future__ import annotations

import argparse
import hashlib
import socket
import sys
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from boeing_data_hub.clock import now

_JWT_DOTS: Final = 2
_LARGEST: Final = 50 * 1024 * 1024  # bytes; what a project allows unless told otherwise


@dataclass(frozen=True, slots=True)
class _Object:
    content: bytes = field(repr=False)
    media_type: str
    cache_control: str
    etag: str
    modified: str


@dataclass(slots=True)
class _Bucket:
    public: bool
    largest: int
    media_types: list[str] | None
    objects: dict[str, _Object] = field(default_factory=dict[str, _Object])


def _problem(status: int, told: int, error: str, message: str, code: str) -> JSONResponse:
    """A refusal; `told` is the status that its body names, often not the response's own."""
    return JSONResponse({"statusCode": str(told), "error": error, "message": message, "code": code}, status_code=status)


def _no_bucket() -> JSONResponse:
    return _problem(400, 404, "Bucket not found", "Bucket not found", "NoSuchBucket")


def _no_object() -> JSONResponse:
    return _problem(400, 404, "not_found", "Object not found", "NoSuchKey")


def _no_token() -> JSONResponse:
    return _problem(400, 403, "Unauthorized", "Invalid Compact JWS", "AccessDenied")


def _duplicate() -> JSONResponse:
    return _problem(409, 409, "Duplicate", "The resource already exists", "ResourceAlreadyExists")


class StorageSandbox:
    """The stand-in's state and its application.

    Args:
        key: the key to accept: a token (`eyJ....`), which goes into `Authorization`; anything else is like a secret key
            (`sb_secret_...`), which goes into `apikey` and is refused in `Authorization` alone.
        wants_authorization: refuse a secret key in `apikey` alone, too, as some projects were seen to do.

    Attributes:
        buckets: by name.
        uploads: how many objects were written, so that a test can tell once from twice.
        wants_authorization: see above; may be changed while it serves.
        sent: which of the two headers each request had, in the order of the requests.
    """

    def __init__(self, key: str, *, wants_authorization: bool = False) -> None:
        self._key = key
        self.wants_authorization = wants_authorization
        self.sent: list[tuple[str, ...]] = []
        self.buckets: dict[str, _Bucket] = {}
        self.uploads = 0
        self.app = Starlette(
            routes=[
                Route("/storage/v1/bucket", self._create_bucket, methods=["POST"]),
                Route("/storage/v1/bucket/{bucket}", self._bucket, methods=["GET"]),
                Route("/storage/v1/object/public/{bucket}/{path:path}", self._read, methods=["GET", "HEAD"]),
                Route("/storage/v1/object/{bucket}/{path:path}", self._upload, methods=["POST", "PUT"]),
            ]
        )

    def make(
        self, name: str, *, public: bool = True, largest: int = _LARGEST, media_types: list[str] | None = None
    ) -> None:
        """Make a bucket, or make it anew."""
        self.buckets[name] = _Bucket(public=public, largest=largest, media_types=media_types)

    def _refusal(self, request: Request) -> JSONResponse | None:
        apikey, given = request.headers.get("apikey"), request.headers.get("authorization")
        self.sent.append(tuple(name for name in ("apikey", "authorization") if name in request.headers))
        if given is None and (apikey is None or self._is_token or self.wants_authorization):
            return _problem(400, 400, "InvalidRequest", "headers must have required property 'authorization'", "")
        if self._is_token:
            return None if given == f"Bearer {self._key}" else _no_token()
        if given is not None and (apikey is None or given != f"Bearer {apikey}"):
            return _no_token()
        if apikey != self._key:
            return JSONResponse({"message": "Invalid API key", "hint": "Double check your API key."}, status_code=401)
        return None

    @property
    def _is_token(self) -> bool:
        return self._key.count(".") == _JWT_DOTS

    async def _create_bucket(self, request: Request) -> Response:
        if refused := self._refusal(request):
            return refused
        wanted: dict[str, Any] = await request.json()
        name = str(wanted["name"])
        if name in self.buckets:
            return _duplicate()
        self.buckets[name] = _Bucket(
            public=bool(wanted.get("public")),
            largest=int(wanted.get("file_size_limit") or _LARGEST),
            media_types=wanted.get("allowed_mime_types"),
        )
        return JSONResponse({"name": name})

    async def _bucket(self, request: Request) -> Response:
        if refused := self._refusal(request):
            return refused
        name = request.path_params["bucket"]
        bucket = self.buckets.get(name)
        if bucket is None:
            return _no_bucket()
        return JSONResponse(
            {
                "id": name,
                "name": name,
                "public": bucket.public,
                "file_size_limit": bucket.largest,
                "allowed_mime_types": bucket.media_types,
            }
        )

    async def _upload(self, request: Request) -> Response:
        if refused := self._refusal(request):
            return refused
        name, path = request.path_params["bucket"], request.path_params["path"]
        bucket = self.buckets.get(name)
        if bucket is None:
            return _no_bucket()
        content = await request.body()
        media_type = request.headers.get("content-type", "application/octet-stream").partition(";")[0]
        if bucket.media_types is not None and media_type not in bucket.media_types:
            return _problem(
                415, 415, "invalid_mime_type", f"mime type {media_type} is not supported", "InvalidMimeType"
            )
        if len(content) > bucket.largest:
            message = "The object exceeded the maximum allowed size"
            return _problem(413, 413, "Payload too large", message, "EntityTooLarge")
        replaces = request.method == "PUT" or request.headers.get("x-upsert") == "true"
        if path in bucket.objects and not replaces:
            return _duplicate()
        bucket.objects[path] = _Object(
            content,
            media_type,
            request.headers.get("cache-control", "max-age=3600"),
            hashlib.md5(content, usedforsecurity=False).hexdigest(),
            format_datetime(now(), usegmt=True),
        )
        self.uploads += 1
        return JSONResponse({"Key": f"{name}/{path}", "Id": hashlib.sha256(path.encode()).hexdigest()[:32]})

    def _found(self, request: Request) -> _Object | None:
        bucket = self.buckets.get(request.path_params["bucket"])
        return bucket.objects.get(request.path_params["path"]) if bucket and bucket.public else None

    async def _read(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            return _no_object()
        headers = {
            "etag": f'"{found.etag}"',
            "last-modified": found.modified,
            "cache-control": found.cache_control,
            "accept-ranges": "bytes",
        }
        return Response(found.content, media_type=found.media_type, headers=headers)


class _Server(uvicorn.Server):
    """Announces its address once it can be reached."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"listening on http://127.0.0.1:{(sockets or [])[0].getsockname()[1]}\n")
        sys.stdout.flush()


def main(arguments: list[str] | None = None) -> None:
    """Serve on the loopback interface only."""
    parser = argparse.ArgumentParser(prog="python -m boeing_data_hub_sandbox.storage", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--key", default="sandbox-service-key", help="the key to accept")
    parser.add_argument("--wants-authorization", action="store_true", help="refuse the header apikey alone")
    parser.add_argument("--bucket", help="a public bucket that is there from the beginning")
    chosen = parser.parse_args(arguments)
    sandbox = StorageSandbox(chosen.key, wants_authorization=chosen.wants_authorization)
    if chosen.bucket:
        sandbox.make(chosen.bucket)
    with socket.create_server(("127.0.0.1", chosen.port)) as listening:
        config = uvicorn.Config(
            sandbox.app, log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        _Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
