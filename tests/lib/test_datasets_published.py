"""Published data sets in miniature: their real formats, served from this machine, with the hashes that they have here.

Every fake picture is one flat grey, 20 · label + a number of its own, so that a pixel tells which picture it is.
"""

import gzip
import hashlib
import importlib.machinery
import io
import re
import shutil
import struct
import sys
import tarfile
import threading
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision.datasets.eurosat
from PIL import Image
from scipy.io import savemat
from torchvision.datasets import MNIST, PCAM, SVHN, EuroSAT, Flowers102, OxfordIIITPet

from lib.datasets import load_task, published, reading
from lib.downloads import DownloadError
from tests.lib.serving import folder_handler, serving

SPLITS = ("train", "validation", "test")
asked = []  # the path of every request


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server's folder and its address."""
    folder = tmp_path_factory.mktemp("server")
    for write in FAKES.values():
        write(folder)
    with serving(folder_handler(folder, asked)) as url:
        yield folder, f"{url}/"


@pytest.fixture(autouse=True)
def _as_if_published(server, monkeypatch):
    """Torchvision's own tables, with this server's address and the fakes' hashes."""
    folder, url = server
    asked.clear()
    for variable in ("COURSE_MIRROR", "COURSE_DATA"):
        monkeypatch.delenv(variable, raising=False)

    def md5(name):
        return hashlib.md5((folder / name).read_bytes()).hexdigest()

    monkeypatch.setattr(MNIST, "mirrors", [url + "nowhere/", url])
    monkeypatch.setattr(MNIST, "resources", [(name, md5(name)) for name, _ in MNIST.resources])
    mats = {split: [url + name, name, md5(name)] for split, (_, name, _) in SVHN.split_list.items() if split != "extra"}
    monkeypatch.setattr(SVHN, "split_list", mats)
    monkeypatch.setattr(Flowers102, "_download_url_prefix", url)
    files = {key: (name, md5(name)) for key, (name, _) in Flowers102._file_dict.items()}
    monkeypatch.setattr(Flowers102, "_file_dict", files)
    names = [url_.rsplit("/", 1)[1] for url_, _ in OxfordIIITPet._RESOURCES]
    monkeypatch.setattr(OxfordIIITPet, "_RESOURCES", tuple((url + name, md5(name)) for name in names))
    monkeypatch.setattr(published, "_EUROSAT_URL", url + "EuroSAT.zip")
    monkeypatch.setattr(published, "_EUROSAT_MD5", md5("EuroSAT.zip"))
    monkeypatch.setattr(published, "_PCAM_URL", url)
    tables = {
        split: {key: (name, "", md5(f"{name}.gz")) for key, (name, _, _) in files.items()}
        for split, files in PCAM._FILES.items()
    }
    monkeypatch.setattr(PCAM, "_FILES", tables)
    monkeypatch.setitem(sys.modules, "h5py", fake_h5py())


# ---- the fakes ----------------------------------------------------------------------------------------------------


def greys(per_label: int, first: int, labels: int = 3) -> list[int]:
    return [20 * label + first + i for label in range(labels) for i in range(per_label)]


def jpeg(grey: int, width: int = 40, height: int = 30) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (grey, grey, grey)).save(file, "JPEG", quality=100)
    return file.getvalue()


def packed(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def write_mnist(folder: Path) -> None:
    for part, values in (("train", greys(6, 0)), ("t10k", greys(4, 10))):
        images = np.repeat(np.array(values, np.uint8), 28 * 28)
        labels = np.array(values, np.uint8) // 20
        head = struct.pack(">HBBIII", 0, 8, 3, len(values), 28, 28)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + images.tobytes()))
        head = struct.pack(">HBBI", 0, 8, 1, len(values))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(head + labels.tobytes()))


def write_svhn(folder: Path) -> None:
    for part, values in (("train", greys(6, 0)), ("test", greys(4, 10))):
        images = np.broadcast_to(np.array(values, np.uint8), (32, 32, 3, len(values)))
        labels = np.array(values, np.uint8).reshape(-1, 1) // 20
        savemat(folder / f"{part}_32x32.mat", {"X": images, "y": np.where(labels == 0, 10, labels)})  # its 0 is a 10


