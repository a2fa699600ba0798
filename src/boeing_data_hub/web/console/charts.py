"""Charts, drawn as SVG on the server. Pages show them as images, with the same figures in a table.

pygal draws them; its scripts, style sheet and comments are removed, so that an image is self-contained.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from fastapi import Response

_BUCKETS: Final = 75  # stretches of each line, with at most four points each: as many as the image has room for
_WIDE: Final = (760, 240)
_NARROW: Final = (360, 240)
_DAY: Final = 86_400.0

_LIGHT: Final = "svg{--text:#4b5563;--line:#d5dae1;--c0:#2b50c8;--c1:#a15c00;--c2:#14693a}"
_DARK: Final = "svg{--text:#a0aab8;--line:#343c48;--c0:#8ea9ff;--c1:#f1c56c;--c2:#7bd6a0}"
_COLORS: Final = {
    "light": _LIGHT,
    "dark": _DARK,
    "auto": f"{_LIGHT}@media (prefers-color-scheme:dark){{{_DARK}}}",
}
_STYLE: Final = (
    ".graph text,.axis text,.axis text.major,.legends .legend text,text.no_data"
    "{font-family:system-ui,sans-serif;font-size:12px;fill:var(--text);stroke:none}"
    ".background{fill:none}"
    ".axis .line,.axis .guide.line{fill:none;stroke:var(--line);stroke-dasharray:none}"
    ".axis.x .guide.line{opacity:0}.axis.x text{text-anchor:middle}.axis.y text{text-anchor:end}"
    ".nofill{fill:none}.series .line{stroke-width:2}"
    ".serie-1 .line{stroke-dasharray:7 3}.serie-2 .line{stroke-dasharray:2 3}"
    ".color-0{stroke:var(--c0)}.color-1{stroke:var(--c1)}.color-2{stroke:var(--c2)}"
    ".legend .color-0{fill:var(--c0)}.legend .color-1{fill:var(--c1)}.legend .color-2{fill:var(--c2)}"
)
_BARS: Final = ".bar .rect{stroke:none}.serie-0 .rect{fill:var(--c0)}.serie-1 .rect{fill:var(--c1)}"
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_LEFT_OUT: Final = frozenset({"script", "desc"})


@dataclass(frozen=True, slots=True)
class Point:
    """A value from `at` on, until the next point; None: no value, so the line has a gap."""

    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: its name in the legend, and its points in chronological order."""

    name: str
    points: Sequence[Point]


def figure(value: float) -> str:
    """An amount on a chart's axis."""
    return f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004 - cents no longer matter


def whole(value: float) -> str:
    """A count on a chart's axis; empty between two whole numbers."""
    return f"{value:,.0f}" if value == round(value) else ""


def share(value: float) -> str:
    """A percentage on a chart's axis."""
    return f"{value:.1%}"


