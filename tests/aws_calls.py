"""The AWS calls that child processes make through botocore, written down by the processes themselves.

    env = {**os.environ, **aws_calls.start(folder)}  # for Python processes, and their children
    subprocess.run([sys.executable, "-m", "aws.deploy", "aws", "--force"], env=env, check=True)
    for call in aws_calls.calls(folder): ...

A call has `module` (who calls: what was started with python -m, "aws.deploy"), `service` (botocore's name,
"emr"), `prefix` (IAM's name, "elasticmapreduce"), `operation` ("RunJobFlow"), `region`, and `params` as the
caller gave them. Secrets and bodies are not written: "(hidden)" stands for them. A process that replaces
PYTHONPATH is not seen.
"""

import json
import os
from pathlib import Path
from typing import Any

# Python imports a module of this name at its start. botocore's initializers see every session; importing the
# bare package is quick, so processes that never use AWS lose nothing.
SITECUSTOMIZE = """\
import json, os, sys

HIDDEN = {"Body", "SecretString", "SecretBinary", "MasterUserPassword"}
FILE = os.path.join(os.path.dirname(__file__), "..", "calls.jsonl")


def write(params, model, context, **_):
    options = sys.orig_argv
    call = {
        "module": options[options.index("-m") + 1] if "-m" in options[:-1] else "",
        "service": model.service_model.service_name,
        "prefix": model.service_model.signing_name,
        "operation": model.name,
        "region": context.get("client_region"),
        "params": {key: "(hidden)" if key in HIDDEN else value for key, value in params.items()},
    }
    line = (json.dumps(call, default=str) + "\\n").encode()
    file = os.open(FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)  # one write: lines of several processes do not mix
    finally:
        os.close(file)


try:
    import botocore
except ImportError:
    pass
else:
    botocore.register_initializer(lambda session: session.register("provide-client-params", write))
"""


def start(folder: Path) -> dict[str, str]:
    """What to add to the environment of the processes whose calls are wanted; forgets earlier ones."""
    site = folder / "site"
    site.mkdir(parents=True, exist_ok=True)
    (site / "sitecustomize.py").write_text(SITECUSTOMIZE)
    _file(folder).unlink(missing_ok=True)
    path = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path)}


def calls(folder: Path) -> list[dict[str, Any]]:
    """The calls so far, in the order in which they were made."""
    file = _file(folder)
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def _file(folder: Path) -> Path:
    return folder / "calls.jsonl"
