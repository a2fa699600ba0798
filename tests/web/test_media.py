"""GET /media: the store fetches images without a key, and nothing else can be fetched."""

from __future__ import annotations

import pytest

from boeing_data_hub.images.placeholder import placeholder
from boeing_data_hub.images.supabase import SupabaseStorage

pytestmark = pytest.mark.services

SHA = placeholder().sha256


@pytest.fixture
def settings(tmp_path):
    return {"hub_data_dir": tmp_path, "hub_public_url": "https://hub.example.com/"}


@pytest.fixture
def stored(hub):
    return hub.images.store.put(placeholder())


def test_an_image_of_the_folder_needs_no_key_and_is_cached_for_ever(anonymous, stored):
    assert stored.url == f"https://hub.example.com/media/parts/{SHA[:2]}/{SHA}.png"
    answer = anonymous.get(f"/media/{stored.path}")
    assert (answer.status_code, answer.content) == (200, placeholder().content)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["etag"] == f'"{SHA}"'
    assert answer.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_only_its_head_may_be_asked_for(anonymous, stored):
    answer = anonymous.head(f"/media/{stored.path}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(placeholder().content))


def test_who_has_it_is_not_sent_it_again(anonymous, stored):
    for said in (f'"{SHA}"', f'W/"{SHA}", "other"', "*"):
        answer = anonymous.get(f"/media/{stored.path}", headers={"If-None-Match": said})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == f'"{SHA}"'
    assert anonymous.get(f"/media/{stored.path}", headers={"If-None-Match": '"other"'}).status_code == 200


def test_nothing_else_in_the_folder_or_beside_it_is_served(anonymous, hub, stored):
    folder = hub.images.folder
    secret = "ab" * 32
    (folder.parent / "secret.png").write_text("secret")
    (folder / "secret.png").write_text("secret")
    (folder / "parts" / "secret.png").write_text("secret")
    (folder / "parts" / SHA[:2] / ".half.part").write_text("secret")
    (folder / "parts" / SHA[:2] / f"{secret}.png").write_text("secret")
    (folder / "parts" / "ab" / f"{secret}.jpg").mkdir(parents=True)
    for path in [
        "",
        "secret.png",
        "parts/secret.png",
        "../secret.png",
        "%2e%2e/secret.png",
        "parts/%2e%2e/%2e%2e/secret.png",
        "/etc/passwd",
        f"parts/{SHA[:2]}/",
        f"parts/{SHA[:2]}/.half.part",
        f"parts/{SHA[:2]}/{secret}.png",
        f"parts/ab/{secret}.jpg",
        f"parts/ab/{secret}.png",
        f"parts/{SHA[:2]}/{SHA}.svg",
        f"parts/{SHA[:2]}/{SHA}.png%00",
        f"parts/{SHA[:2]}/{SHA.upper()}.png",
        f"parts//{SHA}.png",
    ]:
        answer = anonymous.get(f"/media/{path}")
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        assert "secret" not in answer.text
    assert anonymous.get("/media/parts/").json()["code"] == "no_image"
    assert anonymous.get("/media/parts/").headers["cross-origin-resource-policy"] == "same-origin"


def test_other_routes_stay_on_their_own_site(anonymous):
    assert anonymous.get("/health").headers.get_list("cross-origin-resource-policy") == ["same-origin"]


class TestWhereSupabaseKeepsTheImages:
    @pytest.fixture
    def settings(self, tmp_path):
        return {
            "hub_data_dir": tmp_path,
            "supabase_url": "https://abc.supabase.co",
            "supabase_service_role_key": "canary",
        }

    def test_the_folder_is_not_served(self, anonymous, hub, tmp_path):
        assert isinstance(hub.images.store, SupabaseStorage)
        file = tmp_path / "media" / "parts" / SHA[:2] / f"{SHA}.png"
        file.parent.mkdir(parents=True)
        file.write_bytes(placeholder().content)
        answer = anonymous.get(f"/media/parts/{SHA[:2]}/{SHA}.png")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_image")
