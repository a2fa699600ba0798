"""The settings as given: which are invalid, and which have no effect. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from boeing_data_hub.health.doctor.finding import Advice, Finding, well
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.reading import Reading

UNUSABLE = Advice(
    "setting_unusable",
    "settings",
    "error",
    "an invalid value, with which no process starts",
    "Correct {name} in {place}. {about}",
)
STRAY = Advice(
    "setting_unknown",
    "settings",
    "warning",
    "a name that looks like a setting but is not one, so it has no effect",
    "Rename it if you meant {nearest}; otherwise remove it.",
)
QUOTED = Advice(
    "setting_quoted",
    "settings",
    "warning",
    "a value in quotation marks, which become part of the value",
    "Write the value of {name} without quotation marks in {place}.",
)
PLACEHOLDER = Advice(
    "setting_placeholder",
    "settings",
    "error",
    "a secret that still has an example's value",
    "Put the real value of {name} into {place}.",
)


def judge_given(reading: Reading) -> Iterator[Finding]:
    """All findings about settings that do not depend on their meaning."""
    for mistake in reading.mistakes:
        said = mistake.said if mistake.name in mistake.said else f"{mistake.name}: {mistake.said}"
        yield UNUSABLE.found(
            f"{said.rstrip('.')}.", name=mistake.name, place=_place(reading, mistake.name), about=_about(mistake.name)
        )
    for stray in reading.strays:
        nearest = stray.nearest or "one of the table in docs/operations.md"
        yield STRAY.found(f"{stray.name} is not a setting of the hub and has no effect.", nearest=nearest)
    for name in reading.quoted:
        yield QUOTED.found(
            f"The value of {name} is in quotation marks, which count as part of it.",
            name=name,
            place=_place(reading, name),
        )
    for name in reading.placeholders:
        yield PLACEHOLDER.found(f"{name} still has an example's value.", name=name, place=_place(reading, name))
    if not (reading.mistakes or reading.strays or reading.quoted or reading.placeholders):
        yield well("settings", "All settings are valid, and all names are known.")


def _place(reading: Reading, name: str) -> str:
    return "the file .env" if name in reading.in_file or name == ".env" else "the environment or the file .env"


def _about(name: str) -> str:
    field = Settings.model_fields.get(name.lower())
    return f"It is: {field.description}" if field is not None and field.description else ""
