"""Unit tests start no service; Airflow, where it is imported, gets a home of its own."""

import os
import tempfile

_home = tempfile.TemporaryDirectory(prefix="tubepulse-unit-")
os.environ["AIRFLOW_HOME"] = _home.name
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
