"""Settings: from where saved lists are read."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Final, cast

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from boeing_data_hub.settings.parsing import listed

_HOST: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_PAIR: Final = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\]):[1-9][0-9]{0,4}")


class Lists(BaseSettings):
    """Saved lists."""

    hub_list_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="From where saved lists are read: hosts, with all below them, by https or SFTP at a public "
        "address; or host:port, at any address, for a server in your own network. A JSON list, or separated by commas. "
        "Empty: no list has an address.",
    )
    hub_list_allow_http_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="host:port pairs that saved lists are read from by http; for simulators."
    )

    hub_list_sftp_passwords: SecretStr = Field(
        default=SecretStr(""),
        description="Passwords of saved lists that are read by SFTP, as a JSON object: "
        '{"user@files.example.com": "..."}.',
    )
    hub_list_sftp_key_file: str = Field(
        default="",
        description="A private key, without a passphrase, with which saved lists are read by SFTP. Empty: none.",
    )

    @field_validator("hub_list_sftp_passwords")
    @classmethod
    def _passwords(cls, value: SecretStr) -> SecretStr:
        """A JSON object of texts. The error does not quote it."""
        if text := value.get_secret_value():
            try:
                found: Any = json.loads(text)
            except ValueError:
                found = None
            if not isinstance(found, dict) or not all(
                isinstance(each, str) for each in cast("dict[str, object]", found).values()
            ):
                raise ValueError("it is not a JSON object of user@host and password")
        return value

    @field_validator("hub_list_hosts", "hub_list_allow_http_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: Any) -> Any:
        """The names in a JSON list or separated by commas, in lower case."""
        names = tuple(name.lower() for name in listed(value, '["files.example.com"]'))
        for name in names:
            if not (_HOST.fullmatch(name) or _PAIR.fullmatch(name)):
                raise ValueError(f"{name[:100]!r} is neither a host such as files.example.com nor a pair host:port")
        return names
