"""`flagstaff standards explain` and `flagstaff flags explain`: why something was flagged."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sync_engine.cli.frame import Frame, UsageProblem

if TYPE_CHECKING:
    from rich.console import Console


def explain(
    frame: Frame,
    flag: Annotated[str, typer.Argument(metavar="ID", help="The flag's id or fingerprint.")],
) -> None:
    """Show on which values a flag rests, when they were read, and what became of it."""
    from sync_engine.cli.running import open_store
    from sync_engine.duties import standards_of
    from sync_engine.flags.explain import explain as explained

    configuration = frame.configuration()
    zone = configuration.settings.zone
    found = explained(open_store(frame), flag, standards_of(configuration), zone)
    if found is None:
        raise UsageProblem(f"There is no flag {flag}; `flagstaff flags` lists them.")
    held = found.flag

    def tell(console: Console) -> None:
        from rich.text import Text

        from sync_engine.cli.output import cell, local, table, written_out

        console.print(cell(held["said"], held["severity"]), soft_wrap=True)
        console.print(cell(f"{held['standard_title']} ({held['standard']})", "dim"))
        named = " ".join(filter(None, (held["key"], held["title"])))
        place = ", ".join(filter(None, (held["project"], held["connection"])))
        read = local(held["read_at"], zone)
        for name, text in (
            ("Item", f"{held['subject']} “{named}”" + (f" ({place})" if place else "")),
            ("Link", written_out(held["url"])), ("Owner", held["owner"]),
            ("Because", found.why), ("Assessed", found.scope), ("Flagged when", found.condition),
            ("With", ", ".join(f"{name} = {value}" for name, value in found.params.items())),
            ("Source", found.source), ("Remedy", held["remedy"]),
            ("Rule", f"{held['pack']}, version {held['standard_version']}"),
            ("Assessed on", local(held["assessed_at"], zone)), ("Read on", read),
        ):  # fmt: skip
            if text:
                shown = text if isinstance(text, Text) else cell(text)
                console.print(cell(f"{name + ':':14}") + shown, soft_wrap=True)
        if found.outdated:
            console.print(cell("The standard has changed since this was assessed.", "warn"))
        values = table("Fact", "Value", "What it is")
        for line in found.values:
            values.add_row(cell(line.fact, "name"), cell(line.shown), cell(line.meaning, "dim"))
        console.print(values)
        for step in found.steps:
            who = f" by {step.actor}" if step.actor else ""
            note = f": {step.note}" if step.note else ""
            what = step.event.replace("_", " ")
            console.print(cell(f"{local(step.at, zone)}  {what}{who}{note}"), soft_wrap=True)

    frame.answer(asdict(found), tell)
