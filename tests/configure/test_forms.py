"""Forms made from the models: every field has a kind, and what is shown reads back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel

from connectors.sdk import registry
from sync_engine.configure import forms
from sync_engine.configure.problems import of_model
from sync_engine.rules import packs
from sync_engine.settings.digests import Digest
from sync_engine.settings.merge import SETTINGS
from sync_engine.settings.models import Connection, Settings, StandardSetting
from sync_engine.settings.people_file import PersonEntry


def named(form: Any) -> dict[str, forms.Field]:
    return {field.name: field for field in form}


@pytest.mark.parametrize("name", registry.names())
def test_every_option_of_every_connector_has_a_field(name: str) -> None:
    config = registry.get(name).Config
    form = forms.form_of(config, "options.")
    assert {field.name for field in form} == {
        f"options.{info.alias or key}" for key, info in config.model_fields.items()
    }
    assert all(field.help and field.label for field in form)
    for field in form:
        if "token" in field.name or "secret" in field.name:
            assert field.kind == "secret"
            assert field.default is None


def test_what_is_configured_in_the_console_has_forms() -> None:
    connection = named(forms.form_of(Connection))
    assert connection["every"].kind == "duration"
    assert connection["every"].default == "5m"
    assert connection["census"].placeholder == "daily 02:00"
    assert connection["webhook.secret"].kind == "secret"
    assert not connection["webhook.secret"].required
    assert connection["mapping.status"].choices[1] == ("in_progress", "in progress")
    digest = named(forms.form_of(Digest))
    assert (digest["to"].kind, digest["to"].required) == ("list", False)  # or a channel
    assert digest["severities"].kind == "choices"
    assert (digest["cap"].low, digest["cap"].high, digest["cap"].step) == (1, 500, 1)
    assert named(forms.form_of(StandardSetting))["enabled"].choices == forms.ON_OFF
    person = named(forms.form_of(PersonEntry))
    assert [field.kind for field in person["leave"].fields] == ["date", "date"]
    for name in SETTINGS:
        wrapped = type("One", (BaseModel,), {"__annotations__": {
            name: Settings.model_fields[name].annotation}})  # fmt: skip
        assert forms.form_of(wrapped)


def test_a_standard_offers_its_parameters_within_their_bounds() -> None:
    pack = packs.load(packs.find("pmo-core"))
    entry = next(each for each in pack.entries if any(p.min for p in each.params.values()))
    form = named(forms.of_standard(entry))
    for name, param in entry.params.items():
        assert (form[f"params.{name}"].low, form[f"params.{name}"].default) == (
            param.min, param.default,
        )  # fmt: skip
    assert form["severity"].default == entry.severity


def test_what_is_shown_reads_back() -> None:
    form = forms.form_of(registry.get("zendesk").Config, "options.")
    document = {
        "options": {
            "url": "https://acme.zendesk.com", "groups": ["Ops", "IT"], "since": "2026-01-02",
            "page_size": 50, "allow_private_network": True,
        }
    }  # fmt: skip
    again, errors = forms.read(
        form,
        {
            name: ("on" if value else "") if isinstance(value, bool) else value
            for name, value in forms.shown(form, document).items()
        },
    )
    assert (again, errors) == (document, {})
    secret = forms.shown(form, {"options": {"token": "kept:x"}})
    assert secret == {"options.token": True}


def test_rows_pairs_and_secrets_are_read() -> None:
    person = forms.form_of(PersonEntry)
    document, errors = forms.read(
        person,
        {
            "name": "Ada Quist", "emails": "ada@example.com\nada@acme.example",
            "accounts": "boards = ada", "capacity_hours": "32,5",
            "leave.0.first": "2026-07-01", "leave.0.last": "2026-07-14", "leave.1.first": "",
        },
    )  # fmt: skip
    assert not errors
    held = PersonEntry.model_validate(document)
    assert (held.capacity_hours, held.accounts) == (32.5, {"boards": ("ada",)})
    assert held.leave[0].first == date(2026, 7, 1)
    trello = forms.form_of(registry.get("trello").Config, "options.")
    document, errors = forms.read(trello, {"options.key": "", "options.token.remove": "on"})
    assert document["options"] == {"allow_private_network": False, "token": None}
    assert not errors


def test_errors_stand_at_their_fields() -> None:
    form = forms.form_of(Digest)
    document, errors = forms.read(form, {"cap": "many"})
    assert errors == {"cap": 'this must be a whole number; read "many"'}
    document["to"] = ["nobody"]
    document["cap"] = 9999
    told = forms.by_field(form, of_model(Digest, document))
    assert set(told) == {"to", "cap"}
    assert forms.by_field(form, {"nowhere": "wrong"}) == {"": "wrong"}


def test_a_kind_that_no_form_knows_is_an_error() -> None:
    class Odd(BaseModel):
        """A model with what no form can show."""

        odd: complex

    with pytest.raises(forms.UnknownKindError, match="odd"):
        forms.form_of(Odd)
