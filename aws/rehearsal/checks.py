"""Is everything where it must be? Compared with the checkout's own files, not with the deployment's code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aws.rehearsal.account import Look
from aws.rehearsal.commands import ROOT, Deviation

CONNECTIONS, VARIABLES = "airflow/connections/", "airflow/variables/"
NOT_DEPLOYED = {"ruff.toml", "__pycache__", ".ruff_cache"}  # of dags/
WHEELS = "scripts/wheels/"


def deployed(look: Look, token: str, root: Path = ROOT) -> str:
    """Check everything of profile aws; gives the bucket's name. Raises Deviation with the first that differs.

    `token` is the X_BEARER_TOKEN that was given.
    """
    keys = list(json.loads((root / "profiles" / "aws" / "stacks.json").read_text())["parameters"])
    stacks = look.stacks()
    _same("stacks", set(stacks), {f"tubepulse-{key}" for key in keys})
    for name, stack in stacks.items():
        if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise Deviation(f"stack {name} is in {stack['StackStatus']}")
        _tagged(f"stack {name}", {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])})
    outputs = {key: text for name in stacks for key, text in look.outputs(name).items()}
    bucket = outputs["BucketName"]
    objects = look.objects(bucket)
    _objects(objects, root)
    _secrets(look.secrets(), outputs, token)
    _environment(look.environment(outputs["EnvironmentName"]), objects, outputs)
    return bucket


def files(root: Path) -> Iterator[tuple[str, Path]]:
    """Key and file of every object but the wheels."""
    for path in (root / "spark" / "jobs").iterdir():
        if path.suffix in (".py", ".sh"):
            yield f"scripts/{path.name}", path
    for path in (root / "airflow" / "dags").rglob("*"):
        if path.is_file() and not NOT_DEPLOYED & set(path.parts):
            yield path.relative_to(root / "airflow").as_posix(), path
    for name in ("requirements.txt", "startup.sh"):
        yield name, root / "airflow" / name
    yield "input/stations.csv", root / "fixtures" / "stations.csv"


def _objects(objects: dict[str, tuple[bytes, str]], root: Path) -> None:
    wanted = dict(files(root))
    wheels = {key for key in objects if key.startswith(WHEELS)}
    _same("objects", set(objects) - wheels, set(wanted))
    for key, path in wanted.items():
        if objects[key][0] != path.read_bytes():
            raise Deviation(f"s3://…/{key} differs from {path.relative_to(root)}")
    names = {key.removeprefix(WHEELS).partition("-")[0].lower().replace("_", "-") for key in wheels}
    for package in ("vadersentiment", "nltk", "requirements.txt"):
        if package not in names:
            raise Deviation(f"the wheelhouse lacks {package}")


def _secrets(
    secrets: dict[str, tuple[str, str, dict[str, str]]], outputs: dict[str, str], token: str
) -> None:
    profile = ROOT / "profiles" / "aws"
    wanted = {
        *(f"{CONNECTIONS}{name}" for name in json.loads((profile / "connections.json").read_text())),
        *(f"{VARIABLES}{name}" for name in json.loads((profile / "variables.json").read_text())),
    }
    _same("Airflow's secrets", {name for name in secrets if name.startswith("airflow/")}, wanted)
    for name in wanted:
        text, _, tags = secrets[name]
        if "${" in text or "<" in text:
            raise Deviation(f"secret {name} has a placeholder that nothing filled")
        _tagged(f"secret {name}", tags)
    database = json.loads(secrets[f"{CONNECTIONS}postgres_default"][0])
    password = json.loads(secrets["tubepulse/database/pipeline"][0])["password"]
    given = {name: str(database.get(name)) for name in ("conn_type", "host", "port", "login", "password")}
    _same(
        "postgres_default",
        given,
        {
            "conn_type": "postgres",
            "host": outputs["DatabaseHost"],
            "port": outputs["DatabasePort"],
            "login": "pipeline",
            "password": password,
        },
    )
    base = json.loads(secrets[f"{CONNECTIONS}emr_default"][0])["extra"]
    _same("the clusters' subnets", base["Instances"]["Ec2SubnetIds"], outputs["PrivateSubnetIds"].split(","))
    _same("the clusters' profile", base["JobFlowRole"], outputs["EmrInstanceProfile"])
    _same("the clusters' role", base["ServiceRole"], outputs["EmrServiceRole"])
    _same("X's token", json.loads(secrets[f"{CONNECTIONS}x_api"][0])["password"], token)
    variable = json.loads(secrets[f"{VARIABLES}london-housing-webapp"][0])
    _same("the Variable's bucket", variable["bucket_name"], outputs["BucketName"])


def _environment(
    shown: dict[str, Any], objects: dict[str, tuple[bytes, str]], outputs: dict[str, str]
) -> None:
    options = shown["AirflowConfigurationOptions"]
    _same("the environment's status", shown["Status"], "AVAILABLE")
    _same("version of requirements.txt", shown["RequirementsS3ObjectVersion"], objects["requirements.txt"][1])
    _same("version of startup.sh", shown["StartupScriptS3ObjectVersion"], objects["startup.sh"][1])
    _same("the environment's role", shown["ExecutionRoleArn"], outputs["AirflowRoleArn"])
    _same("the environment's DAGs", shown["DagS3Path"].strip("/"), "dags")
    backend = json.loads(options["secrets.backend_kwargs"])
    _same("where Airflow looks for connections", backend["connections_prefix"], CONNECTIONS.strip("/"))
    _same("where Airflow looks for variables", backend["variables_prefix"], VARIABLES.strip("/"))
    _tagged("the environment", shown["Tags"])


def _tagged(what: str, tags: dict[str, str]) -> None:
    if (tags.get("project"), tags.get("profile")) != ("tubepulse", "aws"):
        raise Deviation(f"{what} lacks the tags project=tubepulse and profile=aws: it has {tags}")


def _same(what: str, found: object, wanted: object) -> None:
    if found == wanted:
        return
    if isinstance(found, set) and isinstance(wanted, set):
        more, less = sorted(found - wanted), sorted(wanted - found)
        raise Deviation(f"{what}: {', '.join(less) or 'none'} lacking, {', '.join(more) or 'none'} too many")
    if "password" in what or isinstance(found, dict):
        raise Deviation(f"{what} has other values than it must")
    raise Deviation(f"{what} is {found}, not {wanted}")
