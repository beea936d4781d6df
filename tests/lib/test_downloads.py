"""Downloads, from a small server on this machine that behaves well, badly, or not at all."""

import hashlib
import http.server
import re

import pytest

from lib.downloads import DownloadError, addresses, check_hash, fetch
from tests.lib.serving import serving

CONTENT = bytes(range(256)) * 4000
HASH = hashlib.sha256(CONTENT).hexdigest()[:8]
NOWHERE = "http://127.0.0.1:1/file"
asked = []  # (path, Range header) of every request since the test began


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = self.headers.get("Range")
        asked.append((self.path, wanted))
        if self.path == "/missing":
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and "ranged" in self.path else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if self.path != "/unsized":
            self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start:][: self.share()])

    def share(self):
        """How many bytes are sent before the connection breaks."""
        first = all(path != self.path for path, _ in asked[:-1])
        return {
            "/cut": len(CONTENT) // 3,
            "/ranged-cut": 400_000,
            "/ranged-once": 341_333 if first else 0,
            "/ranged-crumbs": 1000,
        }.get(self.path, len(CONTENT))

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with serving(Handler) as url:
        yield url


@pytest.fixture(autouse=True)
def _nothing_asked_yet():
    asked.clear()


# ---- whole or not at all ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/good", "/unsized"])
def test_fetch_brings_the_file_whole(server, tmp_path, path):
    place = tmp_path / "new" / "file"
    assert fetch(server + path, place, hash_prefix=HASH, what="a file") == place
    assert place.read_bytes() == CONTENT
    assert list(place.parent.iterdir()) == [place]


def test_fetch_holds_to_md5_where_that_is_asked_for(server, tmp_path):
    whole = hashlib.md5(CONTENT).hexdigest()
    assert fetch(server + "/good", tmp_path / "file", hash_prefix=whole, algorithm="md5", what="a file").exists()
    (tmp_path / "file").write_bytes(CONTENT[1:])
    with pytest.raises(DownloadError, match=f"is damaged: its MD5 should begin with {whole} and is [0-9a-f]{{32}}"):
        fetch(server + "/good", tmp_path / "file", hash_prefix=whole, algorithm="md5", what="a file")


def test_fetch_prints_progress_and_writes_no_warning(server, tmp_path, capsys):
    fetch(server + "/good", tmp_path / "file", hash_prefix=HASH, what="a file")
    printed = capsys.readouterr()
    assert printed.out.startswith("Downloading a file, 1.0 MB: ")
    assert printed.out.endswith(" 100 %\n")
    assert printed.err == ""


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/good", "SHA-256 should begin with 00000000"),
        ("/cut", "cut off after 341,333 of 1,024,000 bytes"),
        ("/missing", "HTTP Error 404"),
        (None, "refused"),
    ],
)
def test_fetch_says_what_went_wrong_and_leaves_no_file(server, tmp_path, path, wrong):
    url = NOWHERE if path is None else server + path
    expected = "00000000" if path == "/good" else HASH
    with pytest.raises(DownloadError) as raised:
        fetch(url, tmp_path / "file", hash_prefix=expected, what="the digits")
    message = str(raised.value)
    assert message.startswith(f"the digits could not be downloaded from {url} (")
    assert wrong in message
    assert f"put the file at {tmp_path / 'file'} by hand" in message
    assert len(asked) == {None: 0, "/cut": 2}.get(path, 1)  # once more only where something came
    left = {"/cut": {"file.part": 341_333}}.get(path, {})
    assert {place.name: place.stat().st_size for place in tmp_path.iterdir()} == left


