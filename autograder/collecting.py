"""`nbgrader zip_collect` for archives as learning platforms hand them out; nbgrader_config.py puts these plugins in.

What is in class/downloaded/<lesson>/archive/ goes to …/extracted/, checked, and from there, by the regular expression
for names, to class/submitted/<student>/<lesson>/. Names in an archive are partly chosen by learners: a file counts as a
student's only by the part of its name that the platform put first.
"""

import os
import re
import shutil
from pathlib import Path

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from traitlets import Integer

from autograder.archives import MEBIBYTE, Bounds, Refused, shown, unpack

LOOSE = "loose"  # for what lies beside the archives, so that everything in extracted/ is one folder deep


class CheckedExtractor(ExtractorPlugin):  # type: ignore[misc]  # nbgrader carries no types
    """Unpacks what is as it should be, names in the log what was left out, and refuses bombs (autograder/archives.py).
    Archives within archives stay packed.
    """

    most_members = Integer(Bounds.members, help="How many files an archive may hold.").tag(config=True)
    largest = Integer(Bounds.each // MEBIBYTE, help="Megabytes that a file may take.").tag(config=True)
    most = Integer(Bounds.whole // MEBIBYTE, help="Megabytes that an archive may unpack to.").tag(config=True)

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack all archives in the folder `archive_path`, each into a folder of its name, and copy plain files."""
        bounds = Bounds(self.most_members, self.largest * MEBIBYTE, self.most * MEBIBYTE)
        source, target = Path(archive_path), Path(extracted_path)
        for path in sorted(source.rglob("*")):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                self.log.warning("Left out %s: it is no plain file", path)
            elif path.suffix in self.zip_ext:
                self._unpack(path, target / re.sub(r"(\.tar)?\.\w+$", "", path.name), bounds)
            elif path.is_file():
                self._copy(path, target / LOOSE / path.relative_to(source))

    def _unpack(self, archive: Path, into: Path, bounds: Bounds) -> None:
        self.log.info("Extracting from: %s", archive)
        try:
            for name, reason in unpack(archive, into, bounds):
                self.log.warning("Left out of %s: %s: %s", archive.name, name, reason)
        except Refused as reason:
            self.log.error("Refused %s: %s", archive.name, reason)

    def _copy(self, path: Path, target: Path) -> None:
        self.log.info("Copying from: %s", path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


class LatestOfEach(FileNameCollectorPlugin):  # type: ignore[misc]  # nbgrader carries no types
    """Collects by the names of files. Of several copies that a student handed in together, the last one counts.

    The regular expression may have a group `copy`: the number that a platform or a browser gives to a file of a name
    that was there already (`-1`, ` (1)`). Without it, nbgrader ends on the first student with two.
    """

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self._latest: dict[str, dict[tuple[str, str], str]] = {}

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """What the name of a file says; None where it says nothing, or another one takes its place."""
        found = super().collect(submitted_file)
        if found is None:
            return None
        folder, name = os.path.split(submitted_file)
        latest = self._latest.setdefault(folder, {}) or self._choose(folder)
        chosen = latest[(found["student_id"], found["file_id"])]
        if chosen != name:
            self.log.warning("Left out %s: %s beside it is a later copy", shown(submitted_file), shown(chosen))
            return None
        return found

    def _choose(self, folder: str) -> dict[tuple[str, str], str]:
        """The last copy of each, among the files of a folder."""
        latest = self._latest[folder]
        matches = (re.match(self.named_regexp, os.path.join(folder, name)) for name in os.listdir(folder))
        numbered = [(int(match.groupdict().get("copy") or 0), match) for match in matches if match]
        for _, match in sorted(numbered, key=lambda pair: (pair[0], pair[1].string)):
            latest[(match["student_id"], match["file_id"])] = os.path.basename(match.string)
        return latest
