"""What the report's template gets: maps, key figures and rows, with every number already in words."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from embedded.report import text
from embedded.report.charts import Point, mood_class, pearson, radius, scatter, size_examples, weighted_mean
from embedded.report.data import WHOLE_CITY, Report, Station, Topic
from embedded.report.homes import Wording
from embedded.report.labels import Label, place_labels
from embedded.report.map import Projection, Ring, dots, fit, rings
from embedded.report.river import THAMES, smooth_path

Indexed = list[tuple[int, Station]]  # stations with their place in the report, busiest first
WORDS_SHOWN = 15


@dataclass(frozen=True)
class MapView:
    """A map, ready to draw. `wide` and `narrow` are its labels on a desk and on a phone."""

    width: float
    height: float
    points: list[Point]
    wide: list[Label]
    narrow: list[Label]
    rings: list[Ring]
    river: str
    river_width: float
    km: float  # SVG units per kilometre
    sizes: list[tuple[int, float]]  # (tweets, radius) for the legend
    frame: tuple[float, float, float, float] | None = None  # x, y, width, height of the enlarged part


def newest_week(report: Report) -> str:
    """The newest loaded week: not this run's, when an older week was loaded again."""
    return max((one.week for one in report.stations if one.week), default=report.week)


def in_week(stations: Sequence[Station], week: str) -> list[Station]:
    """The same stations; those whose newest tweets are older than `week` have none in it."""
    return [
        one if one.week in (None, week) else replace(one, week_tweets=0, week_sentiment=None)
        for one in stations
    ]


def busiest(stations: Sequence[Station]) -> Indexed:
    """All stations, most tweets of the week first, then by name."""
    return sorted(enumerate(stations), key=lambda row: (-row[1].week_tweets, row[1].station))


def maps(stations: Sequence[Station]) -> tuple[MapView, MapView | None]:
    """London, and its centre enlarged: the box around the stations of zone 1 (None where there are none)."""
    ranked = busiest(stations)
    project, height = fit(stations, 1160, 30)
    centre = [one for one in stations if one.zone < 2]
    lens = _lens(ranked, centre, project) if len(centre) > 1 else None
    return _draw(ranked, stations, project, (1160, height), (20, 7), (13, 36), lens and lens[1], 1.8), (
        lens[0] if lens else None
    )


def _lens(
    ranked: Indexed, centre: Sequence[Station], whole: Projection
) -> tuple[MapView, tuple[float, float, float, float]]:
    project, height = fit(centre, 720, 34)
    corner, opposite = project.place(0, 0), project.place(720, height)
    inside = [
        row
        for row in ranked
        if opposite[0] <= row[1].latitude <= corner[0] and corner[1] <= row[1].longitude <= opposite[1]
    ]
    left, top = whole(*corner)
    right, bottom = whole(*opposite)
    view = _draw(inside, [], project, (720, height), (30, 12), (12.5, 24), None, 1.25)
    return view, (left, top, right - left, bottom - top)


def _draw(
    ranked: Indexed,
    ringed: Sequence[Station],
    project: Projection,
    size: tuple[float, float],
    radii: tuple[float, float],
    fonts: tuple[float, float],
    frame: tuple[float, float, float, float] | None,
    grow: float,  # of the dots on a phone, as in style.css
) -> MapView:
    points, factor = dots(ranked, project, *radii)
    zones = rings(ringed, project)
    names = {index: station.station for index, station in ranked}
    room = (4.0, 4.0, size[0] - 4, size[1] - 4)
    box = (frame[0], frame[1], frame[0] + frame[2], frame[1] + frame[3]) if frame else None
    taken = [(spot[0] - 24, spot[1] - 8, spot[0] + 24, spot[1] + 8) for ring in zones if (spot := ring.label)]
    taken.append((size[0] * 0.85, size[1] - 50, *size))  # the scale bar
    if box:
        taken.append(box)
    at = {point.index: point for point in points}
    # The centre's own map names its stations: here a name would hide a dozen others.
    wanted = [
        index
        for index, station in ranked
        if station.week_tweets > 0
        and not (box and box[0] < at[index].x < box[2] and box[1] < at[index].y < box[3])
    ]
    wide = place_labels(points, names.__getitem__, wanted[:40], room, fonts[0], 14, taken)
    grown = [replace(point, r=point.r * grow) for point in points]
    narrow = place_labels(grown, names.__getitem__, wanted[:40], room, fonts[1], 5, taken)
    return MapView(
        width=size[0],
        height=size[1],
        points=points,
        wide=wide,
        narrow=narrow,
        rings=zones,
        river=smooth_path([project(*place) for place in THAMES]),
        river_width=max(0.24 * project.km, 3),
        km=project.km,
        sizes=[
            (tweets, radius(tweets, factor))
            for tweets in size_examples(max((one.week_tweets for _, one in ranked), default=0))
        ],
        frame=frame,
    )


