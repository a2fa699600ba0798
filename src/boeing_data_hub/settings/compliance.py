"""Settings: what the store shows of Boeing's compliance data, and classes of parts that are held back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_settings import BaseSettings, NoDecode

from boeing_data_hub.settings.parsing import json_of, listed

PartField = Literal[
    "eccn", "hazard_code", "faa_approval", "pma", "length", "width", "height", "thumbnail", "stock_by_location"
]
_Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class HeldClass(BaseModel):
    """One hold rule as it is written in HUB_HOLD_RULES."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    hold: Literal["draft", "unlist", "review"]
    eccn: tuple[_Pattern, ...] = ()
    hazards: tuple[_Pattern, ...] = ()
    faa: tuple[_Pattern, ...] = ()
    hazardous: bool | None = None
    pma: bool | None = None
    prefixes: tuple[_Pattern, ...] = ()
    suppliers: tuple[_Pattern, ...] = ()


def _rules(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return json_of(value, '[{"name": "Hazardous", "hazardous": true, "hold": "draft"}]') if value.strip() else ()


class Compliance(BaseSettings):
    """Compliance data in the store, and classes that are held back."""

    hub_part_metafields: Annotated[tuple[PartField, ...], NoDecode, BeforeValidator(listed)] = Field(
        default=(),
        description="Boeing's data that products show as metafields besides the usual ones: eccn, hazard_code, "
        "faa_approval, pma, length, width, height, thumbnail, stock_by_location. Run `bdh store setup` after a change; "
        "published products follow with the next publish.",
    )
    hub_hold_rules: Annotated[tuple[HeldClass, ...], NoDecode, BeforeValidator(_rules)] = Field(
        default=(),
        max_length=100,
        description="Classes of parts that are held back, as JSON; the first that fits decides: "
        '[{"name": "Export controlled", "eccn": ["9A*"], "hold": "review"}]. hold: draft, unlist, review. Conditions: '
        "eccn, hazards, faa, suppliers (patterns), hazardous, pma (true or false), prefixes (of the SKU).",
    )
