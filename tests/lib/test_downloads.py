"""Downloads, from a small server on this machine that behaves well, badly, or not at all."""

import hashlib
import http.server
import threading

import pytest

from lib.downloads import DownloadError, fetch

CONTENT = bytes(range(256)) * 4000
HASH = hashlib.sha256(CONTENT).hexdigest()[:8]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/unsized":
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 3] if self.path == "/cut" else CONTENT)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/good", "/unsized"])
def test_fetch_brings_the_file_whole(server, tmp_path, path):
    place = tmp_path / "new" / "file"
    assert fetch(server + path, place, hash_prefix=HASH, what="a file") == place
    assert place.read_bytes() == CONTENT
    assert list(place.parent.iterdir()) == [place]


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
def test_fetch_says_what_went_wrong_and_leaves_nothing_behind(server, tmp_path, path, wrong):
    url = "http://127.0.0.1:1/file" if path is None else server + path
    expected = "00000000" if path == "/good" else HASH
    with pytest.raises(DownloadError) as raised:
        fetch(url, tmp_path / "file", hash_prefix=expected, what="the digits")
    message = str(raised.value)
    assert message.startswith(f"the digits could not be downloaded from {url} (")
    assert wrong in message
    assert f"put the file at {tmp_path / 'file'} by hand" in message
    assert list(tmp_path.iterdir()) == []


def test_fetch_asks_nobody_when_the_file_is_there(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    place = fetch("http://127.0.0.1:1/file", tmp_path / "file", hash_prefix=HASH, what="a file")
    assert place.read_bytes() == CONTENT


def test_fetch_refuses_a_file_that_is_not_what_its_hash_says_and_leaves_it_alone(server, tmp_path):
    place = tmp_path / "file"
    place.write_bytes(CONTENT[:-1])
    with pytest.raises(DownloadError, match=rf"{place} .*is damaged: .* begin with {HASH} and is [0-9a-f]{{64}}"):
        fetch(server + "/good", place, hash_prefix=HASH, what="a file")
    assert place.read_bytes() == CONTENT[:-1]
