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
    batch_nr     numeric,                  -- 202646: week 46 (jobs 1 to 3) or a month (jobs 4 to 6)
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

-- A table of the first release lacks what follows. A sale has a postcode, a listing the rest. Asked for before:
-- ALTER TABLE would wait for a load that is under way, and the website for it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute
                   WHERE attrelid = 'london_schema.housing_prices'::regclass AND attname = 'living_rooms') THEN
        ALTER TABLE london_schema.housing_prices
            ADD COLUMN postcode     text,              -- without a space
            ADD COLUMN link         text,
            ADD COLUMN address      text,
            ADD COLUMN bedrooms     integer CHECK (bedrooms >= 0),
            ADD COLUMN bathrooms    integer CHECK (bathrooms >= 0),
            ADD COLUMN living_rooms integer CHECK (living_rooms >= 0);
    END IF;
END
$$;

-- What of a source could not be used, and why.
CREATE TABLE IF NOT EXISTS london_schema.housing_rejects (
    batch_nr numeric NOT NULL,             -- 202611: the month of the run
    source   text NOT NULL,
    file     text NOT NULL,                -- a file's name, a page's path
    line     integer NOT NULL CHECK (line > 0),        -- of a page: the number of the listing
    reason   text NOT NULL,
    value    text NOT NULL
);
CREATE INDEX IF NOT EXISTS housing_rejects_batch ON london_schema.housing_rejects (batch_nr, source);

-- The newest load of each source.
CREATE TABLE IF NOT EXISTS london_schema.housing_loads (
    source      text PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('sale', 'listing')),
    batch_nr    numeric NOT NULL,
    first_day   date NOT NULL,             -- of the sales, or of the listings' reading
    last_day    date NOT NULL CHECK (last_day >= first_day),
    properties  bigint NOT NULL,
    prices      bigint NOT NULL,           -- rows of housing_prices: a home counts at each station near it
    rejected    bigint NOT NULL,
    attribution text NOT NULL,             -- what the source's licence wants to be said
    loaded_at   timestamp NOT NULL         -- UTC
);

-- The source whose prices all views show, one row: what was paid and what is asked are never mixed. The other
-- views ask housing_loads themselves: a view within a view is replaced while its readers hold the outer one.
CREATE OR REPLACE VIEW london_schema.price_source AS
SELECT source, kind, first_day, last_day, properties, prices, rejected, attribution, loaded_at
FROM london_schema.housing_loads ORDER BY loaded_at DESC LIMIT 1;

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
    SELECT station, avg(price) AS price
    FROM london_schema.housing_prices
    JOIN (SELECT source FROM london_schema.housing_loads ORDER BY loaded_at DESC LIMIT 1) AS shown
         USING (source)
    GROUP BY station
) AS prices
JOIN (
    SELECT station, avg(sentiment) AS sentiment
    FROM (SELECT DISTINCT ON (tweet_id, station) station, sentiment
          FROM london_schema.sentiment ORDER BY tweet_id, station, run DESC) AS tweets
    GROUP BY station
) AS moods USING (station);

-- Every station, with its prices, its tweets of the newest week and of all weeks, the newest week's five words
-- there, and its prices by type of home. New columns go to the end: a view can't be replaced otherwise.
CREATE OR REPLACE VIEW london_schema.station_overview AS
SELECT s.station, s.zone, s.latitude, s.longitude,
       prices.average_price, coalesce(prices.sales, 0) AS sales,
       newest.run AS week, coalesce(week.tweets, 0) AS week_tweets, week.sentiment AS week_sentiment,
       coalesce(whole.tweets, 0) AS tweets, whole.sentiment, words.topics,
       prices.median_price,
       prices.detached_price, prices.detached_median_price,
       coalesce(prices.detached_sales, 0) AS detached_sales,
       prices.semi_detached_price, prices.semi_detached_median_price,
       coalesce(prices.semi_detached_sales, 0) AS semi_detached_sales,
       prices.terraced_price, prices.terraced_median_price,
       coalesce(prices.terraced_sales, 0) AS terraced_sales,
       prices.flat_price, prices.flat_median_price, coalesce(prices.flat_sales, 0) AS flat_sales
FROM london_schema.stations AS s
CROSS JOIN (SELECT max(run) AS run FROM london_schema.sentiment) AS newest
LEFT JOIN (
    SELECT station, avg(price) AS average_price, count(*) AS sales,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY price) AS median_price,
           avg(price) FILTER (WHERE property_type = 'D') AS detached_price,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY price) FILTER (WHERE property_type = 'D') AS detached_median_price,
           count(*) FILTER (WHERE property_type = 'D') AS detached_sales,
           avg(price) FILTER (WHERE property_type = 'S') AS semi_detached_price,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY price) FILTER (WHERE property_type = 'S') AS semi_detached_median_price,
           count(*) FILTER (WHERE property_type = 'S') AS semi_detached_sales,
           avg(price) FILTER (WHERE property_type = 'T') AS terraced_price,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY price) FILTER (WHERE property_type = 'T') AS terraced_median_price,
           count(*) FILTER (WHERE property_type = 'T') AS terraced_sales,
           avg(price) FILTER (WHERE property_type = 'F') AS flat_price,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY price) FILTER (WHERE property_type = 'F') AS flat_median_price,
           count(*) FILTER (WHERE property_type = 'F') AS flat_sales
    FROM london_schema.housing_prices
    JOIN (SELECT source FROM london_schema.housing_loads ORDER BY loaded_at DESC LIMIT 1) AS shown
         USING (source)
    GROUP BY station
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
                london_schema.mood_by_week, london_schema.latest_lineage, london_schema.price_source TO webapp;
