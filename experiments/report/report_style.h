#pragma once

#include <string_view>

namespace microfiche::experiments {

/// The style sheet of the HTML report.
inline constexpr std::string_view kReportStyle = R"(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2128;--dim:#656d76;--line:#dde2e7;--accent:#0072b2;
--del:#b3261e;--del-bg:#fde8e6;--ins:#0b6b3a;--ins-bg:#dff5e6;--sub:#8a5a00;--sub-bg:#fff0cc}
@media (prefers-color-scheme:dark){:root{--bg:#0d1014;--card:#14171c;--ink:#e6e9ed;--dim:#9aa4af;--line:#2a3038;--accent:#4da3e0;
--del:#ff9d94;--del-bg:#47201d;--ins:#7ee2a8;--ins-bg:#173a26;--sub:#f1c15d;--sub-bg:#43330f}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1180px;margin:0 auto;padding:32px 20px 80px}
h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:19px;margin:44px 0 10px}
h3{font-size:15px;margin:0}
p{margin:8px 0;max-width:75ch}
.dim,figcaption{color:var(--dim)}
figcaption{font-size:13.5px;padding:4px 18px 14px;max-width:90ch}
.lead{font-size:17px}
.card,figure{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:14px 0;overflow:hidden}
figure svg{display:block;width:100%;height:auto}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:12.5px;font-variant-numeric:tabular-nums}
th,td{padding:7px 6px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th{color:var(--dim);font-weight:600;cursor:default;position:sticky;top:0;background:var(--card)}
.sortable th{cursor:pointer}
tr:last-child td{border-bottom:0}
.t{text-align:left}
td small{color:var(--dim);font-size:11.5px}
th{vertical-align:bottom}td{vertical-align:top}
th.w{white-space:normal;min-width:64px}
details{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:12px 0}
summary{padding:11px 16px;cursor:pointer;display:flex;gap:14px;align-items:baseline;flex-wrap:wrap}
summary::before{content:"\25B8";color:var(--dim)}
details[open]>summary::before{content:"\25BE"}
summary h3{display:inline}
.page{display:grid;grid-template-columns:minmax(160px,300px) 1fr;gap:20px;padding:16px;border-top:1px solid var(--line)}
.page img{width:100%;image-rendering:pixelated;border:1px solid var(--line);border-radius:4px;background:#fff;display:block}
.text{white-space:pre-wrap;overflow-wrap:anywhere;font:13.5px/1.65 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;margin:8px 0 0}
del{color:var(--del);background:var(--del-bg);text-decoration:line-through}
ins{color:var(--ins);background:var(--ins-bg);text-decoration:underline;text-underline-offset:3px}
del.s,ins.s{color:var(--sub);background:var(--sub-bg)}
del,ins{border-radius:3px;padding:0 1px}
pre{margin:0;padding:14px 16px;overflow:auto;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
.key{display:flex;gap:16px;flex-wrap:wrap;font-size:13.5px}
@media (max-width:680px){.page{grid-template-columns:1fr}.page img{max-width:320px}}
@media print{details{break-inside:avoid}}
)";

/// Sorts a table by the column whose head is clicked; the report is whole
/// without it.
inline constexpr std::string_view kReportScript = R"(
for (const head of document.querySelectorAll(".sortable th")) {
  head.addEventListener("click", () => {
    const body = head.closest("table").tBodies[0];
    const column = head.cellIndex;
    const down = head.dataset.down !== "1";
    head.dataset.down = down ? "1" : "0";
    const key = (row) => {
      const text = row.cells[column].textContent;
      const number = parseFloat(text);
      return Number.isNaN(number) ? text : number;
    };
    const sign = down ? -1 : 1;
    [...body.rows]
      .sort((a, b) => (key(a) > key(b) ? sign : key(a) < key(b) ? -sign : 0))
      .forEach((row) => body.append(row));
  });
}
)";

} // namespace microfiche::experiments
