"""Words and addresses of tools as nobody should write them, on the pages: text, and nowhere to be
sent."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import cycle

import sqlalchemy as sa

from sync_engine.rules.joins import PROJECT
from sync_engine.store.flag_models import FlagRow
from sync_engine.store.models import Identity
from tests.console.portfolio import table
from tests.console.site import Browser, Site
from tests.digest.hostile import LINKS, TITLES

FLAG, PERSON = table(FlagRow), table(Identity)
OURS = ("/", "#", "?", "https://acme.example", "data:image/svg+xml", "mailto:")
PATHS = (
    "/", "/flags?sort=newest", "/flags?group=owner", *(f"/flags/{id}" for id in range(1, 8)),
    "/projects", "/projects/engineering/alpha", "/people", "/people/2",
)  # fmt: skip
LEADING = {"href", "src", "action", "formaction", "poster", "xlink:href", "content"}


class Parts(HTMLParser):
    """What a page is made of: elements with the names of their attributes, and where they lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[tuple[str, str]] = set()
        self.leads: set[str] = set()
        self.scripts = 0
        self.text = page
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element."""
        self.elements.add((tag, ""))
        self.scripts += tag == "script"
        for name, value in attrs:
            self.elements.add((tag, name))
            if name in LEADING and tag != "meta":
                self.leads.add(value or "")


def parts(browser: Browser, path: str) -> Parts:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return Parts(answer.text)


def spoil(site: Site) -> None:
    """Give every flag, project and person a hostile name, as far as a store keeps it."""
    titles = cycle([
        each[:3000].replace("\x00", "").encode("utf-8", "ignore").decode() for each in TITLES
    ])  # fmt: skip
    links = cycle(LINKS)
    with site.engine.begin() as connection:
        for at, names in (
            (FLAG, ("title", "key", "said", "remedy", "project", "owner", "standard_title")),
            (PROJECT, ("name",)), (PERSON, ("name",)),
        ):  # fmt: skip
            for id in connection.execute(sa.select(at.c.id)).scalars().all():
                values = dict.fromkeys(names, next(titles))
                if "url" in at.c:
                    values["url"] = next(links)
                connection.execute(sa.update(at).where(at.c.id == id).values(values))


def test_foreign_words_stay_words_on_every_page(site: Site) -> None:
    """No element, no attribute that a page has not by itself; no address but ours and the tools'
    own."""
    viewer = site.browser("viewer")
    before = {path: parts(viewer, path) for path in PATHS}
    spoil(site)
    for path in PATHS:
        after = parts(viewer, path)
        assert after.elements <= before[path].elements, path
        assert after.scripts == before[path].scripts, path
        assert {each for each in after.leads if not each.startswith(OURS)} == set(), path
        assert not {each for each in after.leads if each.startswith(("//", "/\\"))}, path
        assert "\u202e" not in after.text, path
