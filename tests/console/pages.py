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


class Connections(Page):
    """All connections, each in one line."""

    path, title = "/connections", "Connections"

    @property
    def names(self) -> list[str]:
        """In the order in which they are shown."""
        return [str(name) for name in self.page.locator("tbody th a").all_inner_texts()]

    def connect(self, tool: str) -> NewConnection:
        """Choose a tool."""
        self.page.get_by_role("link", name="Connect a tool").click()
        self.page.get_by_role("link", name=tool).first.click()
        return NewConnection(self.site, self.page)


class Tools(Page):
    """Which tool is connected."""

    path, title = "/connections/new", "Connect a tool"


class NewConnection(Page):
    """The form of a tool's connection."""

    path, title = "/connections/new/trello", "Connect Trello"

    def fill(self, name: str, secrets: dict[str, str], url: str) -> None:
        """Fill in what a sandbox needs."""
        page = self.page
        page.get_by_label("Your name for it").fill(name)
        for label, value in secrets.items():
            page.get_by_label(label, exact=False).first.fill(value)
        page.get_by_label("URL").fill(url)
        page.get_by_text("More settings, which").click()
        page.get_by_label("Allow private network").check()
        page.get_by_role("button", name="Keep it and go on").click()


class ConnectionPage(Page):
    """How one connection stands."""

    path, title = "/connections/engineering", "engineering"

    @property
    def said(self) -> str:
        """In one line."""
        return str(self.page.locator(".standing").inner_text())

    def press(self, name: str) -> None:
        """A button."""
        self.page.get_by_role("button", name=name, exact=True).click()


class Runs(ConnectionPage):
    """What it did when."""

    path = "/connections/engineering/runs"


class Items(ConnectionPage):
    """A raw item beside its record."""

    path = "/connections/engineering/items"


class FoundItem(Items):
    """One that was looked for."""

    path = "/connections/engineering/items?q=ENG-1"


class Words(ConnectionPage):
    """What its words mean."""

    path = "/connections/engineering/words"


class ConnectionSettings(ConnectionPage):
    """How it is read."""

    path = "/connections/engineering/settings"


class Check(ConnectionPage):
    """Whether it works, and what of it is read."""

    path = "/connections/engineering/check"


class Setup(Page):
    """The guided start."""

    path, title = "/setup", "Getting started"


class SetupPacks(Page):
    """Its step about standards."""

    path, title = "/setup/packs", "Pick standards"


class SetupDigest(Page):
    """Its step about a digest."""

    path, title = "/setup/digest", "Add a digest"
