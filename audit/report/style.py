"""The style of the page, for a screen and for A4. The colours are the palette of the service's own pages, by name."""

# As in intake/static/style.css, which the audit does not import; a test holds the two together.
# Light, as on paper.
LIGHT = {
    "band": "#0f4054",
    "ink": "#172430",
    "paper": "#fff",
    "soft": "#f0f4f5",
    "line": "#6b7a82",
    "accent": "#0f4054",
    "warn": "#cc800d",
    "warn-soft": "#fbf1d9",
    "bad": "#9c1c1c",
    "bad-soft": "#fdf0ee",
    "good": "#1d6b3a",
}
_LIGHT = " ".join(f"--{name}: {colour};" for name, colour in LIGHT.items())
PALETTE = (
    f":root {{ color-scheme: light dark; {_LIGHT} }}"
    """
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e8edef; --paper: #14191c; --soft: #20282c;
--line: #8a99a1; --accent: #7cc7d6; --warn: #e0a040; --warn-soft: #2b2415; --bad: #ff9b8f; --bad-soft: #38201d;
--good: #86d3a2; } }
"""
)

STYLE = (
    PALETTE
    + """
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 54rem; margin: 0 auto; padding: 1rem; color: var(--ink);
background: var(--paper); overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: .9rem 0 .25rem; } p { margin: .3rem 0; }
h3 { font-size: 1rem; margin: 0; }
code, pre { font-family: ui-monospace, monospace; font-size: .86em; }
pre { white-space: pre-wrap; background: var(--soft); padding: .35rem .6rem; margin: .3rem 0; }
.head { background: var(--band); color: #fff; padding: .5rem .9rem; margin-bottom: .6rem; }
h2 { color: var(--accent); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .05rem .9rem; margin: 0; }
.facts dt { font-weight: 600; } .facts dd { margin: 0; } .facts code { font-size: .82em; }
.verdict { border: 2px solid var(--good); border-left-width: 10px; background: var(--soft); padding: .4rem .8rem;
margin: .7rem 0; }
.verdict.bad { border-color: var(--bad); background: var(--bad-soft); }
.verdict.some { border-color: var(--warn); background: var(--warn-soft); }
.verdict strong { font-size: 1.25rem; display: block; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .1rem .8rem
.1rem 0; border-bottom: 1px solid var(--line); } .day { white-space: nowrap; }
th[scope="row"] { font-weight: 400; }
ol.remarks { margin: .2rem 0; padding-left: 1.4rem; } ol.remarks li { margin-bottom: .3rem; }
.more { display: block; font-size: .95em; } .more b { font-weight: 600; }
.assertion { border: 1px solid var(--ink); padding: .35rem .8rem; margin: .3rem 0; }
.uncovered { columns: 2; column-gap: 1.6rem; margin: .2rem 0; padding-left: 1.4rem; font-size: .92em; }
.uncovered li { break-inside: avoid; }
.signatures { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem; margin: 0; }
.signatures div { border-bottom: 1px solid var(--ink); padding-top: 1.2rem; font-size: .86em; }
.annexes h2 { font-size: 1.25rem; border-bottom: 2px solid var(--accent); margin-top: 2rem; break-after: avoid; }
.row { border-bottom: 1px solid var(--line); padding: .5rem 0; }
.title { display: flex; gap: .8rem; align-items: baseline; break-after: avoid; } .title h3 { flex: 1; }
.id { font-weight: 400; }
.mark { font-weight: 600; border: 1px solid; border-radius: 3px; padding: 0 .5rem; white-space: nowrap; }
.clean { color: var(--good); } .mark.some { background: var(--warn-soft); border-color: var(--warn); }
strong.some { border-bottom: 2px solid var(--warn); }
.bad { color: var(--bad); } .verdict.bad, .verdict.some { color: var(--ink); }
.annexes ul { margin: .2rem 0; padding-left: 1.2rem; } li.worse { font-weight: 600; }
summary { cursor: pointer; padding: .25rem 0; }
/* What is folded on a screen is open on paper. */
.paper { display: none; }
@page { size: A4; margin: 9mm 15mm 12mm; }
@media print {
html { font-size: 10.6px; } body { font-size: 10.1px; line-height: 1.24; max-width: none; padding: 0; }
.head, .verdict { print-color-adjust: exact; } .sheet { break-after: page; } .annexes h2 { margin-top: 1.2rem; }
.verdict, .signatures, .assertion, li { break-inside: avoid; }
details { display: none; } .paper { display: block; }
}
"""
)


def page_style(foot: str) -> str:
    """Return what stands below each page where a browser prints boxes in the margin: foot and number."""
    quoted = "".join(f"\\{ord(letter):x} " if letter in '\\"<>\n' else letter for letter in foot)
    return (
        f'@page {{ @bottom-left {{ content: "{quoted}"; font: 8px system-ui, sans-serif; }}'
        ' @bottom-right { content: counter(page) " (" counter(pages) ")"; font: 8px system-ui, sans-serif; } }\n'
    )
