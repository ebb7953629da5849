"""The order of a trial on an account, and that what was made goes whatever happens."""

import argparse
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from aws import e2e
from aws.e2e import Course, Phase
from aws.trial.account import Failed
from embedded.errors import Unusable

TITLES = ["deployment", "recorded posts", "run", "checks"]
CURE = "AWS_REGION=eu-west-2 STACK_PREFIX=tubepulse-e2e python -m aws.e2e aws --remove --force"


class Tried:
    """A course whose phases note that they ran; `failing` are raised instead, by title."""

    def __init__(
        self, failing: dict[str, BaseException] | None = None, keep: bool = False, left: tuple[str, ...] = ()
    ) -> None:
        self.done: list[str] = []
        self.said: list[str] = []
        self._failing = failing or {}
        phases = [Phase(title, self._work(title)) for title in TITLES]
        removal = Phase("removal", self._work("removal"))
        self.course = Course(phases, removal, lambda: list(left), CURE, keep, self.said.append)

    def _work(self, title: str) -> Callable[[], None]:
        def work() -> None:
            self.done.append(title)
            if title in self._failing:
                raise self._failing[title]

        return work

    @property
    def text(self) -> str:
        return "\n".join(self.said)


def test_all_of_it_in_order_then_removed_with_its_times() -> None:
    tried = Tried()
    assert tried.course.run() == 0
    assert tried.done == [*TITLES, "removal"]
    assert "nothing is left" in tried.text
    assert [line.split()[0] for line in tried.said[-6:]] == ["✔"] * 6
    assert all(line.endswith("min") for line in tried.said[-6:])
    assert CURE not in tried.text


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize(
    ("error", "code"),
    [(Failed("3 of 4 rows"), 1), (Unusable("AWS denies it: allow it"), 2), (KeyboardInterrupt(), 130)],
)
def test_after_a_failure_nothing_more_but_the_removal(title: str, error: BaseException, code: int) -> None:
    tried = Tried({title: error})
    assert tried.course.run() == code
    assert tried.done == [*TITLES[: TITLES.index(title) + 1], "removal"]
    assert (str(error) or "interrupted") in tried.text
    assert "nothing is left" in tried.text
    assert any(line.startswith(f"✘ {title}") for line in tried.said)


def test_a_defect_is_removed_after_and_seen() -> None:
    tried = Tried({"run": ZeroDivisionError()})
    with pytest.raises(ZeroDivisionError):
        tried.course.run()
    assert tried.done[-1] == "removal"


@pytest.mark.parametrize(
    ("error", "code"), [(Failed("no"), 1), (Unusable("denied"), 2), (KeyboardInterrupt(), 130)]
)
def test_a_removal_that_fails_says_how_to_clean_up(error: BaseException, code: int) -> None:
    tried = Tried({"removal": error})
    assert tried.course.run() == code
    assert f"call this until nothing is: {CURE}" in tried.text


def test_a_defect_of_the_removal_says_it_too() -> None:
    tried = Tried({"removal": ZeroDivisionError()})
    with pytest.raises(ZeroDivisionError):
        tried.course.run()
    assert CURE in tried.text
    assert any(line.startswith("✔ checks") for line in tried.said)


def test_a_removal_that_fails_does_not_hide_why_it_was_called_for() -> None:
    tried = Tried({"checks": Failed("rows differ"), "removal": Unusable("denied")})
    assert tried.course.run() == 1
    assert "rows differ" in tried.text
    assert CURE in tried.text


def test_what_is_left_is_named() -> None:
    tried = Tried(left=("stack tubepulse-e2e-network (DELETE_FAILED)", "bucket b"))
    assert tried.course.run() == 1
    for said in (
        "  stack tubepulse-e2e-network (DELETE_FAILED)",
        "  bucket b",
        "not everything is gone",
        CURE,
    ):
        assert said in tried.text


@pytest.mark.parametrize("failing", [{}, {"run": Failed("no")}, {"run": KeyboardInterrupt()}])
def test_kept_it_stays_and_the_command_that_removes_it_is_said(failing: dict[str, BaseException]) -> None:
    tried = Tried(failing, keep=True)
    assert tried.course.run() == (0 if not failing else 1 if isinstance(failing["run"], Failed) else 130)
    assert "removal" not in tried.done
    assert f"until you call: {CURE}" in tried.text


class Offered:
    """In place of Trial: notes what is asked of it."""

    def __init__(self, *given: Any) -> None:
        self.asked: list[str] = []
        self.cure, self.given = CURE, given
        OFFERED.append(self)

    def intentions(self, keep: bool) -> list[str]:
        return [f"keep {keep}"]

    def left(self) -> list[str]:
        return []

    def __getattr__(self, name: str) -> Callable[[], None]:
        return lambda: self.asked.append(name)


OFFERED: list[Offered] = []
ACCOUNT: Any = SimpleNamespace(id="123456789012", region="eu-west-2")
BEFORE = ["check", "show_cost"]


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[Offered]:
    OFFERED.clear()
    monkeypatch.setattr(e2e, "Trial", Offered)
    monkeypatch.setenv("ALLOWED_SITE_CIDR", "203.0.113.7/32")
    monkeypatch.delenv("STACK_PREFIX", raising=False)
    return OFFERED


def asked(force: bool = False, keep: bool = False, only_remove: bool = False) -> int:
    args = argparse.Namespace(profile="aws", force=force)
    said: list[str] = []
    return (
        e2e.remove(args, ACCOUNT, said.append) if only_remove else e2e.e2e(args, ACCOUNT, keep, said.append)
    )


@pytest.mark.parametrize("only_remove", [False, True])
def test_without_a_terminal_it_needs_force(
    offered: list[Offered], monkeypatch: pytest.MonkeyPatch, only_remove: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(Unusable, match="make e2e needs --force"):
        asked(only_remove=only_remove)
    assert offered[0].asked == BEFORE[: 1 if only_remove else 2]


@pytest.mark.parametrize(("answer", "goes_on"), [("", False), ("n", False), ("y", True)])
def test_the_cost_is_shown_before_it_asks(
    offered: list[Offered], monkeypatch: pytest.MonkeyPatch, answer: str, goes_on: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert asked() == (0 if goes_on else 1)
    after = ["deploy", "replay", "run", "verify", "remove"]
    assert offered[0].asked == BEFORE + (after if goes_on else [])


def test_force_asks_nothing_and_the_names_are_the_trials_own(offered: list[Offered]) -> None:
    assert asked(force=True) == 0
    assert offered[0].given[1:4] == ("aws", "tubepulse-e2e", "203.0.113.7/32")
    assert asked(force=True, keep=True) == 0
    assert "remove" not in offered[1].asked
    assert asked(force=True, only_remove=True) == 0
    assert offered[2].asked == ["check", "remove"]
