"""Stores images in Supabase Storage, through its REST API.

A secret key (`sb_secret_...`) goes into the header `apikey` only; `Authorization` would reject it as no token.
If Storage requires that header anyway, both are sent. An older key is a token (`eyJ...`) and goes into both.

Its responses are unusual: the status in the body may differ from the HTTP status, and is the one
that counts; an existing object gives 409 `Duplicate`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import httpx2
from pydantic import SecretStr

from boeing_data_hub import telemetry
from boeing_data_hub.errors import PauseUpstream, Reject, Retry
from boeing_data_hub.images.image_store import ImageStore, StoredImage, path_of
from boeing_data_hub.images.picture import FetchedImage
from boeing_data_hub.network.exchange import ExchangeError, HttpExchange, request_to
from boeing_data_hub.network.outgoing import Network

Json = dict[str, Any]
"""A JSON object in an answer of Supabase."""

_CONNECT_SECONDS: Final = 5.0
_ANSWER_BYTES: Final = 65_536
_LARGEST_IMAGE: Final = 20_000_000  # bytes; Shopify's maximum
_A_YEAR: Final = "max-age=31536000"  # a file named by its hash never changes
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_JWT_DOTS: Final = 2
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket's configuration.

    Attributes:
        public: anyone can read it.
        largest: maximum bytes of a file; None: the project's limit.
        types: media types it accepts; None: all.
    """

    public: bool
    largest: int | None
    types: tuple[str, ...] | None


