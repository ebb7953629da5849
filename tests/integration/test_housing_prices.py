"""Real runs of the housing DAG: both sources, reruns, changes, and what goes wrong on the way."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from typing import Any

import psycopg2
import pytest
import requests

from tests import reference_rows
from tests.integration.harness import BUCKET, HOUSING, Outcome, Pipeline

SITE = "example_homes"
VARIABLE = "airflow/variables/london-housing-webapp"
UPDATE_FILE = "/pp-monthly-update-new-version.csv"
TABLE = "SELECT * FROM london_schema.housing_prices ORDER BY source, transaction_id, station"

Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def first(pipeline: Pipeline) -> Outcome:
    outcome = pipeline.run(HOUSING)
    assert outcome["state"] == "success", outcome["errors"]
    return outcome


@pytest.fixture
def loaded(pipeline: Pipeline, first: Outcome) -> Callable[[], Rows]:
    """Reads the loaded prices."""

    def read() -> Rows:
        rows = pipeline.rows(TABLE)
        assert rows
        return rows

    return read


@pytest.fixture
def faults(pipeline: Pipeline) -> Iterator[Callable[..., None]]:
    """Makes the outside fail; all is well again after the test."""
    yield pipeline.fault
    pipeline.clear_faults()


@pytest.fixture(scope="module")
def window(pipeline: Pipeline, first: Outcome) -> tuple[date, date]:
    ((first_day, last_day),) = pipeline.rows("SELECT first_day, last_day FROM london_schema.price_source")
    return first_day, last_day


def change(pipeline: Pipeline, statement: str, *parameters: object) -> None:
    with (
        closing(psycopg2.connect(pipeline.said["pipeline_dsn"])) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, parameters)
        assert cursor.rowcount


def compared(pipeline: Pipeline, check: Callable[[Any], None]) -> None:
    with closing(psycopg2.connect(pipeline.said["pipeline_dsn"])) as connection:
        check(connection)


def test_every_stations_prices_are_the_references(pipeline: Pipeline, first: Outcome) -> None:
    assert set(first["tasks"].values()) == {"success"}
    compared(pipeline, reference_rows.assert_prices)


def test_the_window_is_twelve_complete_months(pipeline: Pipeline, window: tuple[date, date]) -> None:
    first_day, last_day = window
    assert (last_day - first_day).days in (364, 365)
    assert first_day.day == 1
    ((oldest, newest),) = pipeline.rows("SELECT min(date), max(date) FROM london_schema.housing_prices")
    assert first_day <= oldest < newest <= last_day


def test_rejects_say_where_they_stand(pipeline: Pipeline, first: Outcome) -> None:
    rejects = pipeline.rows("SELECT file, line, reason, value FROM london_schema.housing_rejects")
    assert all(file.endswith(".csv") and line > 0 and reason for file, line, reason, _ in rejects)
    assert {(reason, value) for _, _, reason, value in rejects} >= {("bad price", "0"), ("bad price", "n/a")}


def test_lineage_and_stages(pipeline: Pipeline, first: Outcome) -> None:
    lineage = pipeline.rows(
        "SELECT job_nr::int, step_airflow, source, destination FROM london_schema.data_lineage"
        " WHERE job_nr > 3 ORDER BY 1"
    )
    assert [(job, step) for job, step, *_ in lineage] == [
        (4, "fetch_prices"), (5, "match_stations"), (6, "save_result_to_postgres_db"),
    ]  # fmt: skip
    (_, _, outside, raw), (_, _, read, matched), (_, _, last, table) = lineage
    assert (outside, table) == ("External: land_registry", "PostgreSQL: london_schema.housing_prices")
    assert (read, last) == (raw, matched)
    for place, name in ((raw, "sales.parquet"), (raw, "fetched.json"), (matched, "prices.parquet")):
        key = place.removeprefix(f"s3://{BUCKET}/") + name
        assert pipeline.client("s3").head_object(Bucket=BUCKET, Key=key)["ContentLength"] > 0


def test_the_websites_role_reads_the_source_and_not_the_tables(pipeline: Pipeline, first: Outcome) -> None:
    with closing(psycopg2.connect(pipeline.said["webapp_dsn"])) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT source, kind, attribution FROM london_schema.price_source")
        source, kind, attribution = cursor.fetchone() or ("", "", "")
        assert (source, kind) == ("land_registry", "sale")
        assert "ynthetic" in attribution  # no licence is claimed for what nobody gave
        for table in ("housing_loads", "housing_rejects", "housing_prices"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SELECT 1 FROM london_schema.{table}")
            connection.rollback()


def test_a_rerun_leaves_the_same_rows(pipeline: Pipeline, loaded: Callable[[], Rows]) -> None:
    before = loaded()
    assert pipeline.run(HOUSING)["state"] == "success"
    assert loaded() == before


def test_a_run_corrects_adds_and_withdraws(
    pipeline: Pipeline, loaded: Callable[[], Rows], window: tuple[date, date]
) -> None:
    """From a state that the update file has news of: wrong prices, sales too many and too few."""
    wanted = loaded()
    named = _update(pipeline)
    corrections = sorted({row[1] for row in wanted} & named.keys())
    assert len(corrections) > 5
    withdrawn = next(transaction for transaction, status in named.items() if status == "D")
    spoil = (
        "UPDATE london_schema.housing_prices SET price = 1, station = station || ' before'"
        " WHERE transaction_id = ANY(%s)"
    )
    add = (
        "INSERT INTO london_schema.housing_prices (source, transaction_id, station, price, date)"
        " VALUES ('land_registry', %s, 'Angel', 1, %s),"
        " ('land_registry', 'too old', 'Angel', 1, '2001-01-01')"
    )
    change(pipeline, spoil, corrections[1:])
    change(pipeline, "DELETE FROM london_schema.housing_prices WHERE transaction_id = %s", corrections[0])
    change(pipeline, add, withdrawn, window[0])
    assert loaded() != wanted
    assert pipeline.run(HOUSING)["state"] == "success"
    assert loaded() == wanted


def _update(pipeline: Pipeline) -> dict[str, str]:
    """The transactions of the update file, and what it says of them: A, C or D."""
    text = requests.get(pipeline.said["fixtures_url"] + UPDATE_FILE, timeout=10).text
    rows = csv.reader(text.splitlines())
    return {row[0]: row[-1] for row in rows}


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut_after": 100_000}], ids=["503", "broken off"])
def test_a_download_that_fails_once_is_tried_again(
    pipeline: Pipeline, loaded: Callable[[], Rows], window: tuple[date, date],
    faults: Callable[..., None], fault: dict[str, Any],
) -> None:  # fmt: skip
    before = loaded()
    faults(path=f"/pp-{window[1].year}.csv", times=1, **fault)
    position = pipeline.log.stat().st_size
    assert pipeline.run(HOUSING)["state"] == "success"
    assert f"pp-{window[1].year}.csv" in pipeline.logged_since(position)
    assert "DownloadFailed" in pipeline.logged_since(position)
    assert loaded() == before


@pytest.mark.parametrize(
    ("path", "fault", "cause"),
    [
        (UPDATE_FILE, {"status": 503}, "DownloadFailed"),
        ("/ONSPD_UK.csv", {"cut_after": 50_000}, "DownloadFailed"),
        ("/ONSPD_UK.csv", {"status": 403}, "FileNotThere"),
    ],
)
def test_what_stays_away_leaves_the_prices_as_they_were(
    pipeline: Pipeline, loaded: Callable[[], Rows], faults: Callable[..., None],
    path: str, fault: dict[str, Any], cause: str,
) -> None:  # fmt: skip
    before, shown = loaded(), pipeline.rows("SELECT * FROM london_schema.price_source")
    faults(path=path, times=100, **fault)
    outcome = pipeline.run(HOUSING)
    assert outcome["state"] == "failed"
    assert cause in outcome["errors"]["fetch_prices"]
    assert path in outcome["errors"]["fetch_prices"]
    assert (
        outcome["tasks"]["match_stations"]
        == outcome["tasks"]["save_result_to_postgres_db"]
        == "upstream_failed"
    )
    assert loaded() == before
    assert pipeline.rows("SELECT * FROM london_schema.price_source") == shown


@pytest.fixture
def setting(pipeline: Pipeline) -> Iterator[Callable[..., None]]:
    """Changes keys of the Variable's housing; they are as before after the test."""
    secrets = pipeline.client("secretsmanager")
    before = secrets.get_secret_value(SecretId=VARIABLE)["SecretString"]

    def change(**values: Any) -> None:
        changed = json.loads(before)
        changed["housing"] |= values
        secrets.put_secret_value(SecretId=VARIABLE, SecretString=json.dumps(changed))

    yield change
    secrets.put_secret_value(SecretId=VARIABLE, SecretString=before)


