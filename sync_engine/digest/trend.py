"""The trend of open flags: in words, as a picture of bars, as one line of text.

The picture has no letters: a server may have no fonts. What it says stands beside it in words and
numbers, so that whoever does not see it misses nothing.
"""

from __future__ import annotations

from sync_engine.digest.model import Bar, Trend, TrendPoint, TrendView
from sync_engine.digest.text import plural

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDE, _HIGH, _GAP = 96, 140, 8  # of a bar, in the picture's pixels: twice those of the screen
REST, URGENT = "#84998d", "#2f8f6d"
"""Colours that stand out from white and from black alike: the reader's mode is not known."""


def view(trend: Trend) -> TrendView | None:
    """The trend ready to be drawn; None while fewer than two weeks were counted."""
    counted = [p for p in trend.points if p.open is not None]
    if len(counted) < 2:
        return None
    top = max(p.open or 0 for p in counted)
    last = trend.points[-1]
    return TrendView(
        sentence=_sentence(counted),
        bars=tuple(_bar(p, top, last=p is last) for p in trend.points),
        line="".join(_block(p.open, top) for p in trend.points),
    )


def _sentence(counted: list[TrendPoint]) -> str:
    first, now = counted[0].open or 0, counted[-1].open or 0
    weeks = plural((counted[-1].week - counted[0].week).days // 7, "week")
    if first == now:
        words = f"Open flags stand at {now}, as many as {weeks} ago"
    else:
        words = f"Open flags {'fell' if now < first else 'rose'} from {first} to {now} in {weeks}"
    urgent = counted[-1].urgent
    return f"{words}; {urgent} of them are critical or high." if urgent else f"{words}."


def _bar(point: TrendPoint, top: int, *, last: bool) -> Bar:
    value, urgent = point.open, point.urgent or 0
    height = _part(value or 0, top)
    return Bar(
        label=f"W{point.week.isocalendar().week}",
        value=value,
        height=height,
        urgent_height=min(height, _part(urgent, top)),
        last=last,
    )


def _part(value: int, top: int) -> int:
    """A height of 100; something is never drawn as nothing."""
    return max(3, round(100 * value / top)) if value else 0


def _block(value: int | None, top: int) -> str:
    if value is None:
        return "·"
    return _BLOCKS[round(7 * value / top)] if top else _BLOCKS[0]


def svg(trend: TrendView) -> str:
    """The bars as a picture, to be stretched over the width of the numbers above them."""
    shapes = []
    for at, bar in enumerate(trend.bars):
        left = at * _WIDE + _GAP
        for colour, height in ((REST, bar.height), (URGENT, bar.urgent_height)):
            if height:
                tall = round(height * _HIGH / 100)
                shapes.append(
                    f'<rect x="{left}" y="{_HIGH - tall}" width="{_WIDE - 2 * _GAP}"'
                    f' height="{tall}" fill="{colour}"/>'
                )
    width = _WIDE * len(trend.bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HIGH}">'
        f"{''.join(shapes)}</svg>"
    )
