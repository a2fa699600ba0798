"""Both stores keep one promise: an image is there once, under its own hash, however often it is put."""

from __future__ import annotations

import hashlib
import logging
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
import structlog
import uvicorn
from pydantic import SecretStr
from tests.support.patience import allow

from boeing_data_hub.errors import HubError, PauseUpstream, Reject, Retry
from boeing_data_hub.images.image_store import LocalFolderStore
from boeing_data_hub.images.picture import FetchedImage, remade
from boeing_data_hub.images.placeholder import placeholder
from boeing_data_hub.images.supabase import SupabaseStorage
from boeing_data_hub_sandbox.storage import StorageSandbox

KEY = "sb_secret_canary-storage"


@pytest.fixture
def image(picture):
    return remade(picture())


@pytest.fixture(scope="module")
def serving():
    """A storage that every test shares; each makes a bucket of its own."""
    sandbox = StorageSandbox(KEY)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            sandbox.app, log_config=None, access_log=False, lifespan="off", ws="none", loop="asyncio", http="h11"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield sandbox, f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(allow(10))


@pytest.fixture
def supabase_for(serving, request, network):
    _, url = serving
    opened = []

    def make(*, key=KEY, bucket=None, at=url, **more):
        name = bucket or "b" + hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
        opened.append(SupabaseStorage(at, SecretStr(key), name, **{"transport": network, **more}))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


class FolderOnTest:
    def __init__(self, folder):
        self.folder = folder
        self.store = LocalFolderStore(folder, "https://images.example.org/media/")
        self.base = "https://images.example.org/media/"

    def read(self, stored):
        return (self.folder / stored.path).read_bytes()

    def count(self):
        return len([file for file in self.folder.rglob("*") if file.is_file()])


class BucketOnTest:
    def __init__(self, store, sandbox, url):
        self.store = store
        self._bucket = store.public_url("x").split("/")[-2]
        self._sandbox = sandbox
        self.base = f"{url}/storage/v1/object/public/{self._bucket}/"
        assert store.ensure_bucket()

    def read(self, stored):
        return httpx2.get(stored.url).content

    def count(self):
        return len(self._sandbox.buckets[self._bucket].objects)


@pytest.fixture(params=["folder", "bucket"])
def on_test(request, tmp_path):
    if request.param == "folder":
        return FolderOnTest(tmp_path / "images")
    return BucketOnTest(request.getfixturevalue("supabase_for")(), *request.getfixturevalue("serving"))


def test_an_image_is_kept_under_its_hash_and_can_be_read(on_test, image):
    stored = on_test.store.put(image)
    assert stored.sha256 == image.sha256 == hashlib.sha256(image.content).hexdigest()
    assert stored.path == f"parts/{image.sha256[:2]}/{image.sha256}.jpg"
    assert stored.url == on_test.base + stored.path
    assert on_test.read(stored) == image.content


def test_a_png_keeps_its_suffix(on_test):
    stored = on_test.store.put(placeholder())
    assert stored.path.endswith(f"/{placeholder().sha256}.png")
    assert on_test.read(stored) == placeholder().content


def test_to_put_an_image_twice_is_to_put_it_once(on_test, image):
    assert on_test.store.put(image) == on_test.store.put(image)
    assert on_test.count() == 1


def test_what_is_there_is_never_overwritten(on_test, image):
    first = on_test.store.put(image)
    forged = FetchedImage(b"other bytes", image.sha256, "JPEG", 1, 1)
    assert on_test.store.put(forged) == first
    assert on_test.read(first) == image.content


def test_different_images_have_different_places(on_test, picture):
    stored = [on_test.store.put(remade(picture(size=(64, height)))) for height in (48, 49, 50)]
    assert len({each.path for each in stored}) == on_test.count() == 3


def test_many_writers_at_once_leave_one_whole_image(on_test, image):
    with ThreadPoolExecutor(8) as writers:
        stored = {each.url for each in writers.map(on_test.store.put, [image] * 24)}
    assert len(stored) == on_test.count() == 1
    assert on_test.read(on_test.store.put(image)) == image.content


def test_a_folder_that_cannot_be_written_is_a_retry_and_leaves_nothing(tmp_path, image):
    (tmp_path / "parts").write_text("a file where the folder should be")
    with pytest.raises(Retry) as caught:
        LocalFolderStore(tmp_path, "https://images.example.org").put(image)
    assert caught.value.code == "image_storage_failed"


