"""Signing in to HubSpot by browser: what an app has to be allowed for what shall be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.hubspot.options import HubSpotOptions, Object
from connectors.sdk.contract import Login

AUTHORIZE = "https://app.hubspot.com/oauth/authorize"
"""People sign in here, whichever region keeps their account's data."""

ALWAYS = ("oauth", "crm.objects.owners.read")
SCOPES: Mapping[Object, Sequence[str]] = {
    "tasks": ("crm.objects.contacts.read",),
    "notes": ("crm.objects.contacts.read",),
    "tickets": ("tickets",),
    "deals": ("crm.objects.deals.read", "crm.schemas.deals.read"),
    "projects": ("crm.objects.projects.read", "crm.schemas.projects.read"),
}


def login(config: HubSpotOptions) -> Login:
    """How a person signs in; HubSpot wants the very scopes that the app has."""
    wanted = [scope for object in config.objects for scope in SCOPES[object]]
    return Login(AUTHORIZE, tuple(dict.fromkeys((*ALWAYS, *wanted))), localhost=True)
