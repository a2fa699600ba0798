"""Every setting, with its unit and default. Only the composition root reads them; everyone else is handed plain values.

Names and defaults of the guide's section 7 are kept. A value comes from the environment, else from `.env`.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from boeing_data_hub.settings.boeing import Boeing
from boeing_data_hub.settings.images import Images
from boeing_data_hub.settings.interfaces import Interfaces
from boeing_data_hub.settings.keeping import Keeping
from boeing_data_hub.settings.notices import Notices
from boeing_data_hub.settings.observing import Observing
from boeing_data_hub.settings.places import Places
from boeing_data_hub.settings.quoting import Quotes
from boeing_data_hub.settings.store import Store
from boeing_data_hub.settings.trade import Trade
from boeing_data_hub.settings.work import Work

__all__ = ["Settings"]


# The last comes first where settings are listed.
class Settings(Observing, Interfaces, Notices, Keeping, Quotes, Images, Store, Trade, Work, Boeing, Places):
    """The environment of one hub, checked at start; a wrong value names itself and stops the process."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        populate_by_name=True,
        frozen=True,
        hide_input_in_errors=True,  # a rule that looks at several settings would show them all, keys included
    )

    @property
    def public_url(self) -> str:
        """Where the outside reaches the API, without a slash at its end."""
        host = f"[{self.hub_host}]" if ":" in self.hub_host else self.hub_host
        return self.hub_public_url.rstrip("/") or f"http://{host}:{self.hub_port}"

    @property
    def secrets(self) -> list[str]:
        """Every secret value that is set, for the log to mask: of an address its password."""
        told = [getattr(self, name) for name in type(self).model_fields]
        values = [value.get_secret_value().strip() for value in told if isinstance(value, SecretStr)]
        passwords = [unquote(urlsplit(value).password or "") if "://" in value else value for value in values]
        return [*(word for word in passwords if word), *self.otlp_headers.values()]
