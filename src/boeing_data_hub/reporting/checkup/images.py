"""Pictures of parts: where they are kept, whether the store can fetch them, and where they come from. Mostly pure."""

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

from boeing_data_hub.errors import HubError, Retry, StopTheLine
from boeing_data_hub.media.supabase import Bucket, SupabaseStorage
from boeing_data_hub.reporting.checkup.addresses import host_of, is_here
from boeing_data_hub.reporting.checkup.finding import Advice, Finding, well

_LEAST_FREE: Final = 1_000_000_000  # bytes; ten thousand pictures
_LARGEST_PICTURE: Final = 20_000_000
_TYPES: Final = ("image/png", "image/jpeg")
_JWT_PARTS: Final = 3

UNREACHABLE = Advice(
    "storage_unreachable",
    "images",
    "error",
    "Supabase Storage does not answer",
    "Check SUPABASE_URL (https://PROJECT.supabase.co); a project that was paused must be restored in its dashboard.",
)
KEY = Advice(
    "storage_key_refused",
    "images",
    "error",
    "Supabase refuses the key",
    "Set SUPABASE_SERVICE_ROLE_KEY to the service role key (or a secret key, sb_secret_...) of the project in "
    "SUPABASE_URL: Settings > API Keys.",
)
KEY_KIND = Advice(
    "storage_key_kind",
    "images",
    "error",
    "the key is none that may write, has run out, or belongs to another project",
    "Set SUPABASE_SERVICE_ROLE_KEY to the service role key (or a secret key, sb_secret_...) of the project in "
    "SUPABASE_URL, not to the anon or publishable key.",
)
NO_BUCKET = Advice(
    "storage_bucket_missing",
    "images",
    "error",
    "there is no such bucket",
    "Make a public bucket of that name in Supabase Storage, or set SUPABASE_STORAGE_BUCKET to the one there is.",
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
    "the bucket takes no PNG or JPEG, or none as large as they may be",
    "Let the bucket take image/png and image/jpeg of up to 20 MB.",
)
ODD = Advice(
    "storage_odd",
    "images",
    "error",
    "what answers is not Supabase Storage",
    "Check SUPABASE_URL: it is https://PROJECT.supabase.co, without a path.",
)
KEY_ALONE = Advice(
    "storage_url_unset",
    "images",
    "warning",
    "a key for Supabase, and no address",
    "Set SUPABASE_URL beside SUPABASE_SERVICE_ROLE_KEY, or remove the key; without it images are kept in HUB_DATA_DIR.",
)
FOLDER = Advice(
    "data_dir_unwritable",
    "data folder",
    "error",
    "the folder of images cannot be written",
    "Set HUB_DATA_DIR to a folder that this user may write, or give it to the user: chown {user} {folder}",
)
DISK = Advice(
    "disk_full",
    "data folder",
    "warning",
    "little room is left",
    "Free some space, or set HUB_DATA_DIR to a larger disk.",
)
LOOPBACK = Advice(
    "images_unreachable",
    "images",
    "warning",
    "the store cannot reach the pictures' address",
    "Set HUB_PUBLIC_URL, or SUPABASE_URL to keep images in Supabase Storage.",
)
SOURCE = Advice(
    "image_host_unreachable",
    "image hosts",
    "warning",
    "the host of pictures cannot be reached",
    "Let this host out to it by https, or set HUB_IMAGE_FALLBACK_ORIGIN to another, or to nothing. Products get the "
    "placeholder meanwhile.",
)


def judge_key(key: str, url: str, moment: datetime) -> Iterator[Finding]:
    """What a key says of itself, before it is sent anywhere."""
    if key.startswith("sb_publishable_"):
        yield KEY_KIND.found("SUPABASE_SERVICE_ROLE_KEY is a publishable key, which may not write.")
        return
    claims = _claims(key)
    role, project, ends = claims.get("role"), str(claims.get("ref") or ""), claims.get("exp")
    if role is not None and role != "service_role":
        yield KEY_KIND.found(f"SUPABASE_SERVICE_ROLE_KEY is a key of the role {str(role)[:40]!r}, which may not write.")
    elif project and host_of(url).endswith(".supabase.co") and host_of(url).partition(".")[0] != project:
        yield KEY_KIND.found("SUPABASE_SERVICE_ROLE_KEY belongs to another project than SUPABASE_URL.")
    elif isinstance(ends, int | float) and ends < moment.timestamp():
        yield KEY_KIND.found("SUPABASE_SERVICE_ROLE_KEY has run out.")


def _claims(key: str) -> Mapping[str, Any]:
    """What a key in the form of a JSON web token says; it is not verified, for we do not rely on it."""
    pieces = key.split(".")
    if len(pieces) != _JWT_PARTS:
        return {}
    try:
        told = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", told) if isinstance(told, dict) else {}


def look_at_bucket(storage: SupabaseStorage, name: str) -> Iterator[Finding]:
    """Ask Supabase for the bucket, and judge it."""
    try:
        bucket = storage.bucket()
    except StopTheLine as error:
        yield (KEY if error.code == "storage_key_refused" else NO_BUCKET).found(error.message)
    except Retry as error:
        yield UNREACHABLE.found(error.message)
    except HubError as error:
        yield ODD.found(error.message)
    else:
        yield from judge_bucket(bucket, name)


def judge_bucket(bucket: Bucket, name: str) -> Iterator[Finding]:
    """Whether it can be used."""
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
    """Whether pictures and services can be kept in the data folder. A file is made there and deleted."""
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
    """Whether the store can reach the address that pictures are offered at."""
    if is_here(public_url) and not is_here(store):
        yield LOOPBACK.found(f"Images are offered at {public_url}, where the store cannot reach them.")
