"""The removal of a deployed profile, against moto in this process."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from aws import destroy, leftovers
from aws.deployment import Deployment
from aws.destroy import Destruction
from aws.profile import Source
from embedded.errors import Unusable
from tests.unit.aws import small
from tests.unit.aws.small import BUCKET, PREFIX

STACKS = ("network", "storage")
TAGS = small.TAGS | {"prefix": PREFIX}
SNAPSHOT = "small-database-snapshot-database-1x"  # as CloudFormation names it


@pytest.fixture(autouse=True)
def deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The profile `mine`, deployed."""
    monkeypatch.setattr("aws.profile.ROOT", tmp_path)
    monkeypatch.setattr("aws.profile.PROFILES", tmp_path / "profiles")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    templates = small.write_profile(tmp_path, *STACKS)
    (tmp_path / "wheels").mkdir()
    with small.account(monkeypatch):
        deploy = Deployment(
            Source.read("mine"), lambda: tmp_path / "wheels", force=True, folder=templates, look=0
        )
        assert deploy.run() == 0
        yield


@pytest.fixture
def said() -> list[str]:
    return []


def destruction(said: list[str], force: bool = True, snapshot: bool = True) -> Destruction:
    return Destruction("mine", force, snapshot, look=0, say=said.append)


def rewrite_stacks(tmp_path: Path, *more: str, prefix: str = PREFIX) -> None:
    """The profile with more stacks, or another beginning of their names."""
    parameters = {key: small.PARAMETERS[key] for key in (*STACKS, *more)}
    content = {"prefix": prefix, "parameters": parameters}
    (tmp_path / "profiles" / "mine" / "stacks.json").write_text(json.dumps(content))


def make_snapshots(*names: str) -> None:
    rds = boto3.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="d", DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="u", MasterUserPassword="long-enough",
    )  # fmt: skip
    for name in names:
        rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier="d")


def snapshots() -> set[str]:
    found = boto3.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return {one["DBSnapshotIdentifier"] for one in found}


def secrets() -> set[str]:
    return {one["Name"] for one in boto3.client("secretsmanager").list_secrets()["SecretList"]}


def listed(tags: dict[str, str]) -> Any:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def cluster(tags: dict[str, str], bucket: str = BUCKET) -> str:
    made = boto3.client("emr").run_job_flow(
        Name="c", ReleaseLabel="emr-7.13.0", LogUri=f"s3://{bucket}/logs/", Tags=listed(tags),
        Instances={"KeepJobFlowAliveWhenNoSteps": True, "TerminationProtected": True, "InstanceCount": 1,
                   "MasterInstanceType": "m5.xlarge"},
        JobFlowRole="ip", ServiceRole="sr",
    )  # fmt: skip
    return str(made["JobFlowId"])


def state(cluster: str) -> str:
    found = boto3.client("emr").describe_cluster(ClusterId=cluster)["Cluster"]["Status"]["State"]
    return str(found)


def test_all_of_it_goes_and_a_second_time_nothing(said: list[str]) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket=BUCKET, Key="logs/a", Body=b"1")
    s3.put_object(Bucket=BUCKET, Key="logs/a", Body=b"2")
    s3.delete_object(Bucket=BUCKET, Key="logs/a")  # two versions and a marker
    s3.create_multipart_upload(Bucket=BUCKET, Key="never-ended")
    assert destruction(said).run() == 0
    assert "  stack small-network" in said
    assert f"  bucket {BUCKET} with all it holds" in said
    assert [line for line in said if line.startswith("[")] == [
        "[1/3] stack small-storage", "[2/3] stack small-network", "[3/3] secrets",
    ]  # fmt: skip
    assert said[-1] == "profile mine: removed"
    assert (small.stack_names(), secrets()) == (set(), set())
    assert s3.list_buckets()["Buckets"] == []
    said.clear()
    assert destruction(said).run() == 0
    assert said[1:] == ["profile mine: nothing to remove"]


