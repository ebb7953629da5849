"""What the demo says and checks: counts, progress lines, tables."""

import argparse
import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from embedded import airflow_home, outcome, tables
from embedded.demo import iso_week
from embedded.outcome import Counts
from embedded.report.data import HOME_TYPES, HomePrice, PriceSource, Report, Station, Topic
from embedded.watch import Watch, all_steps, database_tasks

START = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
SOURCE = PriceSource(
    source="land_registry", kind="sale", first_day=date(2025, 8, 1), last_day=date(2026, 7, 31),
    properties=6210, prices=14_520, rejected=12, attribution="", loaded_at=datetime(2026, 11, 1, 5, 2),
)  # fmt: skip


def test_what_differs_is_named() -> None:
    counts = Counts(308, 3417, 3463, 1410, 3, 281, 5120, 12)
    assert counts.differences(counts) == []
    assert counts.differences(Counts(308, 3417, 3464, 1410, 2, 281, 5120, 11)) == [
        "sentiment_rows is 3463, not 3464",
        "lineage_rows is 3, not 2",
        "housing_rejects is 12, not 11",
    ]


def test_what_housing_must_give_is_in_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(outcome.EXPECTED, tmp_path, dirs_exist_ok=True)
    rejects = {"bad price": 3, "no postcode": 9}
    (tmp_path / "housing.json").write_text(json.dumps({"properties": 40, "prices": 70, "rejects": rejects}))
    monkeypatch.setattr(outcome, "EXPECTED", tmp_path)
    monkeypatch.setattr(outcome, "_has_schema", lambda _: False)
    wanted = outcome.expected(None, "2026-W46")  # type: ignore[arg-type]
    assert (wanted.housing_rows, wanted.housing_rejects) == (70, 12)


def test_a_week_is_checked_before_anything_starts() -> None:
    assert iso_week("2026-W46") == "2026-W46"
    for text in ("2026-W60", "46", ""):
        with pytest.raises(argparse.ArgumentTypeError):
            iso_week(text)


def test_airflow_reads_secrets_where_mwaa_does(tmp_path: Path) -> None:
    env = airflow_home.environment(tmp_path)
    assert env["AIRFLOW_CONN_AWS_DEFAULT"] == "aws://"
    assert '"connections_lookup_pattern": "^(?!aws_default$).*$"' in env["AIRFLOW__SECRETS__BACKEND_KWARGS"]
    assert env["AIRFLOW_HOME"] == str(tmp_path)


