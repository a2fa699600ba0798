"""Images of parts: where they are stored, if the store can fetch them, and their source. Mostly pure."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from pydantic import SecretStr

from boeing_data_hub.errors import HubError, PauseUpstream, Retry
from boeing_data_hub.health.doctor import network
from boeing_data_hub.health.doctor.addresses import host_of, is_here
from boeing_data_hub.health.doctor.finding import Advice, Finding, well
from boeing_data_hub.images.supabase import Bucket, SupabaseStorage

_LEAST_FREE: Final = 1_000_000_000  # bytes; ten thousand images
_LARGEST_PICTURE: Final = 20_000_000
_TYPES: Final = ("image/png", "image/jpeg")
_JWT_PARTS: Final = 3
_SOON: Final = 60 * 86_400  # seconds
_OTHER_KINDS: Final = {
    "sb_publishable_": "a publishable key",
    "sbp_": "a personal access token of an account",
}

UNREACHABLE = Advice(
    "storage_unreachable",
    "images",
    "error",
    "Supabase Storage does not respond",
    "Check SUPABASE_URL (https://PROJECT.supabase.co); a project that was paused must be restored in its dashboard.",
)
KEY = Advice(
    "storage_key_refused",
    "images",
    "error",
    "Supabase rejects the key",
    "Set SUPABASE_SECRET_KEY to a secret key (sb_secret_...) of the project in SUPABASE_URL: Settings > API Keys. "
    "Replace a service role key (eyJ...) that the project no longer accepts.",
)
KEY_KIND = Advice(
    "storage_key_kind",
    "images",
    "error",
    "the key cannot write, has expired, or belongs to another project",
    "Set SUPABASE_SECRET_KEY to a secret key (sb_secret_...) of the project in SUPABASE_URL, not to its anon or "
    "publishable key, and remove {name} if that is another setting.",
)
KEY_ENDS = Advice(
    "storage_key_ends",
    "images",
    "warning",
    "a service role key (eyJ...): Supabase drops these keys late in 2026, or this key expires soon",
    "Create a secret key in the project (Settings > API Keys), set it as SUPABASE_SECRET_KEY for the API and the "
    "workers, and remove {name}.",
)
KEYS_DIFFER = Advice(
    "storage_keys_differ",
    "images",
    "error",
    "two settings name different keys for Supabase",
    "Keep {name} if it is the right one, and remove {others}.",
)
NO_BUCKET = Advice(
    "storage_bucket_missing",
    "images",
    "error",
    "the bucket does not exist",
    "Create a public bucket of that name in Supabase Storage, or set SUPABASE_STORAGE_BUCKET to an existing one.",
)
PRIVATE = Advice(
    "storage_bucket_private",
    "images",
    "error",
    "the store could not fetch pictures from a private bucket",
    "Make the bucket public (Storage > the bucket > Edit), or set SUPABASE_STORAGE_BUCKET to another.",
)
LIMITS = Advice(
    "storage_bucket_limits",
    "images",
    "warning",
    "the bucket rejects PNG or JPEG, or large files",
    "Allow image/png and image/jpeg of up to 20 MB in the bucket.",
)
ODD = Advice(
    "storage_odd",
    "images",
    "error",
    "the server is not Supabase Storage",
    "Check SUPABASE_URL: it is https://PROJECT.supabase.co, without a path.",
)
KEY_ALONE = Advice(
    "storage_url_unset",
    "images",
    "warning",
    "a Supabase key without an address",
    "Set SUPABASE_URL in addition to {name}, or remove the key; without the address, images are kept in HUB_DATA_DIR.",
)
FOLDER = Advice(
    "data_dir_unwritable",
    "data folder",
    "error",
    "the image folder is not writable",
    "Set HUB_DATA_DIR to a folder that this user can write to, or change its owner: chown {user} {folder}",
)
DISK = Advice(
    "disk_full",
    "data folder",
    "warning",
    "little disk space is left",
    "Free some space, or set HUB_DATA_DIR to a larger disk.",
)
LOOPBACK = Advice(
    "images_unreachable",
    "images",
    "warning",
    "the store cannot reach the image address",
    "Set HUB_PUBLIC_URL, or SUPABASE_URL to keep images in Supabase Storage.",
)
SOURCE = Advice(
    "image_host_unreachable",
    "image hosts",
    "warning",
    "the image host cannot be reached",
    "Allow https calls to it, or set HUB_IMAGE_FALLBACK_ORIGIN to another host, or leave it empty. Products get the "
    "placeholder meanwhile.",
)


def judge_keys(keys: Mapping[str, SecretStr], url: str, moment: datetime) -> Iterator[Finding]:
    """Findings about the keys themselves, before one is sent anywhere.

    Args:
        keys: by the name of their setting, the one in use first.
        url: of the project.
        moment: now.
    """
    values = {name: key.get_secret_value() for name, key in keys.items()}
    if len(set(values.values())) > 1:
        name, *others = values
        yield KEYS_DIFFER.found(
            f"{' and '.join(values)} are set to different keys; {name} counts.", name=name, others=" and ".join(others)
        )
    for name, key in list(values.items())[:1]:
        yield from _judge_key(name, key, url, moment)


def _judge_key(name: str, key: str, url: str, moment: datetime) -> Iterator[Finding]:
    for start, kind in _OTHER_KINDS.items():
        if key.startswith(start):
            yield KEY_KIND.found(f"{name} is {kind}, which may not write.", name=name)
            return
    claims = _claims(key)
    role, project, ends = claims.get("role"), str(claims.get("ref") or ""), claims.get("exp")
    left = ends - moment.timestamp() if isinstance(ends, int | float) else None
    if role is not None and role != "service_role":
        yield KEY_KIND.found(f"{name} is a key of the role {str(role)[:40]!r}, which may not write.", name=name)
    elif project and host_of(url).endswith(".supabase.co") and host_of(url).partition(".")[0] != project:
        yield KEY_KIND.found(f"{name} belongs to another project than SUPABASE_URL.", name=name)
    elif left is not None and left < 0:
        yield KEY_KIND.found(f"{name} has run out.", name=name)
    elif left is not None and left < _SOON:
        days = int(left // 86_400)
        yield KEY_ENDS.found(f"{name} runs out in {days} day{'' if days == 1 else 's'}.", name=name)
    elif claims:
        yield KEY_ENDS.found(
            f"{name} is a service role key (eyJ...), a kind that Supabase ends late in 2026.", name=name
        )


def _claims(key: str) -> Mapping[str, Any]:
    """The claims of a key that is a JSON web token; not verified, because nothing relies on them."""
    pieces = key.split(".")
    if len(pieces) != _JWT_PARTS:
        return {}
    try:
        payload = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", payload) if isinstance(payload, dict) else {}


def look_at_bucket(storage: SupabaseStorage, name: str) -> Iterator[Finding]:
    """Ask Supabase for the bucket, and judge it."""
    try:
        bucket = storage.bucket()
    except PauseUpstream as error:
        yield (KEY if error.code == "storage_key_refused" else NO_BUCKET).found(error.message)
    except Retry as error:
        yield network.stood_in_the_way("images", error) or UNREACHABLE.found(error.message)
    except HubError as error:
        yield ODD.found(error.message)
    else:
        yield from judge_bucket(bucket, name)


def judge_bucket(bucket: Bucket, name: str) -> Iterator[Finding]:
    """Findings about the bucket."""
    if not bucket.public:
        yield PRIVATE.found(f"The bucket {name} is private.")
        return
    refused = [kind for kind in _TYPES if bucket.types is not None and not _takes(bucket.types, kind)]
    small = bucket.largest is not None and bucket.largest < _LARGEST_PICTURE
    if refused:
        yield LIMITS.found(f"The bucket {name} takes no {' and no '.join(refused)}.")
    if small:
        yield LIMITS.found(f"The bucket {name} takes files of up to {(bucket.largest or 0) / 1e6:,.1f} MB only.")
    if not refused and not small:
        yield well("images", f"Images are kept in the public bucket {name}.")


def _takes(types: tuple[str, ...], kind: str) -> bool:
    return any(one in {kind, "image/*", "*/*"} for one in types)


def look_at_folder(folder: Path, *, least_free: int = _LEAST_FREE) -> Iterator[Finding]:
    """Check that the data folder is writable, by creating and deleting a file."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        user = str(os.getuid()) if hasattr(os, "getuid") else "the user"
        yield FOLDER.found(
            f"The data folder {folder} cannot be written ({error.strerror}).", user=user, folder=str(there)
        )
        return
    free = shutil.disk_usage(there).free
    if free < least_free:
        yield DISK.found(f"The disk of {folder} has {free / 1e6:,.0f} MB left.")
    else:
        yield well("data folder", f"{folder} can be written; {free / 1e9:,.1f} GB are free.")


def judge_public(public_url: str, store: str) -> Iterator[Finding]:
    """Check that the store can reach the images' address."""
    if is_here(public_url) and not is_here(store):
        yield LOOPBACK.found(f"Images are offered at {public_url}, where the store cannot reach them.")
