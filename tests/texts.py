"""Where the texts of a picture lie, as they are drawn."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

Corners = np.ndarray  # [corner, (x, y)], pixels
TOUCH = 1.0  # pixels, by which neighbours may overlap


def troubles(figure: Figure) -> list[str]:
    """The texts that leave the canvas, and the pairs that lie upon one another."""
    told = drawn(figure)
    width, height = figure.canvas.get_width_height()
    outside = [
        f"{text!r} leaves the canvas"
        for text, corners in told
        if (corners < -TOUCH).any() or (corners > np.array([width, height]) + TOUCH).any()
    ]
    boxes = np.array([[corners.min(0), corners.max(0)] for _, corners in told])
    apart = (boxes[:, None, 0] >= boxes[None, :, 1]).any(-1)  # [one, other]
    near = np.argwhere(np.triu(~apart & ~apart.T, 1))
    return outside + [
        f"{told[one][0]!r} lies upon {told[other][0]!r}"
        for one, other in near
        if overlap(told[one][1], told[other][1])
    ]


def drawn(figure: Figure) -> list[tuple[str, Corners]]:
    """Every text that is really drawn, and its corners."""
    canvas, seen = FigureCanvasAgg(figure), []
    before = Text.draw

    def draw(self: Text, renderer: object) -> None:
        before(self, renderer)
        if self.get_visible() and self.get_text().strip():
            seen.append(self)

    Text.draw = draw
    try:
        canvas.draw()
    finally:
        Text.draw = before
    return [(text.get_text(), corners_of(text, canvas)) for text in dict.fromkeys(seen)]


def corners_of(text: Text, canvas: FigureCanvasAgg) -> Corners:
    """Of its own box: that of a slanted text is as narrow as the text is."""
    angle, renderer = text.get_rotation(), canvas.get_renderer()
    if text.get_rotation_mode() != "anchor" or angle == 0:
        assert angle % 90 == 0
        return text.get_window_extent(renderer).corners()
    text.set_rotation(0)
    corners = text.get_window_extent(renderer).corners()
    text.set_rotation(angle)
    anchor = text.get_transform().transform(text.get_unitless_position())
    return Affine2D().rotate_deg_around(*anchor, angle).transform(corners)


def overlap(a: Corners, b: Corners) -> bool:
    """Whether no line parts two boxes."""
    for corners in (a, b):
        for edge in (corners[1] - corners[0], corners[2] - corners[0]):
            along = edge / np.hypot(*edge)
            (a0, a1), (b0, b1) = ((p.min(), p.max()) for p in (a @ along, b @ along))
            if a1 - TOUCH < b0 or b1 - TOUCH < a0:
                return False
    return True