def test_others_may_read_the_files_of_a_folder(tmp_path, image):
    stored = LocalFolderStore(tmp_path, "https://images.example.org").put(image)
    assert (tmp_path / stored.path).stat().st_mode & 0o777 == 0o644


def test_an_object_may_be_cached_for_a_year(supabase_for, image):
    store = supabase_for()
    store.ensure_bucket()
    answer = httpx2.get(store.put(image).url)
    assert answer.headers["cache-control"] == "max-age=31536000"
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["etag"]


def test_an_answer_that_is_lost_is_made_good_by_putting_again(supabase_for, serving, image):
    class LosesTheFirst(httpx2.HTTPTransport):
        lost = False

        def handle_request(self, request):
            answer = super().handle_request(request)
            if not self.lost and "/object/" in request.url.path:
                self.lost = True
                answer.close()
                raise httpx2.ReadError("the connection broke")
            return answer

    sandbox, _ = serving
    store = supabase_for(transport=LosesTheFirst())
    store.ensure_bucket()
    before = sandbox.uploads
    with pytest.raises(Retry) as caught:
        store.put(image)
    assert caught.value.code == "storage_unreachable"
    assert store.holds(store.put(image).path)
    assert sandbox.uploads == before + 1


def test_the_bucket_is_made_once(supabase_for):
    store = supabase_for()
    assert store.ensure_bucket() is True
    assert store.ensure_bucket() is False


def test_a_bucket_that_is_private_stops_the_line(supabase_for, serving):
    sandbox, _ = serving
    store = supabase_for(bucket="was-private")
    store.ensure_bucket()
    sandbox.buckets["was-private"].public = False
    with pytest.raises(PauseUpstream) as caught:
        store.ensure_bucket()
    assert caught.value.code == "storage_bucket_private"


def test_a_missing_bucket_stops_the_line_though_the_answer_is_a_400(supabase_for, image):
    with pytest.raises(PauseUpstream) as caught:
        supabase_for(bucket="never-made").put(image)
    assert caught.value.code == "storage_bucket_missing"


def test_a_missing_object_is_recognized_by_the_body_of_a_400(supabase_for, image):
    store = supabase_for()
    store.ensure_bucket()
    assert httpx2.get(store.public_url("parts/no.jpg")).status_code == 400
    assert store.holds("parts/no.jpg") is False
    assert store.holds(store.put(image).path) is True


def test_a_wrong_key_stops_the_line(supabase_for, image):
    with pytest.raises(PauseUpstream) as caught:
        supabase_for(key="canary-wrong-key").put(image)
    assert caught.value.code == "storage_key_refused"


def test_an_image_too_large_for_the_bucket_is_rejected(supabase_for, serving, image):
    sandbox, _ = serving
    store = supabase_for(bucket="tiny")
    store.ensure_bucket()
    sandbox.buckets["tiny"].largest = 10
    with pytest.raises(Reject) as caught:
        store.put(image)
    assert caught.value.code == "storage_refused_image"
    sandbox.buckets["tiny"].largest, sandbox.buckets["tiny"].media_types = 10_000_000, ["image/gif"]
    with pytest.raises(Reject):
        store.put(image)


class Says(httpx2.BaseTransport):
    """Answers every request alike, and keeps it."""

    def __init__(self, status, body=b"", error=None):
        self.status, self.body, self.error = status, body, error
        self.requests = []

    def handle_request(self, request):
        self.requests.append(request)
        if self.error:
            raise self.error
        return httpx2.Response(self.status, stream=httpx2.ByteStream(self.body), request=request)


@pytest.mark.parametrize(
    ("says", "kind", "code"),
    [
        (Says(400, b'{"statusCode":"409","error":"Duplicate"}'), None, None),
        (Says(409, b"not even JSON"), None, None),
        (Says(401), PauseUpstream, "storage_key_refused"),
        (Says(400, b'{"error":"InvalidJWT"}'), PauseUpstream, "storage_key_refused"),
        (Says(429), Retry, "storage_busy"),
        (Says(500, b"[" * 60_000), Retry, "storage_busy"),
        (Says(504), Retry, "storage_busy"),
        (Says(307), Reject, "storage_refused_image"),
        (Says(400, b"[" * 60_000), Reject, "storage_refused_image"),
        (Says(400, b'{"statusCode":"\xc2\xb2\xc2\xb2\xc2\xb2"}'), Reject, "storage_refused_image"),
        (Says(0, error=httpx2.ConnectError(KEY)), Retry, "storage_unreachable"),
        (Says(0, error=httpx2.ReadTimeout(KEY)), Retry, "storage_timeout"),
        (Says(0, error=httpx2.LocalProtocolError(KEY)), Retry, "storage_unreachable"),
    ],
)
def test_every_answer_of_a_storage_has_its_meaning(supabase_for, image, says, kind, code):
    store = supabase_for(transport=says)
    if kind is None:
        assert store.put(image).sha256 == image.sha256
        return
    with pytest.raises(HubError) as caught:
        store.put(image)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert KEY not in caught.value.message


