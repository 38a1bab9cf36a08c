"""Charts as SVG, drawn on the server. Pure: values go in, markup comes out.

They stretch to their place, so text stands beside them in HTML; colours are classes of the style
sheet; each says in words what it shows. A value that is not known is a gap, never a zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from sync_engine.web.console.words import seen

WIDTH, HEIGHT = 600, 160
SPARK_WIDTH, SPARK_HEIGHT = 120, 28
_PAD = 6
_OPEN = Markup(
    '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
)
_CLOSE = Markup("</svg>")


def line(
    values: Sequence[float | None], label: str, *, low: float | None = None,
    high: float | None = None,
) -> Markup:  # fmt: skip
    """A line with its area; unknown values are gaps, a lone known one is a dot.

    Args:
        low, high: the ends of the scale; by default what the values need.
    """
    found = _OPEN.format("chart-line", WIDTH, HEIGHT, seen(label))
    for part in (0.0, 0.5, 1.0):
        y = _PAD + part * (HEIGHT - 2 * _PAD)
        found += Markup('<path class="grid" d="M0 {:.1f}H{}"/>').format(y, WIDTH)
    return found + _runs(values, WIDTH, HEIGHT, low, high, area=True) + _CLOSE


def sparkline(values: Sequence[float | None], label: str) -> Markup:
    """A small line without a scale."""
    low, high = scale(values)
    if high - low < 0.02:  # a ripple is not a storm
        low, high = low - 0.01, high + 0.01
    found = _OPEN.format("sparkline", SPARK_WIDTH, SPARK_HEIGHT, seen(label))
    return found + _runs(values, SPARK_WIDTH, SPARK_HEIGHT, low, high, area=False) + _CLOSE


def stacked(parts: Sequence[tuple[str, int]], label: str) -> Markup:
    """One bar made of parts: (class, amount); what is something is never drawn as nothing."""
    found = _OPEN.format("stacked", WIDTH, 10, seen(label))
    total = sum(amount for _, amount in parts)
    if not total:
        return found + Markup('<rect class="none" width="{}" height="10"/>').format(WIDTH) + _CLOSE
    shown = [(name, max(amount / total, 0.012)) for name, amount in parts if amount]
    whole, x = sum(share for _, share in shown), 0.0
    for name, share in shown:
        width = share / whole * WIDTH
        found += Markup('<rect class="{}" x="{:.1f}" width="{:.1f}" height="10"/>').format(
            name, x, max(width - 2, 1)
        )
        x += width
    return found + _CLOSE


def scale(values: Sequence[float | None]) -> tuple[float, float]:
    """The least and the most of what is known; 0 and 1 when nothing is."""
    known = [value for value in values if value is not None]
    return (min(known), max(known)) if known else (0.0, 1.0)


def _runs(
    values: Sequence[float | None], width: int, height: int, low: float | None,
    high: float | None, *, area: bool,
) -> Markup:  # fmt: skip
    least, most = scale(values)
    bottom, top = least if low is None else low, most if high is None else high
    step = (width - 2 * _PAD) / max(len(values) - 1, 1)
    tall = height - 2 * _PAD

    def point(n: int, value: float) -> tuple[float, float]:
        part = (value - bottom) / (top - bottom) if top > bottom else 0.5
        return _PAD + n * step, _PAD + (1 - min(max(part, 0), 1)) * tall

    found = Markup()
    for run in _known_runs(values):
        points = [point(n, value) for n, value in run]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        if len(points) == 1:
            found += _dot(*points[0])
            continue
        if area:
            down = f"{path}L{points[-1][0]:.1f} {height}L{points[0][0]:.1f} {height}Z"
            found += Markup('<path class="area" d="{}"/>').format(down)
        found += Markup('<path class="line" d="{}"/>').format(path)
    last = [(n, value) for n, value in enumerate(values) if value is not None][-1:]
    for n, value in last:
        found += _dot(*point(n, value))
    return found


def _dot(x: float, y: float) -> Markup:
    """A point: a line of no length with round ends stays round when the picture is stretched."""
    return Markup('<path class="dot" d="M{:.1f} {:.1f}h0.01"/>').format(x, y)


def _known_runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((n, value))
    return [run for run in runs if run]
