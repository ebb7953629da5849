"""The removal of a deployed profile, against moto in this process."""

import io
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
from tests.unit.aws.small import BUCKET, TAGS

STACKS = ("network", "storage")


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


def destruction(said: list[str], force: bool = True) -> Destruction:
    return Destruction("mine", force, look=0, say=said.append)


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
    others = cluster(TAGS | {"profile": "other"}), cluster(TAGS, "another-bucket")
    boto3.client("secretsmanager").create_secret(Name="airflow/connections/mine", SecretString="untagged")
    groups = vpc_groups(boto3.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
    assert destruction(said).run() == 0
    assert [state(one) for one in others] == ["WAITING", "WAITING"]
    assert secrets() == {"airflow/connections/mine"}
    assert boto3.client("ec2").describe_security_groups(GroupIds=groups)["SecurityGroups"]


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
    rds = boto3.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="d", DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="u", MasterUserPassword="long-enough",
    )  # fmt: skip
    for name in ("small-database-snapshot-database-1x", "small-database", "other-database-snapshot-1"):
        rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier="d")
    assert leftovers.snapshots(rds, "small-database") == ["small-database-snapshot-database-1x"]


def test_log_groups_are_found_by_their_beginning() -> None:
    logs = boto3.client("logs")
    for name in ("airflow-small-Task", "airflow-smaller-Task"):
        logs.create_log_group(logGroupName=name)
    assert leftovers.log_groups(logs, "airflow-small-") == ["airflow-small-Task"]
