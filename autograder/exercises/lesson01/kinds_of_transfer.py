"""Exercise: which kind of transfer is it?"""

from autograder.questions import Question, concept_questions


def kinds_of_transfer() -> dict[str, str]:
    """Return a dictionary from each case's letter to one of the words offered.

    Cases a to e: "inductive", "domain adaptation", "unsupervised" or "multi-task", by the table above.

    a: A network that knows 1,000 kinds of everyday objects is to find fractures in X-ray images. Radiologists have
       labelled 800 of these.
    b: A network learnt to mark road, cars and people in scenes that a computer game has drawn and labelled. It is to
       mark them in films from real streets, of which not a single one is labelled.
    c: One network looks at a face and states age and mood. There are labels for both, and both are learnt at once.
    d: The features of a network that knows 1,000 printed characters are to sort ten thousand photographed inscriptions
       into groups. Nobody has labelled any, and nobody knows yet which groups there are.
    e: This course: 1,000 printed characters, no digit among them, drawn by a program; then ten handwritten digits on
       photographs, ten labelled images of each.

    f: Cells of the same eight kinds, from a laboratory with other stains and another lamp. What is different from the
       source: "domain", "task", "both" or "neither"?
    """
    return {
        "a": "inductive",
        "b": "domain adaptation",
        "c": "multi-task",
        "d": "unsupervised",
        "e": "inductive",
        "f": "domain",
    }


EXERCISE = concept_questions(
    "01_what_is_transfer_learning",
    kinds_of_transfer,
    (
        Question(
            "a",
            "From objects to fractures",
            {
                "domain adaptation": "The images come from elsewhere, yes. But is the question that is asked of them "
                "still the same one?",
                "unsupervised": "Somebody has labelled images of the target.",
                "multi-task": "The objects are of no interest any more once the fractures are learnt.",
            },
        ),
        Question(
            "b",
            "From drawn scenes to real streets",
            {
                "inductive": "Has the task changed? What is to be marked before, and what after?",
                "unsupervised": "There are no labels for the target, but there are labels for the very same task in "
                "the source.",
                "multi-task": "Road, cars and people are classes of one task.",
            },
        ),
        Question(
            "c",
            "Age and mood",
            {
                "inductive": "Neither of the two comes first and then serves the other: look at when they are learnt.",
                "domain adaptation": "The same faces, two questions.",
                "unsupervised": "There are labels, and for both.",
            },
        ),
        Question(
            "d",
            "Inscriptions into groups",
            {
                "inductive": "What would you train a new head with?",
                "domain adaptation": "The same task would be to name the thousand characters. Here nobody has said "
                "what there is to be named.",
                "multi-task": "How many tasks are being learnt here, and with which labels?",
            },
        ),
        Question(
            "e",
            "This course",
            {
                "domain adaptation": "The images are of another kind, but so are the classes: which character of the "
                "source is a 7?",
                "unsupervised": "A hundred images of the target are labelled.",
                "multi-task": "The characters are learnt first, and nobody asks about them afterwards.",
            },
        ),
        Question(
            "f",
            "The other laboratory",
            {
                "task": "The classes are the same eight kinds. What do stain and lamp change?",
                "both": "One of the two has stayed as it was: the classes are the same eight kinds.",
                "neither": "The same cell gives other numbers under another lamp.",
            },
        ),
    ),
    difficulty=1,
    minutes=6,
    hints=(
        "Go through the table's questions in this order: are several tasks learnt at once? Is the task the same? Are "
        "there labels for the target?",
        "A task is a set of classes and how to tell them apart. If the classes are others, the task is another, "
        "however alike the images are.",
    ),
)
