"""The housing DAG on the stack: sales at the first run, listings on demand, a source that is away."""

from contextlib import closing

import requests

from tests import reference_rows
from tests.e2e.conftest import FirstRun
from tests.e2e.harness import HOUSING, Stack

LINE = ["create_schema", "fetch_prices", "match_stations", "save_result_to_postgres_db"]
LOADED = "SELECT * FROM london_schema.housing_prices WHERE source = 'land_registry' ORDER BY 2, 3"


def succeeds(stack: Stack, **conf: object) -> None:
    run_id = stack.trigger(HOUSING, **conf)
    assert stack.ended(HOUSING, run_id) == "success", stack.tasks(HOUSING, run_id)
    assert stack.tasks(HOUSING, run_id) == dict.fromkeys(LINE, "success")


def test_make_run_loaded_the_sales(stack: Stack, first_run: FirstRun) -> None:
    assert f"✔ {HOUSING} success" in first_run.output
    assert "15 rows rejected" in first_run.output
    with closing(stack.postgres()) as connection:
        reference_rows.assert_prices(connection)


def test_what_was_staged_is_in_s3(stack: Stack, first_run: FirstRun) -> None:
    names = {key.rsplit("/", 1)[1] for key, body in stack.objects("housing/") if body}
    assert names >= {"sales.parquet", "postcodes.parquet", "fetched.json", "prices.parquet", "matched.json"}


def test_listings_and_back_again(stack: Stack, first_run: FirstRun) -> None:
    before = stack.rows(LOADED)
    succeeds(stack, source="example_homes")
    with closing(stack.postgres()) as connection:
        reference_rows.assert_listings(connection)
    ((price,),) = stack.rows("SELECT price FROM london_schema.vsentiment WHERE subway_station = 'Angel'")
    ((asked,),) = stack.rows(
        "SELECT avg(price) FROM london_schema.housing_prices"
        " WHERE source = 'example_homes' AND station = 'Angel'"
    )
    assert price == asked
    succeeds(stack)
    assert stack.rows(LOADED) == before
    with closing(stack.postgres()) as connection:
        reference_rows.assert_prices(connection)


def test_a_source_that_is_away_for_good(stack: Stack, first_run: FirstRun) -> None:
    """A 403 is not tried again: the run fails at once, and says which address of which connection."""
    before = stack.rows(LOADED)
    faults = f"{stack.url('FIXTURES')}/_faults"
    assert requests.post(faults, json={"path": "/ONSPD_UK.csv", "status": 403, "times": 9}, timeout=10).ok
    try:
        run_id = stack.trigger(HOUSING)
        assert stack.ended(HOUSING, run_id) == "failed"
    finally:
        assert requests.delete(faults, timeout=10).ok
    assert stack.tasks(HOUSING, run_id) == dict(
        zip(LINE, ["success", "failed", "upstream_failed", "upstream_failed"], strict=True)
    )
    log = stack.task_log(HOUSING, run_id, "fetch_prices")
    assert "/ONSPD_UK.csv was answered 403" in log
    assert "see connection postcode_directory" in log
    assert stack.rows(LOADED) == before
