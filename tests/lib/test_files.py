"""Files are written whole or not at all."""

import hashlib
import os

import pytest

from lib.files import sha256, write_whole


def test_write_whole_replaces_the_old_content(tmp_path):
    path = tmp_path / "folder" / "file.txt"
    write_whole(path, "old")
    write_whole(path, "naïve\n")
    assert path.read_bytes() == "naïve\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


def test_write_whole_keeps_the_old_content_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    write_whole(path, "old")

    def full(_handle):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_sha256_agrees_with_hashlib(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(bytes(range(256)) * 1000)
    assert sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