def test_the_key_is_sent_and_shown_nowhere(supabase_for, serving, image, caplog):
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        store = supabase_for()
        store.ensure_bucket()
        store.put(image)
        shown = [repr(store), str(vars(store)), str(lines)]
        for other in (supabase_for(key=KEY + "-wrong"), supabase_for(at="http://127.0.0.1:9")):
            with pytest.raises(HubError) as caught:
                other.put(image)
            shown += [repr(caught.value), str(vars(caught.value)), str(caught.getrepr(chain=True, showlocals=False))]
            assert caught.value.__cause__ is None
    assert caplog.records, "the HTTP library does write at this level"
    assert "canary" not in "".join([*shown, caplog.text])


def test_a_redirect_takes_the_key_nowhere(supabase_for, image):
    class Redirects(httpx2.BaseTransport):
        def __init__(self):
            self.asked = []

        def handle_request(self, request):
            self.asked.append(request.url.host)
            return httpx2.Response(
                307, headers={"location": "https://elsewhere.example/"}, stream=httpx2.ByteStream(b"")
            )

    network = Redirects()
    with pytest.raises(Reject):
        supabase_for(transport=network).put(image)
    assert network.asked == ["127.0.0.1"]


@pytest.mark.parametrize("url", ["http://abc.supabase.co", "ftp://127.0.0.1", "abc.supabase.co"])
def test_the_key_travels_by_https_only(url):
    with pytest.raises(ValueError, match="https"):
        SupabaseStorage(url, SecretStr(KEY), "product-images")


@pytest.mark.parametrize("bucket", ["", "a/b", "../x", "a b", "a?b", "x" * 64])
def test_a_bucket_has_a_plain_name(bucket):
    with pytest.raises(ValueError, match="bucket"):
        SupabaseStorage("https://abc.supabase.co", SecretStr(KEY), bucket)


def test_the_stand_in_answers_as_oddly_as_the_real_one(serving):
    _, url = serving
    here, key = f"{url}/storage/v1", {"apikey": KEY}
    unauthorized = httpx2.post(f"{here}/bucket", json={"name": "odd"})
    assert (unauthorized.status_code, unauthorized.json()["error"]) == (400, "InvalidRequest")
    assert httpx2.post(f"{here}/bucket", json={"name": "odd", "public": True}, headers=key).status_code == 200
    put = {"headers": {**key, "content-type": "image/png"}, "content": b"one"}
    assert httpx2.post(f"{here}/object/odd/a.png", **put).json()["Key"] == "odd/a.png"
    again = httpx2.post(f"{here}/object/odd/a.png", **put)
    assert (again.status_code, again.json()["error"]) == (409, "Duplicate")
    put["headers"]["x-upsert"] = "true"
    put["content"] = b"two"
    assert httpx2.post(f"{here}/object/odd/a.png", **put).status_code == 200
    found = httpx2.get(f"{here}/object/public/odd/a.png")
    assert (found.content, found.headers["cache-control"]) == (b"two", "max-age=3600")
    missing = httpx2.get(f"{here}/object/public/odd/b.png")
    assert (missing.status_code, missing.json()["statusCode"], missing.json()["code"]) == (400, "404", "NoSuchKey")


def test_the_sandbox_runs_as_a_separate_process(image):
    command = [sys.executable, "-m", "boeing_data_hub_sandbox.storage", "--key", KEY, "--bucket", "there"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("listening on ").strip()
        store = SupabaseStorage(url, SecretStr(KEY), "there")
        assert httpx2.get(store.put(image).url).content == image.content
        store.close()
        process.terminate()
        assert process.wait(allow(10)) is not None