def steps(points: Sequence[Point], *, until: datetime) -> list[Point]:
    """The corners of a line that keeps each value until the next one, thinned out to the image's resolution.

    Args:
        points: in chronological order.
        until: where the last value ends.
    """
    corners: list[Point] = []
    for point in _thinned(points):
        if corners:
            corners.append(Point(point.at, corners[-1].value))
        corners.append(point)
    return [*corners, Point(until, corners[-1].value)] if corners else []


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """The first, last, lowest and highest point of each stretch of time."""
    if len(points) <= _BUCKETS * 4:
        return points
    first, last = points[0].at, points[-1].at
    width = (last - first) / _BUCKETS
    stretches: list[list[Point]] = [[] for _ in range(_BUCKETS)]
    for point in points:
        stretches[min(_BUCKETS - 1, (point.at - first) // width)].append(point)
    return [point for stretch in stretches for point in _telling(stretch)]


def _telling(stretch: Sequence[Point]) -> list[Point]:
    if not stretch:
        return []
    places = range(len(stretch))
    known = [place for place in places if stretch[place].value is not None] or [0]
    height = [point.value or 0.0 for point in stretch]
    kept = {places[0], places[-1], min(known, key=height.__getitem__), max(known, key=height.__getitem__)}
    return [stretch[place] for place in sorted(kept)]


def draw(
    lines: Sequence[Line],
    *,
    until: datetime,
    value: Callable[[float], str],
    theme: str = "auto",
    narrow: bool = False,
    from_zero: bool = False,
) -> bytes:
    """The chart as SVG, always below 100 kB.

    Args:
        lines: at most three.
        until: the right edge, where current values end.
        value: formats the figures on the axis.
        theme: `light`, `dark`, or `auto` for the browser's.
        narrow: for a telephone.
        from_zero: True if the scale starts at 0, as for counts.
    """
    drawn = [(line.name, steps(line.points, until=until)) for line in lines]
    drawn = [(name, corners) for name, corners in drawn if any(corner.value is not None for corner in corners)]
    moments = [corner.at.timestamp() for _, corners in drawn for corner in corners]
    first, last = (min(moments), max(moments)) if moments else (0.0, 1.0)
    width, height = _NARROW if narrow else _WIDE
    chart = _pygal().XY(
        width=width,
        height=height,
        css=[f"inline:{_COLORS[theme]}{_STYLE}"],
        js=[],
        pretty_print=False,
        no_prefix=True,
        show_dots=False,
        margin=6,
        show_legend=len(drawn) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(drawn) or 1,
        truncate_legend=-1,
        value_formatter=value,
        x_value_formatter=_writes_days(last - first),
        include_x_axis=from_zero,
        max_scale=6,
        no_data_text="No figures yet",
    )
    if drawn:
        chart.x_labels = [first + (last - first) * part for part in _parts(3 if narrow else 5)]
    for name, corners in drawn:
        chart.add(name, [(corner.at.timestamp(), corner.value) for corner in corners], allow_interruptions=True)
    chart.add_xml_filter(_stripped)
    return chart.render()


@dataclass(frozen=True, slots=True)
class Bars:
    """One kind of bar of a chart: its name in the legend, and a count for each label."""

    name: str
    counts: Sequence[int]


def draw_bars(labels: Sequence[str], bars: Sequence[Bars], *, theme: str = "auto", narrow: bool = False) -> bytes:
    """Counts by label as SVG: one bar, or two side by side.

    Args:
        labels: below the bars, in this order; an empty one is not written.
        bars: one or two kinds, each with as many counts as there are labels.
        theme: `light`, `dark`, or `auto` for the browser's.
        narrow: for a telephone.
    """
    width, height = _NARROW if narrow else _WIDE
    chart = _pygal().Bar(
        width=width,
        height=height,
        css=[f"inline:{_COLORS[theme]}{_STYLE}{_BARS}"],
        js=[],
        pretty_print=False,
        no_prefix=True,
        margin=6,
        show_legend=len(bars) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(bars) or 1,
        truncate_legend=-1,
        value_formatter=whole,
        max_scale=6,
        x_label_rotation=60 if narrow else 0,
        no_data_text="No figures yet",
    )
    chart.x_labels = list(labels)
    for kind in bars if labels else ():
        chart.add(kind.name, list(kind.counts))
    chart.add_xml_filter(_stripped)
    return chart.render()


def answer(picture: bytes) -> Response:
    """The response for a chart: an image that may neither load nor run anything."""
    return Response(picture, media_type="image/svg+xml", headers={"Content-Security-Policy": _POLICY})


@cache
def _pygal() -> Any:
    import pygal  # noqa: PLC0415 - 50 ms, in processes of which most never draw

    # It also hooks Python's import, by a protocol of Python 3.3, to find maps that nobody draws here.
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]
    return pygal


def _parts(labels: int) -> Iterator[float]:
    """The positions of the labels, as shares of the width: each in the middle of its stretch."""
    return ((number + 0.5) / labels for number in range(labels))


def _writes_days(seconds: float) -> Callable[[float], str]:
    form = "%H:%M" if seconds <= _DAY else "%d %b %H:%M" if seconds <= 3 * _DAY else "%d %b"
    if seconds > 400 * _DAY:
        form = "%b %Y"
    return lambda moment: datetime.fromtimestamp(moment, UTC).strftime(form)


def _stripped(root: Any) -> Any:
    """The image without scripts, comments and texts that only a script would show."""
    for parent in list(root.iter()):
        for child in list(parent):
            is_comment = not isinstance(child.tag, str)
            if is_comment or child.tag in _LEFT_OUT or "tooltip-overlay" in child.get("class", ""):
                parent.remove(child)
    return root
