"""The record of a long run made short, so that pictures of it need no more memory."""

from collections.abc import Iterable
from dataclasses import replace

from sleeprun.protocol.events import Event, Progress

Counted = list[tuple[Event, int]]  # and how many events each was made of


def thinned(events: Iterable[Event], most: int = 2000) -> list[Event]:
    """The events with at most about `most` of progress, where that adds up.

    Neighbours in a phase are merged.
    """
    kept: Counted = []
    width, progress, limit = 1, 0, 2 * most
    for event in events:
        kept.append((event, 1))
        progress += isinstance(event, Progress)
        if progress > limit:
            width *= 2
            kept = _merge_neighbours(kept, width)
            progress = sum(isinstance(each, Progress) for each, _ in kept)
            limit = 2 * max(most, progress)  # of what cannot be merged there is more and more
    return [event for event, _ in kept]


def _merge_neighbours(events: Counted, width: int) -> Counted:
    kept: Counted = []
    for event, count in events:
        last, before = kept[-1] if kept else (None, width)
        both = _merged(last, event) if last and before + count <= width else None
        if both:
            kept[-1] = both, before + count
        else:
            kept.append((event, count))
    return kept


def _merged(first: Event, second: Event) -> Progress | None:
    """Two events of one phase as one; none of what cannot be added up."""
    match first, second:
        case Progress(), Progress() if first.phase == second.phase:
            if both := first.summary.plus(second.summary):
                return replace(first, end=second.end, summary=both)
    return None
