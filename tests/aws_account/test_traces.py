"""What the run has left where: the bucket's objects and EMR's logs; no cluster."""

import re
from collections.abc import Callable
from typing import Any

from tests.aws_account.conftest import LIVE, until
from tests.reference_rows import ROOT

Objects = Callable[[str], dict[str, int]]
Clusters = Callable[[list[str]], list[dict[str, Any]]]


def test_the_bucket_has_the_checkouts_jobs_and_inputs(objects: Objects) -> None:
    jobs = [path for path in (ROOT / "spark" / "jobs").iterdir() if path.suffix in (".py", ".sh")]
    inputs = {f"scripts/{path.name}": path.stat().st_size for path in jobs}
    inputs["input/stations.csv"] = (ROOT / "fixtures" / "stations.csv").stat().st_size
    stored = objects("scripts/") | objects("input/")
    assert len(inputs) >= 6
    assert inputs.items() <= stored.items()
    assert [key for key in stored if re.fullmatch(r"scripts/wheels/vadersentiment-.*\.whl", key.lower())]


def test_the_bucket_has_the_weeks_posts_scores_and_topics(objects: Objects, week: str) -> None:
    assert list(objects(f"api_output/run={week}/")) == [f"api_output/run={week}/tweets.parquet"]
    for prefix in (f"sentiment/run={week}/", f"topics/run={week}/"):
        assert [key for key, size in objects(prefix).items() if key.endswith(".parquet") and size > 0], prefix


def test_no_cluster_is_left(clusters: Clusters) -> None:
    until("no cluster lives", lambda: not clusters(LIVE))


def test_the_clusters_logs_are_in_the_bucket(clusters: Clusters, objects: Objects) -> None:
    """EMR brings them every few minutes, and when a cluster ends."""
    newest = clusters(["TERMINATED"])[0]["Id"]

    def steps() -> bool:
        keys = objects(f"logs/{newest}/")
        logs = [match[1] for key in keys if (match := re.search(r"/steps/(s-\w+)/controller\.gz$", key))]
        return len(set(logs)) == 5

    until(f"five steps' logs of {newest}", steps)
