"""Images in Supabase Storage, by its REST interface.

Its answers have ways of their own: the status in the body may differ from the one of the HTTP response, and is the one
that counts; an object that is there already answers 409 `Duplicate`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, cast

import httpx2
from pydantic import SecretStr

from boeing_data_hub import telemetry
from boeing_data_hub.deadline import TimedTransport, ends_within
from boeing_data_hub.errors import Reject, Retry, StopTheLine
from boeing_data_hub.media.picture import FetchedImage
from boeing_data_hub.media.store import ImageStore, StoredImage, path_of

_CONNECT_SECONDS: Final = 5.0
_ANSWER_BYTES: Final = 65_536
_LARGEST_IMAGE: Final = 20_000_000  # bytes; what a shop takes at most
_A_YEAR: Final = "max-age=31536000"  # a name that is a hash never means anything else
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket as it is set up.

    Attributes:
        public: the world can read it.
        largest: bytes of a file at most; None: the project's own limit.
        types: media types it takes; None: all.
    """

    public: bool
    largest: int | None
    types: tuple[str, ...] | None


class SupabaseStorage(ImageStore):
    """Keeps images in a public bucket.

    Args:
        url: of the project, e.g. `https://abc.supabase.co`.
        service_key: the project's service role key; sent to this URL only, shown nowhere.
        bucket: its name.
        seconds: how long a call may take.
        transport: another way than the network, for tests.

    Raises:
        ValueError: the URL is not https (http is for the loopback interface only), or the bucket's name is none.
    """

    def __init__(
        self,
        url: str,
        service_key: SecretStr,
        bucket: str,
        *,
        seconds: float = 30.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        parsed = httpx2.URL(url)
        if parsed.scheme != "https" and not (parsed.scheme == "http" and parsed.host in _LOOPBACK):
            raise ValueError("the address of Supabase must begin with https://")
        if not _BUCKET.fullmatch(bucket):
            raise ValueError("a bucket's name has letters, digits, dots, dashes and underscores only")
        self._storage = f"{url.rstrip('/')}/storage/v1"
        self._key = service_key
        self._bucket = bucket
        self._seconds = seconds
        self._client = httpx2.Client(
            transport=transport or TimedTransport(connections=8, keep_idle=30.0),
            follow_redirects=False,  # the key goes nowhere but to the URL given
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
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
            StopTheLine: `storage_key_refused`, `storage_bucket_missing`.
        """
        path = path_of(image)
        headers = {"content-type": image.media_type, "cache-control": _A_YEAR, "x-upsert": "false"}
        status, _ = self._ask("POST", f"object/{self._bucket}/{path}", image.content, headers)
        if status not in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.CONFLICT}:
            raise self._failure(status)
        return StoredImage(self.public_url(path), path, image.sha256)

    def public_url(self, path: str) -> str:
        """Where anyone can read the object at this path of the bucket."""
        return f"{self._storage}/object/public/{self._bucket}/{path}"

    def holds(self, path: str) -> bool:
        """Whether the public can read an object at this path. Raises as `put` does."""
        status, _ = self._ask("GET", f"object/public/{self._bucket}/{path}")
        if status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise self._failure(status)
        return status == HTTPStatus.OK

    def ensure_bucket(self) -> bool:
        """Make the bucket, public and for images only, unless it is there; True when it was made.

        Raises:
            StopTheLine: `storage_bucket_private`: it is there and the shop could not read it; `storage_key_refused`.
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
            raise StopTheLine(
                f"The bucket {self._bucket} is private, so the shop cannot fetch images from it. Make it public, or"
                " name another one.",
                code="storage_bucket_private",
            )
        return False

    def bucket(self) -> Bucket:
        """How the bucket is set up. Raises as `put` does."""
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
        self._client.close()

    def _ask(
        self, method: str, path: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        with telemetry.outside_call("storage", f"{method} {path.partition('/')[0]}") as call:
            status, body = self._exchange(method, path, content, headers)
            if status >= HTTPStatus.BAD_REQUEST and status not in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
                call.outcome = f"storage_{status}"
        return status, body

    def _exchange(
        self, method: str, path: str, content: bytes, headers: dict[str, str] | None
    ) -> tuple[int, dict[str, Any]]:
        """The status that counts, and the body, empty when it is no JSON object. No error quotes what was received."""
        key = self._key.get_secret_value()
        request = httpx2.Request(
            method,
            f"{self._storage}/{path}",
            content=content or None,
            headers={"authorization": f"Bearer {key}", "apikey": key, **(headers or {})},
            extensions={
                "timeout": {
                    "connect": _CONNECT_SECONDS,
                    "read": self._seconds,
                    "write": self._seconds,
                    "pool": self._seconds,
                }
            },
        )
        try:
            with ends_within(self._seconds):
                response = self._client.send(request, stream=True)
                try:
                    answer = bytearray()
                    for chunk in response.iter_raw():
                        answer += chunk
                        if len(answer) > _ANSWER_BYTES:
                            break
                finally:
                    response.close()
        except httpx2.TimeoutException:
            raise Retry(
                "The image storage did not answer in time. The image is stored again later.", code="storage_timeout"
            ) from None
        except (httpx2.HTTPError, httpx2.StreamError, OSError):
            raise Retry(
                "The image storage cannot be reached. The image is stored again later.", code="storage_unreachable"
            ) from None
        body = _object(bytes(answer))
        return _status(response.status_code, body), body

    def _failure(self, status: int) -> Exception:
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return StopTheLine(
                "The image storage refused the service key. Set a valid one; nothing is lost.",
                code="storage_key_refused",
            )
        if status == HTTPStatus.NOT_FOUND:
            return StopTheLine(
                f"The image storage has no bucket {self._bucket}. Create it, or name another one.",
                code="storage_bucket_missing",
            )
        if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS} or status >= 500:  # noqa: PLR2004
            return Retry(
                f"The image storage is busy (status {status}). The image is stored again later.", code="storage_busy"
            )
        return Reject(
            f"The image storage refused the image (status {status}). Look at the bucket's limits of size and type.",
            code="storage_refused_image",
        )


def _object(answer: bytes) -> dict[str, Any]:
    try:
        body = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _status(status: int, body: dict[str, Any]) -> int:
    """The body's `statusCode` where a 400 carries one; 401 where it speaks of the key."""
    if status != HTTPStatus.BAD_REQUEST:
        return status
    if body.get("error") in {"Unauthorized", "InvalidJWT"}:
        return HTTPStatus.UNAUTHORIZED
    told = str(body.get("statusCode", ""))
    if told.isascii() and told.isdigit() and len(told) == 3:  # noqa: PLR2004 - digits of a status
        return int(told)
    return status
