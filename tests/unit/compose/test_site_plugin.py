import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from compose import env_file, site_plugin
from embedded.errors import Unusable
from tests.unit.compose.fake_programs import Programs, docker

ROOT = Path(__file__).parents[3]
FILES = {
    "tubepulse-results/tubepulse-results.php": b"<?php",
    "tubepulse-results/vendor/chart.umd.js": b"chart",
}


def archive(files: dict[str, bytes], date: int = 0) -> bytes:
    """A tar archive as `docker cp` gives it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        folder = tarfile.TarInfo("tubepulse-results")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), date
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def test_the_same_files_give_the_same_bytes() -> None:
    first = site_plugin.pack(archive(FILES, date=1))
    assert first == site_plugin.pack(archive(dict(reversed(FILES.items())), date=2))
    with zipfile.ZipFile(io.BytesIO(first)) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == FILES
        assert {entry.external_attr >> 16 for entry in packed.infolist()} == {0o100644}


def test_an_image_without_the_plugin() -> None:
    with pytest.raises(Unusable, match="the image has no plugin"):
        site_plugin.pack(archive({}))


def made(folder: Path, copy: str) -> tuple[subprocess.CompletedProcess[str], Programs]:
    """`make site-plugin` without make; `copy` is what `docker cp` does."""
    programs = Programs(folder / "bin")
    services = {
        "services": {
            "spark-master": {"image": "tubepulse/spark:1", "build": {"context": "x"}},
            "wordpress": {"image": "tubepulse/wordpress:1", "build": {"context": "x"}},
        }
    }
    (folder / "config.json").write_text(json.dumps(services))
    (folder / "plugin.tar").write_bytes(archive(FILES))
    compose = (
        f'case " $* " in *" config "*) /bin/cat {folder}/config.json ;; *" build "*) ;; *) exit 9 ;; esac'
    )
    programs.add("docker", docker(compose=compose, image=":", create="echo abc", cp=copy, rm=":"))
    env_file.ensure(folder / ".env", {"TRIXIE_IMAGE": "here:1"})
    options: list[str | Path] = ["--env-file", folder / ".env", "--output", folder / "out" / "plugin.zip"]
    done = subprocess.run(
        [sys.executable, "-m", "compose.site_plugin", *options],
        cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": str(programs.folder)},
    )  # fmt: skip
    return done, programs


def test_the_plugin_comes_from_the_image_built_now(tmp_path: Path) -> None:
    done, programs = made(tmp_path, f"/bin/cat {tmp_path}/plugin.tar")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["plugin.zip"]
    assert zipfile.is_zipfile(tmp_path / "out" / "plugin.zip")
    assert f"{tmp_path}/out/plugin.zip" in done.stdout.splitlines()[-1]
    built = [call for call in programs.calls("docker compose") if " build " in call]
    assert [call.split(" build ")[1] for call in built] == ["wordpress"]
    assert programs.calls("docker create") == ["docker create tubepulse/wordpress:1"]
    assert programs.calls("docker rm") == ["docker rm --volumes abc"]
    assert not any("bookworm" in call for call in programs.calls())  # nothing that it is not built on


def test_what_docker_refuses_is_one_line(tmp_path: Path) -> None:
    done, programs = made(tmp_path, "echo 'Error: no such folder' >&2; exit 1")
    assert (done.returncode, done.stderr) == (2, "docker cp failed: Error: no such folder\n")
    assert programs.calls("docker rm") == ["docker rm --volumes abc"]
    assert not (tmp_path / "out").exists()
