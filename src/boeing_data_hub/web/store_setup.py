"""Setting up the store's metafields, as both the API and the console ask for it."""

from __future__ import annotations

from typing import Any

from boeing_data_hub.errors import Reject, Retry, StopTheLine, Unavailable
from boeing_data_hub.hub import Hub
from boeing_data_hub.store import audit


def set_up(hub: Hub, *, actor: str) -> dict[str, Any]:
    """Make the metafield definitions the store lacks, that of our custom ids first. Safe to repeat.

    Raises:
        Unavailable: not all could be made.
    """
    try:
        told = hub.shop.storefront.set_up()
    except (Retry, Reject, StopTheLine) as error:
        raise Unavailable(
            f"The definitions could not all be made. {error.message} It is safe to repeat.", code=error.code
        ) from None
    hub.database.run(
        lambda work: audit.record(
            work, actor=actor, action="store.setup", target="metafields", details={"created": told["created"]}
        )
    )
    return told
