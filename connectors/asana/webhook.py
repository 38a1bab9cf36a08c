"""Calls of Asana: it tells a secret when a hook is made, and signs by it from then on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from connectors.asana.values import gid, objects, text
from connectors.sdk.contract import Http, Scope
from connectors.sdk.errors import Unexpected
from connectors.sdk.webhooks import Call, Greeting, Hint, Registered, signed

FIELDS = "active,target,resource,last_failure_at,last_success_at"
ACTIONS = ("added", "changed", "deleted", "removed", "undeleted")
FILTERS = [{"resource_type": "task", "action": action} for action in ACTIONS]
GONE = ("deleted", "removed")


class AsanaWebhook:
    """A webhook of a project."""

    signed_by: Literal["us", "tool", "nobody"] = "tool"
    howto = (
        "Asana has no page for webhooks: they are made by its API, for each project "
        "(`flagstaff connections webhooks NAME --register`)."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """The handshake: Asana tells the secret of a new hook and wants to hear it again."""
        told = call.headers.get("x-hook-secret")
        if not told or "x-hook-signature" in call.headers:
            return None
        return Greeting(headers={"X-Hook-Secret": told}, secret=told)

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `X-Hook-Signature` is right; Asana does not say when it called."""
        return signed(call.body, secrets, call.headers.get("x-hook-signature"))

    def hints(self, call: Call) -> Iterator[Hint]:
        """Tasks that events name. A heartbeat names none."""
        body = call.json()
        for event in objects(body.get("events") if isinstance(body, Mapping) else None):
            resource = event.get("resource")
            id = gid(resource)
            if isinstance(resource, Mapping) and id and resource.get("resource_type") == "task":
                yield Hint("tasks", id, gone=event.get("action") in GONE)

    def registered(self, http: Http, scopes: Sequence[Scope], url: str) -> list[Registered]:
        """The hooks of these projects that call this address; Asana lists them by project and
        workspace, and a project names its workspace."""
        found: list[Registered] = []
        for scope in scopes:
            home = http.get(f"/projects/{scope.id}", {"opt_fields": "workspace"})
            asked = {
                "workspace": gid(_data(home).get("workspace")), "resource": scope.id,
                "opt_fields": FIELDS, "limit": 100,
            }  # fmt: skip
            rows = http.get("/webhooks", asked)
            held = objects(rows.get("data") if isinstance(rows, Mapping) else None)
            found += [_hook(row) for row in held if text(row.get("target")) == url]
        return found

    def register(
        self,
        http: Http,
        scopes: Sequence[Scope],
        url: str,
        secret: str,  # noqa: ARG002  Asana chooses its own
    ) -> list[Registered]:
        """A hook for each project. While Asana makes it, it calls us with the secret."""
        made = []
        for scope in scopes:
            asked = {"data": {"resource": scope.id, "target": url, "filters": FILTERS}}
            answer = http.send("POST", "/webhooks", asked, params={"opt_fields": FIELDS})
            made.append(_hook(_data(answer.data)))
        return made

    def renew(self, http: Http, hook: Registered) -> None:
        """Wake a hook up by telling it again what it is for; Asana's do not run out."""
        http.request("PUT", f"/webhooks/{hook.id}", json={"data": {"filters": FILTERS}})

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        http.request("DELETE", f"/webhooks/{hook.id}")


def _data(answer: Any) -> Mapping[str, Any]:
    held = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(held, Mapping):
        raise Unexpected("Asana's answer about webhooks has no data.")
    return held


def _hook(row: Mapping[str, Any]) -> Registered:
    id = gid(row)
    if id is None:
        raise Unexpected("Asana's answer about a webhook has no id.")
    trouble = "Asana has switched it off." if row.get("active") is False else ""
    failed, worked = text(row.get("last_failure_at")), text(row.get("last_success_at"))
    if not trouble and failed and (worked is None or failed > worked):
        trouble = f"Asana's last call failed, at {failed}."
    scope = gid(row.get("resource")) or ""
    return Registered(id, text(row.get("target")) or "", scope, trouble=trouble)
