"""Takes out of a chart's part what of its caches and texts is not drawn: filtered series, names without a legend.

Excel keeps in the part what it was made from. Values stay, for they are drawn as bars, points and lines.
"""

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office.xml import Node
from trusted.jail.stages import What, Where

_ON = frozenset({"1", "true", "on", ""})
_ROUND = ("c:pieChart", "c:pie3DChart", "c:ofPieChart", "c:doughnutChart")
_AXES = ("c:catAx", "c:valAx", "c:dateAx", "c:serAx")


def without_unseen(chart: Node, findings: Findings) -> None:
    """Change the tree of a chart's part; what had words in it is reported."""
    legend, plot = next(chart.all("c:legend"), None), next(chart.all("c:plotArea"), None)
    if plot is None:
        return
    # Of extensions one alone is drawn: labels of a series that are the values of cells.
    labelled = [each for each in chart.all("c:ser") if _says(each, "?:showDataLabelsRange")]
    kept = {id(ext) for each in labelled for ext in each.all("c:ext") if _has_labels(ext)}
    gone = [each for each in chart.all("c:ext") if id(each) not in kept]
    gone += [each for each in chart.all("c:dLbl", "c:dLbls") if _is_on(each.find("c:delete"))]
    axes = [axis for axis in plot.elements() if axis.name in _AXES and _is_on(axis.find("c:delete"))]
    gone += axes
    deleted = {axis.value("c:axId", of="val") for axis in axes if axis.name != "c:valAx"}
    for group in plot.elements():
        series = [each for each in group.elements() if each.name == "c:ser"]
        own = {each.get("val") for each in group.elements() if each.name == "c:axId"}
        is_round = group.name in _ROUND
        if series and not _says(group, "c:showCatName") and (not deleted.isdisjoint(own) or (is_round and not legend)):
            gone += [part for each in series for part in each.elements() if part.name == "c:cat"]
        names = [each.find("c:cat") for each in series]
        first = next((each.text() for each in names if each is not None), "")
        # An axis has the words of the first series alone.
        gone += [each for each in names if each is not None and each.text() != first]
        gone += [
            name
            for each in series
            if (name := each.find("c:tx")) is not None and not _is_named(chart, each, in_legend=not is_round)
        ]
    texts = "".join(each.text() for part in gone for each in part.all("a:t", "c:v"))
    if texts.strip():
        findings.add(What.HIDDEN_TEXT, Where.PAGES, texts)
    _take_out(chart, {id(each) for each in gone})


def _has_labels(extension: Node) -> bool:
    return any(each.name.endswith(":datalabelsRange") for each in extension.elements())


def _is_named(chart: Node, series: Node, *, in_legend: bool) -> bool:
    """Return whether the name of a series is drawn: in a legend, a table, its labels, or as the title."""
    if next(chart.all("c:dTable"), None) is not None or _says(series, "c:showSerName"):
        return True
    legend = next(chart.all("c:legend"), None)
    entries = legend.elements() if legend is not None else ()
    left_out = {each.value("c:idx", of="val") for each in entries if _is_on(each.find("c:delete"))}
    if in_legend and legend is not None and series.value("c:idx", of="val") not in left_out:
        return True
    title, is_only = next(chart.all("c:title", outside="c:plotArea"), None), sum(1 for _ in chart.all("c:ser")) == 1
    switch = next(chart.all("c:autoTitleDeleted"), None)
    has_title = title.find("c:tx") is None if title is not None else not _is_on(switch)
    return is_only and has_title


def _says(node: Node, name: str) -> bool:
    return any(_is_on(each) for each in node.all(name))


def _is_on(switch: Node | None) -> bool:
    return switch is not None and switch.get("val") in _ON


def _take_out(node: Node, gone: set[int]) -> None:
    node.kids = [kid for kid in node.kids if id(kid) not in gone]
    for kid in node.elements():
        _take_out(kid, gone)
