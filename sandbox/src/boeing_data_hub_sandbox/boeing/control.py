"""`/control/...`: read the ledger, change the behaviour, switch faults on and off, while the stand-in runs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final, cast
from urllib.parse import parse_qs

from pydantic import ValidationError

from boeing_data_hub.errors import BadInput, Malformed, NotFound, Refused
from boeing_data_hub_sandbox.boeing.answers import line_items, spelled
from boeing_data_hub_sandbox.boeing.fault_kinds import FAULTS
from boeing_data_hub_sandbox.boeing.settings import SandboxSettings
from boeing_data_hub_sandbox.boeing.state import State
from boeing_data_hub_sandbox.boeing.wire import Reply, json_reply

Query = Mapping[str, str]


def reply(state: State, method: str, path: str, query: str, body: bytes | None) -> Reply:
    """Carry out one control call. `path` begins with /control/."""
    topic, _, rest = path.removeprefix("/control/").partition("/")
    act = _ACTS.get((method, topic))
    values = {key: found[-1] for key, found in parse_qs(query).items()}
    try:
        if act is None:
            raise NotFound(f"There is no control call {method} {path}.", details={"calls": _CALLS})
        status, payload = act(state, rest, values, _document(body))
    except Refused as error:
        return json_reply(error.status, {"code": error.code, "message": error.message, **error.details})
    return json_reply(status, payload)


def _document(body: bytes | None) -> dict[str, Any]:
    if body is None:
        raise Malformed("The body is too large.")
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    if not isinstance(document, dict):
        raise Malformed("The body must be a JSON object.")
    return cast("dict[str, Any]", document)


def _stats(state: State, _: str, query: Query, __: dict[str, Any]) -> tuple[int, Any]:
    settings = state.settings
    window = _number(query, "window", settings.window)
    if window <= 0:
        raise BadInput("`window` must be more than 0 seconds.")
    return 200, state.ledger.stats(window=window, limit=int(_number(query, "limit", settings.limit)))


def _ledger(state: State, _: str, query: Query, __: dict[str, Any]) -> tuple[int, Any]:
    since = int(_number(query, "since", 0))
    calls = state.ledger.calls(since=since, limit=int(_number(query, "limit", 1000)))
    return 200, {"calls": calls, "next": calls[-1]["number"] if calls else since}


def _reset(state: State, _: str, __: Query, ___: dict[str, Any]) -> tuple[int, Any]:
    state.ledger.reset()
    state.limit.reset()
    return 200, {}


def _settings(state: State, _: str, __: Query, ___: dict[str, Any]) -> tuple[int, Any]:
    return 200, state.settings.model_dump()


def _change_settings(state: State, _: str, __: Query, changes: dict[str, Any]) -> tuple[int, Any]:
    return _use(state, {**state.settings.model_dump(), **changes})


def _replace_settings(state: State, _: str, __: Query, settings: dict[str, Any]) -> tuple[int, Any]:
    return _use(state, {**state.at_start.model_dump(), **settings})


def _use(state: State, values: dict[str, Any]) -> tuple[int, Any]:
    try:
        state.use(SandboxSettings.model_validate(values))
    except ValidationError as error:
        wrong = {".".join(map(str, one["loc"])): one["msg"] for one in error.errors()}
        raise BadInput(
            f"These settings cannot be: {wrong}", details={"settings": sorted(SandboxSettings.model_fields)}
        ) from None
    return 200, state.settings.model_dump()


def _part(state: State, part: str, _: Query, __: dict[str, Any]) -> tuple[int, Any]:
    if not part:
        return 200, {"overrides": state.world.overrides}
    override = state.world.overrides.get(spelled(part))
    return 200, {"part": spelled(part), "override": override, "line_items": line_items(part, state.world)}


def _set_part(state: State, part: str, query: Query, fields: dict[str, Any]) -> tuple[int, Any]:
    if not spelled(part):
        raise NotFound("Name a part: PUT /control/parts/PART.")
    if not isinstance(fields.get("unknown", False), bool):
        raise BadInput("`unknown` is true or false.")
    locations: Any = fields.get("locations", {})
    if not isinstance(locations, dict) or not all(isinstance(count, int) for count in locations.values()):  # pyright: ignore[reportUnknownVariableType] - JSON
        raise BadInput('`locations` is an object such as {"Dallas Central": 3}.')
    remove: Any = fields.get("remove", [])
    if not isinstance(remove, list) or not all(isinstance(name, str) for name in remove):  # pyright: ignore[reportUnknownVariableType] - JSON
        raise BadInput("`remove` is a list of field names.")
    state.override(part, fields)
    return _part(state, part, query, fields)


def _forget_part(state: State, part: str, _: Query, __: dict[str, Any]) -> tuple[int, Any]:
    if part:
        state.override(part, None)
    else:
        state.clear_overrides()
    return 200, {}


def _expire_tokens(state: State, _: str, __: Query, ___: dict[str, Any]) -> tuple[int, Any]:
    return 200, {"expired": state.tokens.expire()}


def _faults(state: State, _: str, __: Query, ___: dict[str, Any]) -> tuple[int, Any]:
    return 200, {"kinds": FAULTS, "faults": state.faults.describe()}


def _add_fault(state: State, _: str, __: Query, wanted: dict[str, Any]) -> tuple[int, Any]:
    return 201, state.faults.add(wanted).describe()


def _remove_faults(state: State, which: str, _: Query, __: dict[str, Any]) -> tuple[int, Any]:
    if not which:
        return 200, {"removed": state.faults.clear()}
    state.faults.remove(int(which) if which.isdecimal() else 0)
    return 200, {"removed": 1}


def _number(query: Query, name: str, default: float) -> float:
    try:
        value = float(query.get(name, default))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"`{name}` must be a number.")
    return value


_ACTS: Final[Mapping[tuple[str, str], Callable[[State, str, Query, dict[str, Any]], tuple[int, Any]]]] = {
    ("GET", "stats"): _stats,
    ("GET", "ledger"): _ledger,
    ("DELETE", "ledger"): _reset,
    ("GET", "settings"): _settings,
    ("PUT", "settings"): _replace_settings,
    ("PATCH", "settings"): _change_settings,
    ("GET", "parts"): _part,
    ("PUT", "parts"): _set_part,
    ("DELETE", "parts"): _forget_part,
    ("POST", "expire-tokens"): _expire_tokens,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _remove_faults,
}
_CALLS = [f"{method} /control/{topic}" for method, topic in _ACTS]
