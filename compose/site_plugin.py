"""make site-plugin: the website's plugin as a zip, for a WordPress elsewhere.

    python -m compose.site_plugin [--env-file .env] [--output build/tubepulse-results.zip]

It is the image's plugin, with what the build adds to it; the same files give the same bytes. Standard library
only.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from compose import engine, env_file, images
from embedded import advice
from embedded.errors import Unusable

OUTPUT = Path("build/tubepulse-results.zip")
SERVICE = "wordpress"
PLUGIN = "/var/www/html/wp-content/mu-plugins/tubepulse-results"
NO_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can name


def main() -> int:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="python -m compose.site_plugin", description=(__doc__ or "").split("\n")[0]
    )
    cli.add_argument("--env-file", type=Path, default=Path(".env"))
    cli.add_argument("--output", type=Path, default=OUTPUT)
    args = cli.parse_args()
    return advice.exit_code(lambda: build(args.env_file, args.output))


def build(file: Path, output: Path) -> int:
    """Build the image, take the plugin out of it, pack it; says where it is and what to do with it."""
    values = env_file.ensure(file)
    docker = engine.find().docker
    environ = images.environment(docker, values, [images.TRIXIE]) | {"COMPOSE_PROFILES": "local"}
    compose = [docker, "compose", "--env-file", str(file)]
    service = {SERVICE: images.configured(compose, environ)[SERVICE]}
    images.run_jobs(images.builds(compose, service, environ))
    packed = pack(taken_out(docker, str(service[SERVICE]["image"])))
    output.parent.mkdir(parents=True, exist_ok=True)
    new = output.with_name(f"{output.name}.{os.getpid()}")
    new.write_bytes(packed)
    new.rename(output)
    print(f"{output}, {len(packed) / 1000:.0f} kB: wp-admin, Plugins, Add, Upload; then Settings, Tubepulse")
    return 0


def taken_out(docker: str, image: str) -> bytes:
    """The image's plugin folder, as a tar archive; raises Unusable."""
    container = asked(docker, "create", image).decode().strip()
    try:
        return asked(docker, "cp", f"{container}:{PLUGIN}", "-")
    finally:
        asked(docker, "rm", "--volumes", container)


def asked(docker: str, *arguments: str) -> bytes:
    """What docker answers; raises Unusable with its complaint."""
    done = subprocess.run([docker, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise Unusable(
            f"docker {arguments[0]} failed: {images.last_line(done.stderr.decode(errors='replace'))}"
        )
    return done.stdout


def pack(archive: bytes) -> bytes:
    """A tar archive's files as a zip that depends on their names and content only; raises Unusable."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar, zipfile.ZipFile(packed, "w") as target:
        files = sorted((member for member in tar if member.isfile()), key=lambda member: member.name)
        for member in files:
            content = tar.extractfile(member)
            assert content is not None  # noqa: S101 - it is a file
            entry = zipfile.ZipInfo(member.name, NO_DATE)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # Unix, whatever packs it
            target.writestr(entry, content.read(), zipfile.ZIP_DEFLATED, compresslevel=9)
    if not files:
        raise Unusable(f"the image has no plugin in {PLUGIN}: make site-plugin again, from a whole checkout")
    return packed.getvalue()


if __name__ == "__main__":
    sys.exit(main())
