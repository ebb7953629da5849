"""s3-dist-cp's command line: what it takes and what it refuses by name."""

from __future__ import annotations

import re

import pytest

from emr_local.tools.s3_dist_cp import Options, Refused, parse_arguments
from emr_local.tools.s3_dist_cp.options import MIB

PLACES = ["--src=s3://b/in", "--dest=s3://b/out"]


@pytest.fixture(autouse=True)
def cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_CLUSTER_ID", "j-1")


def test_every_option_is_understood() -> None:
    line = (
        "-D a=b -Dc=d --src s3n://b/in --dest=s3a://b/out --groupBy .*(x).* --targetSize=3 --outputCodec gz"
        " --deleteOnSuccess --srcPrefixesFile file:///p.txt --s3Endpoint=s3.example.com"
        " --disableMultipartUpload --multipartUploadChunkSize 32 --storageClass STANDARD_IA"
        " --s3ServerSideEncryption --srcPattern=.*"
    )
    assert parse_arguments(line.split()) == Options(
        src="s3://b/in",
        dest="s3://b/out",
        pattern=re.compile(".*", re.ASCII),
        delete=True,
        group=re.compile(".*(x).*", re.ASCII),
        target_size=3 * MIB,
        codec="gzip",
        prefixes_file="file:///p.txt",
        endpoint="s3.example.com",
        storage_class="STANDARD_IA",
        encrypt=True,
        part_size=32 * MIB,
        multipart=False,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--src=/a", *PLACES], "--src is given more than once"),
        ([*PLACES, "--deleteOnSuccess", "--deleteOnSuccess"], "--deleteOnSuccess is given more than once"),
        ([*PLACES, "--deleteOnSuccess=no"], "--deleteOnSuccess takes no value, got no"),
        ([*PLACES, "--groupBy"], "--groupBy needs a value"),
        ([*PLACES, "--groupBy="], "--groupBy needs a value"),
        ([*PLACES, "--groupBy=.*"], "--groupBy .* has no group in parentheses to name its files by"),
        (
            [*PLACES, "--groupBy=(?:a).*"],
            "--groupBy (?:a).* has no group in parentheses to name its files by",
        ),
        (
            [*PLACES, "--targetSize=1.5"],
            "--targetSize 1.5 is not a whole number of MiB from 1 to 1099511627775",
        ),
        ([*PLACES, "--targetSize=0"], "--targetSize 0 is not a whole number of MiB from 1 to 1099511627775"),
        (
            [*PLACES, "--multipartUploadChunkSize=4"],
            "--multipartUploadChunkSize 4 is not a whole number of MiB from 5 to 5120",
        ),
        (
            [*PLACES, "--storageClass=CHEAP"],
            "--storageClass CHEAP is not one of STANDARD, REDUCED_REDUNDANCY,",
        ),
        ([*PLACES, "--appendToLastFile"], "--appendToLastFile needs a --dest in HDFS"),
        ([*PLACES, "--help"], "unsupported option --help"),
        ([*PLACES, "file"], "unsupported option file"),
        (["--dest=/a"], "--src is required"),
        (
            ["--src=s3://my_bucket/a", "--dest=/a"],
            "s3://my_bucket/a: s3-dist-cp does not take buckets with an",
        ),
        (["--src=s3:///a", "--dest=/a"], "s3:///a is not an S3 address"),
        ([*PLACES, "--srcPrefixesFile=here"], "here is not an absolute address"),
    ],
)
def test_bad_lines_are_refused_with_the_value(arguments: list[str], message: str) -> None:
    with pytest.raises(Refused, match=f"^{re.escape(message)}"):
        parse_arguments(arguments)


@pytest.mark.parametrize("codec", ["lzo", "snappy", "zip", "keep"])
def test_other_codecs_are_refused_by_name(codec: str) -> None:
    with pytest.raises(Refused, match=f"--outputCodec {codec} is not supported on this node"):
        parse_arguments([*PLACES, f"--outputCodec={codec}"])


@pytest.mark.parametrize(
    "argument",
    [
        "--numberFiles",
        "--startingIndex=1",
        "--outputManifest=m.gz",
        "--previousManifest=s3://b/m.gz",
        "--requirePreviousManifest=false",
        "--copyFromManifest",
    ],
)
def test_manifests_and_numbers_are_refused_by_name(argument: str) -> None:
    name = argument.partition("=")[0]
    with pytest.raises(Refused, match=f"^{name} is not supported on this node: "):
        parse_arguments([*PLACES, argument])


def test_what_has_no_effect_is_told() -> None:
    arguments = [
        "--src=/a",
        "--dest=/b",
        "--targetSize=1",
        "--storageClass=STANDARD",
        "--disableMultipartUpload",
    ]
    expected = ("--storageClass", "--disableMultipartUpload", "--targetSize")
    assert parse_arguments(arguments).without_effect == expected
    assert parse_arguments(PLACES).without_effect == ()


@pytest.mark.parametrize(
    ("expression", "text", "groups"),
    [
        (r".*/(?<day>\d+)-(?<hour>\d+)", "s3://b/in/1-2", ("1", "2")),
        (r"(?<=x)?(.*)(?<!y)", "ab", ("ab",)),
        (r"([(?<a>]+)\(\?<b>", "<a>(?<b>", ("<a>",)),
        (r"(a&&b\[&&)", "a&&b[&&", ("a&&b[&&",)),
        (r"([]a]+)[^]b]", "]a]c", ("]a]",)),
    ],
)
def test_javas_expressions_are_understood(expression: str, text: str, groups: tuple[str, ...]) -> None:
    pattern = parse_arguments([*PLACES, f"--groupBy={expression}"]).group
    assert pattern is not None
    found = pattern.fullmatch(text)
    assert found is not None
    assert found.groups() == groups


def test_digits_and_letters_are_those_of_ascii() -> None:
    pattern = parse_arguments([*PLACES, r"--srcPattern=\d\w"]).pattern
    assert pattern is not None
    assert pattern.fullmatch("1a")
    assert not pattern.fullmatch("١a")
    assert not pattern.fullmatch("1é")


@pytest.mark.parametrize("option", ["--srcPattern", "--groupBy"])
@pytest.mark.parametrize(
    ("expression", "named"),
    [
        (r"([a-z&&[^b]])", "&& in a character class"),
        (r"([^]&&b])", "&& in a character class"),
        (r"([a[bc]])", "a character class in another"),
        (r"(\p{Lower}+)", r"\p{…}"),
        (r"([\P{Digit}])", r"\P{…}"),
    ],
)
def test_what_only_java_has_is_refused_by_name(option: str, expression: str, named: str) -> None:
    message = f"{option} {expression}: {named} is of Java's expressions only, not of this node's"
    with pytest.raises(Refused, match=f"^{re.escape(message)}$"):
        parse_arguments([*PLACES, f"{option}={expression}"])


@pytest.mark.parametrize("expression", [r"(\Qa\E)", "(?u)(a)", "(a){99999999999}"])
def test_other_expressions_that_python_does_not_read_are_refused(expression: str) -> None:
    with pytest.raises(Refused, match="is no regular expression"):
        parse_arguments([*PLACES, f"--srcPattern={expression}"])
