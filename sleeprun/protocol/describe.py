"""How a protocol is told, and how long it takes."""

from sleeprun.protocol.phases import Phase, Protocol


def shared_prefix(protocols: list[Protocol]) -> Protocol:
    """The phases with which all protocols begin."""
    prefix: list[Phase] = []
    for phases in zip(*protocols, strict=False):
        if any(phase != phases[0] for phase in phases):
            break
        prefix.append(phases[0])
    return tuple(prefix)


def shortening(shortened: bool, scale: float) -> str:
    """What every record says of a protocol that is shorter than the published one."""
    factor = "" if scale == 1 else f" (scale {scale:g})"
    return f"shortened protocol{factor}" if shortened else ""


def noted(variant: str | None, shortened: bool, scale: float) -> str:
    """How a run differs from the published one."""
    return "; ".join(filter(None, [variant, shortening(shortened, scale)]))


def describe(protocol: Protocol, unit: str, first: int = 0) -> list[str]:
    """One line a phase: kind, name, length in `unit` and what is plastic."""
    return [
        f"{index:3d}  {phase.kind:12s}  {phase.title:44s}  {phase.cycles:>11,d} {unit}  "
        f"plastic: {', '.join(phase.plastic) or '-'}"
        for index, phase in enumerate(protocol, first)
    ]


def plural(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def duration(seconds: float) -> str:
    """`47 s`, `2 min 05 s`, `1 h 07 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
