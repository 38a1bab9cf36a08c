"""From a digest to HTML and text that mail clients show: tables, inlined styles, nothing remote."""

from __future__ import annotations

import base64
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import css_inline
import resvg_py
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sync_engine.digest import trend
from sync_engine.digest.model import Digest, TrendView

TEMPLATES = Path(__file__).parent / "templates"
SHAPES = {"critical": "◆", "high": "▲", "medium": "●", "low": "○", "info": "·"}
WIDTH = 72
TREND = "trend@flagstaff"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that travels with the message; `cid` is how the HTML form names it."""

    cid: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in its two forms of equal worth, with its subject."""

    subject: str
    html: str
    text: str
    pictures: tuple[Picture, ...] = ()

    @property
    def page(self) -> str:
        """The HTML form by itself, with its pictures in it: for files and the screen."""
        html = self.html
        for picture in self.pictures:
            data = base64.b64encode(picture.png).decode()
            html = html.replace(f"cid:{picture.cid}", f"data:image/png;base64,{data}")
        return html


def render(digest: Digest) -> Rendered:
    """Both forms of a digest. Pure: the same digest gives the same bytes."""
    html = _environment(html=True).get_template("digest.html.j2")
    text = _environment(html=False).get_template("digest.txt.j2")
    inlined = _inliner().inline(html.render(digest=digest, shapes=SHAPES, trend=TREND))
    plain = text.render(digest=digest, shapes=SHAPES, rule="-" * WIDTH)
    return Rendered(
        subject=digest.subject,
        html=re.sub(r"\n\s*\n+", "\n", inlined),
        text=re.sub(r"\n{4,}", "\n\n\n", plain).strip() + "\n",
        pictures=(Picture(TREND, _drawn(digest.trend)),) if digest.trend else (),
    )


def _drawn(view: TrendView) -> bytes:
    return bytes(resvg_py.svg_to_bytes(svg_string=trend.svg(view), skip_system_fonts=True))


@cache
def _environment(*, html: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["wrap"] = _wrap
    return environment


@cache
def _inliner() -> css_inline.CSSInliner:
    # By default it would fetch style sheets over the network.
    return css_inline.CSSInliner(load_remote_stylesheets=False)


def _wrap(text: str, indent: str = "", first: str = "") -> str:
    """Text in lines that plain mail shows unbroken; long words such as links stay whole."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
