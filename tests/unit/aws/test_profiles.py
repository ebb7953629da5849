"""The profiles: placeholders, and what they ask of EMR, X and the pipeline."""

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from airflow.sdk import Connection
from botocore.validate import ParamValidator

from aws.profile import BadProfile, Profile, fill
from tubepulse.job_flow import job_flow_overrides
from tubepulse.settings import Settings
from tubepulse.x_api import NotAuthorised, RecentSearch

ROOT = Path(__file__).parents[3]
PROFILES = ["embedded", "local", "emr", "aws"]
VALUES = {
    "POSTGRES_HOST": "db", "POSTGRES_PORT": "5432", "PIPELINE_PASSWORD": 'a"b\\c', "FIXTURES_HOST": "f",
    "FIXTURES_PORT": "8099", "FIXTURES_TOKEN": "t", "BUCKET_NAME": "bucket",
    "SUBNET_1": "subnet-1", "SUBNET_2": "subnet-2",
    "EMR_INSTANCE_PROFILE": "ip", "EMR_SERVICE_ROLE": "sr",
}  # fmt: skip


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_asks_emr_for_a_valid_cluster(name: str) -> None:
    profile = Profile.load(name, VALUES)
    overrides = job_flow_overrides(profile.pipeline["bucket_name"], "2026-W46")
    request = profile.connections["emr_default"]["extra"] | overrides
    model: Any = botocore.session.get_session().get_service_model("emr").operation_model("RunJobFlow")
    assert ParamValidator().validate(request, model.input_shape).generate_report() == ""
    assert request["AutoTerminationPolicy"]["IdleTimeout"] == 900
    assert request["Instances"]["KeepJobFlowAliveWhenNoSteps"] is True
    assert request["ReleaseLabel"] == "emr-7.13.0"


@pytest.mark.parametrize("name", PROFILES)
def test_a_profiles_variable_is_the_pipelines(name: str) -> None:
    assert Settings.of(Profile.load(name, VALUES).pipeline).station_query(51.5, -0.1)


@pytest.mark.parametrize("name", PROFILES)
def test_airflow_reads_the_connections(name: str) -> None:
    for conn_id, value in Profile.load(name, VALUES).connections.items():
        connection = Connection.from_json(json.dumps(value), conn_id=conn_id)
        if conn_id == "postgres_default":
            assert (connection.host, connection.port, connection.password) == ("db", 5432, 'a"b\\c')


@pytest.mark.parametrize("name", ["emr", "aws"])
def test_live_profiles_are_frugal_and_keyed(name: str) -> None:
    profile = Profile.load(name, VALUES)
    limits = [profile.pipeline[key] for key in ("number_of_stations", "number_of_tweets", "max_posts_read")]
    assert limits == [30, 10, 600]
    assert profile.pipeline["search_days"] == 7
    bare = Connection.from_json(json.dumps(profile.connections["x_api"]), conn_id="x_api")
    assert bare.host == "api.x.com"
    with pytest.raises(NotAuthorised):
        RecentSearch.connect(bare, 600)
    keyed = Profile.load(name, VALUES | {"X_BEARER_TOKEN": "t"}).connections["x_api"]
    assert not RecentSearch.connect(Connection.from_json(json.dumps(keyed), conn_id="x_api"), 600).user_auth


def test_a_missing_value_is_named_with_its_place() -> None:
    values = {name: value for name, value in VALUES.items() if name != "PIPELINE_PASSWORD"}
    with pytest.raises(BadProfile) as error:
        Profile.load("embedded", values)
    assert str(error.value) == (
        "profiles/embedded/connections.json, postgres_default.password: needs PIPELINE_PASSWORD: "
        "set it in the environment"
    )


def test_a_profile_that_is_not_there() -> None:
    with pytest.raises(BadProfile, match="no profile 'typo'; choose one of: aws, embedded, emr, local"):
        Profile.load("typo", VALUES)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (b'{"a": 1,\n}', "variables.json, line 2: not JSON"),
        (b"\xff", "variables.json: not UTF-8"),
        (b"[]", "variables.json: must be an object"),
        (b"{}", "variables.json, london-housing-webapp: lacks bucket_name, key1, key2"),
        (b'{"london-housing-webapp": {"bucket_name": "", "key1": "a", "key2": "b"}}', "lacks bucket_name$"),
        (None, "variables.json cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: bytes | None, says: str
) -> None:
    monkeypatch.setattr("aws.profile.ROOT", tmp_path)
    monkeypatch.setattr("aws.profile.PROFILES", tmp_path / "profiles")
    folder = tmp_path / "profiles" / "mine"
    folder.mkdir(parents=True)
    (folder / "connections.json").write_text("{}")
    if variables is not None:
        (folder / "variables.json").write_bytes(variables)
    with pytest.raises(
        BadProfile, match=f"profiles/mine/variables.json.*{says.removeprefix('variables.json')}"
    ):
        Profile.load("mine", VALUES)


def test_placeholders() -> None:
    value = {"a": ["${X}-${Y:-no}", 1, None, True], "b": {"c": "$X {X} ${Z:-}"}}
    assert fill(value, {"X": "${Y}"}, "p") == {"a": ["${Y}-no", 1, None, True], "b": {"c": "$X {X} "}}
