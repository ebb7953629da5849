"""The programs of a node: small shell files, first on its PATH, and the system paths that mean them."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

# A step runs as the service's user already. sudo's own options are dropped, its VAR=value settings kept, and
# where EMR has a program that the node has too, the node's runs.
SUDO = """\
#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    -[CDRTUghprtu]) shift 2 ;;
    --user|--group|--host|--other-user|--close-from|--prompt) shift 2 ;;
    --chdir|--chroot|--command-timeout|--role|--type) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *=*) export "$1"; shift ;;
    *) break ;;
  esac
done
case "$1" in
  /usr/bin/*|/usr/local/bin/*|/bin/*)
    for own in "$EMR_LOCAL_NODE/bin/${1##*/}" "$EMR_LOCAL_NODE/python/bin/${1##*/}"; do
      if [ -x "$own" ]; then shift; exec "$own" "$@"; fi
    done ;;
esac
exec "$@"
"""
PIP = '#!/bin/sh\nexec python3 -m pip "$@"\n'
# -I: neither the step's PYTHONPATH nor its folder reaches the service's Python
TOOL = """#!/bin/sh
{before}exec {python} -I -c '
import sys
sys.path.insert(0, sys.argv.pop(1))
from emr_local.tools.{module} import main
sys.exit(main(sys.argv[1:]))
' {package} "$@"
"""
TOOLS = {
    "aws": "aws",
    "hadoop": "hadoop",
    "hdfs": "hdfs",
    "s3-dist-cp": "s3_dist_cp",
    "script-runner": "script_runner",
    "spark-submit": "spark_submit",
}
HADOOP_ENV = '[ -r "$HADOOP_CONF_DIR/hadoop-env.sh" ] && . "$HADOOP_CONF_DIR/hadoop-env.sh"\n'
# Where EMR has what this node has on its PATH
_SYSTEM = re.compile(
    r"(/usr(/local)?)?/bin/(?P<name>[^/]+)|/usr/lib/(spark|hadoop|hadoop-hdfs)/bin/(?P<home>[^/]+)"
)


def write(folder: Path) -> None:
    """Writes the programs into a folder."""
    package = Path(__file__).parents[2]
    programs = {"sudo": SUDO, "pip": PIP, "pip3": PIP, "pip3.11": PIP}
    for name, module in TOOLS.items():
        programs[name] = TOOL.format(
            before=HADOOP_ENV if name in ("hadoop", "hdfs") else "",
            python=shlex.quote(sys.executable),
            module=module,
            package=shlex.quote(str(package)),
        )
    for name, text in programs.items():
        program = folder / name
        program.write_text(text)
        program.chmod(0o755)


def on_node(program: str) -> str:
    """A program's name for a path where EMR has it, such as /usr/lib/spark/bin/spark-submit."""
    system = _SYSTEM.fullmatch(program)
    name = (system["name"] or system["home"]) if system else program
    return name if name in TOOLS or name.startswith(("pip", "python3")) else program
