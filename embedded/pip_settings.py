"""Hand the machine's pip configuration over to uv, which does not read it. Standard library only.

Only in the environment of the uv process: an index address may hold a password, and belongs in no file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

SECTIONS = ("global", "install", ":env:")  # the later wins, as in pip


def parse(listing: str) -> dict[str, str]:
    """Options by name from the output of `pip config list`, as `pip install` would see them."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        match = re.fullmatch(r"([^=]+)\.([^.=]+)=(.*)", line.strip())
        if match and match[1] in found:
            found[match[1]][match[2].replace("_", "-")] = _unquoted(match[3])
    merged: dict[str, str] = {}
    for section in SECTIONS:
        merged |= found[section]
    return merged


def for_uv(options: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Environment variables that make uv use the same indexes and certificates; what is set already stays."""
    more = " ".join(options.get("extra-index-url", "").split())
    proxy = options.get("proxy", "")
    given = {
        "UV_DEFAULT_INDEX": options.get("index-url", ""),
        "UV_INDEX": more,
        # pip takes a version from whichever index has it; the hashes say that it is the right one
        "UV_INDEX_STRATEGY": "unsafe-best-match" if more else "",
        "UV_FIND_LINKS": ",".join(options.get("find-links", "").split()),
        "UV_INSECURE_HOST": " ".join(options.get("trusted-host", "").split()),
        "UV_KEYRING_PROVIDER": "subprocess" if options.get("keyring-provider") == "subprocess" else "",
        "UV_HTTP_TIMEOUT": options.get("timeout") or options.get("default-timeout", ""),
        "SSL_CERT_FILE": options.get("cert", ""),
        "SSL_CLIENT_CERT": options.get("client-cert", ""),
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
        # pip trusts the certificates of the system, uv only its own unless told
        "UV_SYSTEM_CERTS": "" if options.get("cert") else "true",
    }
    older_names = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
    return {
        name: value
        for name, value in given.items()
        if value and name not in environ and older_names.get(name) not in environ
    }


def _unquoted(value: str) -> str:
    try:
        return str(ast.literal_eval(value))
    except (SyntaxError, ValueError):
        return value
