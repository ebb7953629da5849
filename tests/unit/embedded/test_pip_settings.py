from embedded import pip_settings

LISTING = """\
:env:.extra-index-url='https://env.example/simple'
global.cert='/etc/ca.pem'
global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'
global.index-url='https://global.example/simple'
install.index-url='https://user:pass@install.example/simple'
list.format='columns'
"""


def test_reads_what_pip_install_would_use() -> None:
    options = pip_settings.parse(LISTING)
    assert options["index-url"] == "https://user:pass@install.example/simple"
    assert options["extra-index-url"] == "https://env.example/simple"
    assert options["cert"] == "/etc/ca.pem"
    assert "format" not in options


def test_hands_indexes_and_certificates_over() -> None:
    given = pip_settings.for_uv(
        {"index-url": "https://i", "extra-index-url": "https://a\nhttps://b", "cert": "/c"}, {}
    )
    assert given == {
        "UV_DEFAULT_INDEX": "https://i",
        "UV_INDEX": "https://a https://b",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/c",
    }


def test_trusts_the_systems_certificates_as_pip_does() -> None:
    assert pip_settings.for_uv({}, {}) == {"UV_SYSTEM_CERTS": "true"}


def test_uvs_own_settings_stay() -> None:
    own = {"UV_INDEX_URL": "https://mine", "UV_INDEX": "https://more", "SSL_CERT_FILE": "/mine"}
    given = pip_settings.for_uv({"index-url": "https://i", "extra-index-url": "https://a", "cert": "/c"}, own)
    assert given == {"UV_INDEX_STRATEGY": "unsafe-best-match"}


def test_lists_are_written_as_uv_reads_them() -> None:
    given = pip_settings.for_uv({"find-links": "/w /x", "trusted-host": "a\nb", "default-timeout": "180"}, {})
    assert given["UV_FIND_LINKS"] == "/w,/x"
    assert given["UV_INSECURE_HOST"] == "a b"
    assert given["UV_HTTP_TIMEOUT"] == "180"
