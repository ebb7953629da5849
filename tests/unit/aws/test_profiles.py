"""The profiles: placeholders, and what they ask of EMR, X and the pipeline."""

import difflib
import json
import os
import re
from pathlib import Path

import pytest
import yaml
from airflow.sdk import Connection

from aws import artifacts, emr_requests
from aws.profile import BadProfile, Profile, Source, fill, has_stacks
from embedded.airflow_home import DAGS as embedded_dags
from tests.unit.aws.emr_requests import CLUSTER, DAG, report, requests_of
from tubepulse.housing.settings import HousingSettings
from tubepulse.settings import Settings
from tubepulse.x_api import NotAuthorised, RecentSearch

ROOT = Path(__file__).parents[3]
PROFILES = ["embedded", "local", "emr", "aws"]
VALUES = {
    "POSTGRES_HOST": "db", "POSTGRES_PORT": "5432", "PIPELINE_PASSWORD": 'a"b\\c', "FIXTURES_HOST": "f",
    "FIXTURES_PORT": "8099", "FIXTURES_TOKEN": "t", "BucketName": "bucket",
    "ClusterSubnet1": "subnet-1", "ClusterSubnet2": "subnet-2",
    "StackPrefix": "tubepulse", "EmrInstanceProfile": "ip", "EmrServiceRole": "sr",
    "DatabaseHost": "db", "DatabasePort": "5432", "PipelinePassword": 'a"b\\c', "RolesVersion": "1, 2",
}  # fmt: skip


def test_every_profile_runs_the_same_dag_file() -> None:
    assert embedded_dags == DAG.parent
    assert artifacts.airflow()["dags/london_housing_webapp.py"] == DAG
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    airflow = {name: one for name, one in compose["services"].items() if name.startswith("airflow-")}
    assert len(airflow) == 5
    for service in airflow.values():  # of profile local and of profile emr: one service, another env file
        assert "profiles" not in service
        mounts = dict(volume.split(":")[:2] for volume in service["volumes"])
        assert mounts["./airflow/dags"] == "/opt/airflow/dags"
    assert len(list(ROOT.glob("airflow/**/london_housing_webapp.py"))) == 1


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_asks_emr_for_a_valid_cluster(name: str) -> None:
    request = requests_of(Profile.load(name, VALUES))["RunJobFlow"]
    assert report("RunJobFlow", request) == ""
    assert request["Name"] == "london-housing-webapp 2026-W46"
    assert request["AutoTerminationPolicy"]["IdleTimeout"] == 900
    assert request["Instances"]["KeepJobFlowAliveWhenNoSteps"] is True
    assert request["ReleaseLabel"] == "emr-7.13.0"


@pytest.mark.parametrize("name", PROFILES)
def test_a_profiles_steps_are_valid(name: str) -> None:
    request = requests_of(Profile.load(name, VALUES))["AddJobFlowSteps"]
    assert report("AddJobFlowSteps", request) == ""
    assert [step["ActionOnFailure"] for step in request["Steps"]] == ["CANCEL_AND_WAIT"] * 5
    assert "{{" not in json.dumps(request)


@pytest.mark.parametrize("name", PROFILES)
def test_a_dry_run_shows_what_the_dag_asks(name: str) -> None:
    profile = Profile.load(name, VALUES)
    assert emr_requests.rendered(profile, "2026-W46", CLUSTER) == requests_of(profile)


