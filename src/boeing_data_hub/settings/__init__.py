"""Every setting, with its unit and default. Only the composition root reads them and passes plain values on.

Names and defaults of the guide's section 7 are kept. A value comes from the environment, else from `.env`, else from a
file of `CREDENTIALS_DIRECTORY`.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from boeing_data_hub.settings.addresses import Places
from boeing_data_hub.settings.boeing import Boeing
from boeing_data_hub.settings.credentials import credentials
from boeing_data_hub.settings.images import Images
from boeing_data_hub.settings.interfaces import Interfaces
from boeing_data_hub.settings.lists import Lists
from boeing_data_hub.settings.notices import Notices
from boeing_data_hub.settings.observability import Observing
from boeing_data_hub.settings.public_address import prefix_of
from boeing_data_hub.settings.quoting import Quotes
from boeing_data_hub.settings.retention import Keeping
from boeing_data_hub.settings.selling import Selling
from boeing_data_hub.settings.work import Work

__all__ = ["Settings"]


# Where settings are listed, the last class is first.
class Settings(
    Observing, Interfaces, Notices, Keeping, Quotes, Lists, Images, Selling, Work, Boeing, Places,
):  # fmt: skip
    """The environment of one hub, checked at start; an invalid one stops the process and is named."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        populate_by_name=True,
        frozen=True,
        hide_input_in_errors=True,  # a rule that looks at several settings would show them all, keys included
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Add the files of `CREDENTIALS_DIRECTORY`, with the lowest precedence."""
        del file_secret_settings
        kept = {name.lower(): text for name, text in credentials().items() if name.lower() in cls.model_fields}
        files = (dotenv_settings,) if getattr(dotenv_settings, "env_file", None) else ()
        return init_settings, env_settings, *files, InitSettingsSource(settings_cls, init_kwargs=kept)

    @property
    def public_url(self) -> str:
        """The public URL of the API, without a trailing slash."""
        host = f"[{self.hub_host}]" if ":" in self.hub_host else self.hub_host
        return self.hub_public_url.rstrip("/") or f"http://{host}:{self.hub_port}"

    @property
    def prefix(self) -> str:
        """The path under which a proxy serves the API, such as `/hub`; empty if the API has a host of its own."""
        return prefix_of(self.hub_public_url)

    @property
    def secrets(self) -> list[str]:
        """Every secret value that is set, for the log to mask. Of a URL it is the password."""
        fields = [getattr(self, name) for name in type(self).model_fields]
        values = [value.get_secret_value().strip() for value in fields if isinstance(value, SecretStr)]
        passwords = [unquote(urlsplit(value).password or "") if "://" in value else value for value in values]
        return [*(word for word in passwords if word), *self.broker_passwords, *self.otlp_headers.values()]
