"""What s3-dist-cp writes: which files make up which target."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_local.tools.s3_dist_cp import NothingToCopy, Options, Refused, plan
from emr_local.tools.s3_dist_cp.options import Codec
from emr_local.tools.s3_dist_cp.plan import Write, arrange

SRC, DEST = "s3://b/in/", "hdfs://j-1/out"


@pytest.fixture(autouse=True)
def node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("EMR_CLUSTER_ID", "j-1")
    monkeypatch.setenv("EMR_LOCAL_NODE", str(tmp_path))
    return tmp_path


def absent(_: str) -> int | None:
    """Tells that a target is not there yet."""
    return None


def options(
    group: str | None = None, size: int | None = None, codec: Codec = "keep", append: bool = False
) -> Options:
    pattern = re.compile(group) if group else None
    return Options(SRC, DEST, None, False, group=pattern, target_size=size, codec=codec, append=append)


def writes(
    files: Mapping[str, int], how: Options, present: Mapping[str, int] | None = None
) -> list[tuple[str, list[str], bool]]:
    """What is arranged, without the parts that --src and --dest are."""
    sizes = {SRC + name: size for name, size in files.items()}
    there = {f"{DEST}/{name}": size for name, size in (present or {}).items()}
    arranged = arrange(plan(sizes, how), sizes, how, there.get)
    return [
        (w.target.removeprefix(f"{DEST}/"), [s.removeprefix(SRC) for s in w.sources], w.append)
        for w in arranged
    ]


def named(files: list[str], how: Options) -> dict[str, list[str]]:
    return {target: sources for target, sources, _ in writes(dict.fromkeys(files, 1), how)}


@pytest.mark.parametrize(
    ("group", "files", "targets"),
    [
        (".*/(x)[0-9]", ["d/x1", "d/x2", "d/y"], {"d/x": ["d/x1", "d/x2"]}),
        # the first file's folder
        (".*/(x)[0-9]", ["e/x2", "d/x9"], {"d/x": ["d/x9", "e/x2"]}),
        # several groups, joined; one without a part is null
        (r".*/([a-z]+)-\d+(\.csv)", ["a-1.csv", "a-2.csv"], {"a.csv": ["a-1.csv", "a-2.csv"]}),
        (r".*/(a)1|.*/(b)1", ["a1", "b1"], {"anull": ["a1"], "nullb": ["b1"]}),
        # what follows the last slash or colon names the file, all of it makes the group
        (".*/(2020/01).*", ["2020/01/a", "2020/01/b"], {"2020/01/01": ["2020/01/a", "2020/01/b"]}),
        (".*/(.*:.*)[0-9]", ["10:30x1", "10:30x2"], {"30x": ["10:30x1", "10:30x2"]}),
        (".*/d/(.:x).", ["d/a:x1", "d/b:x1", "d/a:x2"], {"d/x": ["d/a:x1", "d/a:x2"], "d/x1": ["d/b:x1"]}),
        # a compression's suffix is kept
        (r".*/(\w+)-.*", ["a-1.gz", "a-2.gz"], {"a.gz": ["a-1.gz", "a-2.gz"]}),
        (r".*/\d-(\w+.gz)", ["1-a.gz", "2-a.gz"], {"a.gz": ["1-a.gz", "2-a.gz"]}),
        (r".*/(\w+)-.*", ["a-1.lzo"], {"a.lzo": ["a-1.lzo"]}),
    ],
)
def test_a_groups_text_names_its_target(group: str, files: list[str], targets: dict[str, list[str]]) -> None:
    assert named(files, options(group)) == targets


@pytest.mark.parametrize(
    ("codec", "targets"),
    [
        ("keep", {"x": ["x"], "y.gz": ["y.gz"], "z.GZIP": ["z.GZIP"], ".gz": [".gz"]}),
        ("gzip", {"x.gz": ["x"], "y.gz": ["y.gz"], "z.gz": ["z.GZIP"], ".gz.gz": [".gz"]}),
        ("none", {"x": ["x"], "y": ["y.gz"], "z": ["z.GZIP"], ".gz": [".gz"]}),
    ],
)
def test_a_codec_gives_or_takes_the_suffix(codec: Codec, targets: dict[str, list[str]]) -> None:
    assert named(["x", "y.gz", "z.GZIP", ".gz"], options(codec=codec)) == targets


def test_a_codec_unites_the_compressions_of_a_group() -> None:
    assert named(["a-1", "a-2.gz"], options(".*/(a)-.*", codec="gzip")) == {"a.gz": ["a-1", "a-2.gz"]}
    assert named(["a-1", "a-2.gz"], options(".*/(a)-.*", codec="none")) == {"a": ["a-1", "a-2.gz"]}


@pytest.mark.parametrize(
    ("files", "how", "message"),
    [
        (["a-1", "a-2.gz"], options(".*/(a).*"), "Cannot keep compression scheme .*: group a;"),
        (["a-1.lzo", "a-2.lzo"], options(".*/(a).*"), "group a: lzo and snappy files are not concatenated"),
        (
            ["a-1.parquet", "a-2.parquet"],
            options(".*/(a).*"),
            "group a: s3-dist-cp cannot concatenate Parquet",
        ),
        (
            ["a.snappy"],
            options(codec="none"),
            "s3://b/in/a.snappy: --outputCodec can only read gzip and plain",
        ),
        (["x"], options(".*(y*)"), r"--groupBy \.\*\(y\*\) gives s3://b/in/x no name"),
        (["a", "a.gz"], options(codec="none"), "in/a and s3://b/in/a.gz would both become hdfs://j-1/out/a$"),
        (["d/x", "d//x"], options(), "in/d//x and s3://b/in/d/x would both become hdfs://j-1/out/d/x$"),
    ],
)
def test_what_would_lose_data_is_refused(files: list[str], how: Options, message: str) -> None:
    with pytest.raises(Refused, match=message):
        named(files, how)


def test_a_source_is_never_overwritten() -> None:
    inside = Options("s3://b/in/", "s3://b/in/", None, True)
    with pytest.raises(Refused, match="s3://b/in/x is a file to copy and would be overwritten by this copy"):
        arrange(plan(["s3://b/in/x"], inside), {"s3://b/in/x": 1}, inside, absent)


@pytest.mark.parametrize("dest", ["file://{node}/hdfs/tmp", "file://{node}/link", "hdfs:///linked/tmp"])
def test_a_source_is_not_overwritten_under_another_name_either(node: Path, dest: str) -> None:
    (node / "hdfs" / "tmp").mkdir(parents=True)
    (node / "hdfs" / "tmp" / "x").write_text("only copy")
    (node / "link").symlink_to(node / "hdfs" / "tmp")
    (node / "hdfs" / "linked").symlink_to(node / "hdfs")
    here = Options("hdfs://j-1/tmp", dest.format(node=node), None, True)
    with pytest.raises(Refused, match=r"^hdfs://j-1/tmp/x is a file to copy and would be overwritten"):
        arrange(plan(["hdfs://j-1/tmp/x"], here), {"hdfs://j-1/tmp/x": 1}, here, absent)


def test_no_file_in_any_group_is_nothing_to_copy() -> None:
    with pytest.raises(NothingToCopy, match=r"^Input path does not exist: s3://b/in/$"):
        named(["a"], options(".*(x)"))


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ({}, [("a", ["a-1", "a-2"], False), ("a1", ["a-3"], False)]),
        ({"a": 3}, [("a", ["a-1", "a-2"], True), ("a1", ["a-3"], False)]),
        ({"a": 9, "a1": 0}, [("a1", ["a-1", "a-2"], True), ("a2", ["a-3"], False)]),
        # no room for the first file
        ({"a": 6}, [("a1", ["a-1", "a-2"], False), ("a2", ["a-3"], False)]),
    ],
)
def test_a_group_goes_on_with_the_last_part_if_it_has_room(
    present: dict[str, int], expected: list[tuple[str, list[str], bool]]
) -> None:
    files = dict.fromkeys(["a-1", "a-2", "a-3"], 4)
    assert writes(files, options(".*/(a)-.*", size=8, append=True), present) == expected


def test_files_without_a_group_are_appended_to_their_own_targets() -> None:
    assert writes({"a": 1, "b": 1}, options(append=True), {"a": 5}) == [
        ("a", ["a"], True),
        ("b", ["b"], False),
    ]


NAMES = st.text("abc", min_size=1, max_size=3)
FILES = st.dictionaries(
    st.builds("{}{}-{}".format, st.sampled_from(["", "d/", "e/"]), NAMES, NAMES),
    st.integers(0, 20),
    min_size=1,
    max_size=12,
)


@given(
    files=FILES,
    size=st.none() | st.integers(1, 30),
    present=st.dictionaries(NAMES, st.integers(0, 30)),
    append=st.booleans(),
)
def test_every_file_lands_once_in_order_and_parts_keep_to_the_target_size(
    files: dict[str, int], size: int | None, present: dict[str, int], append: bool
) -> None:
    arranged = writes(files, options(r".*/(\w+)-\w+", size, append=append), present)
    assert Counter(name for _, sources, _ in arranged for name in sources) == Counter(list(files))
    assert len({target for target, _, _ in arranged}) == len(arranged)
    grouped: dict[str, list[tuple[list[str], int]]] = {}
    for target, sources, appended in arranged:
        assert sources == sorted(sources)
        [text] = {name.rpartition("/")[2].partition("-")[0] for name in sources}
        assert target.rpartition("/")[2].rstrip("0123456789") == text
        assert not appended or target in present
        begin = present[target] if appended else 0
        grouped.setdefault(text, []).append((sources, begin + sum(files[name] for name in sources)))
    for parts in grouped.values():
        assert [name for sources, _ in parts for name in sources] == sorted(n for s, _ in parts for n in s)
        if size is None:
            assert len(parts) == 1
            continue
        assert all(total >= size for _, total in parts[:-1])
        assert all(total - files[sources[-1]] < size for sources, total in parts)


@given(names=st.sets(NAMES, min_size=1, max_size=8), codec=st.sampled_from(["keep", "gzip", "none"]))
def test_without_groups_every_file_has_its_own_target(names: set[str], codec: Codec) -> None:
    arranged = writes(dict.fromkeys(names, 1), options(codec=codec))
    assert [sources for _, sources, _ in arranged] == [[name] for name in sorted(names)]
    suffix = ".gz" if codec == "gzip" else ""
    assert [target for target, _, _ in arranged] == [name + suffix for name in sorted(names)]


def test_an_arranged_write_names_full_addresses() -> None:
    how = options(".*/(a).*")
    copies = plan([f"{SRC}a1", f"{SRC}a2"], how)
    expected = [Write(f"{DEST}/a", (f"{SRC}a1", f"{SRC}a2"))]
    assert arrange(copies, {f"{SRC}a1": 1, f"{SRC}a2": 1}, how, absent) == expected
