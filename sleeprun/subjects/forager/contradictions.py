"""What a config of agents cannot say, and what it can and yet may mislead."""

from collections.abc import Iterator

from sleeprun.config import nearest
from sleeprun.config.messages import unknown_measures
from sleeprun.config.promise import asking
from sleeprun.protocol.phases import Interleave, Live, Score, misnamed
from sleeprun.protocol.plan import numbered
from sleeprun.spiking import schema
from sleeprun.subjects.forager.plan import AgentPlan
from sleeprun.subjects.forager.schema import Config
from sleeprun.subjects.forager.sleeps import NoiseSleep
from sleeprun.tasks.agent import MOST_CYCLES, chance_of


def contradictions(config: Config) -> Iterator[str]:
    yield from schema.contradictions(config.network)
    yield from _roles(config)
    yield from _stages(config)
    yield from _lengths(config)
    yield from _sleeps(config)
    yield from _interventions(config)
    yield from unknown_measures(config, [f"final/{name}" for name in config.task_names])


def cautions(config: Config) -> Iterator[tuple[str, str]]:
    yield from schema.cautions(config.network)
    yield from _lengthened(config)


def _lengthened(config: Config) -> Iterator[tuple[str, str]]:
    """Stages in turns, of which no less than a round is lived, whatever the scale."""
    tasks, scale = config.agent_tasks, config.protocol.scale
    wanted = tasks.cycles(tasks.train, scale)
    for name in config.arms or [""]:
        for phase in AgentPlan(config.arm(name)).phases():
            if isinstance(phase, Interleave) and phase.cycles > wanted and phase.rounds == 1:
                told = f"'{phase.title}' takes a round of {phase.cycles} cycles, which is not"
                told += f" shortened, other stages {wanted}: arms are not trained equally long"
                yield f"protocol.scale={scale:g}", told
                return


def _roles(config: Config) -> Iterator[str]:
    """Who sees, who moves, and whether their sizes fit the world."""
    tasks, populations = config.agent_tasks, config.network.populations
    chance_of(tasks)
    roles = {"sees": tasks.sees, "moves": tasks.moves}
    for role, name in roles.items():
        if name not in populations:
            allowed = nearest(name, list(populations))
            yield f"tasks.{role}='{name}': no such population{allowed}"
    if set(roles.values()) <= set(populations):
        sees, moves = populations[tasks.sees], populations[tasks.moves]
        with asking(tasks, "misfits"):
            misfits = [*tasks.misfits(tuple(sees.size), moves.count)]
        yield from misfits
    for name in tasks.freeze:
        if name not in config.network.projections:
            allowed = nearest(name, list(config.network.projections))
            yield f"tasks.freeze='{name}': no such projection{allowed}"


def _stages(config: Config) -> Iterator[str]:
    known = config.task_names
    yield from misnamed(known)
    for index, stage in enumerate(config.agent_tasks.stages):
        for name in stage:
            if name not in known:
                yield f"tasks.stages.{index}='{name}': no such task{nearest(name, known)}"
        if len(set(stage)) < len(stage):
            yield f"tasks.stages.{index}={stage}: the same task twice in one stage"


def _lengths(config: Config) -> Iterator[str]:
    """Whether the cycles of every arm's life, and of a test at its end, can be counted."""
    lives = {f"arms.{name}.sleep": config.arm(name) for name in config.arms} or {"sleep": config}
    for key, life in lives.items():
        phases = AgentPlan(life).phases()
        lived = sum(phase.cycles for phase in phases if isinstance(phase, Live))
        tested = max(phase.cycles for phase in phases if isinstance(phase, Score))
        if lived + tested > MOST_CYCLES:
            yield (
                f"tasks and {key}: {lived + tested:,d} or more cycles in all, more cycles than "
                f"can be counted; must be {MOST_CYCLES:,d} at most: make tasks.train, "
                f"{key}.length or protocol.scale less"
            )
    yield from _scaled_away(config)


def _scaled_away(config: Config) -> Iterator[str]:
    """A phase that `protocol.scale` leaves not a cycle of."""
    tasks, scale = config.agent_tasks, config.protocol.scale
    lengths = {name: getattr(tasks, name) for name in ("unsupervised", "train", "test")}
    shortest = min((name for name in lengths if lengths[name] > 0), key=lengths.__getitem__)
    cycles = lengths[shortest] * tasks.aeon
    if cycles * scale < 0.5:
        yield (
            f"protocol.scale={scale:g}: leaves not one cycle of "
            f"tasks.{shortest}={lengths[shortest]:g}; must be at least {1 / cycles:.2g}"
        )


def _sleeps(config: Config) -> Iterator[str]:
    arms = {f"arms.{name}.sleep": arm.sleep for name, arm in config.arms.items()}
    stages = [stage.name for stage in numbered(config.agent_tasks.stages)]
    for key, sleep in {"sleep": config.sleep, **arms}.items():
        for place, one in enumerate(sleep.sleeps):
            here = f"{key}.also.{place - 1}" if place else key
            yield from one.misfits(here, stages)
            if one.schedule == "never" or not isinstance(one, NoiseSleep):
                continue
            if one.drive.population not in config.network.populations:
                wanted = one.drive.population
                allowed = nearest(wanted, list(config.network.populations))
                yield f"{here}.drive.population='{wanted}': no such population{allowed}"


def _interventions(config: Config) -> Iterator[str]:
    stages = ["unsupervised", *(stage.name for stage in numbered(config.agent_tasks.stages))]
    plastic, populations = config.network.plastic, list(config.network.populations)
    for index, entry in enumerate(config.interventions):
        key = f"interventions.{index}"
        if entry.after not in stages:
            yield f"{key}.after='{entry.after}': no such stage{nearest(entry.after, stages)}"
        if entry.freeze is not None and entry.freeze not in plastic:
            yield f"{key}.freeze='{entry.freeze}': not plastic{nearest(entry.freeze, plastic)}"
        if entry.freeze is not None and entry.freeze in config.agent_tasks.freeze:
            yield f"{key}.freeze='{entry.freeze}': tasks.freeze has frozen it before"
        if entry.lesion is not None and entry.lesion not in populations:
            yield f"{key}.lesion='{entry.lesion}': not one{nearest(entry.lesion, populations)}"
    yield from _lesions(config, stages)


def _lesions(config: Config, stages: list[str]) -> Iterator[str]:
    """Each must cut more of a population than those before it in the protocol."""
    percent: dict[str, float] = {}
    given = [each for each in enumerate(config.interventions) if each[1].after in stages]
    for index, entry in sorted(given, key=lambda each: stages.index(each[1].after)):
        if entry.lesion is None:
            continue
        before = percent.get(entry.lesion, 0.0)
        if entry.percent <= before:
            told = f"{before:g} % of {entry.lesion} are cut before; give more, in all"
            yield f"interventions.{index}.percent={entry.percent:g}: {told}"
        percent[entry.lesion] = entry.percent
