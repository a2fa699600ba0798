"""Whatever the hosts of the images do, a part gets a picture, quickly, and no packet goes where it must not."""

from __future__ import annotations

import socket
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from tests.support.patience import allow

from boeing_data_hub.app import Hub
from boeing_data_hub.errors import PauseUpstream, Reject, Retry
from boeing_data_hub.images.circuit_breaker import CircuitBreaker
from boeing_data_hub.images.gallery import Gallery
from boeing_data_hub.images.image_store import LocalFolderStore
from boeing_data_hub.images.placeholder import placeholder
from boeing_data_hub.images.single_flight import SingleFlight
from boeing_data_hub.network.public_hosts import system_resolver
from boeing_data_hub.settings import Settings

BASE = "https://hub.example.com/media"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class KeepsCount(LocalFolderStore):
    """A local folder that counts, and refuses as it is told."""

    def __init__(self, folder):
        super().__init__(folder, BASE)
        self.puts = []
        self.refuse = lambda _image: None

    def put(self, image):
        self.puts.append(image.format)
        if error := self.refuse(image):
            raise error
        return super().put(image)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    return KeepsCount(tmp_path)


@pytest.fixture
def gallery_for(fetcher_for, store, clock):
    def make(**more):
        return Gallery(fetcher_for(rests=CircuitBreaker(clock=clock), **more).fetch, store, clock=clock)

    return make


