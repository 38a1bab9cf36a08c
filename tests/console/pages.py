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


class Digests(Page):
    """Who is told what."""

    path, title = "/digests", "Digests"

    def add(self, name: str, **fields: str) -> None:
        """Fill in the form of a new one, by the labels of its fields."""
        self.page.get_by_role("link", name="Add a digest").click()
        self.page.get_by_label("Name", exact=True).fill(name)
        for label, value in fields.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(value)
        self.page.get_by_role("button", name="Add it").click()

    def row(self, name: str) -> Any:
        """What is said of one."""
        rows = self.page.locator("section:has(> header > #h-digests) li")
        return rows.filter(has_text=name)

    def confirm(self, name: str, button: str, sure: str) -> None:
        """Press a button of one, and say yes."""
        self.row(name).locator("summary", has_text=button).click()
        self.page.get_by_role("button", name=sure).click()


class DigestForm(Page):
    """A digest's form."""

    path, title = "/digests/form", "Add a digest"


class Preview(Page):
    """What somebody would read."""

    path, title = "/digests/preview?name=Weekly&to=eve@acme.example", "Preview of “Weekly”"


class Deliveries(Page):
    """What was sent."""

    path, title = "/digests/log", "Deliveries"


class Delivery(Page):
    """What became of one message."""

    path, title = "/digests/log/2", "A delivery"


class Settings(Page):
    """One's own account."""

    path, title = "/settings", "Settings"

    @property
    def said(self) -> str:
        """What the page says was done."""
        return str(self.page.locator("p.said").inner_text())

    def fill(self, **fields: str) -> None:
        """Type into fields, by their labels."""
        for label, value in fields.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(value)

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()


class Tokens(Settings):
    """Tokens of programs."""

    path = "/settings/tokens"


class Users(Settings):
    """Who may use the console."""

    path = "/settings/users"

    def row(self, name: str) -> Any:
        """What is said of one."""
        return self.page.locator("section:has(> header > #h-users) li").filter(has_text=name)


class UserForm(Settings):
    """Someone's account."""

    path = "/settings/users/new"


class General(Settings):
    """General settings."""

    path = "/settings/general"


class MailForm(Settings):
    """The mail server's form."""

    path = "/settings/general/change?part=mail"


class SignInForm(Settings):
    """The sign-in service's form."""

    path = "/settings/general/change?part=sign-in"


class PeopleEntries(Settings):
    """People, as the configuration has them."""

    path = "/settings/people"


class PersonForm(Settings):
    """A person's form."""

    path = "/settings/people/form"


class AuditLog(Settings):
    """Who changed what."""

    path = "/settings/audit"


class About(Settings):
    """What runs here."""

    path = "/settings/about"