def test_more_rejects_than_allowed_load_nothing(
    pipeline: Pipeline, loaded: Callable[[], Rows], setting: Callable[..., None]
) -> None:
    before = loaded()
    setting(max_rejected=0.0001)
    outcome = pipeline.run(HOUSING)
    assert "TooManyRejects" in outcome["errors"]["fetch_prices"]
    assert "the earlier prices stay" in outcome["errors"]["fetch_prices"]
    assert loaded() == before


def test_a_smaller_radius_and_a_shorter_window(
    pipeline: Pipeline, loaded: Callable[[], Rows], setting: Callable[..., None]
) -> None:
    before = {(row[1], row[2]): row for row in loaded()}
    setting(radius_m=500, months=3)
    assert pipeline.run(HOUSING)["state"] == "success"
    ((first_day, last_day),) = pipeline.rows("SELECT first_day, last_day FROM london_schema.price_source")
    assert (last_day - first_day).days in range(88, 92)
    fewer = {(row[1], row[2]): row for row in loaded()}
    assert fewer == {
        key: row for key, row in before.items() if row[8] <= 500 and first_day <= row[4] <= last_day
    }
    setting()
    assert pipeline.run(HOUSING)["state"] == "success"
    assert {(row[1], row[2]): row for row in loaded()} == before


def test_a_source_that_is_none(pipeline: Pipeline, first: Outcome) -> None:
    outcome = pipeline.run(HOUSING, source="no_such_site")
    assert "UnknownSource" in outcome["errors"]["fetch_prices"]
    assert SITE in outcome["errors"]["fetch_prices"]


def test_a_month_to_come_is_refused(pipeline: Pipeline, first: Outcome) -> None:
    assert "has not begun" in pipeline.run(HOUSING, month="2099-01")["errors"]["fetch_prices"]


def test_listings_are_shown_while_they_are_the_newest(
    pipeline: Pipeline, loaded: Callable[[], Rows], faults: Callable[..., None]
) -> None:
    sales = [row for row in loaded() if row[0] == "land_registry"]
    faults(path="/for-sale/london/?page=4", times=1, cut_after=300)
    outcome = pipeline.run(HOUSING, source=SITE)
    assert outcome["state"] == "success", outcome["errors"]
    compared(pipeline, reference_rows.assert_listings)
    assert [row for row in loaded() if row[0] == "land_registry"] == sales
    asked = pipeline.rows("SELECT sum(sales), sum(flat_sales) FROM london_schema.station_overview")
    assert asked == [(len(loaded()) - len(sales), 0)]
    assert pipeline.run(HOUSING)["state"] == "success"
    compared(pipeline, reference_rows.assert_prices)
