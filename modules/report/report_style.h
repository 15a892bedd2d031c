#pragma once

#include <string_view>

namespace microfiche::report {

/// The style sheet of the HTML report.
inline constexpr std::string_view kReportStyle = R"(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2128;--dim:#59626b;--line:#dde2e7;--accent:#0063a0;
--del:#b3261e;--del-bg:#fde8e6;--ins:#0b6b3a;--ins-bg:#dff5e6;--sub:#7d5200;--sub-bg:#fff0cc}
@media (prefers-color-scheme:dark){:root{--bg:#0d1014;--card:#14171c;--ink:#e6e9ed;--dim:#9aa4af;--line:#2a3038;--accent:#6cb6ee;
--del:#ff9d94;--del-bg:#47201d;--ins:#7ee2a8;--ins-bg:#173a26;--sub:#f1c15d;--sub-bg:#43330f}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1100px;margin:0 auto;padding:32px 16px 80px;outline:0}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-999px;top:0;background:var(--card);padding:8px 14px;z-index:2}
.skip:focus{left:8px;top:8px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:19px;margin:44px 0 10px}
h3{font-size:15px;margin:0}
h1,h2,h3{overflow-wrap:anywhere}
p{margin:8px 0;max-width:75ch;overflow-wrap:anywhere}
nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:18px 0 0}
.dim,figcaption{color:var(--dim)}
figcaption{font-size:13.5px;padding:4px 16px 0;max-width:95ch}
.lead{font-size:17px}
.note{border-left:4px solid var(--sub);background:var(--sub-bg);color:var(--ink);padding:8px 12px}
.card,figure{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:14px 0;overflow:hidden}
figure svg{display:block;width:100%;min-width:600px;max-width:900px;height:auto;margin:0 auto}
.scroll{overflow-x:auto}
.tools{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:flex-start;padding:8px 16px 12px}
.tools details{flex:1;min-width:0;border:0;margin:0}
.tools details[open]{flex-basis:100%}
.tools summary{padding:3px 0 3px 18px;font-size:13.5px}
.tools summary::before{left:0}
.button{font:13.5px/1.4 inherit;font-family:inherit;color:var(--accent);background:none;border:1px solid currentColor;border-radius:6px;
padding:3px 10px;cursor:pointer;text-decoration:none;display:inline-block}
.button[hidden]{display:none}
.button:hover{background:var(--bg)}
table{border-collapse:collapse;width:100%;font-size:12.5px;font-variant-numeric:tabular-nums}
th,td{padding:7px 8px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th{color:var(--dim);font-weight:600;vertical-align:bottom}
td{vertical-align:top}
th button{all:unset;cursor:pointer}
th button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" \25B2"}
th[aria-sort=descending] button::after{content:" \25BC"}
tr:last-child td{border-bottom:0}
.t{text-align:left}
details{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:12px 0}
summary{position:relative;padding:11px 16px 11px 36px;cursor:pointer;display:flex;gap:2px 14px;align-items:baseline;flex-wrap:wrap}
summary::before{content:"\25B8";color:var(--dim);position:absolute;left:16px}
details[open]>summary::before{content:"\25BE"}
summary h3{display:inline}
.page{display:grid;grid-template-columns:minmax(160px,300px) minmax(0,1fr);gap:20px;padding:16px;border-top:1px solid var(--line)}
.page img{width:100%;image-rendering:pixelated;border:1px solid var(--line);border-radius:4px;background:#fff;display:block}
.text{white-space:pre-wrap;overflow-wrap:anywhere;font:13.5px/1.65 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;margin:8px 0 0}
del{color:var(--del);background:var(--del-bg);text-decoration:line-through}
ins{color:var(--ins);background:var(--ins-bg);text-decoration:underline;text-underline-offset:3px}
del.s,ins.s{color:var(--sub);background:var(--sub-bg)}
del,ins{border-radius:3px;padding:0 1px}
pre{margin:0;padding:14px 16px;overflow:auto;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
.key{display:flex;gap:8px 16px;flex-wrap:wrap;font-size:13.5px;max-width:none}
@media (max-width:680px){.page{grid-template-columns:minmax(0,1fr)}.page img{max-width:320px}}
@media print{details{break-inside:avoid}.tools,nav,.skip{display:none}}
)";

/// Sorts tables and saves charts and rows as files. The report is complete
/// without it.
inline constexpr std::string_view kReportScript = R"(
const save = (name, type, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
for (const button of document.querySelectorAll("[data-svg]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const svg = button.closest("figure").querySelector("svg");
    const text = new XMLSerializer().serializeToString(svg);
    save(button.dataset.svg + ".svg", "image/svg+xml", text);
  });
}
for (const button of document.querySelectorAll("[data-json]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const text = document.getElementById(button.dataset.json).textContent;
    save(button.dataset.file, "application/json", text);
  });
}
const sort = (head) => {
  const table = head.closest("table");
  const down = head.ariaSort === "ascending";
  for (const other of table.querySelectorAll("th")) other.ariaSort = null;
  head.ariaSort = down ? "descending" : "ascending";
  const key = (row) => {
    const text = row.cells[head.cellIndex].textContent;
    const number = parseFloat(text);
    return Number.isNaN(number) ? text : number;
  };
  const sign = down ? -1 : 1;
  const body = table.tBodies[0];
  [...body.rows]
    .sort((a, b) => (key(a) > key(b) ? sign : key(a) < key(b) ? -sign : 0))
    .forEach((row) => body.append(row));
};
for (const head of document.querySelectorAll(".sortable th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => sort(head));
}
)";

} // namespace microfiche::report
