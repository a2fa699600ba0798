"""The forms of price lists and their previews in the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.catalogue import price_files
from boeing_data_hub.catalogue.price_files import FileKind
from boeing_data_hub.catalogue.price_preview import PriceMove, PricePreview
from boeing_data_hub.catalogue.price_rules import PriceRule
from boeing_data_hub.catalogue.priceable import PriceBasis
from boeing_data_hub.errors import BadInput
from boeing_data_hub.web.api.price_rule_fields import RuleFields
from boeing_data_hub.web.bodies import Body, Flag, one_of
from boeing_data_hub.web.limits import STORABLE

_LONGEST_FILE = 5_000_000  # characters
Name = Annotated[str, Field(max_length=200, pattern=STORABLE, description="For people.")]


class PriceListBody(Body):
    """The rules of a price list, as fields or as the text of a file."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Spring",
                    "rules": [{"name": "Hardware", "prefixes": ["AN", "MS"], "markup": "1.3", "rounding": ".99"}],
                }
            ],
            **one_of({"rules": "array", "text": "string"}),
        },
    )

    name: Name = ""
    rules: list[RuleFields] | None = Field(default=None, max_length=price_files.MOST_RULES, description="In order.")
    text: str | None = Field(default=None, max_length=_LONGEST_FILE, description="Or: a file, as TOML or CSV.")
    format: FileKind = Field(default="toml", description="What the text is.")

    def read(self) -> tuple[PriceRule, ...]:
        """The rules. Raises BadInput."""
        if (self.rules is None) == (self.text is None):
            raise BadInput("Send either rules or text. Nothing was changed.", code="bad_price_rules")
        if self.text is not None:
            return price_files.read(self.text, self.format)
        return price_files.rules_of([rule.model_dump(exclude_unset=True) for rule in self.rules or ()])


class PriceListResponse(BaseModel):
    """A price list, without its rules."""

    version: int
    name: str
    author: str
    created_at: datetime
    updated_at: datetime
    rule_count: int
    first_active_at: datetime | None = Field(description="Null: a draft, which can still be edited.")
    is_active: bool


class PriceListWithRules(PriceListResponse):
    """A price list and its rules, in order."""

    rules: list[RuleFields]


class ActivationResponse(BaseModel):
    """An activation of a list; version null: settings only."""

    version: int | None
    name: str | None
    actor: str
    at: datetime


class LastRule(BaseModel):
    """The rule for every part that no other one is for: PRICE_BASIS and PRICE_MARKUP."""

    basis: PriceBasis
    markup: Decimal


class PricesResponse(BaseModel):
    """Price lists, the newest first."""

    active_version: int | None = Field(description="Null: settings only.")
    last_rule: LastRule
    lists: list[PriceListResponse]
    activations: list[ActivationResponse]


class MoveResponse(BaseModel):
    """A price that would change; null: no price."""

    sku: str
    old: Decimal | None
    new: Decimal | None
    percent: Decimal | None
    cost: Decimal | None
    rule: int | None = Field(description="The rule's place; null: the default rule.")
    in_store: bool

    @classmethod
    def of(cls, move: PriceMove) -> MoveResponse:
        """The same in the API's form."""
        return cls.model_validate({**move._asdict(), "percent": move.percent})


class BarResponse(BaseModel):
    """Prices that move by more than `above` and at most `up_to` percent; null: no bound."""

    above: int | None
    up_to: int | None
    parts: int


class PreviewResponse(BaseModel):
    """What activating a price list would change."""

    message: str
    version: int | None
    against: int | None = Field(description="The active list; null: settings only.")
    parts: int = Field(description="Compared: all but those with a manual price or doubtful data.")
    changed: int
    up: int
    down: int
    gained: int = Field(description="Parts that have a price only with the new list.")
    lost: int = Field(description="Parts that have no price with the new list.")
    in_store: int = Field(description="Changed prices of products that are live in the store.")
    below_cost: int
    median: Decimal | None = Field(description="Percent.")
    histogram: list[BarResponse]
    biggest: list[MoveResponse]
    by_rule: dict[str, int] = Field(description='Parts by the rule that would price them; also "last" and "none".')

    @classmethod
    def of(cls, found: PricePreview) -> PreviewResponse:
        """The same in the API's form."""
        moves = [MoveResponse.of(move) for move in found.biggest]
        return cls.model_validate({**asdict(found), "message": found.sentence, "biggest": moves})


class ProgressLine(BaseModel):
    """How far a preview is, in parts."""

    done: int
    total: int = Field(description="Estimated.")


class ActivateBody(Body):
    """Whether to plan the publishing of the prices that differ."""

    plan: Flag = Field(default=True, description="Create a plan for the products whose price in the store differs.")


class ActivatedResponse(BaseModel):
    """The price list that is now active, and the plan for the store."""

    message: str
    version: int | None
    before: int | None
    plan_id: str | None = None
    plan_problem: str | None = Field(default=None, description="Why there is no plan.")


class PricePlanResponse(BaseModel):
    """A plan for the products whose price in the store differs from ours."""

    message: str
    plan_id: str
    parts: int
    more: bool = Field(description="More products differ than one plan can hold.")