class Emr:
    """Two answers of EMR's, as boto3 gives them."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []

    def list_clusters(self) -> dict[str, Any]:
        return {"Clusters": [{"Id": "j-1"}]}

    def list_steps(self, ClusterId: str) -> dict[str, Any]:
        assert ClusterId == "j-1"
        return {"Steps": list(reversed(self.steps))}


def step(number: int, state: str, seconds: float | None = None) -> dict[str, Any]:
    timeline = {"CreationDateTime": START, "StartDateTime": START}
    if seconds is not None:
        timeline["EndDateTime"] = START + timedelta(seconds=seconds)
    return {"Id": f"s-{number}", "Name": f"step {number}", "Status": {"State": state, "Timeline": timeline}}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "airflow.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE task_instance (run_id, dag_id, task_id, state, start_date, end_date)"
        )
        connection.execute(
            "INSERT INTO task_instance VALUES ('r', 'd', 'done', 'success', '2026-11-09 08:00:00.000000',"
            " '2026-11-09 08:00:01.500000'),"
            " ('r', 'd', 'busy', 'running', '2026-11-09 08:00:02.000000', NULL)"
        )
    connection.close()
    return path


def test_every_change_is_said_once(database: Path) -> None:
    said: list[str] = []
    emr = Emr()
    watch = Watch(database_tasks(database), all_steps(emr), said.append)
    emr.steps = [step(1, "RUNNING"), {**step(2, "PENDING"), "Status": {"State": "PENDING", "Timeline": {}}}]
    watch.look()
    watch.look()
    assert [Console(file=StringIO()).render_str(line).plain for line in said] == [
        "✔ d.done success  1.5 s",
        "    ▸ j-1 step 1 RUNNING",
    ]
    assert watch.under_way() == "busy, step 'step 1'"
    emr.steps = [step(1, "COMPLETED", 6.7), step(2, "FAILED", 0.4)]
    watch.look()
    assert "COMPLETED  6.7 s" in said[2]
    assert "FAILED  0.4 s" in said[3]
    assert [(one.name, one.seconds) for one in watch.steps.values()] == [("step 1", 6.7), ("step 2", 0.4)]


def test_a_missing_database_is_no_reason_to_stop(tmp_path: Path) -> None:
    Watch(database_tasks(tmp_path / "none.db"), all_steps(Emr()), pytest.fail).look()


def test_a_sign_of_life_breaks_a_long_silence(database: Path) -> None:
    said: list[str] = []
    watch = Watch(database_tasks(database), all_steps(Emr()), said.append)
    watch.look()
    watch._spoke -= 11
    watch.look()
    assert "… busy" in said[-1]


def test_the_table_has_prices_moods_and_topics(tmp_path: Path) -> None:
    console = Console(file=StringIO(), width=100)
    station = Station("Angel [red]", 1.5, 51.5, -0.1, 612345.6, 9, "2026-W46", 12, -0.25, 12, -0.25)
    silent = Station("Bank", 1.0, 51.5, -0.1, None, 0, "2026-W46", 0, None, 0, None)
    report = Report(
        "2026-W46",
        [station, silent],
        [],
        [Topic("", 1, "rain", 7), Topic("Angel", 1, "tea", 2)],
        [],
        27.3,
        START,
        prices=SOURCE,
    )
    tables.show(console, report, tmp_path)
    tables.show_errors(console, [{"dag_id": "d", "errors": {"t": "BadStationsFile: [1] line 3"}}])
    assert isinstance(console.file, StringIO)
    shown = console.file.getvalue()
    for text in (
        "Angel [red]",
        "1.5",
        "-0.250",
        "£612,346",
        "Bank",
        "–",
        "Prices: 6,210 sales, 1 August 2025 to 31 July 2026 (land_registry); 12 rows rejected",
        "rain (7)",
        "d.t BadStationsFile: [1]",
    ):
        assert text in shown
    assert "tea" not in shown


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (None, "none are loaded yet"),
        (
            replace(
                SOURCE, source="[b]", kind="listing", properties=1, rejected=1, first_day=SOURCE.last_day
            ),
            "1 listing, 31 July 2026 ([b]); 1 row rejected",
        ),
    ],
)
def test_the_prices_source_is_a_line(source: PriceSource | None, line: str) -> None:
    console = Console(file=StringIO(), width=100)
    tables.show_week(console, "2026-W46", [], [], source)
    assert isinstance(console.file, StringIO)
    assert f"Prices: {line}\n" in console.file.getvalue()


def test_a_row_of_the_view_is_a_station_with_its_types() -> None:
    row: dict[str, Any] = {
        "station": "Angel", "zone": 1.5, "latitude": 51.5, "longitude": -0.1, "average_price": 600.5,
        "sales": 3, "week": "2026-W46", "week_tweets": 0, "week_sentiment": None, "tweets": 0,
        "sentiment": None, "median_price": 500.0,
    }  # fmt: skip
    for number, kind in enumerate(HOME_TYPES):
        row |= {f"{kind}_price": None, f"{kind}_median_price": None, f"{kind}_sales": number}
    row |= {"flat_price": 400.25, "flat_median_price": 390.0}
    station = outcome.station_of(row)
    assert (station.station, station.median_price, station.sales) == ("Angel", 500.0, 3)
    assert station.homes[:2] == (HomePrice(), HomePrice(None, None, 1))
    assert station.homes[-1] == HomePrice(400.25, 390.0, 3)
