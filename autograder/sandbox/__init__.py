"""Where learners' code runs: another process than the verdict's, with the reference withheld, which answers in data.

    worker.py     the trusted side: starts a zygote, hands it one job at a time, and believes nothing that comes back
    zygote.py     imports torch once, then forks a child for each job and kills it when its time is up
    child.py      runs a learner's cells, then the exercise's probe on each case
    cells.py      takes cells apart: magics, and the statements that an answer builds on
    wire.py       what passes between them: JSON and raw tensor bytes, bounded and checked
    library.py    the copy of `lib` that they see, in which what a lesson asks for is not written
    no_check.py   their `check`, which does nothing

What this is not yet: a prison. Code here cannot import what it should not know and cannot stop the grader; against code
that reads the disk, the network or other processes there is no wall. Grade people whom you trust not to try.
"""
