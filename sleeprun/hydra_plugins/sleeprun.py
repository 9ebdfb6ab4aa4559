"""What Hydra finds by itself wherever sleeprun is installed, by the names in `conf/hydra/`.

Hydra looks into the namespace package `hydra_plugins`, in which this folder is installed, and
takes only classes that are defined there.
"""

from sleeprun.sweeps import cluster, distributed, launcher, sweeper


class Batched(launcher.Batched):
    pass


class Submitit(cluster.Submitit):
    pass


class Ray(cluster.Ray):
    pass


class Distributed(distributed.Distributed):
    pass


class GridOrSearch(sweeper.GridOrSearch):
    pass
