"""Release labels: the Spark that EMR puts on a node of a release, next to the one that runs here."""

from __future__ import annotations

# By the longest prefix of a label; one that is not here gets no remark.
SPARK_LINES = {
    "emr-5.": ("2",),
    "emr-6.0.": ("2.4",),
    "emr-6.": ("3.0", "3.1", "3.2", "3.3", "3.4"),
    "emr-7.": ("3.5",),
    "emr-spark-8.0.": ("4.0",),
    "emr-spark-8.1.": ("4.1",),
}


def spark_lines(label: str) -> tuple[str, ...]:
    """The Spark lines of a release, such as 3.5; none for a label that is not known."""
    prefixes = [prefix for prefix in SPARK_LINES if label.startswith(prefix)]
    return SPARK_LINES[max(prefixes, key=len)] if prefixes else ()


def remark(label: str, installed: str) -> str | None:
    """What is to be said when a release has another Spark than the installed version."""
    lines = spark_lines(label)
    if not lines or not installed or any(f"{installed}.".startswith(f"{line}.") for line in lines):
        return None
    span = lines[0] if len(lines) == 1 else f"{lines[0]} to {lines[-1]}"
    return f"release {label} comes with Spark {span}; steps here run on Spark {installed}"