def test_fetch_asks_nobody_when_the_file_is_there(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    place = fetch(NOWHERE, tmp_path / "file", hash_prefix=HASH, what="a file")
    assert place.read_bytes() == CONTENT


def test_fetch_refuses_a_file_that_is_not_what_its_hash_says_and_leaves_it_alone(server, tmp_path):
    place = tmp_path / "file"
    place.write_bytes(CONTENT[:-1])
    said = rf"{re.escape(str(place))} \(a file\) is damaged: .* begin with {HASH} and is [0-9a-f]{{64}}"
    with pytest.raises(DownloadError, match=said):
        fetch(server + "/good", place, hash_prefix=HASH, what="a file")
    assert place.read_bytes() == CONTENT[:-1]
    assert asked == []


# ---- resumed ------------------------------------------------------------------------------------------------------


def test_fetch_takes_a_broken_connection_up_where_it_broke(server, tmp_path, capsys):
    fetch(server + "/ranged-cut", tmp_path / "file", hash_prefix=HASH, what="a file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [wanted for _, wanted in asked] == [None, "bytes=400000-", "bytes=800000-"]
    assert "1.0 MB: 70 % 100 %\n" in capsys.readouterr().out


def test_fetch_goes_on_in_the_next_call_and_from_another_server(server, tmp_path):
    with pytest.raises(DownloadError, match="cut off after 341,333 of 1,024,000 bytes"):
        fetch(server + "/ranged-once", tmp_path / "file", hash_prefix=HASH, what="a file")
    fetch(server + "/ranged", tmp_path / "file", hash_prefix=HASH, what="a file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert asked[-1] == ("/ranged", "bytes=341333-")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_fetch_gives_up_after_five_connections_and_keeps_what_came(server, tmp_path):
    with pytest.raises(DownloadError, match="cut off after 5,000 of 1,024,000 bytes"):
        fetch(server + "/ranged-crumbs", tmp_path / "file", hash_prefix=HASH, what="a file")
    assert len(asked) == 5
    assert (tmp_path / "file.part").read_bytes() == CONTENT[:5000]


@pytest.mark.parametrize("path", ["/good", "/ranged"])
@pytest.mark.parametrize(
    "part",
    [CONTENT[:1000], CONTENT, b"of another file", CONTENT + b"and more"],
    ids=["a piece", "all of it", "a wrong piece", "too much"],
)
def test_fetch_ends_with_the_right_file_whatever_lay_there(server, tmp_path, path, part):
    (tmp_path / "file.part").write_bytes(part)
    fetch(server + path, tmp_path / "file", hash_prefix=HASH, what="a file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


# ---- mirrored -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["/missing", None, "/cut"])
def test_fetch_asks_the_next_address_where_one_fails(server, tmp_path, first):
    urls = [NOWHERE if first is None else server + first, server + "/good", server + "/never"]
    fetch(urls, tmp_path / "file", hash_prefix=HASH, what="a file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert asked[-1][0] == "/good"


def test_fetch_names_every_address_that_failed(server, tmp_path):
    with pytest.raises(DownloadError) as raised:
        fetch([NOWHERE, server + "/missing"], tmp_path / "file", hash_prefix=HASH, what="a file")
    assert re.search(rf"from {NOWHERE} \(.*refused.*\), nor from {server}/missing \(HTTP Error 404", str(raised.value))


def test_fetch_begins_anew_at_the_next_address_after_a_wrong_hash(server, tmp_path):
    with pytest.raises(DownloadError, match=r"begin with 00 .*, nor from .* begin with 00 "):
        fetch([server + "/ranged", server + "/ranged"], tmp_path / "file", hash_prefix="00", what="a file")
    assert asked == [("/ranged", None), ("/ranged", None)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mirror", ["https://example.org/copy", "http://example.org/copy/", "file:///copy"])
def test_addresses_begin_with_the_mirror_that_is_named(monkeypatch, mirror):
    monkeypatch.setenv("COURSE_MIRROR", mirror)
    assert addresses("svhn/a.mat", ["http://first/a", "http://second/a"]) == [
        f"{mirror.removesuffix('/')}/svhn/a.mat",
        "http://first/a",
        "http://second/a",
    ]
    monkeypatch.setenv("COURSE_MIRROR", "")
    assert addresses("svhn/a.mat", "http://first/a") == ["http://first/a"]


def test_addresses_refuse_a_mirror_that_is_no_address(monkeypatch):
    monkeypatch.setenv("COURSE_MIRROR", "example.org")
    with pytest.raises(ValueError, match=r"COURSE_MIRROR: expected an address such as .* got 'example.org'"):
        addresses("svhn/a.mat", "http://first/a")


# ---- arguments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": []}, "url: expected at least one address, got none"),
        ({"hash_prefix": ""}, "hash_prefix: expected at least one hexadecimal digit, got an empty string"),
        ({"algorithm": "sha1"}, "algorithm: expected 'sha256' or 'md5', got 'sha1'"),
    ],
)
def test_fetch_refuses_what_it_cannot_hold_a_file_to(tmp_path, wrong, said):
    arguments = {"url": NOWHERE, "hash_prefix": HASH, "algorithm": "sha256"} | wrong
    with pytest.raises(ValueError, match=said):
        fetch(arguments.pop("url"), tmp_path / "file", what="a file", **arguments)


def test_check_hash_is_silent_where_it_agrees(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    check_hash(tmp_path / "file", hashlib.md5(CONTENT).hexdigest(), "md5")
    with pytest.raises(OSError, match="its SHA-256 should begin with 0000 and is"):
        check_hash(tmp_path / "file", "0000")
