"""Values that are fine alone and impossible together."""

from collections.abc import Iterator

from sleeprun.config.images import DataConfig, FeatureData, ImagesConfig, SequenceConfig, SeriesData
from sleeprun.config.messages import nearest
from sleeprun.config.network import FixedFanIn, MirrorWeights, NetworkConfig
from sleeprun.config.schema import Config, WorldConfig, stage_names

MEASURES = (
    "accuracy",
    "learning_accuracy",
    "backward_transfer",
    "forward_transfer",
    "forgetting",
    "intransigence",
    "sleep_gain_old",
    "sleep_gain_new",
)


def contradictions(config: Config | ImagesConfig) -> Iterator[str]:
    """One line for each."""
    if isinstance(config, ImagesConfig):
        yield from _image_contradictions(config)
    else:
        yield from _foraging_contradictions(config)


def _image_contradictions(config: ImagesConfig) -> Iterator[str]:
    layers = len(config.network.hidden) + 1
    data = config.data
    sets = list(data.sets.values()) if isinstance(data, SeriesData) else [data]
    flat = any(isinstance(one, FeatureData) for one in sets)
    sleeps = {"": config.sleep, **{f"arms.{name}.": arm.sleep for name, arm in config.arms.items()}}
    for where, sleep in sleeps.items():
        if sleep.schedule != "never" and len(sleep.threshold) != layers:
            given = len(sleep.threshold)
            yield (
                f"{where}sleep.threshold: {given} thresholds; must be {layers}, "
                "one for each hidden layer and one for the output"
            )
        if sleep.schedule != "never" and sleep.patch is not None and flat:
            told = "features have no rows and columns; must be null"
            yield f"{where}sleep.patch={sleep.patch}: {told}"
    if config.network.loss == "cross_entropy" and config.network.relu_output:
        yield "network.relu_output=true: cross_entropy needs it to be false"
    sequences = {"": config.sequence}
    sequences |= {f"arms.{name}.": arm.sequence for name, arm in config.arms.items()}
    for where, sequence in sequences.items():
        yield from _sequence_contradictions(where, sequence, config.data)
    # The tasks' names are in the data, which are not read here.
    finals = [name for name in config.runtime.require if name.startswith("final/")]
    yield from _unknown_measures(config, [*MEASURES, "final/TASK", *finals])
    probes = config.probes
    if probes and probes.blur is not None and flat:
        yield f"probes.blur={probes.blur:g}: features have no rows and columns; must be null"
    if config.origin:
        yield f"from='{config.origin}': is for the spiking agent; must be null here"


def _sequence_contradictions(
    where: str, sequence: SequenceConfig, data: DataConfig
) -> Iterator[str]:
    sets = len(data.sets) if isinstance(data, SeriesData) else 1
    if (sequence.kind == "data_sets") != isinstance(data, SeriesData):
        allowed = "must be data_sets" if sets > 1 else "needs data.kind=series"
        yield f"{where}sequence.kind={sequence.kind} with data.kind={data.kind}: {allowed}"
    if sequence.groups:
        if sequence.kind != "classes":
            yield f"{where}sequence.groups: {sequence.kind} are not cut by class; must be null"
        if len(sequence.groups) != sequence.count:
            wanted = len(sequence.groups)
            yield f"{where}sequence.count={sequence.count}: must be {wanted}, one a group"
    if sequence.kind == "data_sets" and isinstance(data, SeriesData) and sequence.count != sets:
        yield f"{where}sequence.count={sequence.count}: must be {sets}, one a set of data.sets"


def _foraging_contradictions(config: Config) -> Iterator[str]:
    yield from _network_contradictions(config.network)
    yield from _world_contradictions(config.world, config.network)
    network, known = config.network, list(config.world.tasks)
    for index, stage in enumerate(config.tasks):
        for name in stage:
            if name not in known:
                yield f"tasks.{index}='{name}': no such task{nearest(name, known)}"
    yield from _unknown_measures(config, metric_names(known))
    for index, stage in enumerate(config.tasks):
        if len(set(stage)) < len(stage):
            yield f"tasks.{index}={stage}: the same task twice in one stage"
    protocol = config.protocol
    longest = max(protocol.unsupervised, protocol.train, protocol.test) * protocol.scale
    if longest * protocol.aeon * (2 * len(config.tasks) + 3) > 2**31:
        yield f"protocol: {longest:g} aeons a phase are more cycles than can be counted (2^31)"
    plastic = [name for name, entry in network.projections.items() if entry.plasticity]
    for name in config.protocol.freeze:
        if name not in network.projections:
            allowed = list(network.projections)
            yield f"protocol.freeze='{name}': no such projection{nearest(name, allowed)}"
    arms = {f"arms.{name}": arm for name, arm in config.arms.items()}
    for label, sleep in {"sleep": config.sleep, **arms}.items():
        if sleep.schedule != "never" and sleep.first_stage > len(config.tasks):
            most = len(config.tasks)
            there = f"tasks has {most} stage{'s' * (most > 1)}"
            yield f"{label}.first_stage={sleep.first_stage}: {there}; choose 1 to {most}"
    stages = ["unsupervised", *stage_names(config.tasks)]
    for index, entry in enumerate(config.protocol.interventions):
        key = f"protocol.interventions.{index}"
        if entry.after not in stages:
            yield f"{key}.after='{entry.after}': no such stage{nearest(entry.after, stages)}"
        if entry.freeze is not None and entry.freeze not in plastic:
            yield f"{key}.freeze='{entry.freeze}': not plastic{nearest(entry.freeze, plastic)}"
        if entry.freeze is not None and entry.freeze in config.protocol.freeze:
            yield f"{key}.freeze='{entry.freeze}': protocol.freeze has frozen it before"
        populations = ["input", "hidden", "output"]
        if entry.lesion is not None and entry.lesion not in populations:
            yield f"{key}.lesion='{entry.lesion}': not one{nearest(entry.lesion, populations)}"


def _unknown_measures(config: Config | ImagesConfig, known: list[str]) -> Iterator[str]:
    for name in config.runtime.require:
        if name not in known:
            yield f"runtime.require.{name}: no such measure{nearest(name, known)}"
    joint = config.joint or any(config.arm(name).bound == "joint" for name in config.arms)
    if "intransigence" in config.runtime.require and not joint:
        yield "runtime.require.intransigence: needs joint=RUN_DIR of a run on all tasks at once"


def metric_names(tasks: list[str]) -> list[str]:
    """The measures of a run, as results.json calls them."""
    return [*MEASURES, *(f"final/{task}" for task in tasks)]


def _network_contradictions(network: NetworkConfig) -> Iterator[str]:
    for name in ("input", "hidden", "output"):
        population = getattr(network, name)
        if population.neuron not in network.neurons:
            allowed = list(network.neurons)
            yield (
                f"network.{name}.neuron='{population.neuron}': no such neuron"
                f"{nearest(population.neuron, allowed)}"
            )
    for name, projection in network.projections.items():
        key, size = f"network.projections.{name}", getattr(network, projection.pre).count
        wiring, weights = projection.wiring, projection.weights
        if isinstance(wiring, FixedFanIn) and wiring.fan_in > size:
            yield (
                f"{key}.wiring.fan_in={wiring.fan_in}: the {projection.pre} population has only "
                f"{size} neurons; choose 1 to {size}"
            )
        if not isinstance(weights, MirrorWeights):
            if wiring is None:
                yield f"{key}.wiring=null: only mirrored weights need no wiring of their own"
            continue
        if wiring is not None:
            yield f"{key}.wiring: mirrored weights run along what they mirror; must be null"
        mirrored = network.projections.get(weights.of)
        if mirrored is None or isinstance(mirrored.weights, MirrorWeights):
            allowed = [other for other in network.projections if other != name]
            why = f"cannot be mirrored{nearest(weights.of, allowed)}"
            yield f"{key}.weights.of='{weights.of}': {why}"
        elif (mirrored.pre, mirrored.post) != (projection.pre, projection.post):
            yield f"{key}.weights.of='{weights.of}': must join the same two populations"
        if projection.plasticity:
            yield f"{key}.plasticity: mirrored weights are not learned; must be null"


def _world_contradictions(world: WorldConfig, network: NetworkConfig) -> Iterator[str]:
    if network.output.count != 8:
        yield f"network.output.size={network.output.size}: must be 8, one a direction of movement"
    vision = network.input.size
    if len(vision) != 2 or any(extent % 2 == 0 or extent > world.size for extent in vision):
        yield f"network.input.size={vision}: must be two odd numbers up to world.size={world.size}"
    for name, offset in world.kinds.items():
        if offset == [0, 0] or any(abs(step) > 1 for step in offset):
            yield f"world.kinds.{name}={offset}: must be a step to a neighbouring square"
    for name, task in world.tasks.items():
        for role in ("rewarded", "punished"):
            kind = getattr(task, role)
            if kind not in world.kinds:
                allowed = list(world.kinds)
                yield f"world.tasks.{name}.{role}='{kind}': no such kind{nearest(kind, allowed)}"
        if task.rewarded == task.punished:
            yield f"world.tasks.{name}.punished='{task.punished}': also its rewarded kind"
    particles = world.particles
    counts = {
        "unsupervised": particles.unsupervised * len(world.kinds),
        "task": particles.task * 2,
    }
    room = world.size**2 // 16
    for name, count in counts.items():
        if count > room:
            yield (
                f"world.particles.{name}={getattr(particles, name)}: {count} particles; "
                f"a world of {world.size} x {world.size} surely holds {room} that do not touch"
            )
