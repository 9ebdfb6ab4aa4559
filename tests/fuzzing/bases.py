"""Tiny experiments of each family, as words of a command line."""

AGENTS = (
    "+experiment=smoke",
    "arms=none",
    "network.populations.hidden.size=[6,6]",
    "tasks.stages=[task1,task2]",
    "tasks.unsupervised=0.1",
    "tasks.train=0.2",
    "tasks.test=0.1",
    "tasks.alternate=5",
    "sleep.length=5",
    "interventions=[]",
    "runtime.chunk_cycles=10",
)
IMAGES = (
    "+experiment=src_quick",
    "arms=none",
    "tasks/data=digits",
    "tasks.count=2",
    "tasks.samples=40",
    "network.hidden=[8]",
    "training.epochs=1",
    "sleep.threshold=[1,1]",
    "sleep.drive.patch=4",
    "sleep.length=20",
    "sleep.longer=5",
)
Line = tuple[str, ...]  # the words after `sleeprun`
QUIET = (
    "seeds=1",
    "tracking=disabled",
    "runtime.figures=false",
    "runtime.report=false",
    "runtime.progress=false",
)
BASES = ((*AGENTS, *QUIET), (*IMAGES, *QUIET, "~probes"))
