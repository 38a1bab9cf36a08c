"""The two forms of a message: their structure, what hostile text can do to them, how they look."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from sync_engine.digest.compose import compose
from sync_engine.digest.model import DigestInput, FlagLine, HealthLine
from sync_engine.digest.render import Rendered, render

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
VOID = {"meta", "br", "img", "link", "hr", "input", "base", "source", "track", "wbr"}
GMAIL_CUTS_AT = 102_400

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=https://track.example/p.gif>",
    '"><svg onload=alert(1)>',
    "'><iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='https://evil.example'>PAY-1</a>",
    "<style>*{display:none}</style>",
    "</style><script>x</script>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x.css>",
    "@import url(http://127.0.0.1:9/x.css);",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><input name=p>",
    "<body onload=alert(1)>",
    "<table></table></td></tr></table>",
    "</bdi></a></p></td>",
    "<!-- comment",
    "--><script>alert(1)</script>",
    "<!--[if mso]><b>x</b><![endif]-->",
    "<![CDATA[x]]>",
    "]]>",
    "<?php echo 1 ?>",
    "{{ 7*7 }}",
    "{% for x in range(10**9) %}x{% endfor %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "${7*7}",
    "#{7*7}",
    "&lt;b&gt;",
    "&#x3c;script&#x3e;",
    "\u202etxt.exe",
    "\u2066isolate\u2069",
    "a\u200bb",
    "a\x00b",
    "a\x08\x1b]0;title\x07b",
    "a\r\nBcc: all@example.com",
    "a\n\nHOW FAR TO TRUST THIS\n\nAll is well.",
    "a\u2028b\u2029c",
    "=cmd|'/c calc'!A0",
    "@everyone",
    "<@U123> *bold* _it_",
    "[x](javascript:alert(1))",
    "`rm -rf`",
    "javascript:alert(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "x\ud800\udfff",
    "Z" + "\u0336" * 300,
    "word" * 3000,
    "x\U000e0041\U000e0042",
    "𝓯𝓪𝓷𝓬𝔂 <b>",
)


class Reader(HTMLParser):
    """Reads a page: its tags, its links, its text; complains about what does not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def rendered(sample: DigestInput) -> Rendered:
    return render(compose(sample))


def test_the_page_is_made_for_mail_clients(rendered: Rendered) -> None:
    page = Reader(rendered.html)
    assert page.all("html")[0]["lang"] == "en"
    assert page.all("title") == [{}]
    assert len(page.all("h1")) == 1
    assert all(table.get("role") == "presentation" for table in page.all("table"))
    (picture,) = page.all("img")
    assert picture["src"] == "cid:trend@flagstaff"
    assert (picture["alt"] or "").startswith("Open flags")
    forbidden = {"script", "link", "iframe", "form", "svg", "input", "base", "video"}
    assert not forbidden & {tag for tag, _ in page.tags}
    assert "url(" not in rendered.html
    assert "@import" not in rendered.html
    assert "prefers-color-scheme: dark" in rendered.html
    assert "max-width: 480px" in rendered.html
    styled = [attributes for tag, attributes in page.tags if tag in ("td", "p", "h1", "h2", "a")]
    assert sum("style" in attributes for attributes in styled) > 0.9 * len(styled)
    assert len(rendered.html.encode()) < GMAIL_CUTS_AT


def test_both_forms_say_the_same(rendered: Rendered, sample: DigestInput) -> None:
    digest = compose(sample)
    shown = re.sub(r"\s+", " ", Reader(rendered.html).text)
    plain = re.sub(r"\s+", " ", rendered.text)
    assert len(digest.sections) == 5
    for words in (shown, plain):
        position = -1
        for said in (
            digest.headline,
            *(entry.remedy or entry.sentence for entry in digest.first),
            digest.trend.sentence if digest.trend else "",
            *(part for s in digest.sections for e in s.entries for part in (e.title, *e.meta)),
            digest.health_summary,
            *(problem for _, problem, _ in digest.health),
            digest.reason,
        ):
            assert said in words
            position = max(position, words.index(said))
        # Data health is always at the end, after every section.
        assert words.index(digest.health_summary) > words.index(
            digest.sections[-1].entries[-1].title
        )
        assert "and 4 more" in words
        assert "and 1 more (1 medium)" in words
    links = {a["href"] for a in Reader(rendered.html).all("a")}
    assert links == set(re.findall(r"https?://\S+", rendered.text))
    assert all(len(line) <= 78 or "://" in line for line in rendered.text.splitlines())


