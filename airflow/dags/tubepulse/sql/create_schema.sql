-- The results schema, safe to run at every start: tables are kept, views are renewed.
-- Two DAGs run this file; the lock lets one wait for the other.
SELECT pg_advisory_xact_lock(hashtext('london_schema'));

CREATE SCHEMA IF NOT EXISTS london_schema;

CREATE TABLE IF NOT EXISTS london_schema.stations (
    station   text PRIMARY KEY,
    latitude  double precision NOT NULL,   -- degrees, WGS 84
    longitude double precision NOT NULL,
    zone      numeric(3, 1) NOT NULL       -- there are half zones
);

CREATE TABLE IF NOT EXISTS london_schema.sentiment (
    run       text NOT NULL,               -- ISO week, for example 2026-W46
    tweet_id  text NOT NULL,
    tweets    text,                        -- the text as written
    date      timestamp NOT NULL,          -- UTC
    station   text NOT NULL,
    sentiment double precision NOT NULL CHECK (sentiment BETWEEN -1 AND 1),
    PRIMARY KEY (run, station, tweet_id)
);

CREATE TABLE IF NOT EXISTS london_schema.station_topics (
    run         text NOT NULL,
    date        timestamp NOT NULL,        -- UTC
    station     text NOT NULL,             -- '' is all London
    rank        integer NOT NULL CHECK (rank > 0),
    topic       text NOT NULL,
    tweet_count bigint NOT NULL CHECK (tweet_count > 0),
    PRIMARY KEY (run, station, rank)
);

CREATE TABLE IF NOT EXISTS london_schema.data_lineage (
    batch_nr     numeric,                  -- 202646: week 46 (jobs 1 to 3) or a month (job 4)
    job_nr       numeric,
    "timestamp"  timestamp NOT NULL,       -- UTC
    step_airflow varchar(256) NOT NULL,
    source       text NOT NULL,
    destination  text NOT NULL,
    PRIMARY KEY (batch_nr, job_nr)
);

CREATE TABLE IF NOT EXISTS london_schema.housing_prices (
    source         text NOT NULL,
    transaction_id text NOT NULL,
    station        text NOT NULL,
    price          bigint NOT NULL CHECK (price > 0),  -- GBP
    date           date NOT NULL,
    property_type  text,                   -- D detached, S semi-detached, T terraced, F flat
    new_build      boolean,
    tenure         text,                   -- F freehold, L leasehold
    distance_m     integer CHECK (distance_m >= 0),    -- metres from the station
    PRIMARY KEY (source, transaction_id, station)
);

-- The week's words for all London, in order, one row a run.
CREATE OR REPLACE VIEW london_schema.topics AS
SELECT date, string_agg(topic, ', ' ORDER BY rank) AS topics
FROM london_schema.station_topics
WHERE station = ''
GROUP BY run, date;

-- Price beside mood, for the stations that have both; each side is averaged before they meet.
CREATE OR REPLACE VIEW london_schema.vsentiment AS
SELECT prices.station AS subway_station, prices.price, moods.sentiment
FROM (
    SELECT station, avg(price) AS price FROM london_schema.housing_prices GROUP BY station
) AS prices
JOIN (
    SELECT station, avg(sentiment) AS sentiment
    FROM (SELECT DISTINCT ON (tweet_id, station) station, sentiment
          FROM london_schema.sentiment ORDER BY tweet_id, station, run DESC) AS tweets
    GROUP BY station
) AS moods USING (station);

-- Every station, with its prices, its tweets of the newest week and of all weeks, and the newest week's five
-- words there.
CREATE OR REPLACE VIEW london_schema.station_overview AS
SELECT s.station, s.zone, s.latitude, s.longitude,
       prices.average_price, coalesce(prices.sales, 0) AS sales,
       newest.run AS week, coalesce(week.tweets, 0) AS week_tweets, week.sentiment AS week_sentiment,
       coalesce(whole.tweets, 0) AS tweets, whole.sentiment, words.topics
FROM london_schema.stations AS s
CROSS JOIN (SELECT max(run) AS run FROM london_schema.sentiment) AS newest
LEFT JOIN (
    SELECT station, avg(price) AS average_price, count(*) AS sales
    FROM london_schema.housing_prices GROUP BY station
) AS prices USING (station)
LEFT JOIN (
    SELECT run, station, count(*) AS tweets, avg(sentiment) AS sentiment
    FROM london_schema.sentiment GROUP BY run, station
) AS week ON week.station = s.station AND week.run = newest.run
LEFT JOIN (
    SELECT station, count(*) AS tweets, avg(sentiment) AS sentiment
    FROM (SELECT DISTINCT ON (tweet_id, station) station, sentiment
          FROM london_schema.sentiment ORDER BY tweet_id, station, run DESC) AS tweets
    GROUP BY station
) AS whole ON whole.station = s.station
LEFT JOIN (
    SELECT run, station, string_agg(topic, ', ' ORDER BY rank) AS topics
    FROM london_schema.station_topics WHERE rank <= 5 GROUP BY run, station
) AS words ON words.station = s.station AND words.run = newest.run;

CREATE OR REPLACE VIEW london_schema.mood_by_week AS
SELECT tweets.run, stations.zone, count(*) AS tweets, avg(tweets.sentiment) AS sentiment
FROM london_schema.sentiment AS tweets
JOIN london_schema.stations AS stations USING (station)
GROUP BY tweets.run, stations.zone;

-- Where the data that the views show come from: the newest row of each job.
CREATE OR REPLACE VIEW london_schema.latest_lineage AS
SELECT DISTINCT ON (job_nr) batch_nr, job_nr, "timestamp", step_airflow, source, destination
FROM london_schema.data_lineage ORDER BY job_nr, batch_nr DESC;

-- The website's role reads the views, and nothing else.
GRANT USAGE ON SCHEMA london_schema TO webapp;
GRANT SELECT ON london_schema.topics, london_schema.vsentiment, london_schema.station_overview,
                london_schema.mood_by_week, london_schema.latest_lineage TO webapp;
