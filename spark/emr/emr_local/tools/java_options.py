"""A step's Properties as options of the JVMs that it starts.

`commands` hands them over in one environment variable, so that they also reach what a step's `bash -c` calls.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

VARIABLE = "EMR_STEP_PROPERTIES"
GIVEN = "EMR_LOCAL_SUBMIT_OPTS"  # SPARK_SUBMIT_OPTS before a spark-submit added to it


def of_step() -> list[str]:
    """`-Dkey=value` for each property of the running step."""
    properties: dict[str, str] = json.loads(os.environ.get(VARIABLE) or "{}")
    return [f"-D{key}={value}" for key, value in properties.items()]


def handed_over(properties: Mapping[str, str]) -> str:
    """The variable's value for a step."""
    return json.dumps(dict(properties))


def quoted(options: list[str]) -> str:
    """Options as one string, as Spark's launcher takes it apart: a quoted word an option."""
    return " ".join('"' + option.replace("\\", "\\\\").replace('"', '\\"') + '"' for option in options)
