"""Where learners' code runs: another process than the verdict's, with the reference withheld, which answers in data.

    worker.py     the trusted side: starts a zygote, hands it one job at a time, and believes nothing that comes back
    place.py      the folder that a zygote lives in, its start and its end
    zygote.py     imports torch once, then forks a child for each job and kills it when its time is up
    child.py      runs a learner's cells, then the exercise's probe on each case
    cells.py      takes cells apart: magics, and the statements that an answer builds on
    wire.py       what passes between them: JSON and raw tensor bytes, bounded and checked
    library.py    the copy of `lib` that they see, in which what a lesson asks for is not written
    no_check.py   their `check`, `progress` and `reveal`, which do nothing
    prison.py     the walls around all of it: bubblewrap's namespaces, nothing of the machine but Python
    seccomp.py    system calls that nobody needs are refused
    landlock.py   a second wall: nothing can be written but in the folders of the job
    confinement.py  what it does to itself behind the walls: rights given up, limits, sweeping after each job
    pages.py      the zygote's memory in large pages, so that a fork of it takes half the time
    isolation.py  tries the walls at each start, by the ways of attacks.py, and says how far they hold

Learners' code comes from strangers, and some of it is out to get points, or worse.
"""
