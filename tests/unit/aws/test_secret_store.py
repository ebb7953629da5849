"""Secrets with an owner, against moto."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from aws import secret_store
from embedded.errors import Unusable
from tests.unit.aws import small
from tests.unit.aws.small import CANARY, PREFIX

TAGS = small.TAGS | {"prefix": PREFIX}
NAME = "airflow/connections/x_api"
WANTED = {NAME: f'{{"password": "{CANARY}"}}'}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with small.account(monkeypatch):
        yield boto3.client("secretsmanager")


def tags(secrets: Any, name: str = NAME) -> dict[str, str]:
    described = secrets.describe_secret(SecretId=name)
    return {item["Key"]: item["Value"] for item in described.get("Tags", ())}


def listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_secrets_are_tagged_and_written_once(secrets: Any) -> None:
    said: list[str] = []
    assert secret_store.differing(secrets, WANTED, TAGS) == {NAME: "new"}
    assert secret_store.write(secrets, WANTED, said.append, TAGS) == 1
    assert tags(secrets) == TAGS
    assert secret_store.write(secrets, WANTED, said.append, TAGS) == 0
    assert secret_store.write(secrets, {NAME: "{}"}, said.append, TAGS) == 1
    assert secret_store.value(secrets, NAME) == "{}"
    assert said == [f"secret {NAME}"] * 2


def test_a_secret_that_nobody_owns_is_taken_over_and_said(secrets: Any) -> None:
    secrets.create_secret(Name=NAME, SecretString=WANTED[NAME])
    assert secret_store.differing(secrets, WANTED, TAGS) == {NAME: "tagged as ours"}
    assert secret_store.differing(secrets, {NAME: "{}"}, TAGS) == {NAME: "changed, and tagged as ours"}
    assert secret_store.write(secrets, WANTED, lambda _: None, TAGS) == 1
    assert tags(secrets) == TAGS
    assert len(secrets.list_secret_version_ids(SecretId=NAME)["Versions"]) == 1


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        ({"profile": "other", "prefix": "their"},
         "belongs to profile other with prefix their in this region: use another region, or first "
         "STACK_PREFIX=their make destroy PROFILE=other"),
        ({"prefix": "their"},
         "belongs to profile mine with prefix their in this region: use another region, or first "
         "STACK_PREFIX=their make destroy PROFILE=mine"),
        ({"project": "their"}, "is of project their in this region: use another region"),
    ],
)  # fmt: skip
def test_a_secret_of_another_deployment_stops_all_before_anything_is_written(
    secrets: Any, theirs: dict[str, str], says: str
) -> None:
    secrets.create_secret(Name=NAME, SecretString="theirs", Tags=listed(TAGS | theirs))
    with pytest.raises(Unusable, match=f"^secret {NAME} {says}$"):
        secret_store.write(secrets, {"airflow/variables/v": "1", **WANTED}, lambda _: None, TAGS)
    assert secret_store.value(secrets, NAME) == "theirs"
    assert secret_store.find(secrets, "airflow/variables/v") is None


@pytest.mark.parametrize("profile", ["mine", "other"])
def test_a_secret_that_is_about_to_be_deleted_is_restored(secrets: Any, profile: str) -> None:
    secrets.create_secret(Name=NAME, SecretString="old", Tags=listed(TAGS | {"profile": profile}))
    secrets.delete_secret(SecretId=NAME)
    assert secret_store.value(secrets, NAME) is None
    assert list(secret_store.differing(secrets, WANTED, TAGS)) == [NAME]
    assert secret_store.write(secrets, WANTED, lambda _: None, TAGS) == 1
    assert secret_store.value(secrets, NAME) == WANTED[NAME]
    assert tags(secrets) == TAGS
    assert secret_store.write(secrets, WANTED, lambda _: None, TAGS) == 0


def test_only_ones_own_connections_and_variables_are_listed(secrets: Any) -> None:
    for name, owner in (
        ("airflow/connections/a", TAGS), ("airflow/variables/v", TAGS), ("prefix/database/pipeline", TAGS),
        ("airflow/connections/b", TAGS | {"profile": "other"}),
        ("airflow/connections/c", {"profile": "mine"}),
        ("airflow/connections/d", TAGS | {"prefix": "other"}),
        ("airflow/other", TAGS),
    ):  # fmt: skip
        secrets.create_secret(Name=name, SecretString="x", Tags=listed(owner))
    ours = ["airflow/connections/a", "airflow/variables/v"]
    assert secret_store.owned(secrets, TAGS, []) == ours
    asked_for = ["airflow/connections/a", "airflow/connections/d", "airflow/connections/none"]
    assert secret_store.owned(secrets, TAGS, asked_for) == ours


def test_a_secret_that_the_list_does_not_show_yet_is_asked_for(
    secrets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret_store.write(secrets, WANTED, lambda _: None, TAGS)
    # As a list from before the secret was made
    monkeypatch.setattr(
        "moto.secretsmanager.models.SecretsManagerBackend.list_secrets", lambda *_, **__: ([], None)
    )
    assert secret_store.owned(secrets, TAGS, []) == []
    assert secret_store.owned(secrets, TAGS, [NAME]) == [NAME]


def test_removing_is_for_good_and_can_be_repeated(secrets: Any) -> None:
    secrets.create_secret(Name=NAME, SecretString="x")
    assert secret_store.remove(secrets, NAME) is True
    assert secret_store.find(secrets, NAME) is None
    secret_store.write(secrets, WANTED, lambda _: None, TAGS)
    assert secret_store.value(secrets, NAME) == WANTED[NAME]