@pytest.mark.parametrize("name", ["aws", "emr"])
def test_a_live_cluster_is_guarded_and_may_fall_back(name: str) -> None:
    request = requests_of(Profile.load(name, VALUES))["RunJobFlow"]
    primary, core = request["Instances"]["InstanceFleets"]
    assert (primary["InstanceFleetType"], primary["TargetOnDemandCapacity"]) == ("MASTER", 1)
    assert (core["InstanceFleetType"], core["TargetSpotCapacity"]) == ("CORE", 2)
    assert core["LaunchSpecifications"]["SpotSpecification"]["TimeoutAction"] == "SWITCH_TO_ON_DEMAND"
    assert all(len(fleet["InstanceTypeConfigs"]) >= 3 for fleet in (primary, core))
    assert request["Instances"]["Ec2SubnetIds"] == ["subnet-1", "subnet-2"]
    assert {tag["Key"]: tag["Value"] for tag in request["Tags"]} == {
        "project": "tubepulse", "profile": name, "prefix": "tubepulse",
        "for-use-with-amazon-emr-managed-policies": "true",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "file"),
    [("RunJobFlow", "run_job_flow.json"), ("AddJobFlowSteps", "add_job_flow_steps.json")],
)
def test_what_profile_aws_asks_of_emr_is_as_it_was(operation: str, file: str) -> None:
    request, snapshot = requests_of(Profile.load("aws", VALUES))[operation], Path(__file__).parent / file
    text = json.dumps(request, indent=2) + "\n"
    if os.environ.get("RENEW_SNAPSHOTS"):
        snapshot.write_text(text)
    difference = "".join(
        difflib.unified_diff(
            snapshot.read_text().splitlines(True), text.splitlines(True), file, f"{operation} as rendered now"
        )
    )
    assert not difference, (
        f"profile aws asks EMR for something else than tests/unit/aws/{file} holds:\n{difference}"
        "If that is meant: RENEW_SNAPSHOTS=1 .venv/bin/python -m pytest tests/unit/aws/test_profiles.py"
    )


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


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_says_where_prices_come_from(name: str) -> None:
    profile = Profile.load(name, VALUES)
    settings = HousingSettings.of(profile.pipeline["housing"])
    assert settings == HousingSettings("land_registry", 12, 3, 1000, 0.02)
    assert "key2" not in profile.pipeline
    sales, postcodes = (
        Connection.from_json(json.dumps(profile.connections[conn_id]), conn_id=conn_id).extra_dejson
        for conn_id in ("land_registry", "postcode_directory")
    )
    assert sales["year_file"].format(year=2026) == "pp-2026.csv"
    assert sales["update_file"] == "pp-monthly-update-new-version.csv"
    assert postcodes["file"]


@pytest.mark.parametrize("name", ["embedded", "local"])
def test_recorded_prices_are_called_synthetic(name: str) -> None:
    connections = Profile.load(name, VALUES).connections
    for conn_id in ("land_registry", "postcode_directory", "example_homes"):
        assert (connections[conn_id]["host"], connections[conn_id]["port"]) == ("f", "8099")
    for conn_id in ("land_registry", "postcode_directory"):  # of a listing site its description says it
        attribution = connections[conn_id]["extra"]["attribution"]
        assert attribution.startswith("Synthetic ")
        assert "Crown" not in attribution


@pytest.mark.parametrize("name", ["emr", "aws"])
def test_live_prices_name_their_owners_and_need_no_login(name: str) -> None:
    """The texts that the Open Government Licence asks for, with the year of the data to be put in."""
    connections = Profile.load(name, VALUES).connections
    sales, postcodes = connections["land_registry"], connections["postcode_directory"]
    assert sales["host"] == "price-paid-data.publicdata.landregistry.gov.uk"
    assert postcodes["host"] == "www.arcgis.com"
    for connection in (sales, postcodes):
        assert (connection["schema"], connection["password"]) == ("https", "")
    assert sales["extra"]["attribution"].format(year=2026) == (
        "Contains HM Land Registry data © Crown copyright and database right 2026. This data is licensed "
        "under the Open Government Licence v3.0."
    )
    assert postcodes["extra"]["attribution"].format(year=2026) == (
        "Contains OS data © Crown copyright and database right 2026. Contains Royal Mail data © Royal Mail "
        "copyright and database right 2026. Source: Office for National Statistics licensed under the Open "
        "Government Licence v3.0."
    )
    assert "example_homes" not in connections


@pytest.mark.parametrize("name", ["emr", "aws"])
def test_another_release_of_the_postcodes_is_a_setting(name: str) -> None:
    changed = VALUES | {"POSTCODE_DIRECTORY_HOST": "example.org", "POSTCODE_DIRECTORY_FILE": "a/b.zip"}
    connection = Profile.load(name, changed).connections["postcode_directory"]
    assert (connection["host"], connection["extra"]["file"]) == ("example.org", "a/b.zip")


