"""Settings as the doctor reads them: all invalid values are reported at once, and the valid ones are used.

A process stops at the first invalid value (`Settings()`); a person who corrects settings needs to see all of them.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.addresses import ADDRESSES, not_an_address
from boeing_data_hub.settings.credentials import credentials

_NAME: Final = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_OURS: Final = ("HUB_", "BOEING_")
_SHARED: Final = ("SHOPIFY_", "SUPABASE_", "CELERY_", "PRICE_", "MAX_BULK_", "DATABASE_", "REDIS_")
_PLACEHOLDER: Final = re.compile(r"\.{3}|<.*>|change.?me|todo|x{3,}|your[-_ ].*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mistake:
    """An invalid setting: its name and what is wrong, without its value."""

    name: str
    said: str


@dataclass(frozen=True, slots=True)
class Stray:
    """A name in the environment that looks like a setting but is not one; `nearest` is the setting probably meant."""

    name: str
    nearest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The result of reading the settings.

    Attributes:
        settings: the settings, with the default in place of each invalid value.
        mistakes: the invalid values.
        strays: names that have no effect.
        quoted: settings whose value is in quotation marks, which count as part of it.
        placeholders: settings that still have an example's value.
        in_file: names that come from the file `.env`.
    """

    settings: Settings
    mistakes: tuple[Mistake, ...] = ()
    strays: tuple[Stray, ...] = ()
    quoted: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    in_file: frozenset[str] = frozenset()

    @property
    def unusable(self) -> frozenset[str]:
        """Names of the invalid settings."""
        return frozenset(mistake.name for mistake in self.mistakes)


def read(extra: Mapping[str, str] | None = None, *, env_file: Path = Path(".env")) -> Reading:
    """Read the environment, then `.env`, then the credentials; `extra` overrides all. Never raises."""
    in_file, mistakes = _file(env_file)
    values = {**credentials(), **in_file, **_known_case(os.environ), **(extra or {})}
    ours = {name: value for name, value in values.items() if name.lower() in Settings.model_fields}
    settings, wrong = _settings(ours)
    return Reading(
        settings=settings,
        mistakes=(*mistakes, *wrong),
        strays=tuple(_strays(values.keys() - ours.keys(), in_file.keys())),
        quoted=tuple(sorted(name for name, value in ours.items() if _is_quoted(value))),
        placeholders=tuple(sorted(name for name, value in ours.items() if _is_placeholder(name, value))),
        in_file=frozenset(in_file) - _known_case(os.environ).keys(),
    )


def _known_case(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name.upper(): value for name, value in values.items() if value is not None}


def _file(path: Path) -> tuple[dict[str, str], list[Mistake]]:
    try:
        if not path.is_file():
            return {}, []
        return _known_case(dotenv_values(path, encoding="utf-8")), []
    except UnicodeDecodeError:
        return {}, [Mistake(str(path), "the file is not UTF-8 text")]
    except OSError as error:
        return {}, [Mistake(str(path), f"the file cannot be read: {error.strerror}")]


class _Given(Settings):
    """Settings from the given values only, without environment and file."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use the given values only."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def _settings(values: Mapping[str, str]) -> tuple[Settings, list[Mistake]]:
    """Settings from the valid values. Invalid ones are dropped, one round after another."""
    left = dict(values)
    mistakes: list[Mistake] = []
    for name in ADDRESSES:
        if said := not_an_address(name, left.get(name, "")):
            mistakes.append(Mistake(name, said))
            del left[name]
    while True:
        try:
            given: dict[str, Any] = {name.lower(): value for name, value in left.items()}
            return _Given(_env_file=None, **given), mistakes  # pyright: ignore[reportCallIssue] - pydantic-settings' own
        except ValidationError as error:
            for one in error.errors(include_input=False, include_context=False, include_url=False):
                said = one["msg"].removeprefix("Value error, ")
                loc = str(one["loc"][0]).upper() if one["loc"] else ""
                # A rule about several settings names them in its message; the first is the invalid one.
                named = [loc] if loc else [name for name in _NAME.findall(said) if name in left]
                mistakes.append(Mistake((named or [""])[0], said))
                before = len(left)
                for name in named:
                    left.pop(name, None)
                if len(left) == before:  # no given value is to blame: continue without any of them
                    left = {}


def _is_quoted(value: str) -> bool:
    bare = value.strip()
    return len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'"


def _is_placeholder(name: str, value: str) -> bool:
    field = Settings.model_fields[name.lower()]
    if not (field.annotation is SecretStr or SecretStr in getattr(field.annotation, "__args__", ())):
        return False
    return bool(_PLACEHOLDER.fullmatch(value.strip())) or ":...@" in value or ":password@" in value


def _strays(names: set[str], in_file: Any) -> list[Stray]:
    known = [name.upper() for name in Settings.model_fields]
    found: list[Stray] = []
    for name in sorted(names):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        squeezed = [one for one in known if one.replace("_", "") == name.replace("_", "").replace("-", "")]
        nearest = (squeezed or near or [None])[0]
        close = nearest is not None and (squeezed or difflib.SequenceMatcher(None, name, nearest).ratio() > 0.88)  # noqa: PLR2004 - two letters of twenty
        if (
            name.startswith(_OURS)
            or (name.startswith(_SHARED) and nearest)
            or close
            or (name in in_file and name.startswith(_SHARED))
        ):
            found.append(Stray(name, nearest))
    return found
