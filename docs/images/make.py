"""Make docs/images/digest.png: a digest of an invented portfolio on a phone, light and dark.

Run `python docs/images/make.py` from the repository's root; needs the dev dependencies and a
Chromium (`CHROMIUM` names another than /usr/bin/chromium). `sample()` also feeds the tests.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sync_engine.digest.compose import compose
from sync_engine.digest.model import (
    Change,
    DigestInput,
    FlagLine,
    HealthLine,
    Severity,
    Subscription,
    Trend,
    TrendPoint,
)
from sync_engine.digest.render import render

HERE = Path(__file__).resolve().parent
NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
SINCE = datetime(2026, 11, 16, 13, 0, tzinfo=UTC)
PHONE = 360


@dataclass(frozen=True)
class _Rule:
    id: str
    title: str
    severity: Severity
    remedy: str


OWNER = _Rule(
    "active-without-owner",
    "Work in progress has no owner",
    "high",
    "Assign one accountable owner in {tool}.",
)
OVERDUE = _Rule(
    "overdue",
    "Work is past its due date",
    "critical",
    "Agree a new date with the customer, or finish it.",
)
STALE = _Rule(
    "stale-in-progress",
    "Nothing happened for long",
    "medium",
    "Write where it stands, or move it back.",
)
PUSHED = _Rule(
    "due-date-pushed",
    "The due date keeps moving",
    "high",
    "Cut the scope or plan it anew with its owner.",
)
BLOCKED = _Rule(
    "blocked-without-reason",
    "Blocked work says no reason",
    "medium",
    "Name what blocks it, and who can lift it.",
)
ESTIMATE = _Rule(
    "release-without-estimate",
    "Release work has no estimate",
    "low",
    "Estimate it before the next planning.",
)


def _flag(  # noqa: PLR0913
    number: int,
    rule: _Rule,
    title: str,
    sentence: str,
    days: float,
    *,
    owner: str | None = None,
    project: str = "Checkout",
    tool: str = "Jira",
    key: str | None = None,
) -> FlagLine:
    site = {"Jira": "jira.example.com/browse/", "Asana": "asana.example.com/0/1/"}
    return FlagLine(
        id=f"{number:04}",
        rule=rule.id,
        rule_title=rule.title,
        subject="task",
        severity=rule.severity,
        state="open",
        title=title,
        key=key or f"PAY-{400 + number}",
        url=f"https://{site.get(tool, 'trello.example.com/c/')}{key or f'PAY-{400 + number}'}",
        sentence=sentence,
        owner=owner,
        project=project,
        tool=tool,
        remedy=rule.remedy.format(tool=tool),
        opened_at=NOW - timedelta(days=days),
    )


def _flags() -> tuple[FlagLine, ...]:
    worse = _flag(
        1,
        OVERDUE,
        "Card payments retry after a bank time-out",
        "Due on Friday 6 November, 17 days ago, and still in review.",
        16,
        owner="Ines Okafor",
    )
    ops = [
        _flag(
            100 + n,
            OWNER,
            title,
            "In progress, and nobody owns it.",
            3 + n,
            project="Operations",
            tool="Trello",
            key=f"#{210 + n}",
        )
        for n, title in enumerate(
            [
                "Rotate the certificates of the staging cluster",
                "Answer the auditor about access reviews",
                "Move the wiki to single sign-on",
                "Order laptops for January starters",
                "Retire the old VPN gateway",
                "Renew the pager contract",
                "Write the on-call handbook",
            ]
        )
    ]
    return (
        replace(worse, worsened_at=NOW - timedelta(days=2)),
        _flag(
            2,
            OWNER,
            "Refunds for split orders",
            "In progress since Thursday 19 November, and nobody owns it.",
            3.2,
        ),
        _flag(
            3,
            PUSHED,
            "Tax engine for the Nordic shops",
            "The due date moved for the fourth time, now to 18 December.",
            1.5,
            owner="Tomasz Lind",
            project="Nordic launch",
            tool="Asana",
            key="1209",
        ),
        _flag(
            4,
            BLOCKED,
            "Import the 2025 price list",
            "Blocked since Wednesday 18 November without a reason.",
            5,
            owner="Ada Brandt",
            project="Nordic launch",
            tool="Asana",
            key="1214",
        ),
        *(replace(f, opened_at=f.opened_at - timedelta(days=9)) for f in ops),
        _flag(
            5,
            STALE,
            "Load test of the new checkout",
            "In progress, but nothing happened for 11 working days.",
            10,
            owner="Ines Okafor",
        ),
        _flag(
            6,
            STALE,
            "Accessibility review of the basket page",
            "In progress, but nothing happened for 23 working days.",
            31,
            owner="Jo Marchetti",
        ),
        _flag(
            7,
            ESTIMATE,
            "Translate the returns letter",
            "Planned for release 4.2 without an estimate.",
            22,
            owner="Jo Marchetti",
        ),
        _flag(
            8,
            PUSHED,
            "Contract with the parcel carrier",
            "The due date moved for the third time, now to 4 December.",
            44,
            owner="Tomasz Lind",
            project="Nordic launch",
            tool="Asana",
            key="1188",
        ),
        *(
            replace(
                _flag(20 + n, OVERDUE, title, "It was past its due date.", days, owner=owner),
                state="resolved",
                resolved_at=NOW - timedelta(days=1 + n),
                solved_by="finished",
            )
            for n, (title, days, owner) in enumerate(
                [
                    ("Gift cards in the mobile app", 19, "Ada Brandt"),
                    ("Alert when the ledger drifts", 12, "Ines Okafor"),
                    ("Remove the legacy coupon service", 33, "Tomasz Lind"),
                ]
            )
        ),
        replace(
            _flag(30, STALE, "Data warehouse clean-up", "Nothing happened for long.", 60),
            state="waived",
            owner="Jo Marchetti",
            waived_until=date(2026, 11, 30),
            waived_by="Maria Holm",
            waiver_reason="Waits for the new vendor, decided in the October board.",
        ),
    )


def _with_news(flag: FlagLine) -> FlagLine:
    befell: tuple[tuple[datetime | None, Change], ...] = (
        (flag.opened_at, "opened"),
        (flag.worsened_at, "worsened"),
        (flag.resolved_at, "resolved"),
    )
    return replace(flag, news=tuple(change for at, change in befell if at and at > SINCE))


def sample() -> DigestInput:
    """A week in an invented portfolio."""
    counts = [(31, 14), (33, 16), (30, 15), (28, 13), (29, 14), (26, 12)]
    counts += [(24, 12), (25, 13), (21, 12), (19, 11), (17, 12), (15, 11)]
    monday = date(2026, 11, 23)
    points = tuple(
        TrendPoint(monday - timedelta(weeks=len(counts) - 1 - n), total, urgent)
        for n, (total, urgent) in enumerate(counts)
    )
    return DigestInput(
        subscription=Subscription(
            name="core-weekly",
            to=("maria.holm@example.com",),
            title="Core portfolio",
            scope='portfolio = "Core"',
            when="Mon 08:00",
            zone="America/Montreal",
            cap=4,
        ),
        recipient="maria.holm@example.com",
        recipient_name="Maria Holm",
        period_label="Week 48 · Monday 23 November 2026",
        now=NOW,
        since=SINCE,
        flags=tuple(_with_news(flag) for flag in _flags()),
        trend=Trend(points),
        health=(
            HealthLine(
                subject="Trello (ops)",
                problem="The token expired, so nothing new was read",
                remedy="The PMO must create a new token and save it.",
                since=NOW - timedelta(days=3),
                stale=True,
            ),
            HealthLine(
                subject="Release work has no estimate",
                problem="41 cards could not be checked: Trello has no estimates",
            ),
        ),
        connections=3,
        read_at=NOW - timedelta(minutes=48),
        met=1184,
        flagged=15,
        not_assessed=41,
    )


def screenshots(html: str, folder: Path, widths: tuple[int, ...], height: int | None) -> list[Path]:
    """Pictures of a page at some widths, light and dark; `height` None is the whole page."""
    from playwright.sync_api import sync_playwright

    page_file = folder / "digest.html"
    page_file.write_text(html, encoding="utf-8")
    made: list[Path] = []
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width in widths:
            for scheme in ("light", "dark"):
                page = browser.new_page(
                    viewport={"width": width, "height": height or 800},
                    color_scheme="dark" if scheme == "dark" else "light",
                    device_scale_factor=2 if width <= PHONE else 1,
                )
                page.goto(page_file.as_uri())
                made.append(folder / f"{width}-{scheme}.png")
                page.screenshot(path=made[-1], full_page=height is None)
        browser.close()
    return made


def main() -> None:
    """Write the picture beside this file."""
    from playwright.sync_api import sync_playwright

    html = render(compose(sample())).html
    with tempfile.TemporaryDirectory() as name:
        light, dark = screenshots(html, Path(name), (PHONE,), 1180)
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        pair = "".join(
            f'<img src="{p.as_uri()}" width="{PHONE}" style="border-radius:22px;display:block">'
            for p in (light, dark)
        )
        frame = Path(name) / "frame.html"
        frame.write_text(
            '<body style="margin:0;background:transparent">'
            f'<div style="display:flex;gap:28px;padding:4px">{pair}</div>'
        )
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(
                viewport={"width": 2 * PHONE + 36, "height": 1188}, device_scale_factor=1
            )
            page.goto(frame.as_uri())
            page.screenshot(path=HERE / "digest.png", omit_background=True)
            browser.close()


if __name__ == "__main__":
    main()
