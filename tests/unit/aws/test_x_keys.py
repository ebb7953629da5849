"""Where X's keys come from."""

import json

import pytest

from aws import x_keys
from aws.profile import Source
from embedded.errors import Unusable

OAUTH = {
    "X_CONSUMER_KEY": "a", "X_CONSUMER_SECRET": "b", "X_ACCESS_TOKEN": "c", "X_ACCESS_TOKEN_SECRET": "d",
}  # fmt: skip
BEARER = {"X_BEARER_TOKEN": "t"}
NONE = dict.fromkeys(x_keys.NAMES, "")


def test_the_environments_keys_are_all_or_none() -> None:
    assert x_keys.given({"PATH": "/bin", "X_BEARER_TOKEN": ""}) == {}
    assert x_keys.given(BEARER) == NONE | BEARER  # no others stay from before
    assert x_keys.given(OAUTH) == NONE | OAUTH


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"X_CONSUMER_KEY": "a"}, "X_CONSUMER_SECRET, X_ACCESS_TOKEN, X_ACCESS_TOKEN_SECRET"),
        (OAUTH | {"X_ACCESS_TOKEN": "", "X_BEARER_TOKEN": ""}, "X_ACCESS_TOKEN"),
    ],
)
def test_some_keys_alone_are_refused_and_the_missing_ones_named(
    environ: dict[str, str], missing: str
) -> None:
    with pytest.raises(Unusable, match=f"not all there: export {missing}, too, or X_BEARER_TOKEN") as refusal:
        x_keys.given(environ)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_token_needs_none_of_the_others_and_empty_ones_are_not_given() -> None:
    partly = BEARER | {"X_CONSUMER_KEY": "a"}
    assert x_keys.given(partly) == NONE | partly
    assert x_keys.given(NONE) == {}


@pytest.mark.parametrize("profile", ["aws", "emr"])
@pytest.mark.parametrize("keys", [BEARER, OAUTH])
def test_what_was_deployed_is_read_back(profile: str, keys: dict[str, str]) -> None:
    source = Source.read(profile)
    values = {
        **source.unknown({}),
        "POSTGRES_HOST": "p",
        "POSTGRES_PORT": "1",
        "PIPELINE_PASSWORD": "x",
        **keys,
    }
    connection = source.filled(values).connections["x_api"]
    assert x_keys.deployed(json.dumps(connection)) == NONE | keys


@pytest.mark.parametrize(
    "connection",
    [None, "{}", "no JSON", "[]", '"text"', '{"password": "", "extra": {}}', '{"password": 1, "extra": "{}"}',
     '{"extra": "x"}', "https://host"],
)  # fmt: skip
def test_what_holds_no_keys(connection: str | None) -> None:
    assert x_keys.deployed(connection) == {}


def test_a_person_gives_a_token_or_four_keys_or_nothing() -> None:
    prompts: list[str] = []

    def typing(*answers: str) -> dict[str, str]:
        left = list(answers)

        def ask(prompt: str) -> str:
            prompts.append(prompt)
            return left.pop(0)

        return x_keys.asked(ask)

    assert typing(" t ") == NONE | BEARER
    assert typing("", "a", "b", "c", "d") == NONE | OAUTH
    assert typing("", "") == {}
    assert typing("", "a", "") == {}
    assert prompts[0].startswith("X API bearer token (Enter:")
    assert prompts[2] == "X API consumer key (Enter for none): "
