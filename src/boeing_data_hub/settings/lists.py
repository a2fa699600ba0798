"""Settings: from where saved lists are read."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from boeing_data_hub.settings.parsing import listed

_HOST: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_PAIR: Final = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\]):[1-9][0-9]{0,4}")


class Lists(BaseSettings):
    """Saved lists."""

    hub_list_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="From where saved lists are read: hosts, with all below them, by https at a public address; or "
        "host:port, at any address, for a server in your own network. A JSON list, or separated by commas. Empty: no "
        "list has an address.",
    )
    hub_list_allow_http_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="host:port pairs that saved lists are read from by http; for simulators."
    )

    @field_validator("hub_list_hosts", "hub_list_allow_http_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: Any) -> Any:
        """The names in a JSON list or separated by commas, in lower case."""
        names = tuple(name.lower() for name in listed(value, '["files.example.com"]'))
        for name in names:
            if not (_HOST.fullmatch(name) or _PAIR.fullmatch(name)):
                raise ValueError(f"{name[:100]!r} is neither a host such as files.example.com nor a pair host:port")
        return names
