from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tubepulse.job_flow import describe_failure, job_flow_overrides, spark_steps


def validate(operation: str, parameters: dict[str, Any]) -> str:
    model: Any = botocore.session.get_session().get_service_model("emr").operation_model(operation)
    return str(ParamValidator().validate(parameters, model.input_shape).generate_report())


def test_five_steps_in_the_originals_order() -> None:
    steps = spark_steps("b", "api_output", "2026-W46")
    assert [step["HadoopJarStep"]["Args"][0] for step in steps] == [
        "s3-dist-cp", "spark-submit", "s3-dist-cp", "spark-submit", "s3-dist-cp",
    ]  # fmt: skip
    assert {step["ActionOnFailure"] for step in steps} == {"CANCEL_AND_WAIT"}
    assert validate("AddJobFlowSteps", {"JobFlowId": "j-1", "Steps": steps}) == ""


def test_every_path_is_the_runs_own() -> None:
    paths = [
        arg.partition("=")[2] or arg
        for step in spark_steps("b", "api_output", "2026-W46")
        for arg in step["HadoopJarStep"]["Args"]
        if "://" in arg and "/scripts/" not in arg
    ]
    assert len(paths) == 10
    assert all("2026-W46" in path and path.endswith("/") for path in paths)


def test_spark_gets_all_modules_of_the_jobs() -> None:
    jobs = Path(__file__).parents[3] / "spark" / "jobs"
    modules = {f"s3://b/scripts/{file.name}" for file in jobs.glob("*.py") if "_analysis" not in file.name}
    for step in spark_steps("b", "api_output", "2026-W46"):
        args = step["HadoopJarStep"]["Args"]
        if args[0] == "spark-submit":
            assert set(args[args.index("--py-files") + 1].split(",")) == modules


def test_overrides_fit_run_job_flow() -> None:
    overrides = job_flow_overrides("b", "2026-W46")
    assert overrides["LogUri"] == "s3://b/logs/"
    assert validate("RunJobFlow", overrides | {"Instances": {}}) == ""


CLUSTER = {"Id": "j-1", "LogUri": "s3://b/logs/", "Status": {"State": "WAITING"}}


def step(number: int, state: str, **status: Any) -> dict[str, Any]:
    return {"Id": f"s-{number}", "Name": f"step {number}", "Status": {"State": state, **status}}


def test_the_failed_step_is_named_not_the_cancelled_ones() -> None:
    details = {
        "Reason": "Unknown Error.",
        "Message": "MissingColumns: date",
        "LogFile": "s3://b/logs/x/stderr.gz",
    }
    steps = [step(3, "CANCELLED"), step(2, "FAILED", FailureDetails=details), step(1, "COMPLETED")]
    assert describe_failure(CLUSTER, steps) == {
        "cluster": "j-1", "what": "step s-2 'step 2' FAILED", "reason": "Unknown Error.",
        "message": "MissingColumns: date", "log": "s3://b/logs/x/stderr.gz",
    }  # fmt: skip


def test_details_may_come_late_on_aws() -> None:
    found = describe_failure(CLUSTER, [step(2, "FAILED")])
    assert (found["reason"], found["log"]) == ("unknown", "s3://b/logs/j-1/steps/s-2/")


@pytest.mark.parametrize("steps", [[], [step(1, "CANCELLED")]])
def test_without_a_failed_step_it_was_the_cluster(steps: list[dict[str, Any]]) -> None:
    reason = {"Code": "BOOTSTRAP_FAILURE", "Message": "bootstrap action 1 returned a non-zero return code"}
    cluster = CLUSTER | {"Status": {"State": "TERMINATED_WITH_ERRORS", "StateChangeReason": reason}}
    found = describe_failure(cluster, steps)
    assert found["what"] == "cluster TERMINATED_WITH_ERRORS"
    assert (found["reason"], found["message"]) == (reason["Code"], reason["Message"])
