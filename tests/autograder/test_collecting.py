"""What a learning platform hands out, collected by nbgrader: honest archives whole, hostile ones without harm."""

import gzip
import io
import json
import os
import re
import stat
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from autograder.archives import MEBIBYTE, Bounds, Refused, unpack
from autograder.release import COURSE

LESSON = "03_feature_extraction_vs_fine_tuning"
ROOT = Path(__file__).parents[2]
RELEASED = COURSE / LESSON / f"{LESSON}.ipynb"
SMALL = Bounds(members=1000, each=MEBIBYTE, whole=1024 * MEBIBYTE)


def zipped(path: Path, members: list[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def of_mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def tarred(path: Path, members: list[tarfile.TarInfo | tuple[str, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                file.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                file.addfile(info, io.BytesIO(member[1]))
    return path


def of_type(name: str, kind: bytes, to: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unpacked(archive: Path, bounds: Bounds = SMALL) -> tuple[dict[str, bytes], dict[str, str]]:
    """What came of it, and what was left out. Nothing else in the folder around may change."""
    around = archive.parent
    before = files(around)
    left_out = dict(unpack(archive, around / "in", bounds))
    found = files(around / "in")
    assert files(around) == before | {f"in/{name}": content for name, content in found.items()}
    assert not [path for path in (around / "in").rglob("*") if path.is_symlink()]
    return found, left_out


# ---- members -------------------------------------------------------------------------------------------------------

LEAVING = {
    "traversal": ("../out.ipynb", "leads out of the folder"),
    "traversal in the middle": ("a/../../out.ipynb", "leads out of the folder"),
    "traversal by backslashes": ("..\\out.ipynb", "leads out of the folder"),
    "absolute": ("/tmp/out-of-the-archive.ipynb", "absolute"),
    "absolute by a drive": ("C:/out.ipynb", "absolute"),
    "absolute by a backslash": ("\\out.ipynb", "absolute"),
    "backslash": ("a\\b.ipynb", "backslash"),
    "terminal escape": ("\x1b[2Jx.ipynb", "not printed"),
    "line break": ("a\nb.ipynb", "not printed"),
    "too long": ("a" * 256 + ".ipynb", "its name is too long"),
    "too deep": ("a/" * 20 + "b.ipynb", "its name is too long"),
    "archive": ("more.zip", "archive in the archive"),
    "packed file": ("more.GZ", "archive in the archive"),
}


@pytest.mark.parametrize("name", LEAVING)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_unpack_leaves_out_a_name_that_is_not_as_it_should_be(name, kind, tmp_path):
    hostile, reason = LEAVING[name]
    members = [("before.ipynb", b"1"), (hostile, b"2"), ("after.ipynb", b"3")]
    archive = zipped(tmp_path / "a.zip", members) if kind == "zip" else tarred(tmp_path / "a.tar.gz", members)
    found, left_out = unpacked(archive)
    assert found == {"before.ipynb": b"1", "after.ipynb": b"3"}
    [(told, why)] = left_out.items()
    assert reason in why and told.isprintable()
    assert not Path("/tmp/out-of-the-archive.ipynb").exists()


NO_FILES = {
    "a link": (of_mode("x", stat.S_IFLNK | 0o777), of_type("x", tarfile.SYMTYPE, "/etc/passwd"), "a link"),
    "a hard link": (None, of_type("x", tarfile.LNKTYPE, "before.ipynb"), "a link"),
    "a pipe": (of_mode("x", stat.S_IFIFO), of_type("x", tarfile.FIFOTYPE), "neither a file"),
    "a device": (of_mode("x", stat.S_IFCHR), of_type("x", tarfile.CHRTYPE), "neither a file"),
    "a socket": (of_mode("x", stat.S_IFSOCK), None, "neither a file"),
    "a sparse file": (None, of_type("x", tarfile.GNUTYPE_SPARSE), "neither a file"),
}


@pytest.mark.parametrize("name", NO_FILES)
def test_unpack_leaves_out_what_is_no_plain_file(name, tmp_path):
    in_zip, in_tar, reason = NO_FILES[name]
    around = [("before.ipynb", b"1"), ("x/through.ipynb", b"2")]
    archives = [zipped(tmp_path / "a.zip", [around[0], (in_zip, b"/etc"), around[1]])] if in_zip else []
    archives += [tarred(tmp_path / "a.tar.gz", [around[0], in_tar, around[1]])] if in_tar else []
    for number, archive in enumerate(archives):
        folder = tmp_path / str(number)
        folder.mkdir()
        found, left_out = unpacked(archive.rename(folder / archive.name))
        assert found == {"before.ipynb": b"1", "x/through.ipynb": b"2"}
        assert list(left_out) == ["x"] and reason in left_out["x"]


def test_unpack_leaves_out_what_differs_only_by_case(tmp_path):
    names = ["A/one.ipynb", "a/ONE.ipynb", "a/two.ipynb", "straße.ipynb", "STRASSE.ipynb", "e\u0301", "\xe9"]
    found, left_out = unpacked(zipped(tmp_path / "a.zip", [(name, name.encode()) for name in names]))
    assert sorted(found.values()) == sorted(name.encode() for name in names if name not in left_out)
    assert list(left_out) == ["a/ONE.ipynb", "STRASSE.ipynb", "\xe9"]


def test_unpack_takes_a_folder_named_like_the_notebook_and_nothing_in_its_way(tmp_path):
    members = [("nb.ipynb/", b""), ("nb.ipynb/inner.ipynb", b"1"), ("NB.ipynb", b"2"), ("f", b"3"), ("f/g", b"4")]
    found, left_out = unpacked(zipped(tmp_path / "a.zip", members))
    assert found == {"nb.ipynb/inner.ipynb": b"1", "f": b"3"}
    assert list(left_out) == ["NB.ipynb", "f/g"] and left_out["f/g"] == "it lies in what is a file"


def test_unpack_keeps_names_that_are_not_utf_8(tmp_path):
    """As old platforms write them: read as code page 437, which every name of bytes is; a tar's are left out."""
    archive = zipped(tmp_path / "a.zip", [("M~ller_1_2_x.ipynb", b"1")])
    archive.write_bytes(archive.read_bytes().replace(b"M~ller", b"M\xfcller"))
    assert unpacked(archive) == ({"Mⁿller_1_2_x.ipynb": b"1"}, {})
    tar = tarfile.TarInfo("M\udcfcller")
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz", format=tarfile.GNU_FORMAT) as file:
        file.addfile(tar)
    assert list(dict(unpack(tmp_path / "b.tar.gz", tmp_path / "b", SMALL)).values()) == ["its name is not UTF-8"]


def test_unpack_leaves_out_a_damaged_member_and_one_that_is_locked(tmp_path):
    members = [("before", b"1" * 9), ("damaged", b"of some bytes"), ("locked", b"2"), ("after", b"3")]
    archive = zipped(tmp_path / "a.zip", members, zipfile.ZIP_STORED)
    content = archive.read_bytes().replace(b"of some bytes", b"of mere bytes")
    at = content.rindex(b"locked") - 46  # its entry in the directory
    archive.write_bytes(content[: at + 8] + b"\1" + content[at + 9 :])
    found, left_out = unpacked(archive)
    assert found == {"before": b"1" * 9, "after": b"3"}
    assert "CRC" in left_out["damaged"] and left_out["locked"] == "it is locked by a password"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unpack_leaves_out_what_would_unpack_without_bounds(method, tmp_path):
    found, left_out = unpacked(zipped(tmp_path / "a.zip", [("x", b"0")], method))
    assert not found and "packed in a way" in left_out["x"]


def test_unpack_leaves_out_a_file_larger_than_a_notebook_may_be(tmp_path):
    for archive in (
        zipped(tmp_path / "a.zip", [("large", bytes(MEBIBYTE + 1)), ("just", bytes(MEBIBYTE))]),
        tarred(tmp_path / "a.tar.gz", [("large", bytes(MEBIBYTE + 1)), ("just", bytes(MEBIBYTE))]),
    ):
        folder = tmp_path / archive.suffix
        folder.mkdir()
        found, left_out = unpacked(archive.rename(folder / archive.name))
        assert list(found) == ["just"] and left_out == {"large": "it is larger than 1 MB"}


# ---- whole archives ------------------------------------------------------------------------------------------------


def refused(archive: Path, bounds: Bounds = SMALL) -> str:
    with pytest.raises(Refused) as caught:
        unpack(archive, archive.parent / "in", bounds)
    assert not (archive.parent / "in").exists()
    return str(caught.value)


def test_unpack_refuses_a_bomb_of_many_files(tmp_path):
    archive = zipped(tmp_path / "a.zip", [("honest", b"1"), *((f"{i}", bytes(MEBIBYTE)) for i in range(17))])
    assert archive.stat().st_size < MEBIBYTE
    assert "would unpack to more than 16 MB" in refused(archive, Bounds(whole=16 * MEBIBYTE))


def test_unpack_refuses_a_bomb_of_one_file_that_names_its_size(tmp_path):
    archive = zipped(tmp_path / "a.zip", [("x", bytes(17 * MEBIBYTE))])
    assert "would unpack to more than 16 MB" in refused(archive, Bounds(whole=16 * MEBIBYTE))


def test_unpack_writes_no_more_than_a_file_says_of_itself(tmp_path):
    """A bomb that lies: one byte, says the directory; a hundred megabytes come."""
    archive = zipped(tmp_path / "a.zip", [("x", bytes(100 * MEBIBYTE)), ("after", b"1")])
    content, size = archive.read_bytes(), struct.pack("<I", 100 * MEBIBYTE)
    assert content.count(size) == 2
    archive.write_bytes(content.replace(size, struct.pack("<I", 1)))
    found, left_out = unpacked(archive)
    assert found == {"after": b"1"} and list(left_out) == ["x"]


def test_unpack_refuses_files_that_lie_in_one_another(tmp_path):
    """A thousand entries of the directory for one and the same megabyte: a small archive, a gigabyte of files."""
    whole = zipped(tmp_path / "whole.zip", [("0000", bytes(MEBIBYTE))]).read_bytes()
    start, end = whole.index(b"PK\1\2"), whole.index(b"PK\5\6")
    entries = [whole[start:end].replace(b"0000", b"%04d" % i) for i in range(999)]
    directory = b"".join(entries)
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), start, 0)
    (tmp_path / "a.zip").write_bytes(whole[:start] + directory + tail)
    assert "would unpack to more than" in refused(tmp_path / "a.zip", Bounds(each=2 * MEBIBYTE))


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_unpack_refuses_a_packed_tar_that_is_a_bomb(kind, tmp_path):
    """A file, or what should be the long name of one: it is read up to the bound and no further."""
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 32 * MEBIBYTE
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as file:
        file.write(info.tobuf() + bytes(info.size))
    assert "would unpack to more than 8 MB" in refused(tmp_path / "a.tar.gz", Bounds(1, MEBIBYTE, 8 * MEBIBYTE))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_unpack_refuses_thousands_of_files_too_many(kind, tmp_path):
    members = [(f"{i}.ipynb", b"") for i in range(1001)]
    archive = zipped(tmp_path / "a.zip", members) if kind == "zip" else tarred(tmp_path / "a.tar.gz", members)
    assert "more than 1,000 files" in refused(archive)
    assert len(unpacked(archive, Bounds())[0]) == 1001


@pytest.mark.parametrize(
    "content", [b"", b"PK\3\4", b"no archive at all", gzip.compress(b"no tar", mtime=0), b"\x1f\x8b\x08"]
)
def test_unpack_refuses_what_is_no_archive(content, tmp_path):
    (tmp_path / "a.zip").write_bytes(content)
    assert "cannot be read" in refused(tmp_path / "a.zip")


def test_unpack_refuses_a_directory_whose_names_are_not_what_they_say(tmp_path):
    archive = zipped(tmp_path / "a.zip", [("é", b"1")])
    archive.write_bytes(archive.read_bytes().replace("é".encode(), b"\xff\xfe"))
    assert "cannot be read" in refused(archive)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_unpack_of_a_damaged_archive_ends_in_a_sentence_or_in_files(kind, tmp_path):
    """Bytes changed anywhere: nothing else is raised than Refused, and nothing is written elsewhere."""
    members = [(f"folder/{i}.ipynb", bytes([i]) * 300) for i in range(3)]
    archive = zipped(tmp_path / "a.zip", members) if kind == "zip" else tarred(tmp_path / "a.tar.gz", members)
    whole = archive.read_bytes() if kind == "zip" else gzip.decompress(archive.read_bytes())
    for number, at in enumerate(range(0, len(whole), 7 if kind == "zip" else 31)):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        changed = whole[:at] + bytes([whole[at] ^ (1 << number % 8)]) + whole[at + 1 :]
        (folder / "a.zip").write_bytes(changed if kind == "zip" else gzip.compress(changed, 1))
        try:
            unpacked(folder / "a.zip")
        except Refused:
            assert not (folder / "in").exists()


# ---- by nbgrader ---------------------------------------------------------------------------------------------------


def notebook(answer: str) -> bytes:
    """The released notebook with an answer to trainable_fraction."""
    content = json.loads(RELEASED.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if cell["id"] == "trainable_fraction":
            cell["source"] = answer
    return json.dumps(content).encode()


RIGHT = """def trainable_fraction(model):
    total = sum(p.numel() for p in model.parameters())
    return sum(p.numel() for p in model.parameters() if p.requires_grad) / total if total else 0.0"""
WRONG = "def trainable_fraction(model):\n    return 0.5"


@pytest.fixture
def course(tmp_path):
    """A folder with a copy of nbgrader_config.py, as it says that it may be used, and the released notebooks."""
    (tmp_path / "nbgrader_config.py").write_bytes((ROOT / "nbgrader_config.py").read_bytes())
    (tmp_path / "course").symlink_to(COURSE)
    (tmp_path / "class" / "downloaded" / LESSON / "archive").mkdir(parents=True)
    return tmp_path


def collected(course: Path, *more: str) -> str:
    """Run `nbgrader zip_collect`; what it said."""
    scripts = Path(sys.executable).parent
    variables = os.environ | {"HOME": str(course), "PYTHONPATH": str(ROOT)}
    command = [str(scripts / "nbgrader"), "zip_collect", LESSON, *more]
    done = subprocess.run(command, cwd=course, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def handed_in(course: Path) -> dict[str, bytes]:
    return files(course / "class" / "submitted")


@pytest.mark.slow
def test_what_canvas_and_moodle_hand_out_is_collected_and_graded(course):
    archive = course / "class" / "downloaded" / LESSON / "archive"
    in_canvas = [
        (f"doejane_11_901_{LESSON}.ipynb", notebook(RIGHT)),
        (f"roejohn_LATE_12_902_{LESSON}-1.ipynb", notebook(RIGHT)),
        (f"roejohn_LATE_12_903_{LESSON}.ipynb", notebook(WRONG)),
        ("roejohn_LATE_12_904_data.csv", b"1,2"),
    ]
    in_moodle = [
        (f"Ada Lovelace_21_assignsubmission_file_/{LESSON}.ipynb", notebook(WRONG)),
        (f"Ada Lovelace_21_assignsubmission_file_/{LESSON} (2).ipynb", notebook(RIGHT)),
        (f"Jürgen Müller-Lüdenscheidt_22_assignsubmission_file_{LESSON}.ipynb", notebook(WRONG)),
    ]
    zipped(archive / "submissions.zip", in_canvas)
    zipped(archive / f"COURSE-{LESSON}-4711.zip", in_moodle)
    said = collected(course)
    assert handed_in(course) == {
        f"{student}/{LESSON}/{LESSON}.ipynb": content
        for student, content in zip(
            ("11", "12", "21", "22"), (in_canvas[0][1], in_canvas[1][1], in_moodle[1][1], in_moodle[2][1]), strict=True
        )
    }
    assert said.count("later copy") == 2 and "Invalid submission" not in said and "No release" not in said
    command = [sys.executable, "-m", "autograder", "grade", "class/submitted", "--out", "class", "--workers", "1"]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=course, env=variables, capture_output=True, check=True)
    rows = (course / "class" / "grades.csv").read_text().splitlines()[1:]
    assert [row.split(",")[:3] for row in rows] == [
        [student, LESSON, points] for student, points in (("11", "3"), ("12", "3"), ("21", "3"), ("22", "0"))
    ]
    for_canvas = (course / "class" / "canvas" / f"{LESSON}.csv").read_text().splitlines()
    assert for_canvas[2:4] == [",11,,,,3.0", ",12,,,,3.0"]  # in Canvas' column ID


@pytest.mark.slow
def test_hostile_archives_cost_their_senders_alone(course):
    """Each on top of an honest one: nobody's work is lost, nobody hands in for another, nothing lies elsewhere."""
    archive, name = course / "class" / "downloaded" / LESSON / "archive", f"{LESSON}.ipynb"
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr(f"honest_11_901_{name}", b"forged")
    moodle = "Eve_66_assignsubmission_file_/"
    zipped(
        archive / "submissions.zip",
        [
            (f"honest_11_901_{name}", b"honest"),
            (f"eve_66_906_x_11_901_{name}", b"forged"),
            ("eve_66_907_more.zip", inner.getvalue()),
            (f"../{LESSON}/extracted/submissions/honest_11_901_{name}", b"forged"),
            (f"{moodle}downloaded/{LESSON}/extracted/y/honest_11_assignsubmission_file_/{name}", b"forged"),
            (f"{moodle}honest_11_assignsubmission_file_/{name}", b"forged"),
            (f"{moodle}{name}/", b""),
            (of_mode(f"linked_67_908_{name}", stat.S_IFLNK | 0o777), b"/etc/passwd"),
            (f"{moodle}../../../../../submitted/11/{LESSON}/{name}", b"forged"),
            (f"HONEST_11_901_{name}", b"forged"),
        ],
    )
    zipped(archive / "bomb.zip", [(f"eve_66_{i}_{name}", bytes(2 * MEBIBYTE)) for i in range(129)])
    (archive / f"torn_13_903_{name}").write_bytes(b"alone")
    (archive / f"linked_14_904_{name}").symlink_to("/etc/passwd")
    said = collected(course)
    kept = handed_in(course)
    assert kept == {
        f"11/{LESSON}/{name}": b"honest",
        f"13/{LESSON}/{name}": b"alone",
        f"66/{LESSON}/x_11_901_{name}": b"forged",
    }
    assert "Refused bomb.zip: it is" in said and "as a bomb does" in said
    for reason in ("archive in the archive", "leads out", "a link", "another of this name", "no plain file"):
        assert reason in said
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", re.sub(r"\x1b\[[0-9;]*m", "", said))


@pytest.mark.slow
def test_zip_collect_once_more_replaces_only_when_told(course):
    archive = course / "class" / "downloaded" / LESSON / "archive"
    zipped(archive / "submissions.zip", [(f"a_11_901_{LESSON}.ipynb", b"first")])
    collected(course)
    zipped(archive / "submissions.zip", [(f"a_11_902_{LESSON}.ipynb", b"second")])
    with pytest.raises(AssertionError, match="not empty"):
        collected(course)
    assert list(handed_in(course).values()) == [b"first"]
    collected(course, "--force")
    assert list(handed_in(course).values()) == [b"second"]
