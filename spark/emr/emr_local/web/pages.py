"""The pages of the endpoint for people: all clusters, and one cluster with its steps. Text in, HTML out.

Everything that comes from a request is escaped. A page needs nothing but itself: one inline style, which the
Content-Security-Policy names by its hash, no script, no picture, no other host.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from string import Template
from typing import Any

from emr_local.state.model import Cluster, ClusterState, Step, StepState

REFRESH_SECONDS = 5
MAX_CLUSTERS = 200
MAX_STEPS = 1000
STEP_LOGS = ("controller", "stdout", "stderr", "syslog")
BOOTSTRAP_LOGS = ("controller", "stdout", "stderr")
GOOD = {"COMPLETED", "TERMINATED"}
BAD = {"FAILED", "INTERRUPTED", "TERMINATED_WITH_ERRORS"}
BUSY = {"STARTING", "BOOTSTRAPPING", "RUNNING", "TERMINATING", "CANCEL_PENDING"}
AT_REST = (ClusterState.WAITING, ClusterState.TERMINATED, ClusterState.TERMINATED_WITH_ERRORS)

STYLE = """
:root { color-scheme: light dark; --line: #8886; --good: #146c2e; --bad: #b3261e; --busy: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --good: #7fd69a; --bad: #ffb4ab; --busy: #a8c7fa; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1.5rem auto; padding: 0 1rem; max-width: 90rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; }
th, td { border-bottom: 1px solid var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; } dd { margin: 0; }
code { font-size: .85rem; overflow-wrap: anywhere; }
.time, .id { white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .busy { color: var(--busy); }
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
$refresh<title>$title</title>
<style>$style</style>
</head>
<body>
$body
</body>
</html>
""")


def clusters_page(clusters: Sequence[Cluster], now: datetime, spark_ui_url: str | None) -> str:
    """All clusters (given oldest first), the newest above."""
    newest = list(reversed(clusters))[:MAX_CLUSTERS]
    rows = (
        (
            _link(f"/clusters/{cluster.id}", cluster.id),
            escape(cluster.name),
            _state(cluster.state),
            escape(cluster.reason.message if cluster.reason else ""),
            _steps_done(cluster),
            _time(cluster.created_at),
            _duration(cluster.created_at, cluster.ended_at or now),
            escape(cluster.owner.region),
            _tags(cluster.tags),
        )
        for cluster in newest
    )
    heads = ("Id", "Name", "State", "Reason", "Steps done", "Created", "Elapsed", "Region", "Tags")
    table = _table("Clusters, newest first", heads, rows) if newest else "<p>No cluster was started yet.</p>"
    left = len(clusters) - len(newest)
    older = f"<p>{left} older clusters are not shown.</p>" if left else ""
    spark = f"<p>{_link(spark_ui_url, 'Spark master')}</p>" if spark_ui_url else ""
    return _page("EMR clusters", f"{table}{older}{spark}", busy=any(map(_is_busy, newest)))


def cluster_page(cluster: Cluster, now: datetime) -> str:
    """One cluster: what it is, its steps in their order, its bootstrap actions."""
    facts = {
        "State": _state(cluster.state),
        "Reason": escape(cluster.reason.message if cluster.reason else ""),
        "Errors": "<br>".join(escape(f"{e.code}: {e.message}") for e in cluster.error_details),
        "Created": _time(cluster.created_at),
        "Ready": _time(cluster.ready_at),
        "Ended": _time(cluster.ended_at),
        "Elapsed": _duration(cluster.created_at, cluster.ended_at or now),
        "Region, account": escape(f"{cluster.owner.region}, {cluster.owner.account}"),
        "Release": escape(str(cluster.request.get("ReleaseLabel") or "")),
        "Logs": f"<code>{escape(str(cluster.request.get('LogUri') or ''))}</code>",
        "Tags": _tags(cluster.tags),
        "Node": _link(f"/clusters/{cluster.id}/provision.log", "what it does not do of what was asked for"),
    }
    body = [
        f"<p>{_link('/', 'All clusters')}</p>",
        f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in facts.items() if value)}</dl>",
        "<h2>Steps</h2>",
        _steps(cluster, now),
        "<h2>Bootstrap actions</h2>",
        _bootstrap_actions(cluster),
    ]
    return _page(f"{cluster.id} {cluster.name}", "\n".join(body), busy=_is_busy(cluster))


def _steps(cluster: Cluster, now: datetime) -> str:
    if not cluster.steps:
        return "<p>The cluster has no steps.</p>"
    newest = cluster.steps[-MAX_STEPS:]
    rows = (_step_row(cluster, step, now) for step in newest)
    heads = ("Name", "State", "Started", "Elapsed", "On failure", "Command", "Failure", "Logs")
    left = len(cluster.steps) - len(newest)
    older = f"<p>{left} older steps are not shown.</p>" if left else ""
    return f"{_table('Steps in their order', heads, rows)}{older}"


def _step_row(cluster: Cluster, step: Step, now: datetime) -> tuple[str, ...]:
    failure = ""
    if step.failure:
        failure = escape(f"{step.failure.reason} {step.failure.message}")
        failure += f"<br><code>{escape(step.failure.log_file)}</code>" if step.failure.log_file else ""
    started = step.started_at
    folder = f"/clusters/{cluster.id}/steps/{step.id}"
    return (
        f'{escape(step.name)}<br><code class="id">{step.id}</code>',
        _state(step.state),
        _time(started),
        _duration(started, step.ended_at or now) if started else "",
        escape(step.action_on_failure),
        f"<code>{escape(shlex.join([step.jar, *step.args]))}</code>",
        failure,
        _log_links(folder, STEP_LOGS) if started else "",
    )


def _bootstrap_actions(cluster: Cluster) -> str:
    actions: Sequence[Mapping[str, Any]] = cluster.request.get("BootstrapActions", [])
    if not actions:
        return "<p>The cluster has no bootstrap actions.</p>"
    rows = []
    for number, action in enumerate(actions, start=1):
        script = action["ScriptBootstrapAction"]
        command = shlex.join([script["Path"], *script.get("Args", [])])
        folder = f"/clusters/{cluster.id}/bootstrap-actions/{number}"
        rows.append(
            (
                escape(action["Name"]),
                f"<code>{escape(command)}</code>",
                _log_links(folder, BOOTSTRAP_LOGS),
            )
        )
    return _table("Bootstrap actions in their order", ("Name", "Command", "Logs"), rows)


def _page(title: str, body: str, *, busy: bool) -> str:
    """A page, which comes again by itself while something runs."""
    refresh = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">\n' if busy else ""
    content = f"<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>"
    return PAGE.substitute(refresh=refresh, title=escape(title), style=STYLE, body=content)


def _table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already; a row's first cell names the row."""
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    lines = []
    for first, *rest in rows:
        lines.append(f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>')
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{caption}"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{chr(10).join(lines)}\n</tbody></table></div>"
    )


def _link(address: str, label: str) -> str:
    return f'<a href="{escape(address)}">{escape(label)}</a>'


def _log_links(folder: str, names: Iterable[str]) -> str:
    return " ".join(_link(f"{folder}/{name}", name) for name in names)


def _state(state: ClusterState | StepState) -> str:
    for kind, states in (("good", GOOD), ("bad", BAD), ("busy", BUSY)):
        if state in states:
            return f'<span class="{kind}">{state}</span>'
    return str(state)


def _is_busy(cluster: Cluster) -> bool:
    return cluster.state not in AT_REST


def _steps_done(cluster: Cluster) -> str:
    return f"{sum(not step.state.active for step in cluster.steps)} of {len(cluster.steps)}"


def _tags(tags: Mapping[str, str]) -> str:
    return "<br>".join(escape(f"{key}={value}" if value else key) for key, value in tags.items())


def _time(moment: datetime | None) -> str:
    if moment is None:
        return ""
    shown = moment.strftime("%Y-%m-%d %H:%M:%S UTC")
    return f'<time class="time" datetime="{moment.isoformat(timespec="seconds")}">{shown}</time>'


def _duration(begin: datetime, end: datetime) -> str:
    """`12.3 s`, `4 min 05 s` or `1 h 02 min`."""
    seconds = max(0.0, (end - begin).total_seconds())
    if seconds < 60:
        shown = f"{seconds:.1f} s"
    elif seconds < 3600:
        shown = f"{int(seconds // 60)} min {int(seconds % 60):02} s"
    else:
        shown = f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02} min"
    return f'<span class="time">{shown}</span>'
