"""The demo's page, build/demo/report.html: one file that needs nothing from anywhere else.

Map, table and charts are drawn here and stand without JavaScript, which only adds sorting, search and
tooltips. The page's policy allows its one style sheet and its one script, by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from embedded.report import homes, text, views, weeks
from embedded.report.charts import HALF_CLASSES, mood_class, mood_step
from embedded.report.data import WHOLE_CITY, Lineage, Mood, PriceSource, Report, Station, StepTime, Topic

__all__ = ["Lineage", "Mood", "PriceSource", "Report", "Station", "StepTime", "Topic", "render"]

HERE = Path(__file__).parent
PARTS = HERE / "parts"


def render(report: Report) -> str:
    """The page for a report, as HTML5 text."""
    week = views.newest_week(report)
    stations = views.in_week(report.stations, week)
    step = mood_step(
        (one.week_sentiment, one.week_tweets) for one in stations if one.week_sentiment is not None
    )
    moods = weeks.group_moods(report.moods)
    runs = weeks.weeks(report.moods)
    said = views.words(report.topics)
    ranked = views.busiest(stations)
    wording = homes.wording(report.prices)
    style, script = _own("style.css"), _own("page.js")
    whole, centre = views.maps(stations)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            week=week,
            stations=stations,
            ranked=ranked,
            figures=views.figures(stations, report.seconds, wording),
            step=step,
            classes=range(-HALF_CLASSES, HALF_CLASSES + 1),
            colour=lambda value: mood_class(value, step),
            whole=whole,
            centre=centre,
            extremes=views.extremes(stations),
            prices=views.prices(stations),
            wording=wording,
            by_type=homes.london(stations),
            type_names=homes.type_names(),
            facts=homes.facts(report.prices) if report.prices else [],
            runs=runs,
            one_week=weeks.one_week(moods) if len(runs) == 1 else None,
            many_weeks=weeks.many_weeks(moods) if len(runs) > 1 else None,
            london=said[WHOLE_CITY],
            said=said,
            spoken=next((index for index, one in ranked if said.get(one.station)), None),
            tooltips=views.tooltips(stations, said, step, wording.noun),
            style=style,
            script=script,
            policy=(
                f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
                "img-src data:; base-uri 'none'; form-action 'none'"
            ),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,  # station names and words come from outside
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (
        text.px,
        text.signed,
        text.pounds,
        text.short_pounds,
        text.count,
        text.days,
        text.duration,
        text.zone,
        text.week_name,
        text.week_days,
        weeks.tick_name,
    ):
        environment.filters[function.__name__] = function
    return environment


def _own(name: str) -> Markup:
    """A style sheet or script of ours, written into the page unchanged."""
    return Markup((PARTS / name).read_text(encoding="utf-8"))  # noqa: S704 (our own file, no input in it)


def _hash(text: str) -> str:
    """A Content-Security-Policy source for an inline element with exactly this text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
