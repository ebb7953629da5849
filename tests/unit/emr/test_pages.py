"""The pages for people: escaped, complete, refreshed only while something runs, served to own names only."""

from __future__ import annotations

import gzip
import io
import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from emr_local import s3
from emr_local.settings import Settings
from emr_local.state.model import (
    Cluster,
    ClusterState,
    ErrorDetail,
    FailureDetails,
    Owner,
    Reason,
    Step,
    StepState,
)
from emr_local.web import log_files, pages, status

BEGAN = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
NOW = BEGAN + timedelta(seconds=65)
EVIL = '<script>alert("1")</script>&\''


class Seen(HTMLParser):
    """The elements, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def step(state: StepState = StepState.COMPLETED, **changes: object) -> Step:
    plain = Step("s-1", "count", "command-runner.jar", "CANCEL_AND_WAIT", BEGAN, ("bash", "-c", "a b"))
    return replace(plain, state=state, started_at=BEGAN, **changes)  # type: ignore[arg-type]  # any of its fields


def cluster(state: ClusterState = ClusterState.RUNNING, **changes: object) -> Cluster:
    request = {
        "LogUri": "s3://b/logs/",
        "BootstrapActions": [
            {"Name": "tools", "ScriptBootstrapAction": {"Path": "s3://b/x.sh", "Args": ["1"]}}
        ],
    }
    plain = Cluster("j-1", Owner("000000000000", "eu-west-2"), "week", request, BEGAN, "i-1", state=state)
    return replace(plain, **changes)  # type: ignore[arg-type]  # any of its fields


def test_list_names_the_newest_first_with_what_matters() -> None:
    old = cluster(ClusterState.TERMINATED, reason=Reason("USER_REQUEST", "Terminated by user request"))
    new = cluster(id="j-2", tags={"project": "x"}, steps=(step(), step(StepState.RUNNING)))
    seen = Seen(pages.clusters_page([old, new], NOW, "http://localhost:8081"))
    assert seen.links == ["/clusters/j-2", "/clusters/j-1", "http://localhost:8081"]
    for text in ("1 of 2", "project=x", "eu-west-2", "1 min 05 s", "2026-11-23 05:00:00 UTC",
                 "Terminated by user request"):  # fmt: skip
        assert text in seen.text
    assert "No cluster was started yet" in pages.clusters_page([], NOW, None)


def test_cluster_shows_steps_in_order_with_causes_and_logs() -> None:
    failed = step(
        StepState.FAILED,
        id="s-2",
        name="score",
        ended_at=NOW,
        failure=FailureDetails("Unknown Error.", "KeyError: 'a'", "s3://b/logs/j-1/steps/s-2/stderr.gz"),
    )
    waiting = replace(step(StepState.CANCELLED, id="s-3", name="publish"), started_at=None)
    seen = Seen(pages.cluster_page(cluster(steps=(step(), failed, waiting)), NOW))
    assert [seen.text.index(name) for name in ("count", "score", "publish")] == sorted(
        seen.text.index(name) for name in ("count", "score", "publish")
    )
    for text in ("CANCEL_AND_WAIT", "command-runner.jar bash -c 'a b'", "KeyError: 'a'", "s3://b/x.sh 1",
                 "s3://b/logs/j-1/steps/s-2/stderr.gz", "000000000000"):  # fmt: skip
        assert text in seen.text
    assert "/clusters/j-1/steps/s-2/stderr" in seen.links
    assert "/clusters/j-1/bootstrap-actions/1/stdout" in seen.links
    assert not [link for link in seen.links if "s-3" in link]


def test_what_comes_from_requests_is_text() -> None:
    actions = [{"Name": EVIL, "ScriptBootstrapAction": {"Path": EVIL, "Args": [EVIL]}}]
    evil = cluster(
        name=EVIL,
        owner=Owner(EVIL, EVIL),
        tags={EVIL: EVIL},
        reason=Reason("X", EVIL),
        error_details=(ErrorDetail(EVIL, EVIL),),
        request={"LogUri": EVIL, "ReleaseLabel": EVIL, "BootstrapActions": actions},
        steps=(step(name=EVIL, args=(EVIL,), jar=EVIL, failure=FailureDetails(EVIL, EVIL, EVIL)),),
    )
    for page in (pages.clusters_page([evil], NOW, None), pages.cluster_page(evil, NOW)):
        seen = Seen(page)
        assert "script" not in seen.tags
        assert not [name for name in seen.names if name.startswith("on") or name in ("src", "style")]
        assert EVIL in seen.text
    assert f"{EVIL}: {EVIL}" in Seen(pages.cluster_page(evil, NOW)).text


def test_what_is_cut_off_is_said() -> None:
    steps = tuple(step(id=f"s-{number}") for number in range(pages.MAX_STEPS + 2))
    page = pages.cluster_page(cluster(steps=steps), NOW)
    assert "2 older steps are not shown." in page
    assert ">s-1<" not in page
    assert ">s-2<" in page
    assert "not shown" not in pages.cluster_page(cluster(steps=steps[2:]), NOW)
    clusters = [cluster()] * (pages.MAX_CLUSTERS + 3)
    assert "3 older clusters are not shown." in pages.clusters_page(clusters, NOW, None)


@pytest.mark.parametrize(
    ("state", "again"),
    [
        (ClusterState.BOOTSTRAPPING, True),
        (ClusterState.RUNNING, True),
        (ClusterState.TERMINATING, True),
        (ClusterState.WAITING, False),
        (ClusterState.TERMINATED, False),
    ],
)
def test_pages_come_again_only_while_something_runs(state: ClusterState, again: bool) -> None:
    for page in (pages.clusters_page([cluster(state)], NOW, None), pages.cluster_page(cluster(state), NOW)):
        assert ('http-equiv="refresh"' in page) is again


def test_the_policy_lets_in_the_pages_own_style_alone() -> None:
    page = pages.clusters_page([cluster()], NOW, None)
    [style] = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    assert style == pages.STYLE
    assert "default-src 'none'" in pages.POLICY
    assert "unsafe" not in pages.POLICY
    assert "style=" not in page


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost:8021", True), ("localhost", True), ("emr:8021", True), ("a.localhost:1", True),
        ("127.0.0.1:8021", True), ("[::1]:8021", True), ("10.1.2.3", True),
        ("evil.example:8021", False), ("127.0.0.1.evil.example", False), ("localhost.evil.example", False),
        ("emr.", False), ("", False), (":8021", False), ("[evil.example]:80", False),
    ],
)  # fmt: skip
def test_only_own_names_are_served(host: str, own: bool) -> None:
    assert status.is_own_name(host) is own


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, "local[1]", {}, tmp_path, "3.5.6", (), tmp_path / "java")


def test_a_log_is_read_from_the_node_and_only_its_end(settings: Settings) -> None:
    folder = settings.clusters_dir / "j-1" / "logs" / "steps" / "s-1"
    folder.mkdir(parents=True)
    (folder / "stdout").write_text("héllo\n")
    assert log_files.newest(cluster, settings, "steps/s-1/stdout").text() == "héllo\n"
    (folder / "stderr").write_bytes(b"".join(b"line %d\n" % n for n in range(100_000)))
    long = log_files.newest(cluster, settings, "steps/s-1/stderr").text()
    assert long.startswith("[the newest 512 of 1063 KiB]\nline ")
    assert long.endswith("line 99999\n")
    (folder / "syslog").symlink_to("/etc/hostname")
    with pytest.raises(log_files.NoLog, match="not there yet"):
        log_files.newest(cluster, settings, "steps/s-1/syslog")


def test_a_log_of_an_ended_cluster_comes_from_s3(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[s3.S3Uri] = []
    packed = gzip.compress(b"".join(b"line %d\n" % n for n in range(100_000)))

    def reader(source: s3.S3Uri) -> AbstractContextManager[io.BytesIO]:
        asked.append(source)
        return nullcontext(io.BytesIO(packed))

    monkeypatch.setattr(s3, "reader", reader)
    ended = cluster(ClusterState.TERMINATED)
    found = log_files.newest(lambda: ended, settings, "steps/s-1/stderr")
    assert asked == [s3.S3Uri("b", "logs/j-1/steps/s-1/stderr.gz")]
    assert (len(found.content), found.size) == (log_files.NEWEST_BYTES, 1_088_890)
    assert found.text().endswith("line 99999\n")
    packed = b"no gzip"
    with pytest.raises(log_files.NoLog, match="not a whole gzip file"):
        log_files.newest(lambda: ended, settings, "steps/s-1/stderr")
    with pytest.raises(log_files.NoLog, match="without a LogUri"):
        log_files.newest(lambda: replace(ended, request={}), settings, "steps/s-1/stderr")


@pytest.mark.parametrize("gone", [FileNotFoundError, NotADirectoryError])
def test_a_cluster_may_end_while_its_log_is_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, gone: type[OSError]
) -> None:
    """The folder is there at the first look, and a file of its name, or nothing, at the second."""
    folder = settings.clusters_dir / "j-1" / "logs" / "steps" / "s-1"
    folder.mkdir(parents=True)
    (folder / "stdout").touch()
    now = cluster()

    def end(file: Path) -> log_files.Excerpt:
        nonlocal now
        now = cluster(ClusterState.TERMINATED)
        raise gone

    monkeypatch.setattr(log_files, "_end_of_file", end)
    monkeypatch.setattr(s3, "reader", lambda _: nullcontext(io.BytesIO(gzip.compress(b"from S3\n"))))
    assert log_files.newest(lambda: now, settings, "steps/s-1/stdout").text() == "from S3\n"
