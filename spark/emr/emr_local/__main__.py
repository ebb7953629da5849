"""Serves the EMR API: `python -m emr_local --work-dir DIR [--port 8021] [--spark-master 'local[*]']`.

GET / shows the clusters, their steps and logs to a person. On a standalone Spark (`spark://...`) the workers
mount the work dir at the same path and have the same Python and Spark at the same places; `--spark-conf` says
how large drivers and executors are, and where the workers reach a driver (see `sizing`).

It executes what it is given: every step and bootstrap action runs as a program of this machine with this
user's rights, and requests are not authenticated. It binds to loopback unless told otherwise; bind it
elsewhere only inside a network whose members may run programs here.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TextIO

from waitress.server import create_server

from emr_local import settings as config
from emr_local.api.shapes import emr_model
from emr_local.api.wire import Api
from emr_local.nodes import class_archive
from emr_local.service import Service
from emr_local.settings import Settings, SettingsError
from emr_local.state.database import Database, DatabaseError
from emr_local.state.store import Store
from emr_local.steps.runner import Runner
from emr_local.webhdfs import settings as s3_settings
from emr_local.webhdfs.process import CannotStart, Gateway

log = logging.getLogger("emr_local")
MAX_REQUEST_BYTES = 16 * 1024 * 1024
Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlainFormatter(logging.Formatter):
    """One line a message, whatever a request put into it: what is not printable is shown as its escape.

    The lines of a traceback stay lines, indented: the text of an exception begins no line of the log.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The message with its time."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: Raised) -> str:
        """The traceback."""
        return "\n".join(f"  {printable(line)}" for line in super().formatException(ei).split("\n"))


def printable(text: str) -> str:
    """The text with an escape for each character that a terminal may act on."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def arguments() -> argparse.Namespace:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="python -m emr_local", description="An EMR endpoint that really runs steps."
    )
    cli.add_argument("--host", default="127.0.0.1", help="IPv4 address to listen on (default: loopback only)")
    cli.add_argument("--port", type=int, default=8021)
    cli.add_argument(
        "--work-dir", type=Path, required=True, help="where clusters live; Spark workers must share it"
    )
    cli.add_argument(
        "--spark-master",
        default="local[*]",
        help="the master of all clusters' Spark applications: local[*] (default), or "
        "spark://HOST:7077 of a standalone Spark",
    )
    cli.add_argument(
        "--spark-conf",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a spark-defaults entry; job flows' own win over it, except (on a standalone master) those "
        "about sizes and addresses, which only this sets; spark.cores.max bounds each application; "
        "may be repeated",
    )
    cli.add_argument(
        "--min-idle-timeout", type=int, default=60, help="smallest IdleTimeout accepted, in seconds"
    )
    cli.add_argument(
        "--log-push-interval",
        type=config.seconds,
        default=60.0,
        metavar="SECONDS",
        help="how often the logs of what runs are pushed to LogUri (default: 60)",
    )
    cli.add_argument(
        "--provisioning-seconds",
        type=config.seconds,
        default=0.0,
        metavar="SECONDS",
        help="how long a cluster is STARTING at least (default: 0)",
    )
    cli.add_argument(
        "--spark-ui-url", metavar="URL", help="where a person finds the Spark master's page, for a link to it"
    )
    cli.add_argument(
        "--class-archives",
        type=Path,
        metavar="DIR",
        help="where an archive of Spark's classes is kept, with which Spark starts faster; made beside the "
        "service if it is not there (about 30 CPU seconds at the lowest priority, 170 MB; default: none)",
    )
    return cli.parse_args()


def read_settings(options: argparse.Namespace) -> Settings:
    """The settings of this run; SettingsError says what to do."""
    conf = config.parse_spark_conf(options.spark_conf)
    packages = config.find_packages()
    return Settings(
        work_dir=options.work_dir.absolute(),
        spark_master=options.spark_master,
        spark_conf=conf,
        spark_home=config.find_spark_home(os.environ, packages),
        spark_version=config.find_spark_version(),
        packages=packages,
        java=config.find_java(os.environ),
        min_idle_timeout_s=options.min_idle_timeout,
        spark_ui_url=config.check_url(options.spark_ui_url),
        log_push_interval_s=options.log_push_interval,
        provisioning_s=options.provisioning_seconds,
        class_archives=options.class_archives and options.class_archives.absolute(),
    )


def with_s3(settings: Settings, host: str) -> tuple[Gateway, Settings]:
    """The settings with what Spark reads and writes s3:// through: a gateway that runs now, if it needs one.

    It listens where the service does; on all addresses, executors find it at spark.driver.host.
    """
    gateway = Gateway()
    if s3_settings.has_s3a(settings.spark_home):
        return gateway, settings
    everywhere = host == "0.0.0.0"  # noqa: S104 - asked for by whoever runs the service
    advertised = settings.spark_conf.get("spark.driver.host", "127.0.0.1") if everywhere else host
    try:
        address = gateway.start(host, advertised)
    except CannotStart as error:
        raise SettingsError(str(error)) from None
    return gateway, replace(settings, s3_gateway=f"{address.netloc}/{address.token}")


def lock_work_dir(work_dir: Path) -> TextIO:
    """Takes the work dir for this process, for as long as the answer is kept."""
    if any(character.isspace() for character in str(work_dir)):
        raise SettingsError(
            f"Spark cannot run below a path with a space ({work_dir}): choose another --work-dir"
        )
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        lock = (work_dir / "lock").open("w")
    except OSError as error:
        raise SettingsError(
            f"cannot write to {work_dir} ({error.strerror}): choose another --work-dir"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SettingsError(
            f"{work_dir} is used by another EMR endpoint: choose another --work-dir"
        ) from None
    return lock


def serve(options: argparse.Namespace) -> None:
    """Serves until SIGTERM or SIGINT, and then ends every cluster."""
    settings = read_settings(options)
    lock = lock_work_dir(settings.work_dir)
    try:
        store = Store(Database(settings.state_file))
    except DatabaseError as error:
        raise SettingsError(str(error)) from None
    gateway, settings = with_s3(settings, options.host)
    archive = class_archive.Maker()
    service = Service(store, Runner(store, settings), settings)
    try:
        server = create_server(
            Api(service),
            host=options.host,
            port=options.port,
            threads=8,
            max_request_body_size=MAX_REQUEST_BYTES,
        )
    except OSError as error:
        problem = error.strerror or error
        raise SettingsError(
            f"cannot listen on {options.host}:{options.port} ({problem}): choose another --port"
        ) from None
    archive.start(settings)
    emr_model()  # read before the first request
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    log.info("EMR endpoint on http://%s:%s, Spark %s", options.host, options.port, settings.spark_master)
    try:
        server.run()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with ExitStack() as last:  # whatever goes wrong with one, the others follow
            last.callback(store.close)
            last.callback(gateway.stop)
            last.callback(archive.stop)
            service.runner.stop()
        server.close()
        lock.close()
        log.info("EMR endpoint stopped")


def main() -> int:
    """The exit code: 2 when the service cannot start."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter())
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        serve(arguments())
    except SettingsError as error:
        print(f"emr_local: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