def test_what_is_not_ours_stays(said: list[str]) -> None:
    owners: tuple[dict[str, str], ...] = (
        TAGS | {"profile": "other"},
        TAGS | {"prefix": "other"},
        {"project": "tubepulse"},
        {},
    )
    others = [cluster(owner) for owner in owners]
    boto3.client("secretsmanager").create_secret(Name="airflow/connections/mine", SecretString="untagged")
    groups = vpc_groups(boto3.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
    assert destruction(said).run() == 0
    assert [state(one) for one in others] == ["WAITING"] * 4
    assert secrets() == {"airflow/connections/mine"}
    assert boto3.client("ec2").describe_security_groups(GroupIds=groups)["SecurityGroups"]


def test_another_prefix_removes_nothing_of_the_live_deployment(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, before = cluster(TAGS), secrets()
    rewrite_stacks(tmp_path, prefix="${STACK_PREFIX:-small}")
    monkeypatch.setenv("STACK_PREFIX", "second")
    assert destruction(said).run() == 0
    assert said[1:] == ["profile mine: nothing to remove"]
    assert (state(live), secrets()) == ("WAITING", before)
    assert before >= {"airflow/connections/x_api", "airflow/variables/london-housing-webapp"}
    assert small.stack_names() == {"small-network", "small-storage"}
    monkeypatch.delenv("STACK_PREFIX")
    assert destruction(said).run() == 0
    assert (state(live), secrets()) == ("TERMINATED", set())


def test_clusters_are_terminated_first_also_protected_ones(said: list[str]) -> None:
    ours = cluster(TAGS | {"more": "tags"})
    assert destruction(said).run() == 0
    assert said.index(f"  EMR cluster {ours}: terminated") < said.index("[1/4] EMR clusters: some minutes")
    assert state(ours) == "TERMINATED"


def vpc_groups(vpc: str) -> list[str]:
    """Two security groups as EMR makes them: each names the other in its rules."""
    ec2 = boto3.client("ec2")
    made = [
        ec2.create_security_group(GroupName=name, Description="EMR", VpcId=vpc)["GroupId"]
        for name in ("ElasticMapReduce-master", "ElasticMapReduce-slave")
    ]
    for one in made:
        pairs = [{"GroupId": other} for other in made]
        rule = {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "UserIdGroupPairs": pairs}
        ec2.authorize_security_group_ingress(GroupId=one, IpPermissions=[rule])
    return made


def test_the_groups_that_emr_leaves_in_our_network_go_before_it(said: list[str]) -> None:
    found: Any = boto3.client("cloudformation").describe_stacks(StackName="small-network")
    groups = vpc_groups(found["Stacks"][0]["Outputs"][0]["OutputValue"])
    assert destruction(said).run() == 0
    assert f"  security group {groups[0]} (ElasticMapReduce-master), which EMR made" in said
    assert "  ElasticMapReduce-master, ElasticMapReduce-slave removed" in said


@pytest.mark.parametrize("key", ["_stack", "_secrets"])
def test_what_was_stopped_is_completed(said: list[str], monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"aws.removal.Removal.{key}", stop)
        with pytest.raises(KeyboardInterrupt):
            destruction(said).run()
    assert destruction(said).run() == 0
    assert (small.stack_names(), secrets()) == (set(), set())


def test_a_stack_with_nothing_but_a_change_set_goes_too(said: list[str]) -> None:
    destruction(said).run()
    boto3.client("cloudformation").create_change_set(
        StackName="small-storage", ChangeSetName="left", ChangeSetType="CREATE", Tags=listed(TAGS),
        TemplateBody="Resources: {T: {Type: AWS::SNS::Topic}}",
    )  # fmt: skip
    assert destruction(said).run() == 0
    assert small.stack_names() == set()


def test_without_a_terminal_nothing_is_removed_unasked(said: list[str]) -> None:
    with pytest.raises(Unusable, match=r"destroying profile mine needs --force \(make: FORCE=1\)"):
        destruction(said, force=False).run()
    assert small.stack_names() == {"small-network", "small-storage"}


def test_a_stack_of_another_profile_stops_it(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("cloudformation").update_stack(
        StackName="small-network", TemplateBody=small.HEAD + small.TEMPLATES["network"],
        Tags=listed(TAGS | {"profile": "other"}),
    )  # fmt: skip
    with pytest.raises(Unusable, match="stack small-network is of profile other"):
        destruction(said).run()


@pytest.mark.parametrize(
    ("profile", "says"),
    [("typo", "there is no profile 'typo'"), ("bare", "profile bare has nothing in AWS")],
)
def test_profiles_that_have_nothing_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    profile: str,
    says: str,
) -> None:
    (tmp_path / "profiles" / "bare").mkdir()
    for name in ("connections", "variables"):
        (tmp_path / "profiles" / "bare" / f"{name}.json").write_text("{}")
    monkeypatch.setattr("sys.argv", ["destroy", profile, "--force"])
    assert destroy.main() == 2
    said = capsys.readouterr().err
    assert said.startswith(says)
    assert len(said.splitlines()) == 1


def test_only_the_snapshots_of_our_stack_are_ours() -> None:
    make_snapshots(SNAPSHOT, "small-database", "other-database-snapshot-1")
    assert leftovers.snapshots(boto3.client("rds"), "small-database") == [SNAPSHOT]


def test_a_snapshot_of_an_interrupted_removal_without_one_goes_with_the_next(
    said: list[str], tmp_path: Path
) -> None:
    rewrite_stacks(tmp_path, "database")  # which has no stack any more
    make_snapshots(SNAPSHOT, "other-database-snapshot-1")
    assert destruction(said).run() == 0  # with a snapshot: it stays
    assert not [line for line in said if SNAPSHOT in line]
    assert SNAPSHOT in snapshots()
    said.clear()
    assert destruction(said, snapshot=False).run() == 0
    assert said[1] == f"  snapshot {SNAPSHOT} of the database: ITS DATA IS LOST"
    assert f"  snapshot {SNAPSHOT} of the database deleted" in said
    assert snapshots() == {"other-database-snapshot-1"}
    said.clear()
    assert destruction(said, snapshot=False).run() == 0
    assert said[1:] == ["profile mine: nothing to remove"]


def test_snapshots_kept_from_before_stay_when_a_live_database_goes_without_one(
    said: list[str], tmp_path: Path
) -> None:
    rewrite_stacks(tmp_path, "database")
    make_snapshots(SNAPSHOT)
    boto3.client("cloudformation").create_stack(
        StackName="small-database", TemplateBody="Resources: {T: {Type: AWS::SNS::Topic}}", Tags=listed(TAGS)
    )
    assert destruction(said, snapshot=False).run() == 0
    assert "  stack small-database  the database: WITHOUT A SNAPSHOT: its data is lost" in said
    assert not [line for line in said if SNAPSHOT in line]
    assert (snapshots(), small.stack_names()) == ({SNAPSHOT}, set())


def test_log_groups_of_a_longer_named_environment_stay(said: list[str], tmp_path: Path) -> None:
    rewrite_stacks(tmp_path, "airflow")
    logs = boto3.client("logs")
    kinds = ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
    ours = {f"airflow-small-{kind}" for kind in kinds}
    others = {f"airflow-small-two-{kind}" for kind in kinds} | {"airflow-smaller-Task", "airflow-small-Tasks"}
    for name in ours | others:
        logs.create_log_group(logGroupName=name)
    assert destruction(said).run() == 0
    assert {line for line in said if line.startswith("  log group") and not line.endswith("removed")} == {
        f"  log group {name}" for name in ours
    }
    assert {group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]} == others
