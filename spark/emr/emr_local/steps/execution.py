"""Running one step or one bootstrap action on its node, with the logs that EMR writes about it."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

from emr_local import s3
from emr_local.nodes import sizing
from emr_local.nodes.node import Node
from emr_local.state.model import ErrorDetail, FailureDetails, Reason, Step
from emr_local.steps import failures, logs
from emr_local.steps.commands import CannotRun, command_line, script_line, shown
from emr_local.steps.processes import NodeProcess, Watch

CANNOT_EXECUTE = 126  # the shell's exit code for it


def step_process(node: Node, step: Step) -> NodeProcess:
    """The process of a step, not started yet; its log folder exists from now on.

    When Spark says on its stderr that no executor came, the controller log says why that may be.
    """
    log_dir = step_log_dir(node, step)
    log_dir.mkdir(parents=True, exist_ok=True)  # it may have been about to start before

    def warn() -> None:
        logs.write_line(log_dir / "controller", "WARN", sizing.STARVED_SENTENCE)

    watch = Watch(sizing.STARVED, warn)
    return NodeProcess(f"EMR_STEP_ID={step.id}", log_dir, node.settings.log_limit_bytes, watch)


def step_log_dir(node: Node, step: Step) -> Path:
    """The folder of the step's controller, stdout, stderr and syslog."""
    return node.logs_dir / "steps" / step.id


def run_step(node: Node, step: Step, process: NodeProcess) -> FailureDetails | None:
    """Runs a step to its end; None when it did its work."""
    log_dir = step_log_dir(node, step)
    controller = log_dir / "controller"
    cwd = node.folder / "steps" / step.id
    cwd.mkdir()
    env = node.environment({"EMR_STEP_ID": step.id, "HADOOP_LOG_DIR": str(log_dir)})
    logs.write_line(controller, "INFO", f"startExec '{shown(step)}'")
    began = time.monotonic()
    try:
        argv = command_line(step, env["PATH"])
        (log_dir / "syslog").touch()
        exit_code = process.run(argv, env, cwd)
    except (CannotRun, OSError, ValueError) as error:
        logs.write_line(controller, "ERROR", f"Step failed: {error}")
        return FailureDetails(failures.classify(str(error)), str(error), _log_file(node, step, "controller"))
    seconds = int(time.monotonic() - began)
    logs.write_line(
        controller, "INFO", f"waitProcessCompletion ended with exit code {exit_code} : {shown(step)}"
    )
    logs.write_line(controller, "INFO", f"total process run time: {seconds} seconds")
    if exit_code == 0:
        logs.write_line(controller, "INFO", f"Step succeeded with exitCode 0 and took {seconds} seconds")
        return None
    logs.write_line(controller, "WARN", f"Step failed with exitCode {exit_code} and took {seconds} seconds")
    cause = failures.find_cause(log_dir)
    message = cause.message or f"exit code {exit_code}"
    return FailureDetails(failures.classify(message), message, _log_file(node, step, cause.log))


def _log_file(node: Node, step: Step, name: str) -> str | None:
    log_uri = node.cluster.request.get("LogUri")
    return str(logs.destination(log_uri, node.cluster.id, f"steps/{step.id}/{name}")) if log_uri else None


class BootstrapFailed(Exception):
    """A bootstrap action ends the cluster; `reason` and `detail` say why in the API's terms."""

    def __init__(self, reason: Reason, detail: ErrorDetail) -> None:
        super().__init__(reason.message)
        self.reason = reason
        self.detail = detail


def bootstrap_process(node: Node, number: int) -> NodeProcess:
    """The process of a bootstrap action (counted from 1), not started yet."""
    log_dir = bootstrap_log_dir(node, number)
    log_dir.mkdir(parents=True)
    return NodeProcess(node.mark, log_dir, node.settings.log_limit_bytes)


def bootstrap_log_dir(node: Node, number: int) -> Path:
    """The folder of the action's controller, stdout and stderr."""
    return node.logs_dir / "node" / node.cluster.instance_id / "bootstrap-actions" / str(number)


def run_bootstrap_action(node: Node, number: int, script: str, args: list[str], process: NodeProcess) -> None:
    """Fetches and runs an action; BootstrapFailed when it cannot be fetched or does not return zero."""
    controller = bootstrap_log_dir(node, number) / "controller"
    instance = f"instance ({node.cluster.instance_id})"
    cwd = node.folder / "bootstrap-actions" / str(number)
    cwd.mkdir(parents=True)
    try:
        program = _fetch_script(script, cwd)
    except (OSError, ValueError, *s3.S3_ERRORS) as error:
        problem = s3.explain(script, error)
        logs.write_line(controller, "ERROR", f"Fetching the bootstrap action failed: {problem}")
        sentence = f"Master {instance} failed attempting to download bootstrap action {number} file from S3"
        raise _bootstrap_failed(
            sentence, "BOOTSTRAP_FAILURE_BA_DOWNLOAD_FAILED_PRIMARY", problem, node, script
        ) from None
    logs.write_line(controller, "INFO", f"startExec '{' '.join([script, *args])}'")
    try:
        exit_code = process.run(script_line(program, args), node.environment({}), cwd)
    except (OSError, ValueError) as error:
        logs.write_line(controller, "ERROR", str(error))
        exit_code = CANNOT_EXECUTE
    logs.write_line(controller, "INFO", f"waitProcessCompletion ended with exit code {exit_code} : {script}")
    if exit_code != 0:
        sentence = f"On the master {instance}, bootstrap action {number} returned a non-zero return code"
        problem = failures.find_cause(bootstrap_log_dir(node, number)).message
        raise _bootstrap_failed(
            sentence, "BOOTSTRAP_FAILURE_PRIMARY_WITH_NON_ZERO_CODE", problem, node, script
        )


def _fetch_script(script: str, folder: Path) -> Path:
    """The action's script as an executable file of the node."""
    if s3.is_s3(script):
        program = folder / script.rpartition("/")[2]
        s3.download(s3.parse(script), program)
        program.chmod(0o755)
        return program
    program = Path(unquote(urlsplit(script).path)) if script.startswith("file:") else Path(script)
    if not program.is_file():
        raise FileNotFoundError(f"{script} does not exist")
    return program


def _bootstrap_failed(sentence: str, code: str, problem: str, node: Node, script: str) -> BootstrapFailed:
    data = {"instance-id": node.cluster.instance_id, "bootstrap-action": script}
    message = f"{sentence}: {problem}" if problem else sentence
    return BootstrapFailed(Reason("BOOTSTRAP_FAILURE", sentence), ErrorDetail(code, message, data))
