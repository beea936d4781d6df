"""The glossary is made of what the lessons say, of all of it, and of nothing else."""

import re

import pytest

from autograder import glossary
from autograder.release import COURSE, lessons


def lesson(folder, name, *paragraphs):
    text = "".join(f"# %% [markdown]\n# {paragraph}\n\n" for paragraph in paragraphs)
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


def test_page_lists_the_terms_of_all_lessons_by_the_alphabet_and_says_where(tmp_path):
    texts = [
        lesson(tmp_path, "01_one", "Hello.", "**Words.** *Rate*, or *step*: how far. It varies. *backbone*: the rest."),
        lesson(tmp_path, "12_two", "**Words.** *Head*: the top."),
    ]
    assert glossary.page(texts).decode().splitlines()[4:] == [
        "- **backbone**: the rest. ([lesson 1](01_one/01_one.ipynb))",
        "- **Head**: the top. ([lesson 12](12_two/12_two.ipynb))",
        "- **Rate, or step**: how far. It varies. ([lesson 1](01_one/01_one.ipynb))",
    ]


def test_a_term_of_two_lessons_has_both_meanings(tmp_path):
    texts = [lesson(tmp_path, f"0{n}_{n}", f"**Words.** *Head*: meaning {n}.") for n in (1, 2)]
    [line] = glossary.page(texts).decode().splitlines()[4:]
    assert line == "- **Head**: meaning 1. ([lesson 1](01_1/01_1.ipynb)) meaning 2. ([lesson 2](02_2/02_2.ipynb))"


@pytest.mark.parametrize("paragraphs", [("No words.",), ("**Words.** *A*: b.", "**Words.** *C*: d.")])
def test_a_lesson_has_one_paragraph_of_words(tmp_path, paragraphs):
    with pytest.raises(ValueError, match=r"03_three.py: expected one paragraph that begins with \*\*Words"):
        glossary.page([lesson(tmp_path, "03_three", *paragraphs)])


@pytest.mark.parametrize("words", ["", "no term", "First this. *Head*: the top."], ids=["none", "no term", "before"])
def test_what_is_no_entry_is_an_error_that_names_the_lesson(words):
    with pytest.raises(ValueError, match="03_three: expected its words as"):
        glossary.entries("03_three", f"**Words.** {words}")


def test_every_term_of_the_course_is_brought_in_by_one_lesson_which_uses_it():
    found = [entry for text in lessons() for entry in glossary.entries(text.stem, glossary.words_of(text))]
    terms = [entry.term.lower() for entry in found]
    assert {term for term in terms if terms.count(term) > 1} == set()
    for entry in found:
        text = next(text for text in lessons() if text.stem == entry.lesson).read_text(encoding="utf-8").lower()
        first = re.match(r"\w+", entry.term.lower()).group()
        assert text.count(first) > 1, f"{entry.lesson} names {entry.term!r} among its words alone"


def test_the_released_glossary_links_to_lessons_that_are_there():
    page = (COURSE / glossary.PAGE).read_text(encoding="utf-8")
    links = set(re.findall(r"\]\(([^)]+)\)", page))
    assert links
    assert {link for link in links if not (COURSE / link).is_file()} == set()
