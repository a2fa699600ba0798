"""Staged uploads: addresses to put files at, by a form whose last field is `file`, or by PUT."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from boeing_data_hub_sandbox.shopify.outcomes import too_many, user_error

_NAME = re.compile(rb'name="([^"]*)"')


@dataclass(slots=True)
class _Target:
    secret: str
    mime: str
    content: bytes | None = None


class Uploads:
    """Promised addresses and what has arrived at them, by key."""

    def __init__(self) -> None:
        self._targets: dict[str, _Target] = {}

    def content(self, key: str) -> bytes | None:
        """The file under this key, None when none was promised or none has arrived."""
        target = self._targets.get(key)
        return target.content if target else None

    def fingerprint(self, key: str) -> str:
        """Changes when the file does: a file changed during a run fails the run."""
        return hashlib.sha256(self.content(key) or b"").hexdigest()

    def stage(self, given: list[dict[str, Any]], *, shop: str, url: str) -> dict[str, Any]:
        """StagedUploadsCreate, for this shop; the addresses are below `url`."""
        if len(given) > 250:  # noqa: PLR2004 - the limit of every list
            raise too_many(len(given))
        targets: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for index, each in enumerate(given):
            if not each["filename"].strip():
                errors.append(user_error(["input", str(index), "filename"], "Filename can't be blank"))
                continue
            folder = "bulk" if each["resource"] == "BULK_MUTATION_VARIABLES" else "files"
            key = f"tmp/{shop}/{folder}/{uuid4()}/{each['filename']}"
            secret = secrets.token_hex(16)
            self._targets[key] = _Target(secret, each["mimeType"])
            targets.append(_described(url, key, secret, each))
        return {"stagedTargets": [] if errors else targets, "userErrors": errors}

    def put(self, key: str, secret: str | None, content: bytes) -> int:
        """Store what was sent by PUT; the status to answer with."""
        target = self._targets.get(key)
        if target is None or target.secret != secret:
            return 403
        target.content = content
        return 200

    def post(self, content_type: str, body: bytes, largest: int) -> tuple[int, str]:
        """Store what a form brought; the status and the XML to answer with."""
        fields = _form(content_type, body)
        names = [name for name, _ in fields]
        if not fields or names[-1] != "file":
            return 400, _xml_error("InvalidArgument", "The file must be the last field of the form.")
        given = dict(fields)
        key = given.get("key", b"").decode()
        target = self._targets.get(key)
        if target is None or given.get("x-goog-signature", b"").decode() != target.secret or "policy" not in given:
            return 403, _xml_error("SignatureDoesNotMatch", "The request signature does not match the policy.")
        if given.get("Content-Type", b"").decode() != target.mime:
            return 400, _xml_error("InvalidPolicyDocument", "The content type is not what was promised.")
        if not 1 <= len(given["file"]) <= largest:
            return 400, _xml_error("EntityTooLarge", f"The file must have 1 to {largest} bytes.")
        target.content = given["file"]
        return 201, f'<?xml version="1.0" encoding="UTF-8"?><PostResponse><Key>{key}</Key></PostResponse>'


def _described(url: str, key: str, secret: str, each: dict[str, Any]) -> dict[str, Any]:
    base = f"{url}/staged/"
    if each.get("httpMethod") == "PUT":
        address = f"{base}{quote(key)}?X-Goog-Signature={secret}"
        parameters = {"content_type": each["mimeType"], "acl": "private"}
        return {"url": address, "resourceUrl": base + quote(key), "parameters": _listed(parameters)}
    parameters = {
        "Content-Type": each["mimeType"],
        "success_action_status": "201",
        "acl": "private",
        "key": key,
        "x-goog-date": "20261001T000000Z",
        "x-goog-credential": "sandbox@sandbox.invalid/20261001/auto/storage/goog4_request",
        "x-goog-algorithm": "GOOG4-RSA-SHA256",
        "x-goog-signature": secret,
        "policy": "eyJjb25kaXRpb25zIjpbWyJjb250ZW50LWxlbmd0aC1yYW5nZSIsMSwxMDQ4NTc2MDBdXX0=",
    }
    return {"url": base, "resourceUrl": base, "parameters": _listed(parameters)}


def _listed(parameters: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in parameters.items()]


def _form(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """The fields of a multipart form in their order, empty when it is none."""
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    if not content_type.startswith("multipart/form-data") or found is None:
        return []
    fields: list[tuple[str, bytes]] = []
    for part in (b"\r\n" + body).split(b"\r\n--" + found[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is not None:
            fields.append((name[1].decode(), content))
    return fields


def _xml_error(code: str, message: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
