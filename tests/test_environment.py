"""One set of pins, whichever way the course is installed."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {normal(name): version for name, version in pairs}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(*without):
    groups = project()["optional-dependencies"].items()
    extras = [text for name, group in groups if name not in without for text in group]
    return [Requirement(text) for text in [*project()["dependencies"], *extras]]


def test_environment_yml_installs_the_project_by_the_pins_and_nothing_else():
    python, pip, lists = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert lists == {"pip": ["-c constraints.txt", "-e ."]}
    assert pip == "pip"
    allowed = SpecifierSet(python.removeprefix("python"))
    stated = SpecifierSet(project()["requires-python"])
    assert all(f"3.{minor}" in allowed and f"3.{minor}" in stated for minor in range(11, 15))
    assert "3.10" not in allowed
    assert "3.15" not in allowed


def test_every_requirement_is_pinned_to_a_version_that_satisfies_it():
    for requirement in requirements():
        assert requirement.specifier.contains(pins()[normal(requirement.name)]), requirement


def test_what_is_installed_is_what_is_pinned():
    known, wanted, seen = pins(), [r.name for r in requirements("benchmarks")], set()
    environment = default_environment() | {"extra": ""}
    while wanted:
        name = normal(wanted.pop())
        if name in seen:
            continue
        seen.add(name)
        distribution = importlib.metadata.distribution(name)
        assert distribution.version.split("+")[0] == known[name], name
        parts = map(Requirement, distribution.requires or [])
        wanted += [part.name for part in parts if part.marker is None or part.marker.evaluate(environment)]
    assert len(seen) > 100


def test_no_file_of_the_repository_is_larger_than_twelve_megabytes():
    folders = ("autograder", "benchmarks", "course", "docs", "lib", "solutions", "tests")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file()]
    assert [file for file in files if file.stat().st_size > 12_000_000] == []
