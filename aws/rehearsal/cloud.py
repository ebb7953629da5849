"""AWS on a loopback port, as far as a deployment asks for it: moto, our CloudFormation, a stub of MWAA.

    python -m aws.rehearsal.cloud

Prints one JSON line {"url": …} when it answers, and ends when its stdin does. Nothing here is kept.
POST /rehearsal/fail {"type", "reason"} lets the next resource of that type fail; POST /rehearsal/stack
{"name", "status"} puts a stack into a status.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Mapping

from werkzeug.serving import make_server

from embedded.advice import exit_code
from embedded.errors import Unusable


def leave_aws_alone() -> None:
    """Forget this process's settings of AWS: nothing of a rehearsal asks a real account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


def main(arguments: list[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Serve until stdin ends."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--port", type=int, default=0, help="any free one if it is left out")
    cli.add_argument("--airflow", metavar="URL", help="a real Airflow that InvokeRestApi leads to")
    cli.add_argument("--airflow-password-env", metavar="NAME", help="the variable with its admin's password")
    args = cli.parse_args(arguments)
    if args.airflow and not environ.get(args.airflow_password_env or ""):
        raise Unusable("--airflow needs --airflow-password-env and a password in that variable")
    leave_aws_alone()
    # Before moto is imported: it reads its settings then
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

    from aws.rehearsal.airflow import Real
    from aws.rehearsal.front import Front, RequestHandler
    from aws.rehearsal.mwaa import Mwaa

    real = Real(args.airflow, environ[args.airflow_password_env]) if args.airflow else None
    front = Front(Mwaa(real))
    server = make_server("127.0.0.1", args.port, front, threaded=True, request_handler=RequestHandler)
    front.serve_at(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"url": front.url}), flush=True)
    sys.stdin.buffer.read()
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
