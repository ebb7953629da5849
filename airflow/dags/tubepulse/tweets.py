"""Task get_twitter_data: a week's posts around the stations, from the X API to one Parquet file in S3."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowFailException

from tubepulse import lineage, x_api
from tubepulse.paths import raw_prefix, sentiment_prefix, topics_prefix
from tubepulse.settings import Settings
from tubepulse.stations import Station, read_stations
from tubepulse.weeks import Week

log = logging.getLogger(__name__)

# Spark 3.5 refuses Parquet's nanoseconds, hence "us".
SCHEMA = pa.schema(
    {
        "tweet_id": pa.string(),
        "tweets": pa.string(),
        "date": pa.timestamp("us", tz="UTC"),
        "station": pa.string(),
    }
)

ROW_GROUP = 50_000  # rows: what Spark can give to different tasks

MARGIN = timedelta(minutes=5)  # the API judges each request by its own clock, and asking takes minutes

Row = dict[str, Any]


class NoTweets(AirflowFailException):
    """Not one post was found: better to stop here than to pay for a cluster."""


class WeekOutOfReach(AirflowFailException):
    """The whole week is older than the API reaches back, or has not begun."""


def get_twitter_data(run: str, params: Mapping[str, int | None]) -> dict[str, int]:
    """Fetch the posts of week `run` and write s3://B/<output_key>/run=R/tweets.parquet (columns: SCHEMA).

    `params`, the DAG's, may override the Variable's number_of_stations and number_of_tweets. A rerun
    replaces the week: what an earlier run left under the week's prefixes is deleted once the new posts
    are there. Returns counts: stations, tweets, rows,
    posts_read. Raises NoTweets, WeekOutOfReach, BadStationsFile, NotAuthorised, RateLimited.
    """
    settings = Settings.load()
    s3 = S3Hook(aws_conn_id="aws_default")
    stations = load_stations(s3, settings)[: params["number_of_stations"] or settings.number_of_stations]
    start, end = searchable(Week.parse(run), settings.search_days, datetime.now(UTC))
    search = x_api.RecentSearch.connect(BaseHook.get_connection(x_api.CONNECTION), settings.max_posts_read)
    limit = params["number_of_tweets"] or settings.number_of_tweets
    rows = list(collect(search, settings, stations, start, end, limit))
    if not rows:
        raise NoTweets(
            f"no post found in week {run} around {len(stations)} stations; query: {settings.query}"
        )

    bucket, key = settings.bucket_name, raw_prefix(settings.output_key, run) + "tweets.parquet"
    for prefix in (raw_prefix(settings.output_key, run), sentiment_prefix(run), topics_prefix(run)):
        s3.delete_objects(bucket, s3.list_keys(bucket, prefix=prefix))
    s3.load_bytes(to_parquet(rows), key, bucket, replace=True)
    log.info("wrote %d rows to s3://%s/%s", len(rows), bucket, key)
    lineage.record(Week.parse(run), 1, "get_twitter_data", "External: X API", f"s3://{bucket}/{key}")
    return {
        "stations": len(stations),
        "tweets": len({row["tweet_id"] for row in rows}),
        "rows": len(rows),
        "posts_read": search.posts_read,
    }


def load_stations(s3: S3Hook, settings: Settings) -> list[Station]:
    """The bucket's stations file; raises BadStationsFile."""
    content = s3.get_key(settings.key1, settings.bucket_name).get()["Body"].read()
    return read_stations(content, f"s3://{settings.bucket_name}/{settings.key1}")


def searchable(week: Week, search_days: int | None, now: datetime) -> tuple[datetime, datetime]:
    """The part of the week that the API can still search, as [start, end); what is cut off is said."""
    start, end = week.start, min(week.end, now - timedelta(seconds=30))  # X wants 10 s of distance
    if search_days is not None:
        reach = now - timedelta(days=search_days) + MARGIN
        if reach > start:
            log.warning("week %s: posts before %s UTC can't be searched any more", week.key, reach)
            start = reach
    if start >= end:
        raise WeekOutOfReach(
            f"week {week.key} can't be searched: the API reaches back {search_days or 'any number of'} days "
            f"from {now:%Y-%m-%d %H:%M} UTC"
        )
    return start.replace(microsecond=0), end.replace(microsecond=0)


def collect(
    search: x_api.RecentSearch,
    settings: Settings,
    stations: list[Station],
    start: datetime,
    end: datetime,
    limit: int,
) -> Iterator[Row]:
    """The rows of all stations, at most `limit` posts each, until the ceiling of posts read is reached."""
    for number, station in enumerate(stations, start=1):
        pages = search.pages(settings.station_query(station.latitude, station.longitude), start, end, limit)
        yield from rows_of(station.name, pages, limit)
        if number % 25 == 0 or number == len(stations):
            log.info("%d of %d stations asked, %d posts read", number, len(stations), search.posts_read)
        if search.posts_left < x_api.PAGE_SIZES[0] and number < len(stations):
            log.warning(
                "max_posts_read (%d) is reached: the %d stations from %s on were not asked",
                settings.max_posts_read, len(stations) - number, stations[number].name,
            )  # fmt: skip
            return


def rows_of(station: str, pages: Iterable[x_api.Answer], limit: int) -> Iterator[Row]:
    """One row per post of one station's answer pages, at most `limit`; partial errors are logged."""
    seen: set[str] = set()
    for page in pages:
        for error in page.get("errors", ()):
            log.warning("%s: the API left something out: %s", station, error.get("detail", error))
        for post in page.get("data", ()):
            if post["id"] in seen or len(seen) == limit:
                continue
            seen.add(post["id"])
            # `text` of a long post is cut off; `note_tweet` has the whole.
            text = post.get("note_tweet", {}).get("text") or post["text"]
            yield {
                "tweet_id": post["id"],
                "tweets": text.replace("\0", "\N{REPLACEMENT CHARACTER}"),  # PostgreSQL's text has no NUL
                "date": datetime.fromisoformat(post["created_at"]),
                "station": station,
            }


def to_parquet(rows: list[Row]) -> bytes:
    """The rows as one Parquet file with SCHEMA."""
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), buffer, row_group_size=ROW_GROUP)
    return bytes(buffer.getvalue())
