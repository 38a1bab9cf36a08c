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


class Projects(Page):
    """All projects."""

    path, title = "/projects", "Projects"

    @property
    def names(self) -> list[str]:
        """Their names, in the order in which they are shown."""
        return [str(name) for name in self.page.locator("tbody th b").all_inner_texts()]

    def choose(self, label: str, option: str) -> None:
        """Choose one of the filters."""
        self.page.get_by_label(label).select_option(label=option)

    def ask(self, condition: str) -> None:
        """Type a condition and apply the filters."""
        self.page.get_by_label("Condition").fill(condition)
        self.page.get_by_role("button", name="Apply").click()

    def enter(self, name: str) -> Project:
        """Go to the scorecard of one of them."""
        self.page.get_by_role("link", name=name).click()
        return Project(self.site, self.page)


class Project(Page):
    """The scorecard of a project."""

    path, title = "/projects/engineering/beta", "Warehouse move"

    @property
    def standing(self) -> str:
        """The sentence."""
        return str(self.page.locator("header.head .lead").inner_text())

    def section(self, id: str) -> str:
        """What a part of it says."""
        return str(self.page.locator(f"section[aria-labelledby={id}]").inner_text())


class People(Page):
    """Who has how much to do."""

    path, title = "/people", "People"

    @property
    def names(self) -> list[str]:
        """Their names, in the order in which they are shown."""
        return [str(name) for name in self.page.locator("tbody th a b").all_inner_texts()]

    def weeks(self, name: str) -> list[str]:
        """What the weeks of somebody say."""
        row = self.page.locator("tbody tr", has=self.page.get_by_role("link", name=name))
        return [" ".join(text.split()) for text in row.first.locator(".heat").all_inner_texts()]

    def enter(self, name: str) -> Person:
        """Go to somebody's page."""
        self.page.get_by_role("link", name=name).first.click()
        return Person(self.site, self.page)


class Person(Page):
    """One person."""

    path, title = "/people/2", "Bob"

    def section(self, id: str) -> str:
        """What a part of it says."""
        return str(self.page.locator(f"section[aria-labelledby={id}]").inner_text())


class SamePerson(Page):
    """Accounts that may be one person's."""

    path, title = "/people/same", "One person or two"

    @property
    def names(self) -> list[str]:
        """Who is asked about."""
        return [str(name) for name in self.page.locator("section h2").all_inner_texts()]

    def decide(self, what: str) -> None:
        """Of the first."""
        self.page.get_by_role("button", name=what).first.click()
