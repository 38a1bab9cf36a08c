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


class Digests(Page):
    """Who is told what."""

    path, title = "/digests", "Digests"

    def add(self, name: str, by: str, **fields: str) -> None:
        """Fill in the form of a new one, by the labels of its fields; it goes by one channel."""
        self.page.get_by_role("link", name="Add a digest").click()
        self.page.get_by_label("Name", exact=True).fill(name)
        for label, value in fields.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(value)
        for box in self.page.get_by_role("group", name="Channels").get_by_role("checkbox").all():
            box.set_checked(box.get_attribute("value") == by)
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


class Flags(Page):
    """The list of flags."""

    path, title = "/flags", "Flags"

    def ask(self, where: str) -> None:
        """Type a condition."""
        self.page.get_by_label("Flags for which this is true").fill(where)
        self.page.get_by_role("button", name="Show", exact=True).click()

    @property
    def condition(self) -> str:
        """What stands in the field."""
        return str(self.page.get_by_label("Flags for which this is true").input_value())

    @property
    def names(self) -> list[str]:
        """The flags that are shown."""
        return [str(name) for name in self.page.locator(".rows.flags .what a").all_inner_texts()]

    @property
    def standing(self) -> str:
        """How many there are."""
        return str(self.page.locator("header.head .lead").inner_text())

    def narrow(self, words: str) -> None:
        """Click one of the choices beside the list."""
        self.page.locator(".facets").get_by_role("link", name=words).click()

    def choose(self, *names: str) -> None:
        """Tick flags."""
        for name in names:
            self.page.get_by_label(f"Choose: {name}", exact=True).check()

    def keep(self, name: str) -> None:
        """Keep what is looked at as a view."""
        self.page.locator("summary", has_text="Keep this view").click()
        self.page.get_by_label("Name of the view").fill(name)
        self.page.get_by_role("button", name="Keep it").click()


class GroupedFlags(Flags):
    """Flags put together by project."""

    path = "/flags?group=project&by=owner"


class MisreadFlags(Flags):
    """A condition with a mistake."""

    path = "/flags?where=severty+%3D+high"


class ChosenFlags(Page):
    """What is asked before many flags are waived."""

    path = "/flags/chosen?do=waive&all=yes&where=severity+%3D+critical"
    title = "Waive 10 flags"

    def waive(self, until: str, reason: str) -> None:
        """Confirm it."""
        self.page.get_by_label("Until, its last day").fill(until)
        self.page.get_by_label("Why it is accepted").fill(reason)
        self.page.locator("main form button").click()


class FlagPage(Page):
    """One flag."""

    path, title = "/flags/1", "ENG-1 has been in progress since 3 November and nobody owns it."

    def act(self, button: str, sure: str, **fields: str) -> None:
        """Open a question, fill it in, confirm it."""
        self.page.locator("summary", has_text=button).click()
        for label, value in fields.items():
            self.page.get_by_label(label.replace("_", " ")).fill(value)
        self.page.get_by_role("button", name=sure, exact=True).click()

    @property
    def history(self) -> list[str]:
        """What happened, the latest first."""
        return [str(e) for e in self.page.locator(".timeline .what b").all_inner_texts()]


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
