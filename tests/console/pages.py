"""Page objects: what people see and do on a page, by the words that they read."""

from __future__ import annotations

from typing import Any

from tests.console.site import PASSWORD, PEOPLE, Site


class Page:
    """What all pages have."""

    path = "/"
    title = ""

    def __init__(self, site: Site, page: Any) -> None:
        self.site, self.page = site, page

    def open(self) -> None:
        """Go there."""
        self.page.goto(self.site.address + self.path)

    @property
    def heading(self) -> str:
        """What stands above."""
        return str(self.page.locator("h1").inner_text())

    def open_menu(self) -> None:
        """Unfold what hangs on one's name."""
        self.page.locator("details.person > summary").click()

    def choose_theme(self, name: str) -> None:
        """Light, Dark or System."""
        self.open_menu()
        self.page.get_by_role("button", name=name).click()

    def sign_out(self) -> None:
        """Leave."""
        self.open_menu()
        self.page.get_by_role("button", name="Sign out", exact=True).click()


class Door(Page):
    """Where one signs in."""

    path, title = "/sign-in", "Sign in"

    def sign_in(self, role: str, password: str = PASSWORD) -> None:
        """Type address and password."""
        self.page.get_by_label("E-mail address").fill(PEOPLE[role].address)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()


class Start(Page):
    """Where the first admin is made."""

    path, title = "/start", "Make the first admin"

    def make(self, code: str, name: str, address: str, password: str) -> None:
        """Fill in the form."""
        for label, value in (
            ("Code", code), ("Your name", name), ("E-mail address", address),
            ("Password", password),
        ):  # fmt: skip
            self.page.get_by_label(label).fill(value)
        self.page.get_by_role("button", name="Make the account").click()


class Standards(Page):
    """Which standards there are, and how they fare."""

    path, title = "/standards", "Standards"

    def search(self, words: str) -> None:
        """Look for some of them."""
        self.page.get_by_label("Search").fill(words)
        self.page.get_by_role("button", name="Apply").click()

    @property
    def shown(self) -> list[str]:
        """The titles of those that are listed."""
        links = self.page.locator("#standards tbody th a")
        return [str(title) for title in links.all_inner_texts()]

    def switch(self, pack: str, to: str) -> None:
        """Ask what switching a pack would do."""
        self.page.get_by_role("button", name=f"Switch {to} … {pack}").click()


class Standard(Page):
    """One standard."""

    path, title = "/standards/active-without-owner", "Work in progress has no owner"


class Tune(Page):
    """Where a standard is set otherwise than its pack."""

    path, title = "/standards/many-owners/tune", "Tune the standard"

    def set(self, **fields: str) -> None:
        """Type and choose."""
        for label, value in fields.items():
            field = self.page.get_by_label(label.replace("_", " "), exact=True)
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def preview(self) -> None:
        """See what it would do."""
        self.page.get_by_role("button", name="See what it would do").click()

    def save(self) -> None:
        """Let it count."""
        self.page.get_by_role("button", name="Save", exact=True).click()


class Write(Tune):
    """Where a standard of one's own is written."""

    path, title = "/standards/_packs/acme/write", "Write the standard"

    def begin(self, title: str, name: str) -> None:
        """Make a pack for it."""
        self.page.goto(self.site.address + "/standards/_new")
        self.set(Title=title, Name=name)
        self.page.get_by_role("button", name="Go on").click()

    @property
    def wrong(self) -> list[str]:
        """What is said to be wrong, by field or word."""
        return [str(text) for text in self.page.locator(".error:visible").all_inner_texts()]

    def press(self, button: str) -> None:
        """Press a button of the form."""
        self.page.locator("main").get_by_role("button", name=button, exact=True).last.click()


class Facts(Page):
    """What conditions can speak of."""

    path, title = "/standards/_facts", "Facts"


class NewPack(Page):
    """Where a pack is begun."""

    path, title = "/standards/_new", "Write a standard"


class Overview(Page):
    """How things stand."""

    path, title = "/", "Overview"

    @property
    def projects(self) -> list[str]:
        """Their names, in the order in which they are shown."""
        rows = self.page.locator("section:has(> header > #h-projects) tbody th b")
        return [str(name) for name in rows.all_inner_texts()]

    @property
    def standing(self) -> str:
        """The sentence."""
        return str(self.page.locator("header.head .lead").inner_text())