def write_flowers(folder: Path) -> None:
    values = greys(9, 0)
    pictures = {f"jpg/image_{i:05d}.jpg": jpeg(value) for i, value in enumerate(values, 1)}
    packed(folder / "102flowers.tgz", pictures)
    savemat(folder / "imagelabels.mat", {"labels": np.array(values) // 20 + 1})
    numbers = np.arange(1, len(values) + 1)
    parts = {"trnid": numbers % 3 == 0, "valid": numbers % 3 == 1, "tstid": numbers % 3 == 2}
    savemat(folder / "setid.mat", {name: numbers[chosen] for name, chosen in parts.items()})


def write_pets(folder: Path) -> None:
    pictures, lists = {}, {}
    for part, values in (("trainval", greys(6, 0)), ("test", greys(4, 10))):
        names = [f"{('Abyssinian', 'pug', 'great_pyrenees')[value // 20]}_{value}" for value in values]
        pictures |= {f"images/{name}.jpg": jpeg(value) for name, value in zip(names, values, strict=True)}
        lines = (f"{name} {value // 20 + 1} 1 1\n" for name, value in zip(names, values, strict=True))
        lists[f"annotations/{part}.txt"] = "".join(lines).encode()
    packed(folder / "images.tar.gz", pictures)
    packed(folder / "annotations.tar.gz", lists)


def write_eurosat(folder: Path) -> None:
    with zipfile.ZipFile(folder / "EuroSAT.zip", "w") as archive:
        for value in greys(10, 0):
            name = ("AnnualCrop", "Forest", "River")[value // 20]
            archive.writestr(f"2750/{name}/{name}_{value}.jpg", jpeg(value, 64, 64))


def write_pcam(folder: Path) -> None:
    for number, part in enumerate(("train", "valid", "test")):
        values = np.array(greys(4, 4 * number, labels=2), np.uint8)
        arrays = {
            "x": np.broadcast_to(values.reshape(-1, 1, 1, 1), (len(values), 96, 96, 3)),
            "y": (values // 20).reshape(-1, 1, 1, 1),
        }
        for key, array in arrays.items():
            file = io.BytesIO()
            np.savez(file, **{key: array})
            (folder / f"camelyonpatch_level_2_split_{part}_{key}.h5.gz").write_bytes(gzip.compress(file.getvalue()))


def fake_h5py():
    """What torchvision and lib use of h5py, on NumPy's own files."""
    one_at_a_time = threading.Lock()  # NumPy parses a header with `ast`, which Python 3.11 cannot do in two threads

    class File(dict):
        def __init__(self, path):
            with one_at_a_time, open(path, "rb") as file, np.load(file) as arrays:
                super().__init__(arrays)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.clear()

    module = types.ModuleType("h5py")
    module.__spec__ = importlib.machinery.ModuleSpec("h5py", None)
    module.File = File
    return module


FAKES = {
    "mnist": write_mnist,
    "svhn": write_svhn,
    "flowers102": write_flowers,
    "oxford-iiit-pet": write_pets,
    "eurosat": write_eurosat,
    "pcam": write_pcam,
}
# of each class in train, validation and test; the first class names; the side in pixels
EXPECTED = {
    "mnist": ((5, 1, 4), ("0", "1", "2"), 28),
    "svhn": ((5, 1, 4), ("0", "1", "2"), 32),
    "flowers102": ((3, 3, 3), ("pink primrose", "hard-leaved pocket orchid", "canterbury bells"), 128),
    "oxford-iiit-pet": ((5, 1, 4), ("Abyssinian", "Pug", "Great Pyrenees"), 128),
    "eurosat": ((7, 1, 2), ("AnnualCrop", "Forest", "River"), 64),
    "pcam": ((4, 4, 4), ("normal", "tumour"), 96),
}


# ---- the same Task from each --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAKES)
def test_load_task_downloads_checks_unpacks_and_reads(name, tmp_path, capsys):
    task = load_task(name, root=tmp_path, download=True)
    per_class, classes, size = EXPECTED[name]
    assert task.name == name
    assert task.classes[: len(classes)] == classes
    seen = []
    for split, count in zip((task.train, task.validation, task.test), per_class, strict=True):
        assert split.images.dtype == torch.uint8
        assert split.images.shape[1:] == (3, size, size)
        assert split.labels.bincount().tolist() == [count] * len(classes)
        assert torch.equal(split.images, split.images[:, :1, :1, :1].expand_as(split.images))  # flat, so nothing mixed
        assert torch.equal(split.images[:, 0, 0, 0] // 20, split.labels.byte())
        seen += split.images[:, 0, 0, 0].tolist()
    assert len(set(seen)) == len(seen)  # no image in two splits
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", FAKES)
def test_load_task_asks_nobody_once_the_files_are_there(name, tmp_path):
    first = load_task(name, root=tmp_path, download=True)
    asked.clear()
    again = load_task(name, root=tmp_path)
    assert asked == []
    for split in SPLITS:
        assert torch.equal(getattr(first, split).images, getattr(again, split).images)


@pytest.mark.parametrize("name", FAKES)
def test_load_task_without_files_says_what_is_missing_how_to_get_it_where_to_put_it_and_what_is_bundled(name, tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        load_task(name, root=tmp_path)
    message = str(raised.value)
    assert message.startswith(f"{name} is not on this machine: {tmp_path} lacks ")
    assert f'load_task("{name}", download=True) downloads what is missing' in message
    bundled = re.search(r'or take the bundled load_task\("(.*)"\)\.$', message)[1]
    assert load_task(bundled, limit=1).name == bundled
    for archive in published.PUBLISHED[name].archives():
        assert f"{archive.place} ({archive.urls[0]})" in message
    assert asked == []
    assert list(tmp_path.iterdir()) == []


def test_splits_that_the_data_set_has_stay_what_they_are_whatever_the_seed(tmp_path):
    one, two = (load_task("flowers102", root=tmp_path, seed=seed, download=True) for seed in (0, 1))
    for split in SPLITS:
        greys_of = (sorted(getattr(task, split).images[:, 0, 0, 0].tolist()) for task in (one, two))
        assert next(greys_of) == next(greys_of)


def test_splits_that_it_lacks_are_drawn_by_the_seed(tmp_path):
    tasks = [load_task("eurosat", root=tmp_path, seed=seed, download=True) for seed in (0, 0, 1)]
    first, again, other = (task.test.images[:, 0, 0, 0].tolist() for task in tasks)
    assert first == again
    assert sorted(first) != sorted(other)


@pytest.mark.parametrize("name", ["mnist", "pcam"])
def test_limit_reads_at_most_so_many_a_class_and_fewer_are_a_part_of_more(name, tmp_path):
    few, more = (load_task(name, root=tmp_path, limit=limit, download=True) for limit in (1, 3))
    for split, count in zip(SPLITS, (3, min(3, EXPECTED[name][0][1]), 3), strict=True):
        assert set(getattr(few, split).labels.bincount().tolist()) == {1}
        assert set(getattr(more, split).labels.bincount().tolist()) == {count}
        small, large = (set(getattr(task, split).images[:, 0, 0, 0].tolist()) for task in (few, more))
        assert small <= large


def test_size_scales_and_without_a_limit_too_much_is_refused(tmp_path, monkeypatch):
    assert load_task("svhn", root=tmp_path, size=48, download=True).test.images.shape == (12, 3, 48, 48)
    monkeypatch.setattr(reading, "_MEMORY", 30 * 3 * 47**2)
    assert load_task("svhn", root=tmp_path, size=47).test.images.shape == (12, 3, 47, 47)
    with pytest.raises(ValueError, match=r"limit: svhn has 30 images, 0\.0 GB at 48 × 48 pixels; expected a limit"):
        load_task("svhn", root=tmp_path, size=48)
    assert len(load_task("svhn", root=tmp_path, size=48, limit=1000).train) == 15


def test_pcam_says_what_it_is_read_with_before_anything_is_downloaded(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ModuleNotFoundError, match="pcam is read with h5py: install it with `pip install h5py`"):
        load_task("pcam", root=tmp_path, download=True)
    assert asked == []


def test_eurosat_is_what_torchvision_downloads(tmp_path, monkeypatch):
    monkeypatch.undo()
    calls = []
    monkeypatch.setattr(
        torchvision.datasets.eurosat,
        "download_and_extract_archive",
        lambda url, **options: calls.append((url, options)),
    )
    with pytest.raises(RuntimeError, match="not found"):
        EuroSAT(tmp_path, download=True)
    [archive] = published.PUBLISHED["eurosat"].archives()
    assert calls == [(*archive.urls, {"download_root": str(tmp_path / "eurosat"), "md5": archive.md5})]


# ---- where files come from ----------------------------------------------------------------------------------------


def test_mnist_comes_from_its_second_mirror_where_the_first_has_it_not(tmp_path):
    load_task("mnist", root=tmp_path, download=True)
    name = MNIST.resources[0][0]
    assert asked[:2] == [f"/nowhere/{name}", f"/{name}"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_course_mirror_is_asked_first_for_the_place_under_the_root(server, tmp_path, monkeypatch, slash):
    folder, url = server
    shutil.copytree(folder, folder / "mirror" / "svhn", ignore=shutil.ignore_patterns("mirror"), dirs_exist_ok=True)
    monkeypatch.setenv("COURSE_MIRROR", f"{url}mirror{slash}")
    load_task("svhn", root=tmp_path, download=True)
    assert asked == [f"/mirror/svhn/{part}_32x32.mat" for part in ("train", "test")]


def test_course_mirror_that_lacks_a_file_is_passed_over(server, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MIRROR", server[1] + "nowhere")
    assert len(load_task("svhn", root=tmp_path, download=True).test) == 12
    assert asked[:2] == ["/nowhere/svhn/train_32x32.mat", "/train_32x32.mat"]


def test_course_mirror_may_be_a_folder_and_is_no_other_word(server, tmp_path, monkeypatch):
    shutil.copytree(server[0], tmp_path / "shared" / "svhn", ignore=shutil.ignore_patterns("mirror"))
    monkeypatch.setenv("COURSE_MIRROR", (tmp_path / "shared").as_uri())
    assert len(load_task("svhn", root=tmp_path / "mine", download=True).test) == 12
    assert asked == []
    monkeypatch.setenv("COURSE_MIRROR", "example.org")
    with pytest.raises(ValueError, match=r"COURSE_MIRROR: expected an address such as .* got 'example.org'"):
        load_task("svhn", root=tmp_path / "other", download=True)


def test_course_data_is_the_root_where_none_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "shared"))
    load_task("svhn", download=True)
    assert (tmp_path / "shared" / "svhn" / "train_32x32.mat").exists()
    monkeypatch.delenv("COURSE_DATA")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / "hub" / "datasets"))):
        load_task("svhn")


@pytest.mark.parametrize("name", FAKES)
def test_files_put_there_by_hand_are_checked_and_unpacked_without_a_network(name, server, tmp_path):
    archives = published.PUBLISHED[name].archives()
    for archive in archives:
        (tmp_path / archive.place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(server[0] / Path(archive.place).name, tmp_path / archive.place)
    load_task(name, root=tmp_path)
    assert asked == []
    for archive in archives:
        assert (tmp_path / (archive.holds or archive.place)).exists()
        assert (tmp_path / archive.place).exists() is not bool(archive.holds)  # an archive goes once it is unpacked


@pytest.mark.parametrize("name", FAKES)
def test_damaged_files_are_named_and_nothing_of_them_is_unpacked(name, tmp_path):
    archive = published.PUBLISHED[name].archives()[0]
    (tmp_path / archive.place).parent.mkdir(parents=True)
    (tmp_path / archive.place).write_bytes(b"not what it should be")
    with pytest.raises(DownloadError) as raised:
        load_task(name, root=tmp_path, download=True)
    assert str(raised.value).startswith(f"{tmp_path / archive.place} ({Path(archive.place).name} of {name}) is damaged")
    assert str(raised.value).endswith("is bundled and needs no network.")
    assert [path.name for path in (tmp_path / archive.place).parent.iterdir()] == [Path(archive.place).name]


def test_downloads_with_another_hash_are_refused(server, tmp_path, monkeypatch):
    monkeypatch.setattr(published, "_EUROSAT_MD5", "0" * 32)
    with pytest.raises(
        DownloadError, match=r'EuroSAT.zip of eurosat could not .*begin with 0{32}.*load_task\("granites"\)'
    ):
        load_task("eurosat", root=tmp_path, download=True)
    assert list((tmp_path / "eurosat").iterdir()) == []


def test_unreachable_servers_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(published, "_EUROSAT_URL", "http://127.0.0.1:1/EuroSAT.zip")
    with pytest.raises(DownloadError, match=r"from http://127.0.0.1:1/EuroSAT.zip \(.*refused.*needs no network\.$"):
        load_task("eurosat", root=tmp_path, download=True)


def test_archives_are_unpacked_whole_or_not_at_all(server, tmp_path, monkeypatch):
    whole = (server[0] / "images.tar.gz").read_bytes()
    broken = whole[: len(whole) // 2]  # it ends within a picture, and its hash is "right"
    place = tmp_path / "oxford-iiit-pet" / "images.tar.gz"
    place.parent.mkdir()
    place.write_bytes(broken)
    (url, _), annotations = OxfordIIITPet._RESOURCES
    monkeypatch.setattr(OxfordIIITPet, "_RESOURCES", ((url, hashlib.md5(broken).hexdigest()), annotations))
    with pytest.raises(EOFError):
        load_task("oxford-iiit-pet", root=tmp_path, download=True)
    assert [path.name for path in place.parent.iterdir()] == ["images.tar.gz"]
