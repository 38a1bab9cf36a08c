"""The configuration file: read, checked, typed. See `models` for every option."""

from sync_engine.settings.digests import Digest
from sync_engine.settings.load import Configuration, Registry, load, load_people, people_of_file
from sync_engine.settings.models import Connection, Settings
from sync_engine.settings.people_file import People, PersonEntry
from sync_engine.settings.source import Place, Problem, SettingsError

__all__ = [
    "Configuration",
    "Connection",
    "Digest",
    "People",
    "PersonEntry",
    "Place",
    "Problem",
    "Registry",
    "Settings",
    "SettingsError",
    "load",
    "load_people",
    "people_of_file",
]
