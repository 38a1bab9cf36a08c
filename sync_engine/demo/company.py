"""Larkfield Instruments, an invented maker of measuring devices: its people and its projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tool = Literal["jira", "asana", "trello"]
TOOLS: tuple[Tool, ...] = ("jira", "asana", "trello")
DOMAIN = "larkfield.example.com"
JIRA_SITE = "https://jira.example.com"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Someone who works here, and the tools in which they have an account."""

    name: str
    tools: tuple[Tool, ...]
    left: bool = False  # deactivated everywhere

    @property
    def email(self) -> str:
        """The address under which every tool that shows one knows them."""
        return f"{self.name.lower().replace(' ', '.')}@{DOMAIN}"

    @property
    def id(self) -> str:
        """Logical id, the same in every tool."""
        return self.name.lower().replace(" ", "-")


_J, _A, _T = ("jira",), ("asana",), ("trello",)
_JA, _AT, _JAT = ("jira", "asana"), ("asana", "trello"), ("jira", "asana", "trello")

OVERLOADED = "Tomas Wieland"
LEFT = "Rolf Aldermann"

COLLEAGUES: tuple[Colleague, ...] = tuple(
    Colleague(name, tools, name == LEFT)  # type: ignore[arg-type]
    for tools, names in (
        (_J, (
            "Ada Lindqvist", "Bela Horvat", "Chidi Anozie", "Dina Maroun", "Emil Sandvik",
            "Farah Nazari", "Goran Petrik", "Hana Ishii", "Ivo Karlsen", "Jana Dvorska",
            "Kofi Mensah", "Lea Baumann", "Milo Castellan", "Nadia Rehman", "Oskar Lund",
            "Priya Raman", "Quentin Morel", LEFT,
        )),
        (_JA, ("Sofia Marchetti", "Ugo Ferrand", "Vera Kowal")),
        (_A, (
            "Wanda Osei", "Xenia Pavlou", "Yannick Roche", "Zora Milic", "Anouk Visser",
            "Bruno Teixeira", "Clara Engel", "Dario Conti",
        )),
        (_AT, ("Elif Aydin", "Finn Oakley")),
        (_JAT, (OVERLOADED, "Greta Nyman")),
        (_T, (
            "Hugo Brandt", "Ines Duarte", "Jonas Weller", "Katya Orlova", "Liam Tran",
            "Mira Solberg", "Noor Haddad",
        )),
    )
    for name in names
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """A project: where it lives, who leads it, what its tasks are about.

    Args:
        size: how many healthy tasks it has, besides epics and what is planted.
    """

    key: str
    name: str
    tool: Tool
    lead: str | None
    size: int
    about: str
    verbs: tuple[str, ...]
    objects: tuple[str, ...]
    epics: tuple[str, ...] = ()
    state: Literal["active", "archived"] = "active"
    sprints: bool = False


_BUILD = (
    "Implement", "Test", "Document", "Simplify", "Measure", "Harden", "Review", "Port", "Extend",
    "Monitor",
)  # fmt: skip
_RUN = ("Prepare", "Draft", "Agree", "Book", "Review", "Publish", "Brief", "Order")

WORKS: tuple[Work, ...] = (
    Work("ATL", "Atlas controller", "jira", "Ada Lindqvist", 92,
         "firmware of the new bench controller", _BUILD,
         ("the tilt sensor driver", "the boot loader", "the field bus gateway", "the watchdog",
          "the calibration table", "the display menu", "the power-down sequence",
          "the update channel", "the self-test", "the alarm relay", "the service log",
          "the temperature model"),
         ("Calibration", "Connectivity", "Operator panel", "Reliability"), sprints=True),
    Work("CLD", "Cloud portal", "jira", "Bela Horvat", 84,
         "the portal in which customers see their devices", _BUILD,
         ("the sign-in page", "the device list", "the alert rules", "the invoice export",
          "the tenant switch", "the audit trail", "the map view", "the webhook sender",
          "the usage report", "the search index", "the mobile layout"),
         ("Accounts", "Fleet view", "Billing", "Alerts"), sprints=True),
    Work("DAT", "Data platform", "jira", "Chidi Anozie", 74,
         "the store of all measurements", _BUILD,
         ("the ingest queue", "the late-arrival handling", "the unit conversion",
          "the retention job", "the anomaly score", "the hourly roll-up", "the schema registry",
          "the replay tool", "the cost dashboard", "the access policy"),
         ("Ingest", "Quality", "Access"), sprints=True),
    Work("SEC", "Security programme", "jira", "Dina Maroun", 48,
         "what the customers' auditors ask for", _BUILD,
         ("the key rotation", "the vendor review", "the penetration findings", "the backup drill",
          "the access recertification", "the laptop encryption", "the incident playbook"),
         ("Audit", "Hardening")),
    Work("SPR", "Spring product launch", "asana", "Sofia Marchetti", 46,
         "bringing the new controller to the market", _RUN,
         ("the launch film", "the price list", "the dealer webinar", "the data sheet",
          "the press kit", "the demo units", "the launch mailing")),
    Work("BRA", "Brand refresh", "asana", None, 38,
         "one look for devices, papers and web", _RUN,
         ("the colour palette", "the type specimen", "the icon set", "the brand book",
          "the packaging proof", "the photo style", "the slide master")),
    Work("AUT", "Autumn trade fair", "asana", "Ugo Ferrand", 36,
         "our stand and our guests at the fair", _RUN,
         ("the stand plan", "the guest list", "the shuttle service", "the demo bench",
          "the staff roster", "the evening reception")),
    Work("WEB", "Website relaunch", "asana", "Vera Kowal", 42,
         "the public site, rebuilt", _RUN,
         ("the product pages", "the redirect map", "the cookie notice", "the news archive",
          "the contact form", "the download area", "the image library")),
    Work("LEG", "Old dealer portal", "asana", "Wanda Osei", 10,
         "what the new portal replaces", _RUN,
         ("the price archive", "the dealer logins"), state="archived"),
    Work("OFF", "Office move", "trello", "Greta Nyman", 30,
         "from two floors to one building", _RUN,
         ("the floor plan", "the network cabling", "the furniture list", "the moving firm",
          "the access badges", "the parking spaces")),
    Work("HIR", "Hiring", "trello", "Elif Aydin", 26,
         "the open positions of this year", _RUN,
         ("the firmware interviews", "the sales advert", "the intern programme",
          "the referral bonus", "the onboarding plan")),
    Work("FAC", "Facilities", "trello", "Finn Oakley", 26,
         "what keeps the building running", _RUN,
         ("the boiler service", "the fire drill", "the roof inspection", "the cleaning contract",
          "the lift repair", "the bicycle stand")),
)  # fmt: skip
