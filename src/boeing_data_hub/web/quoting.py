"""Access to quotes, by the webhook's secret or by an API key, and the fields of a request in any encoding."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from boeing_data_hub.errors import BadInput, Malformed, Unauthorized
from boeing_data_hub.quotes.payloads import of_form, read_body
from boeing_data_hub.settings import Settings
from boeing_data_hub.web.access import address_of, admitted, the_hub
from boeing_data_hub.web.security_events import note

SECRET_HEADER = "X-Webhook-Secret"  # noqa: S105 - a header's name
WEBHOOK = "webhook"
"""The name of the webhook's caller in the audit log."""


def is_secret(settings: Settings, sent: Sequence[str]) -> bool:
    """True if the header has exactly one value, and it is the hub's current or previous secret."""
    good = [
        secret.get_secret_value().encode()
        for secret in (settings.hub_quote_webhook_secret, settings.hub_quote_webhook_secret_previous)
    ]
    # All are compared, so that the time taken reveals nothing.
    matches = [hmac.compare_digest(sent[0].encode("utf-8", "surrogateescape"), one) for one in good]
    return len(sent) == 1 and any(match and one for match, one in zip(matches, good, strict=True))


def caller(scope: str) -> Callable[[Request], str]:
    """A dependency that admits callers with the secret, or with a key of this scope. It returns the caller's name."""

    def check(request: Request) -> str:
        sent = request.headers.getlist(SECRET_HEADER)
        if not sent:
            return admitted(request, scope).owner
        if is_secret(the_hub(request).settings, sent):
            return WEBHOOK
        note("webhook_rejected", address=address_of(request.scope))
        raise Unauthorized(
            f"The {SECRET_HEADER} is not the hub's (HUB_QUOTE_WEBHOOK_SECRET), or none is set there. Nothing was "
            "stored. Send the secret, or an API key with the scope `search`."
        )

    return check


async def sent_fields(request: Request) -> dict[str, Any]:
    """The fields of a request for a quote, from JSON or either kind of form.

    Raises:
        Malformed: the body cannot be read.
        BadInput: it is empty, wrapped, of another content type, or has a file.
    """
    kind = request.headers.get("content-type", "")
    if not kind.casefold().startswith("multipart/form-data"):
        return read_body(await request.body(), kind)
    try:
        async with request.form(max_files=1) as form:
            pairs = form.multi_items()
            if files := [name for name, value in pairs if isinstance(value, UploadFile)]:
                raise BadInput(
                    f"The form holds a file, {files[0][:60]!r}. Nothing was stored. Send the part numbers as text in "
                    "requested_parts; a whole list is uploaded at /api/uploads.",
                    code="file_sent",
                )
            return of_form(pairs)
    except HTTPException as error:
        raise Malformed(f"The form cannot be read: {error.detail} Nothing was stored.", code="malformed_form") from None


SentFields = Annotated[dict[str, Any], Depends(sent_fields)]
Asker = Annotated[str, Depends(caller("search"))]
Fetcher = Annotated[str, Depends(caller("read"))]


def number_in_path(rfq_number: str) -> str:
    """A number from a path. Postgres stores no NUL, so a text with one matches nothing."""
    return rfq_number.strip().replace("\0", "\ufffd")
