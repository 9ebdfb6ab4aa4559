"""What a protocol is, a tuple of phases, and how it is measured and told."""

from sleeprun.protocol.phases import Freeze, Interleave, Lesion, Phase, Score, Sleep, Wake

Protocol = tuple[Phase, ...]


def cycles_of(phase: Phase) -> int:
    """Simulated movement cycles of a phase."""
    match phase:
        case Wake() | Sleep() | Score():
            return phase.cycles
        case Interleave():
            return phase.rounds * phase.cycles_a_round
        case _:
            return 0


def shared_prefix(protocols: list[Protocol]) -> Protocol:
    """The phases with which all protocols begin."""
    prefix: list[Phase] = []
    for phases in zip(*protocols, strict=False):
        if any(phase != phases[0] for phase in phases):
            break
        prefix.append(phases[0])
    return tuple(prefix)


def label(phase: Phase) -> tuple[str, str]:
    """A phase's kind and name, for records and people."""
    match phase:
        case Wake(task=None):
            return "unsupervised", "unsupervised"
        case Wake():
            return "wake", str(phase.task)
        case Sleep():
            return "sleep", "sleep" if phase.plastic else "sleep without plasticity"
        case Interleave():
            return "interleave", " / ".join(label(part)[1] for part in phase.phases)
        case Freeze():
            return "freeze", f"{phase.projection}, strongest {phase.percent:g} %"
        case Lesion():
            return "lesion", f"{phase.population}, random {phase.percent:g} %"
        case Score():
            return "score", f"{phase.task} after {phase.boundary.name}"


def shortening(shortened: bool, scale: float) -> str:
    """What every record says of a protocol that is shorter than the published one."""
    factor = "" if scale == 1 else f" (scale {scale:g})"
    return f"shortened protocol{factor}" if shortened else ""


def describe(protocol: Protocol, unit: str, first: int = 0) -> list[str]:
    """One line a phase: kind, name, length in `unit` and what is plastic."""
    lines = []
    for index, phase in enumerate(protocol, first):
        kind, name = label(phase)
        cycles = cycles_of(phase)
        plastic = ", ".join(_plastic_of(phase)) or "-"
        lines.append(
            f"{index:3d}  {kind:12s}  {name:44s}  {cycles:>11,d} {unit}  plastic: {plastic}"
        )
    return lines


def _plastic_of(phase: Phase) -> tuple[str, ...]:
    if isinstance(phase, Interleave):
        return tuple(dict.fromkeys(name for part in phase.phases for name in part.plastic))
    return phase.plastic if isinstance(phase, Wake | Sleep) else ()