def test_without_a_console_there_is_no_link_to_it(sample: DigestInput) -> None:
    without = render(compose(sample))
    assert "Open Flagstaff" not in without.html
    assert "nsubscribe" not in without.html + without.text
    given = replace(
        sample,
        console="https://flagstaff.example.com",
        unsubscribe="https://flagstaff.example.com/unsubscribe/x",
    )
    within = render(compose(given))
    for form in (within.html, within.text):
        assert "https://flagstaff.example.com/unsubscribe/x" in form


def test_a_quiet_week_is_told_in_both(sample: DigestInput) -> None:
    quiet = render(compose(replace(sample, flags=(), health=())))
    for form in (quiet.html, quiet.text):
        assert "All is well in Core portfolio: no flag is open." in re.sub(r"\s+", " ", form)
    assert "Do first" not in quiet.html


@pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(
    sample: DigestInput, make_flag: Callable[..., FlagLine], payload: str
) -> None:
    calm = _hostile(sample, make_flag, "calm")
    wild = _hostile(sample, make_flag, payload)
    page, expected = Reader(wild.html), Reader(calm.html)

    # The structure is that of a page with a calm title; what was said is text in it.
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in expected.tags]
    names = {name for _, attributes in page.tags for name in attributes}
    assert names == {name for _, attributes in expected.tags for name in attributes}
    assert all(re.match(r"https?://", str(a["href"])) for a in page.all("a"))
    for form in (wild.html, wild.text, wild.subject):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u200b\u202a-\u202e\u2066-\u2069]", form)
    assert "\n" not in wild.subject
    assert "49" not in wild.subject
    lines = calm.text.count("\n") + 200 * ("word" in payload)
    assert wild.text.count("\n") <= lines + 40
    assert wild.text.count("\nHOW FAR TO TRUST THIS\n") == 1
    assert len(wild.html.encode()) < GMAIL_CUTS_AT
    wild.html.encode()


def _hostile(sample: DigestInput, make_flag: Callable[..., FlagLine], payload: str) -> Rendered:
    """Rendered with a payload wherever text comes from outside."""
    flag = make_flag(
        id="1",
        title=payload,
        sentence=payload,
        key=payload,
        project=payload,
        owner=payload,
        tool=payload,
        remedy=payload,
        rule_title=payload,
        opened_at=NOW - timedelta(days=3),
    )
    waived = replace(
        flag,
        id="2",
        state="waived",
        waived_until=NOW.date(),
        waived_by=payload,
        waiver_reason=payload,
    )
    linked = replace(flag, id="3", url=payload, rule="other")
    many = tuple(replace(flag, id=f"m{n}", rule="many") for n in range(6))
    subscription = replace(sample.subscription, title=payload, scope=payload)
    return render(
        compose(
            replace(
                sample,
                subscription=subscription,
                recipient_name=payload,
                flags=(flag, waived, linked, *many),
                health=(HealthLine(subject=payload, problem=payload, remedy=payload, stale=True),),
            )
        )
    )


def test_a_thousand_flags_fit_into_a_mail(
    sample: DigestInput, make_flag: Callable[..., FlagLine]
) -> None:
    flags = tuple(
        make_flag(
            id=str(n),
            rule=f"r{n}",
            title=f"Title {n} " * 20,
            sentence="Long sentence. " * 40,
            opened_at=NOW - timedelta(days=n % 30),
        )
        for n in range(1000)
    )
    subscription = replace(sample.subscription, cap=10)
    whole = render(compose(replace(sample, subscription=subscription, flags=flags)))
    assert len(whole.html.encode()) < GMAIL_CUTS_AT
    assert "more (" in whole.text


# -- in a browser -----------------------------------------------------------------------------

CONTRAST = """
() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const f = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim();
    let node = walk.currentNode.parentElement;
    if (!text || text === '·' || !node.getClientRects().length) continue;
    const ink = parse(getComputedStyle(node).color);
    const paint = () => parse(getComputedStyle(node).backgroundColor);
    while (paint()[3] === 0) node = node.parentElement;
    const paper = paint();
    const [a, b] = [light(ink), light(paper)].sort((x, y) => y - x);
    found.push([text.slice(0, 40), (a + 0.05) / (b + 0.05)]);
  }
  return found;
}
"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_and_can_be_read(
    chromium: Any,
    sample: DigestInput,
    make_flag: Callable[..., FlagLine],
    scheme: str,
    width: int,
) -> None:
    long_word = make_flag(id="long", title="Donaudampfschiff" * 7, rule="long", key="X" * 40)
    html = render(compose(replace(sample, flags=(*sample.flags, long_word)))).page
    page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    contrasts = page.evaluate(CONTRAST)
    drawn = page.evaluate("(i => [i.naturalWidth, i.naturalHeight])(document.images[0])")
    page.close()
    assert asked == []
    assert drawn == [1152, 140]
    assert len(contrasts) > 100
    assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []
