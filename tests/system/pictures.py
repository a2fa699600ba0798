"""Pictures on the way from Boeing's host to a bucket, both of which hold a request for as long as a test wants."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
from collections.abc import Awaitable, Callable, Generator, Iterator, MutableMapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import httpx2
import uvicorn
from PIL import Image
from starlette.responses import Response
from tests.support.patience import allow

from boeing_data_hub_sandbox.storage import StorageSandbox

KEY = "sandbox-service-key"
BUCKET = "product-images"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Pictures:
    """An image host at `/images/`, and beside it a stand-in for Supabase Storage.

    Attributes:
        url: of both.
        storage: what has been stored.
        fetched: paths that were asked of the image host, one for each time.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.storage = StorageSandbox(KEY)
        self.fetched: list[str] = []
        self._held: str | None = None
        self._seen = threading.Event()
        self._released = threading.Event()

    @property
    def environment(self) -> dict[str, str]:
        """Settings of a hub that takes pictures from here and keeps them here."""
        return {
            "HUB_IMAGE_ALLOW_HTTP_HOSTS": self.url.removeprefix("http://"),
            "HUB_IMAGE_FALLBACK_ORIGIN": "",
            "SUPABASE_URL": self.url,
            "SUPABASE_SERVICE_ROLE_KEY": KEY,
            "SUPABASE_STORAGE_BUCKET": BUCKET,
        }

    @property
    def kept(self) -> dict[str, bytes]:
        """What lies in the bucket, by path."""
        bucket = self.storage.buckets.get(BUCKET)
        return {path: found.content for path, found in bucket.objects.items()} if bucket else {}

    @contextmanager
    def held(self, moment: str) -> Generator[Callable[[], bool]]:
        """The sign that a request is held: `fetch` before the host answers, `upload` before, `stored` after it is kept.

        One request is held, the others go their way; it is let go at the end.
        """
        self._seen.clear()
        self._released.clear()
        self._held = moment
        try:
            yield self._seen.is_set
        finally:
            self._held = None
            self._released.set()

    async def _hold(self, moment: str) -> None:
        if self._held != moment or self._seen.is_set():
            return
        self._seen.set()
        await asyncio.to_thread(self._released.wait, 30)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        path = str(scope["path"])
        if path.startswith("/images/"):
            self.fetched.append(path)
            await self._hold("fetch")
            await Response(_drawn(path), media_type="image/jpeg")(scope, receive, send)
            return
        uploads = scope["method"] == "POST" and path.startswith("/storage/v1/object/")
        if uploads:
            await self._hold("upload")

        async def answer(message: Message) -> None:
            if uploads and message["type"] == "http.response.start":
                await self._hold("stored")
            await send(message)

        await self.storage.app(scope, receive, answer)


def _drawn(path: str) -> bytes:
    """A picture that is no other path's: a mosaic of the path's hash, large enough to be taken for a picture."""
    tile = hashlib.sha256(path.encode()).digest() * 96
    file = BytesIO()
    Image.frombytes("RGB", (32, 32), tile).resize((256, 256)).save(file, "JPEG", quality=95)
    return file.getvalue()


@contextmanager
def serving_pictures() -> Iterator[Pictures]:
    """Serve until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pictures = Pictures(f"http://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(
            pictures, log_config=None, access_log=False, lifespan="off", ws="none", loop="asyncio", http="h11"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            answer = httpx2.post(
                f"{pictures.url}/storage/v1/bucket",
                headers={"apikey": KEY},
                json={"name": BUCKET, "public": True},
                trust_env=False,
            )
            assert answer.is_success, answer.text
            yield pictures
        finally:
            server.should_exit = True
            thread.join(allow(10))
