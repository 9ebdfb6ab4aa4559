"""The report of runs as one HTML page that needs no network.

What it tells is a `Story`, plain data that others gather of runs. Each kind of chart makes panels
of it, as Plotly has them in JSON; the page is a template around them.
"""

from sleeprun.report.page.story import Analysed, Arm, Course, Grid, Story, Tabled
from sleeprun.report.page.writing import written

__all__ = ["Analysed", "Arm", "Course", "Grid", "Story", "Tabled", "written"]
