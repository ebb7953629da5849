"""Text that wants to be more, in PostgreSQL: names, words and an attribution with HTML and a shortcode."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.harness import Stack
from tests.e2e.website import let_feeds_age

STATION = """</script><script>hostile = 1</script>"'><img src=/x onerror=hostile=1>"""
SOURCE = "<b>hostile</b>"
ATTRIBUTION = "<script>hostile = 1</script> & <img src=/x onerror=hostile=1> [tubepulse_map]"
WORDS = [
    "<img src=/x onerror=hostile=1>",
    "</script><script>hostile=1</script>",
    "[tubepulse_map]",
    "&lt;b&gt;",
]
NEWEST = "(SELECT max(run) FROM london_schema.sentiment)"
DATE = "(SELECT max(date) FROM london_schema.station_topics)"
TWEETS = 400  # enough to be among the charts' stations
WEEKS_WORDS = f"FROM london_schema.station_topics WHERE run = {NEWEST} AND station = ''"


@contextmanager
def hostile_text(stack: Stack) -> Iterator[None]:
    """The newest week has a station of such a name, apart from others, with mood and such words; the newest
    load of prices is of listings, from a source of such a name: one, at that station."""
    kept = stack.rows(f"SELECT * {WEEKS_WORDS}")
    try:
        stack.write(f"DELETE {WEEKS_WORDS}")
        stack.write("INSERT INTO london_schema.stations VALUES (%s, 51.42, -0.36, 6)", STATION)
        stack.write(
            f"""INSERT INTO london_schema.sentiment
                SELECT {NEWEST}, 'hostile-' || n, 'text', {DATE}, %s, 1
                FROM generate_series(1, {TWEETS}) AS n""",
            STATION,
        )
        stack.write(
            """INSERT INTO london_schema.housing_prices
                   (source, transaction_id, station, price, date, property_type)
               VALUES (%s, '1', %s, 1000000, '2026-01-01', 'F')""",
            SOURCE, STATION,
        )  # fmt: skip
        stack.write(  # the newest load: the views show its prices alone
            """INSERT INTO london_schema.housing_loads
                   (source, kind, batch_nr, first_day, last_day, properties, prices, rejected, attribution,
                    loaded_at)
               SELECT %s, 'listing', 202601, '2026-01-01', '2026-01-01', 1, 1, 1, %s,
                      greatest(now() AT TIME ZONE 'UTC', max(loaded_at) + interval '1 second')
               FROM london_schema.housing_loads""",
            SOURCE, ATTRIBUTION,
        )  # fmt: skip
        for rank, word in enumerate(WORDS, 1):
            for station in ("", STATION):
                stack.write(
                    f"INSERT INTO london_schema.station_topics VALUES ({NEWEST}, {DATE}, %s, %s, %s, 1)",
                    station, rank, word,
                )  # fmt: skip
        let_feeds_age(stack)
        yield
    finally:
        for table in ("stations", "sentiment", "housing_prices", "station_topics"):
            stack.write(f"DELETE FROM london_schema.{table} WHERE station = %s", STATION)
        stack.write("DELETE FROM london_schema.housing_loads WHERE source = %s", SOURCE)
        stack.write(f"DELETE {WEEKS_WORDS}")
        for row in kept:
            stack.write("INSERT INTO london_schema.station_topics VALUES (%s, %s, %s, %s, %s, %s)", *row)
        let_feeds_age(stack)
