"""What EMR is asked to run, and why it failed: pure builders and one failure callback."""

import logging
from typing import Any

from airflow.providers.amazon.aws.hooks.emr import EmrHook
from airflow.sdk import Context

from tubepulse.paths import raw_prefix, sentiment_prefix, topics_prefix

log = logging.getLogger(__name__)

Step = dict[str, Any]

MODULES = ("tweet_text", "vader_scorer", "tweet_topics", "tweet_job")  # that the jobs import


def job_flow_overrides(bucket: str, run: str) -> dict[str, Any]:
    """What every run adds to the RunJobFlow base of connection `emr_default`.

    `bucket` and `run` may be templates. Release, instances, roles and idle time-out are the connection's.
    """
    return {
        "Name": f"london-housing-webapp {run}",
        "LogUri": f"s3://{bucket}/logs/",
        "BootstrapActions": [
            {
                "Name": "install python libraries",
                "ScriptBootstrapAction": {
                    "Path": f"s3://{bucket}/scripts/python-libraries.sh",
                    "Args": [f"s3://{bucket}/scripts"],
                },
            }
        ],
    }


def spark_steps(bucket: str, output_key: str, run: str) -> list[Step]:
    """The five steps of week `run`; arguments may be templates. Every path is the run's own."""
    hdfs, scripts = f"hdfs:///{run}", f"s3://{bucket}/scripts"
    raw, sentiment, topics = raw_prefix(output_key, run), sentiment_prefix(run), topics_prefix(run)
    shared = ",".join(f"{scripts}/{module}.py" for module in MODULES)
    submit = ["spark-submit", "--deploy-mode", "client", "--py-files", shared]
    return [
        _step(
            "move raw data from S3 to HDFS",
            ["s3-dist-cp", f"--src=s3://{bucket}/{raw}", f"--dest={hdfs}/in/"],
        ),
        _step(
            "run sentiment analysis",
            [
                *submit,
                f"{scripts}/sentiment_analysis.py",
                "--input",
                f"{hdfs}/in/",
                "--output",
                f"{hdfs}/sentiment/",
            ],
        ),
        _step(
            "move sentiment from HDFS to S3", _move_out(f"{hdfs}/sentiment/", f"s3://{bucket}/{sentiment}")
        ),
        _step(
            "run topic analysis",
            [
                *submit,
                f"{scripts}/topic_analysis.py",
                "--input",
                f"{hdfs}/in/",
                "--output",
                f"{hdfs}/topics/",
            ],
        ),
        _step("move topics from HDFS to S3", _move_out(f"{hdfs}/topics/", f"s3://{bucket}/{topics}")),
    ]


def _move_out(source: str, destination: str) -> list[str]:
    # The pattern is matched against the whole path; it leaves _SUCCESS behind.
    return ["s3-dist-cp", f"--src={source}", f"--dest={destination}", r"--srcPattern=.*\.parquet"]


def _step(name: str, args: list[str]) -> Step:
    return {
        "Name": name,
        "ActionOnFailure": "CANCEL_AND_WAIT",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": args},
    }


def explain_failure(context: Context) -> None:
    """Failure callback of add_steps and watch_step: say which step failed, why, and where its log is.

    The sensor watches the last step only, which a failure before it leaves CANCELLED without a reason.
    The finding goes to the task log and to XCom `failure` (keys: cluster, what, reason, message, log).
    """
    ti = context["ti"]
    cluster_id = ti.xcom_pull(task_ids="create_emr_cluster")
    if not cluster_id:
        return
    emr: Any = EmrHook(aws_conn_id="aws_default").conn
    steps = [
        step
        for page in emr.get_paginator("list_steps").paginate(ClusterId=cluster_id)
        for step in page["Steps"]
    ]
    cluster = emr.describe_cluster(ClusterId=cluster_id)["Cluster"]
    failure = describe_failure(cluster, steps)
    log.error("cluster %(cluster)s: %(what)s. Reason: %(reason)s Message: %(message)s Log: %(log)s", failure)
    ti.xcom_push(key="failure", value=failure)


def describe_failure(cluster: dict[str, Any], steps: list[Step]) -> dict[str, str]:
    """The cause in the answers of DescribeCluster and ListSteps: a failed step, else the cluster.

    `steps` come newest first. Returns cluster (id), what, reason, message, log (an S3 URI).
    """
    failed = [step for step in steps if step["Status"]["State"] in ("FAILED", "INTERRUPTED")]
    if failed:
        first = failed[-1]
        details = first["Status"].get("FailureDetails", {})
        what = f"step {first['Id']} {first['Name']!r} {first['Status']['State']}"
        log_file = (
            details.get("LogFile") or f"{cluster.get('LogUri', '')}{cluster['Id']}/steps/{first['Id']}/"
        )
    else:
        details = cluster["Status"].get("StateChangeReason", {})
        what = f"cluster {cluster['Status']['State']}"
        log_file = f"{cluster.get('LogUri', '')}{cluster['Id']}/"
    return {
        "cluster": cluster["Id"],
        "what": what,
        "reason": details.get("Reason") or details.get("Code", "unknown"),
        "message": details.get("Message", ""),
        "log": log_file,
    }
