"""What the charts must show, from the tables that the views are made of: so the views are checked as well."""

import math

EXTREMES = """
    WITH rated AS (
        SELECT station, avg(sentiment) AS mood, count(*) AS tweets
        FROM (SELECT DISTINCT ON (tweet_id, station) station, sentiment
              FROM london_schema.sentiment ORDER BY tweet_id, station, run DESC) AS tweets
        GROUP BY station
    ), heard AS (
        SELECT station, mood, row_number() OVER (ORDER BY mood DESC, station) AS best,
               row_number() OVER (ORDER BY mood, station DESC) AS worst
        FROM rated WHERE tweets >= (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY tweets) FROM rated)
    )
    SELECT station, mood FROM heard WHERE best <= 15 OR worst <= 15 ORDER BY best"""
ZONES = """
    SELECT zone, avg(sentiment) FROM london_schema.sentiment JOIN london_schema.stations USING (station)
    GROUP BY zone ORDER BY zone"""
WEEKS = """
    SELECT run, avg(sentiment), avg(sentiment) FILTER (WHERE zone < 3),
           avg(sentiment) FILTER (WHERE zone >= 3)
    FROM london_schema.sentiment JOIN london_schema.stations USING (station) GROUP BY run ORDER BY run"""

# Of the source whose prices are shown, at all stations near them
PRICES = """
    SELECT avg(price), count(*) FROM london_schema.housing_prices
    WHERE source = (SELECT source FROM london_schema.housing_loads ORDER BY loaded_at DESC LIMIT 1)"""
BY_TYPE = """
    WITH shown AS (
        SELECT station, price, property_type FROM london_schema.housing_prices
        WHERE source = (SELECT source FROM london_schema.housing_loads ORDER BY loaded_at DESC LIMIT 1)
    )
    SELECT stations.station, zone, avg(price), percentile_cont(0.5) WITHIN GROUP (ORDER BY price),
           count(price),
           avg(price) FILTER (WHERE property_type = 'F'), count(*) FILTER (WHERE property_type = 'F'),
           avg(price) FILTER (WHERE property_type = 'T'), count(*) FILTER (WHERE property_type = 'T'),
           avg(price) FILTER (WHERE property_type = 'S'), count(*) FILTER (WHERE property_type = 'S'),
           avg(price) FILTER (WHERE property_type = 'D'), count(*) FILTER (WHERE property_type = 'D')
    FROM london_schema.stations LEFT JOIN shown USING (station) GROUP BY stations.station, zone"""


def close(found: list[float | None], wanted: list[float | None], apart: float = 1e-5) -> bool:
    return len(found) == len(wanted) and all(
        one is other or (one is not None and other is not None and math.isclose(one, other, abs_tol=apart))
        for one, other in zip(found, wanted, strict=True)
    )