class SupabaseStorage(ImageStore):
    """Stores images in a public bucket.

    Args:
        url: of the project, e.g. `https://abc.supabase.co`.
        service_key: a secret key of the project, or its service role key; sent to this URL only.
        bucket: its name.
        seconds: timeout of a call.
        network: certificates and proxies to use.
        transport: replaces the network in tests.

    Raises:
        ValueError: the URL is not https (http is for loopback only), or the bucket's name is invalid.
    """

    def __init__(
        self,
        url: str,
        service_key: SecretStr,
        bucket: str,
        *,
        seconds: float = 30.0,
        network: Network | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        parsed = httpx2.URL(url)
        if parsed.scheme != "https" and not (parsed.scheme == "http" and parsed.host in _LOOPBACK):
            raise ValueError("the address of Supabase must begin with https://")
        if not _BUCKET.fullmatch(bucket):
            raise ValueError("a bucket name contains only letters, digits, dots, dashes and underscores")
        self._storage = f"{url.rstrip('/')}/storage/v1"
        self._key = service_key
        self._is_token = service_key.get_secret_value().count(".") == _JWT_DOTS
        self._sends_both = self._is_token
        self._bucket = bucket
        self._seconds = seconds
        self._exchange = HttpExchange(
            network, connections=8, keep_idle=30.0, connect_timeout=_CONNECT_SECONDS, transport=transport
        )

    @property
    def base_url(self) -> str:
        """See `ImageStore`."""
        return self.public_url("")

    def put(self, image: FetchedImage) -> StoredImage:
        """See `ImageStore`.

        Raises:
            Retry: `storage_unreachable`, `storage_timeout`, `storage_busy`.
            Reject: `storage_refused_image`: wrong type, or too large for the bucket.
            PauseUpstream: `storage_key_refused`, `storage_bucket_missing`.
        """
        path = path_of(image)
        headers = {"content-type": image.media_type, "cache-control": _A_YEAR, "x-upsert": "false"}
        status, _ = self._ask("POST", f"object/{self._bucket}/{path}", image.content, headers)
        if status not in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.CONFLICT}:
            raise self._failure(status)
        return StoredImage(self.public_url(path), path, image.sha256)

    def public_url(self, path: str) -> str:
        """The public URL of the object at this path of the bucket."""
        return f"{self._storage}/object/public/{self._bucket}/{path}"

    def holds(self, path: str) -> bool:
        """True if there is a publicly readable object at this path. Raises as `put` does."""
        status, _ = self._ask("GET", f"object/public/{self._bucket}/{path}")
        if status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise self._failure(status)
        return status == HTTPStatus.OK

    def ensure_bucket(self) -> bool:
        """Create the bucket, public and for images only, unless it exists. Returns True if it was created.

        Raises:
            PauseUpstream: `storage_bucket_private`: Shopify could not read the existing bucket; `storage_key_refused`.
            Retry: as `put`.
        """
        wanted = {
            "id": self._bucket,
            "name": self._bucket,
            "public": True,
            "file_size_limit": _LARGEST_IMAGE,
            "allowed_mime_types": ["image/jpeg", "image/png"],
        }
        status, _ = self._ask("POST", "bucket", json.dumps(wanted).encode(), {"content-type": "application/json"})
        if status in {HTTPStatus.OK, HTTPStatus.CREATED}:
            return True
        if status != HTTPStatus.CONFLICT:
            raise self._failure(status)
        if not self.bucket().public:
            raise PauseUpstream(
                f"The bucket {self._bucket} is private, so Shopify cannot fetch images from it. Make it public, or"
                " name another one.",
                code="storage_bucket_private",
            )
        return False

    def bucket(self) -> Bucket:
        """The bucket's configuration. Raises as `put` does."""
        status, body = self._ask("GET", f"bucket/{self._bucket}")
        if status != HTTPStatus.OK:
            raise self._failure(status)
        largest, types = body.get("file_size_limit"), body.get("allowed_mime_types")
        return Bucket(
            public=body.get("public") is True,
            largest=largest if isinstance(largest, int) else None,
            types=tuple(str(one) for one in cast("list[Any]", types)) if isinstance(types, list) else None,
        )

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()

    def _ask(
        self, method: str, path: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, Json]:
        with telemetry.outside_call("storage", f"{method} {path.partition('/')[0]}") as call:
            status, body = self._answer(method, path, content, headers)
            if status >= HTTPStatus.BAD_REQUEST and status not in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
                call.outcome = f"storage_{status}"
        return status, body

    def _answer(self, method: str, path: str, content: bytes, headers: dict[str, str] | None) -> tuple[int, Json]:
        """The effective status and the body, empty if it is not a JSON object. Errors never quote the response."""
        both = self._sends_both
        status, body = self._send(method, path, content, headers, both=both)
        if self._is_token:
            return status, body
        if not both and _asks_for_authorization(status, body):
            status, body = self._send(method, path, content, headers, both=True)
            self._sends_both = not _takes_no_bearer(status, body)
        elif both and _takes_no_bearer(status, body):  # it needed both a while ago, which may have been fixed since
            self._sends_both = False
            status, body = self._send(method, path, content, headers, both=False)
        return status, body

    def _send(
        self, method: str, path: str, content: bytes, headers: dict[str, str] | None, *, both: bool
    ) -> tuple[int, Json]:
        key = self._key.get_secret_value()
        ours = {"apikey": key, **({"authorization": f"Bearer {key}"} if both else {})}
        try:
            request = request_to(
                method, f"{self._storage}/{path}", content=content or None, headers={**ours, **(headers or {})}
            )
            reply = self._exchange.send(request, seconds=self._seconds, most=_ANSWER_BYTES)
        except ExchangeError as error:
            if error.kind == "timeout":
                failed = Retry(
                    "The image storage did not respond in time. The image is stored again later.",
                    code="storage_timeout",
                )
            else:
                why = f" {error.fault.said}" if error.fault else ""
                failed = Retry(
                    f"The image storage cannot be reached.{why} The image is stored again later.",
                    code="storage_unreachable",
                )
            failed.fault = error.fault.kind if error.fault else ""
            raise failed from None
        body = _object(reply.body)
        return _status(reply.status, body), body

    def _failure(self, status: int) -> Exception:
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return PauseUpstream(
                "The image storage rejected the key. Set a valid one (SUPABASE_SECRET_KEY); nothing is lost.",
                code="storage_key_refused",
            )
        if status == HTTPStatus.NOT_FOUND:
            return PauseUpstream(
                f"The image storage has no bucket {self._bucket}. Create it, or name another one.",
                code="storage_bucket_missing",
            )
        if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS} or status >= 500:  # noqa: PLR2004
            return Retry(
                f"The image storage is busy (status {status}). The image is stored again later.", code="storage_busy"
            )
        return Reject(
            f"The image storage rejected the image (status {status}). Check the bucket's limits on size and type.",
            code="storage_refused_image",
        )


def _object(answer: bytes) -> Json:
    try:
        body = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return cast("Json", body) if isinstance(body, dict) else {}


def _asks_for_authorization(status: int, body: Json) -> bool:
    """True if an error says, in whatever words, that the header `Authorization` is missing."""
    said = f"{body.get('message', '')} {body.get('error', '')}".lower()
    return (
        status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        and "authorization" in said
        and any(word in said for word in ("required", "missing", "no authorization", "not found", "must have"))
    )


def _takes_no_bearer(status: int, body: Json) -> bool:
    """True if an error says that the value of `Authorization` is not a token."""
    said = f"{body.get('message', '')} {body.get('error', '')}".lower()
    return status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} and any(
        word in said for word in ("jws", "jwt", "token")
    )


def _status(status: int, body: Json) -> int:
    """The body's `statusCode` if a 400 has one; 401 if it is about the key."""
    if status != HTTPStatus.BAD_REQUEST:
        return status
    if body.get("error") in {"Unauthorized", "InvalidJWT"} or body.get("code") in {"AccessDenied", "InvalidJWT"}:
        return HTTPStatus.UNAUTHORIZED
    told = str(body.get("statusCode", ""))
    if told.isascii() and told.isdigit() and len(told) == 3:  # noqa: PLR2004 - digits of a status
        return int(told)
    return status
