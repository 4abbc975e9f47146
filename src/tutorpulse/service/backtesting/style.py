"""The style sheet of the report: the dashboard's inks on its two grounds, by what the reader's system prefers."""

STYLE = """
:root { color-scheme: light dark;
  --ground: #f7f7f5; --surface: #ffffff; --ink: #16191d; --muted: #585f68; --line: #e3e4e1; --line-strong: #8d9299;
  --a: #0072b2; --b: #8d6200; --worst: #b34700; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0f1113; --surface: #16191c; --ink: #e8eaec; --muted: #a2a9b1; --line: #2a2f34; --line-strong: #767d86;
  --a: #58b4e8; --b: #e6b400; --worst: #ff8a4a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.5 Inter, system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -.012em; }
h2 { font-size: 18px; margin: 40px 0 8px; }
h3 { font-size: 14px; margin: 24px 0 6px; }
p { margin: 0 0 8px; max-width: 78ch; }
.muted, figcaption, .note { color: var(--muted); }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 16px 0 0; }
a { color: inherit; text-underline-offset: 3px; text-decoration-color: var(--line-strong); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; margin: 0 0 16px; }
.wide { overflow-x: auto; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 16px; margin: 0 0 16px; }
.plots.long { grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); }
figure { margin: 0; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
figcaption { margin: 0 0 6px; }
figcaption strong { color: var(--ink); display: block; }
table { border-collapse: collapse; width: 100%; white-space: nowrap; }
th, td { text-align: right; padding: 4px 8px; border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child, .text { text-align: left; }
td:first-child, th:first-child { padding-left: 0; }
td.words { white-space: normal; text-align: left; min-width: 24ch; }
thead th { color: var(--muted); font-weight: 500; white-space: normal; vertical-align: bottom; border-bottom-color: var(--line-strong); }
tbody tr:last-child td { border-bottom: 0; }
td small { display: block; color: var(--muted); font-size: 11px; line-height: 1.3; }
details { margin: 24px 0 0; } summary { font-weight: 600; cursor: pointer; margin: 0 0 6px; }
summary span { color: var(--muted); font-weight: 400; }
.apart { color: var(--worst); font-weight: 600; }
.key { display: inline-block; width: 18px; height: 0; border-top: 2px solid; vertical-align: middle; margin: 0 6px 0 12px; }
.key.a { border-color: var(--a); } .key.b { border-color: var(--b); } .key.turn { border-color: var(--line-strong); border-top-style: dotted; }
svg { display: block; width: 100%; height: auto; max-width: 560px; }
svg text { fill: var(--muted); font: 11px Inter, system-ui, sans-serif; }
svg .name { fill: var(--ink); }
svg .grid { stroke: var(--line); } svg .even { stroke: var(--line-strong); stroke-dasharray: 4 4; fill: none; }
svg .bar { stroke: var(--muted); stroke-width: 1.5; } svg .turn { stroke: var(--line-strong); stroke-dasharray: 2 3; }
svg .path { fill: none; stroke-width: 2; } svg .path.a { stroke: var(--a); } svg .path.b { stroke: var(--b); }
svg .dot.a { fill: var(--a); } svg .dot.b { fill: var(--b); }
svg .spread { opacity: .16; } svg .spread.a { fill: var(--a); } svg .spread.b { fill: var(--b); }
@media print { body { background: none; } figure, .card { break-inside: avoid; } }
"""