@pytest.fixture
def sink():
    """Counts who comes to an address inside."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        listener_port = listener.getsockname()[1]

        class Sink:
            port = listener_port

            @staticmethod
            def was_reached():
                try:
                    listener.accept()[0].close()
                except BlockingIOError:
                    return False
                return True

        yield Sink


def is_flagged(picture, code, *, passing):
    """The part is published with the placeholder, and told why."""
    assert (picture.code, picture.passing) == (code, passing)
    assert picture.placeholder
    assert "placeholder" in picture.sentence
    assert picture.sha256 == placeholder().sha256
    assert picture.url == f"{BASE}/parts/{picture.sha256[:2]}/{picture.filename}"
    return True


def test_a_picture_is_fetched_encoded_again_and_stored(server, gallery_for, picture, tmp_path):
    server.pages["/a.jpg"] = server.answer(picture())
    had = gallery_for().picture(f"{server.origin}/a.jpg")
    assert (had.placeholder, had.code, had.sentence, had.passing) == (False, None, None, False)
    assert had.filename == f"{had.sha256}.jpg"
    assert had.url == f"{BASE}/parts/{had.sha256[:2]}/{had.filename}"
    assert (tmp_path / had.url.removeprefix(f"{BASE}/")).read_bytes().startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("source", [None, "", "  "])
def test_a_part_without_an_image_gets_the_placeholder(gallery_for, source):
    assert is_flagged(gallery_for().picture(source), "image_missing", passing=False)


def test_the_placeholder_is_stored_once(server, gallery_for, store):
    gallery = gallery_for()
    with ThreadPoolExecutor(8) as threads:
        had = list(threads.map(gallery.picture, [None] * 20 + [f"{server.origin}/{n}.jpg" for n in range(20)]))
    assert {each.code for each in had} == {"image_missing", "image_not_found"}
    assert store.puts == ["PNG"]


def pixel_bomb():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1_000_000), 0))


def endless(server, head, piece):
    def react(connection):
        connection.sendall(head)
        while not server.over.is_set():
            connection.sendall(piece)
            if len(piece) == 1:
                server.over.wait(0.02)

    return react


def evil_pages(server, picture, sink):
    ok = b"HTTP/1.1 200 OK\r\n"
    jpeg = picture(size=(200, 200))
    html, svg = b"<!doctype html>" + b" " * 2000, b"<svg onload='alert(1)'/>" * 60

    def moved(location):
        return server.answer(status=302, location=location)

    return {
        "slow": (endless(server, ok + b"\r\n", b"x"), "image_timeout", True),
        "mute": (lambda _connection: server.over.wait(allow(20)), "image_timeout", True),
        "endless": (endless(server, ok + b"\r\n", jpeg), "image_too_large", False),
        "5-GB": (endless(server, ok + b"content-length: 5000000000\r\n\r\n", jpeg), "image_too_large", False),
        "html": (server.answer(html, content_type="image/jpeg"), "image_not_an_image", False),
        "svg": (server.answer(svg, content_type="image/svg+xml"), "image_not_an_image", False),
        "truncated": (server.answer(jpeg[:-2000]), "image_damaged", False),
        "bomb": (server.answer(pixel_bomb()), "image_too_large", False),
        "to-loopback": (moved(f"http://127.0.0.1:{sink.port}/a.jpg"), "image_forbidden_address", False),
        "to-metadata": (moved("http://169.254.169.254/latest/meta-data/"), "image_forbidden_address", False),
        "to-a-name-inside": (moved("https://www.aviall.com/a.jpg"), "image_forbidden_address", False),
        "gone": (server.answer(status=410), "image_not_found", False),
        "locked": (server.answer(status=403), "image_unavailable", False),
        "busy": (server.answer(status=429), "image_unavailable", True),
        "broken": (server.answer(status=500), "image_unavailable", True),
        "half": (ok + b"content-length: 5000\r\n\r\n" + jpeg[:3000], "image_unreachable", True),
    }


def test_whatever_a_host_sends_the_part_gets_the_placeholder_with_a_reason(
    server, gallery_for, picture, sink, security_events
):
    pages = evil_pages(server, picture, sink)
    server.pages.update({f"/{name}": page for name, (page, _, _) in pages.items()})

    def resolver(host, port):  # every name but the server's own leads inside
        return system_resolver(host, port) if host == "127.0.0.1" else ["127.0.0.1"]

    gallery = gallery_for(resolver=resolver, seconds=allow(0.3), max_bytes=2_000_000)
    started = monotonic()
    for name, (_, code, passing) in pages.items():
        assert is_flagged(gallery.picture(f"{server.origin}/{name}"), code, passing=passing), name
    assert monotonic() - started < allow(10)
    assert not sink.was_reached()
    assert sum(line.get("security_event", False) for line in security_events) == 3


def test_a_name_that_leads_inside_too_is_refused(gallery_for, sink):
    def resolver(_host, _port):
        return ["93.184.215.14", "127.0.0.1"]

    source = "https://www.aviall.com/a.jpg"
    assert is_flagged(gallery_for(resolver=resolver).picture(source), "image_forbidden_address", passing=False)
    inside = f"https://www.aviall.com:{sink.port}/a.jpg"
    assert is_flagged(gallery_for(resolver=resolver).picture(inside), "image_forbidden_address", passing=False)
    assert not sink.was_reached()


def test_threads_that_want_the_same_picture_fetch_it_once(server, gallery_for, picture, store, wait):
    everyone_is_here = threading.Event()

    def react(connection):
        everyone_is_here.wait(allow(10))
        connection.sendall(server.answer(picture()))

    server.pages["/a.jpg"] = react
    gallery = gallery_for()
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(gallery.picture, f"{server.origin}/a.jpg") for _ in range(8)]
        wait.until(lambda: all(each.running() for each in waiting))
        everyone_is_here.set()
        had = {each.result(allow(10)).url for each in waiting}
    assert len(had) == server.connections == len(store.puts) == 1


def test_a_picture_is_remembered_for_ten_minutes(server, gallery_for, picture, clock):
    server.pages["/a.jpg"] = server.answer(picture())
    gallery = gallery_for()
    had = gallery.picture(f"{server.origin}/a.jpg")
    clock.now += 599
    assert gallery.picture(f"{server.origin}/a.jpg") == had
    assert gallery.picture(f"{server.origin}/none.jpg").code == "image_not_found"
    assert gallery.picture(f"{server.origin}/none.jpg").code == "image_not_found"
    assert server.connections == 2
    clock.now += 2
    assert gallery.picture(f"{server.origin}/a.jpg") == had
    assert server.connections == 3


def test_the_oldest_picture_is_forgotten_first(clock):
    made = []
    once = SingleFlight(seconds=600, most=3, clock=clock)
    for key in "abcdaab":
        once.get(key, lambda key=key: made.append(key))
    assert made == ["a", "b", "c", "d", "a", "b"]


def test_a_host_that_fails_three_times_rests_for_a_minute_and_is_probed_once(server, gallery_for, picture, clock):
    gallery = gallery_for()
    ask = iter(f"{server.origin}/{n}.jpg" for n in range(1000))
    server.pages.update({f"/{n}.jpg": server.answer(status=503) for n in range(1000)})
    for _ in range(3):
        assert is_flagged(gallery.picture(next(ask)), "image_unavailable", passing=True)
    for _ in range(50):
        assert is_flagged(gallery.picture(next(ask)), "image_host_resting", passing=True)
    assert server.connections == 3
    clock.now += 60
    assert gallery.picture(next(ask)).code == "image_unavailable"
    assert gallery.picture(next(ask)).code == "image_host_resting"
    assert server.connections == 4
    clock.now += 60
    server.pages.update({f"/{n}.jpg": server.answer(picture()) for n in range(1000)})
    assert not gallery.picture(next(ask)).placeholder
    assert not gallery.picture(next(ask)).placeholder


def test_while_one_probes_the_others_do_not_wait(server, gallery_for, picture, clock, wait):
    server.pages["/bad.jpg"] = server.answer(status=500)
    gallery = gallery_for()
    for n in range(3):
        server.pages[f"/{n}"] = server.pages["/bad.jpg"]
        gallery.picture(f"{server.origin}/{n}")
    clock.now += 61
    others_were_told = threading.Event()

    def react(connection):
        others_were_told.wait(allow(10))
        connection.sendall(server.answer(picture()))

    server.pages["/probe.jpg"] = react
    with ThreadPoolExecutor(1) as thread:
        probe = thread.submit(gallery.picture, f"{server.origin}/probe.jpg")
        wait.until(lambda: server.connections == 4)
        assert gallery.picture(f"{server.origin}/other.jpg").code == "image_host_resting"
        others_were_told.set()
        assert not probe.result(allow(10)).placeholder


def test_that_a_host_rested_is_not_remembered_of_a_picture(server, gallery_for, picture, clock):
    gallery = gallery_for()
    for n in range(3):
        server.pages[f"/{n}"] = server.answer(status=500)
        gallery.picture(f"{server.origin}/{n}")
    server.pages["/a.jpg"] = server.answer(picture())
    assert gallery.picture(f"{server.origin}/a.jpg").code == "image_host_resting"
    clock.now += 60
    assert not gallery.picture(f"{server.origin}/a.jpg").placeholder


def test_a_host_that_answers_in_between_does_not_rest(server, gallery_for):
    gallery = gallery_for()
    for n in range(12):
        if n % 3:
            server.pages[f"/{n}"] = server.answer(status=502)
        assert gallery.picture(f"{server.origin}/{n}").code == ("image_unavailable" if n % 3 else "image_not_found")
    assert server.connections == 12


def test_a_first_host_that_rests_does_not_keep_the_second_from_being_asked(server, gallery_for, picture):
    asked = []

    def resolver(host, port):
        asked.append(host)
        return system_resolver(host, port) if host == "127.0.0.1" else []

    gallery = gallery_for(resolver=resolver, fallback_origin=f"{server.origin}/shop")
    for n in range(6):
        server.pages[f"/shop/{n}.jpg"] = server.answer(picture())
        assert not gallery.picture(f"https://www.aviall.com/{n}.jpg").placeholder
    assert asked.count("www.aviall.com") == 3


def test_a_picture_the_second_host_may_still_have_is_asked_for_again(server, gallery_for):
    server.pages["/shop/a.jpg"] = server.answer(status=503)
    gallery = gallery_for(fallback_origin=f"{server.origin}/shop")
    assert is_flagged(gallery.picture(f"{server.origin}/a.jpg"), "image_not_found", passing=True)


def test_a_host_that_does_not_resolve_slows_no_run(gallery_for):
    asked = []

    def resolver(host, _port):
        asked.append(host)
        return []

    gallery = gallery_for(resolver=resolver)
    started = monotonic()
    had = [gallery.picture(f"https://www.aviall.com/{n}.jpg") for n in range(1000)]
    assert monotonic() - started < allow(2)
    assert {each.code for each in had} == {"image_unreachable", "image_host_resting"}
    assert all(each.placeholder and each.passing for each in had)
    assert len(asked) == 3


def test_a_host_that_never_answers_slows_no_run(server, gallery_for):
    for n in range(1000):
        server.pages[f"/{n}"] = lambda _connection: server.over.wait(allow(20))
    gallery = gallery_for(seconds=0.3)
    started = monotonic()
    with ThreadPoolExecutor(4) as threads:
        had = list(threads.map(gallery.picture, [f"{server.origin}/{n}" for n in range(1000)]))
    assert monotonic() - started < allow(3)
    assert {each.code for each in had} == {"image_timeout", "image_host_resting"}
    assert server.connections < 10


@pytest.mark.parametrize(
    "error", [Retry("full", code="storage_busy"), PauseUpstream("key", code="storage_key_refused")]
)
@pytest.mark.parametrize("page", ["/a.jpg", "/none.jpg"])
def test_a_store_that_cannot_take_pictures_makes_the_part_wait(server, gallery_for, picture, store, error, page):
    server.pages["/a.jpg"] = server.answer(picture())
    gallery = gallery_for()
    store.refuse = lambda _image: error
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            gallery.picture(server.origin + page)
        assert caught.value is error
    store.refuse = lambda _image: None
    assert gallery.picture(server.origin + page).placeholder == (page == "/none.jpg")


def test_a_picture_the_store_refuses_is_replaced_by_the_placeholder(server, gallery_for, picture, store):
    server.pages["/a.jpg"] = server.answer(picture())
    store.refuse = lambda image: Reject("Too large.", code="storage_refused_image") if image.format == "JPEG" else None
    assert is_flagged(gallery_for().picture(f"{server.origin}/a.jpg"), "storage_refused_image", passing=False)


def test_a_store_that_refuses_even_the_placeholder_stops_the_line(gallery_for, store):
    store.refuse = lambda _image: Reject("No PNG.", code="storage_refused_image")
    with pytest.raises(PauseUpstream) as caught:
        gallery_for().picture(None)
    assert caught.value.code == "storage_refused_placeholder"


def test_a_hub_s_gallery_is_made_of_its_settings(server, picture, tmp_path):
    server.pages["/a.jpg"] = server.answer(picture())
    settings = Settings(
        _env_file=None,
        hub_data_dir=tmp_path,
        hub_port=8123,
        hub_image_domains="images.example",  # the fallback's host is not below it, and is allowed by being named
        hub_image_allow_http_hosts=f"127.0.0.1:{server.port}",
    )
    hub = Hub(settings, name="test")
    had = hub.images.gallery.picture(f"{server.origin}/a.jpg")
    assert had.url == f"http://127.0.0.1:8123/media/parts/{had.sha256[:2]}/{had.filename}"
    assert had.url.startswith(hub.images.store.base_url)
    assert (tmp_path / "media" / "parts" / had.sha256[:2] / had.filename).exists()
    assert hub.images.gallery.picture("https://www.aviall.com/a.jpg").code == "image_forbidden_address"
    hub.close()
