"""The table of operations: complete, and what docs/emr.md says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import botocore
import moto.emr.responses
import pytest

from emr_local.api.errors import UnsupportedOperationException
from emr_local.api.operations import OPERATIONS, REAL, RECORDED, REFUSED, TABLE, table
from emr_local.api.shapes import emr_model

ROOT = Path(__file__).parents[3]
MOTO = {
    name
    for name in emr_model().operation_names
    if hasattr(moto.emr.responses.ElasticMapReduceResponse, botocore.xform_name(name))
}


def test_every_operation_of_the_model_has_an_entry() -> None:
    assert set(TABLE) == set(emr_model().operation_names)


def test_what_is_not_refused_has_a_function_and_what_is_refused_has_a_reason() -> None:
    for name, entry in TABLE.items():
        assert entry.kind in (REAL, RECORDED, REFUSED)
        assert (entry.run is None) == (entry.kind == REFUSED), name
        assert entry.note or entry.kind != REFUSED, name
        assert entry.kind == REFUSED or OPERATIONS[name] is entry.run


def test_everything_that_moto_has_is_here() -> None:
    assert len(MOTO) >= 27
    assert set(OPERATIONS) >= MOTO


def test_the_document_holds_the_table_as_it_is_generated() -> None:
    section = (ROOT / "docs" / "emr.md").read_text(encoding="utf-8").partition("## Operations\n")[2]
    rows = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|")]
    assert rows == table().splitlines()


def test_the_command_writes_the_table() -> None:
    command = [sys.executable, "-m", "emr_local.api.operations"]
    answer = subprocess.run(command, cwd=ROOT / "spark" / "emr", capture_output=True, text=True, check=True)
    assert answer.stdout == table()


@pytest.mark.parametrize("name", sorted(set(TABLE) - set(OPERATIONS)))
def test_a_refused_operation_is_named(name: str) -> None:
    assert str(UnsupportedOperationException(name)).startswith(
        f"{name} is not supported by this EMR endpoint."
    )