def test_a_missing_value_is_named_with_its_place() -> None:
    values = {name: value for name, value in VALUES.items() if name != "PIPELINE_PASSWORD"}
    with pytest.raises(BadProfile) as error:
        Profile.load("embedded", values)
    assert str(error.value) == (
        "profiles/embedded/connections.json, postgres_default.password: needs PIPELINE_PASSWORD: "
        "set it in the environment"
    )


@pytest.mark.parametrize("name", ["typo", "", ".", "..", "../tests", "../profiles/aws", "aws/", "/"])
def test_a_profile_that_is_not_there(name: str) -> None:
    says = re.escape(f"there is no profile {name!r}; choose one of: aws, embedded, emr, local")
    with pytest.raises(BadProfile, match=f"^{says}$"):
        Profile.load(name, VALUES)
    with pytest.raises(BadProfile, match=f"^{says}$"):
        has_stacks(name)


@pytest.mark.parametrize(
    ("stacks", "says"),
    [
        ("[]", ": must be an object, {...}"),
        ("{}", ", prefix: must be a string, what the stacks' names begin with"),
        ('{"prefix": 1, "parameters": {}}', ", prefix: must be a string, what the stacks' names begin with"),
        ('{"prefix": "tp"}', ', parameters: must be an object, {"network": {...}, ...}'),
        ('{"prefix": "tp", "parameters": {}}', ', parameters: must be an object, {"network": {...}, ...}'),
        (
            '{"prefix": "tp", "parameters": ["network"]}',
            ', parameters: must be an object, {"network": {...}, ...}',
        ),
        (
            '{"prefix": "tp", "parameters": {"network": []}}',
            ", parameters.network: must be an object, {...}",
        ),
        (
            '{"prefix": "tp", "parameters": {"storage": {"RetentionDays": 30}}}',
            ", parameters.storage.RetentionDays: must be a string, in quotes",
        ),
    ],
)
def test_stacks_of_another_shape_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stacks: str, says: str
) -> None:
    monkeypatch.setattr("aws.profile.ROOT", tmp_path)
    monkeypatch.setattr("aws.profile.PROFILES", tmp_path / "profiles")
    folder = tmp_path / "profiles" / "mine"
    folder.mkdir(parents=True)
    for name, text in (("connections", "{}"), ("variables", "{}"), ("stacks", stacks)):
        (folder / f"{name}.json").write_text(text)
    with pytest.raises(BadProfile) as error:
        Source.read("mine")
    assert str(error.value) == f"profiles/mine/stacks.json{says}"


def test_a_stack_that_is_not_there_is_named() -> None:
    with pytest.raises(BadProfile, match=r"^profiles/emr/stacks.json, parameters: lacks the stack database$"):
        Source.read("emr").parameters("database", VALUES)


def test_where_a_parameter_is_set() -> None:
    source = Source("p", {}, {}, {"parameters": {"s": {"A": "${X:-}/${Given}/${Y}", "B": "${Given}"}}})
    assert source.place("s", "A") == "X and Y"
    assert source.place("s", "B") == "profiles/p/stacks.json, s.B"
    assert source.place("s") == "profiles/p/stacks.json, s"


def test_what_only_a_mark_stands_for_is_not_known_yet() -> None:
    source = Source("p", {}, {}, {"parameters": {"s": {"A": "a-${Given}", "B": "${X}", "C": "${Other}"}}})
    values = {"Given": "<Given>", "X": "<X>", "Other": "given"}
    assert source.known("s", values) == {"A": None, "B": "<X>", "C": "given"}


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (b'{"a": 1,\n}', "variables.json, line 2: not JSON"),
        (b"\xff", "variables.json: not UTF-8"),
        (b"[]", "variables.json: must be an object"),
        (b"{}", "variables.json, london-housing-webapp: lacks bucket_name, key1"),
        (b'{"london-housing-webapp": {"bucket_name": "", "key1": "a"}}', "lacks bucket_name$"),
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