def figures(stations: Sequence[Station], seconds: float, wording: Wording) -> list[tuple[str, str, str]]:
    """The page's key figures: (number, what it is, how it was taken)."""
    tweets = sum(one.week_tweets for one in stations)
    present = [one for one in stations if one.week_tweets > 0]
    mood = weighted_mean((one.week_sentiment or 0.0, one.week_tweets) for one in present)
    price = weighted_mean((one.average_price, one.sales) for one in stations if one.average_price is not None)
    sales = sum(one.sales for one in stations)
    return [
        (f"{tweets:,}", "tweets", "counted once at each station they are near"),
        (f"{len(present):,}", "stations", f"with tweets, of {len(stations):,}"),
        (text.signed(mood), "mean mood", "of all tweets, from \N{MINUS SIGN}1 to +1"),
        (
            text.pounds(price),
            f"average {wording.price}",
            f"of {text.count(sales, wording.noun)}, counted likewise",
        ),
        (text.duration(seconds), "run time", "of the pipeline's DAG"),
    ]


def extremes(stations: Sequence[Station], most: int = 5) -> tuple[Indexed, Indexed, int]:
    """The brightest and the gloomiest stations, and the least tweets a station needs to be among them.

    That least is the median over stations with tweets: below it, means are mostly chance.
    """
    present = [row for row in busiest(stations) if row[1].week_sentiment is not None and row[1].week_tweets]
    least = round(statistics.median(row[1].week_tweets for row in present)) if present else 0
    ordered = sorted(
        (row for row in present if row[1].week_tweets >= least),
        key=lambda row: -(row[1].week_sentiment or 0.0),
    )
    most = min(most, len(ordered) // 2)
    return ordered[:most], ordered[::-1][:most], least


def prices(stations: Sequence[Station]) -> dict[str, object]:
    """The scatter of sentiment (all weeks) against price, with Pearson's r over its stations."""
    rows = [
        (index, one.average_price, one.sentiment, one.tweets)
        for index, one in enumerate(stations)
        if one.average_price is not None and one.sentiment is not None and one.tweets > 0
    ]
    axes, points = scatter(rows)
    return {"axes": axes, "points": points, "r": pearson([(row[1], row[2]) for row in rows]), "n": len(rows)}


def words(topics: Sequence[Topic]) -> dict[str, list[tuple[str, int]]]:
    """The (word, tweets) of each station in rank order; WHOLE_CITY is all of London."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for topic in sorted(topics, key=lambda topic: (topic.station, topic.rank)):
        if len(found[topic.station]) < WORDS_SHOWN:
            found[topic.station].append((topic.topic, topic.tweet_count))
    found.setdefault(WHOLE_CITY, [])
    return dict(found)


def tooltips(
    stations: Sequence[Station], said: dict[str, list[tuple[str, int]]], step: float, noun: str
) -> list[dict[str, object]]:
    """What the page's script shows of each station, in the report's order."""
    return [
        {
            "name": one.station,
            "zone": f"Zone {text.zone(one.zone)}",
            "tweets": text.count(one.week_tweets, "tweet") if one.week_tweets else "no tweets",
            "mood": text.signed(one.week_sentiment) if one.week_tweets else "",
            "colour": mood_class(one.week_sentiment, step) if one.week_tweets else None,
            "price": text.pounds(one.average_price),
            "median": text.pounds(one.median_price) if one.median_price is not None else "",
            "sales": text.count(one.sales, noun),
            "words": said.get(one.station, []),
        }
        for one in stations
    ]
