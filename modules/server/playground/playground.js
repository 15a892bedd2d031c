"use strict";
// Content of the server is shown as text nodes and attributes only.

const $ = (id) => document.getElementById(id);
const state = { setup: null, page: null, tab: "text", file: null, run: 0, points: [] };
let key = "";

class Problem extends Error {}

const headers = (type) => {
  const all = type ? { "Content-Type": type } : {};
  if (key) all.Authorization = "Bearer " + key;
  return all;
};

const ask = async (path, body, type = "application/json", signal = undefined) => {
  const json = type === "application/json";
  const response = await fetch(path, body === undefined
    ? { headers: headers(), signal }
    : { method: "POST", headers: headers(type), body: json ? JSON.stringify(body) : body, signal });
  if (response.ok) return response;
  if (response.status === 401) {
    $("key-form").hidden = false;
    $("work").hidden = true;
    $("key").focus();
    throw new Problem(key ? "This is not the server's key." : "This server asks for its key.");
  }
  const error = await response.json().then((answer) => answer.error.message, () => response.statusText);
  throw new Problem(error);
};

const show = (error) => {
  if (error && error.name === "AbortError") return;
  const text = !error ? "" : error instanceof Problem ? error.message : "The server does not answer: " + error.message;
  $("problem").textContent = text;
  $("problem").hidden = !text;
};

const element = (name, text, attributes = {}) => {
  const svg = ["line", "rect", "circle", "text", "polyline", "title"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
};

const modes = () => state.setup.modes.map((mode) => mode.name);
const isTrained = (name) => state.setup.modes.find((mode) => mode.name === name).trained;
const modeLabel = (name) => name + (isTrained(name) ? "" : " (not trained)");
const mode = () => state.tab === "text" ? modes()[Number($("mode").value)] : $("file-mode").value;
const number = (value, digits = 0) => value.toFixed(digits);

// Aborts what an older run still does. Returns whether this run is the newest.
let controller = new AbortController();
const begin = () => {
  controller.abort();
  controller = new AbortController();
  const run = ++state.run;
  return { signal: controller.signal, current: () => run === state.run };
};

const drawGrid = () => {
  const grid = $("grid");
  grid.replaceChildren();
  const counts = state.page && state.page.modes[mode()];
  if (!counts || !$("show-grid").checked) return;
  const { x, y, width, height, columns, rows } = counts.grid;
  grid.setAttribute("viewBox", "0 0 1 1");
  grid.setAttribute("preserveAspectRatio", "none");
  for (let i = 0; i <= columns; ++i) {
    const at = x + (width * i) / columns;
    grid.append(element("line", undefined, { x1: at, x2: at, y1: y, y2: y + height }));
  }
  for (let i = 0; i <= rows; ++i) {
    const at = y + (height * i) / rows;
    grid.append(element("line", undefined, { x1: x, x2: x + width, y1: at, y2: at }));
  }
};

const row = (list, name, value) => list.append(element("dt", name), element("dd", value));

const showPage = () => {
  const page = state.page;
  const counts = page && page.modes[mode()];
  $("mode-name").textContent = state.setup ? modeLabel(mode()) : "";
  const list = $("counts");
  list.replaceChildren();
  $("warnings").replaceChildren();
  $("frame").hidden = !page;
  if (!page) return;
  $("picture").src = page.image;
  $("picture").alt = page.text === undefined ? "The page of the file" : "The page with this text: " + page.text;
  // A padded view is larger than the page.
  const { width, height } = counts.grid;
  const widest = Math.max(1, width, (height * page.height) / page.width);
  $("frame").style.width = `${100 / widest}%`;
  $("frame").style.margin = `${50 * Math.max(0, 1 - 1 / height)}% auto`;
  row(list, "Page", `${page.width} x ${page.height} pixels`);
  row(list, "Vision tokens", `${counts.nominal} (${counts.positions} positions)`);
  if (page.text_tokens !== undefined) {
    row(list, "Text tokens", String(page.text_tokens));
    row(list, "Ratio", `${number(page.text_tokens / counts.nominal, 1)} text tokens per vision token`);
    row(list, "Characters", `${page.characters}` + (page.left_out > 0 ? `; ${page.left_out} more do not fit on the page` : ""));
  }
  const warnings = [...(page.warnings ? page.warnings[mode()] : []), ...(page.file_warnings || [])];
  for (const warning of warnings) $("warnings").append(element("li", warning));
  drawGrid();
};

const clearReading = (text) => {
  $("reading").textContent = "";
  $("diff").replaceChildren();
  $("state").textContent = text;
};

const showDifferences = (compared) => {
  const marks = { missing: ["del", ""], added: ["ins", ""], wrong: ["del", "s"], instead: ["ins", "s"] };
  $("diff").replaceChildren(...(compared.pieces || []).map((piece) => {
    const mark = marks[piece.kind];
    return mark ? element(mark[0], piece.text, { class: mark[1] }) : document.createTextNode(piece.text);
  }));
};

// Reads the page in a mode; `onText` gets the text so far.
const read = async (page, name, signal, onText) => {
  const response = await ask("v1/chat/completions", {
    messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: page.image } }] }],
    stream: true,
    stream_options: { include_usage: true },
    microfiche: { mode: name },
  }, "application/json", signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const result = { text: "", usage: null, own: null };
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const events = (rest + part.value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      if (event === "data: [DONE]") continue;
      const json = JSON.parse(event.replace(/^data: /, ""));
      if (json.error) throw new Problem(json.error.message);
      const delta = json.choices.length ? json.choices[0].delta.content : "";
      if (delta) onText((result.text += delta));
      if (json.microfiche) result.own = json.microfiche;
      if (json.usage) result.usage = json.usage;
    }
  }
  return result;
};

const stops = { loop: ", cut because it repeats itself", length: ", cut at its longest length" };

const readAndShow = async (run, name) => {
  const page = state.page;
  clearReading(`Reading in mode ${name} …`);
  $("result").setAttribute("aria-busy", "true");
  const result = await read(page, name, run.signal, (text) => {
    if (run.current()) $("reading").textContent = text;
  });
  if (!run.current()) return null;
  const seconds = result.own.seconds;
  const total = seconds.encode + seconds.prefill + seconds.decode;
  let line = `${result.usage.completion_tokens} tokens in ${number(total, 2)} s` + (stops[result.own.stop] || "");
  $("state").textContent = line + ".";
  $("result").removeAttribute("aria-busy");
  if (page.text === undefined) return null;
  const compared = await (await ask(
    "playground/compare", { reference: page.text, prediction: result.text }, "application/json", run.signal)).json();
  if (!run.current()) return null;
  $("state").textContent = `${number(100 * compared.similarity, 1)} % of the characters are right; ${line}.`;
  showDifferences(compared);
  const tokens = page.modes[name].nominal;
  addPoint({ name, tokens, ratio: page.text_tokens / tokens, similarity: compared.similarity, words: compared.set_precision });
  return result;
};

const addPoint = (point) => {
  state.points = state.points.filter((other) => other.name !== point.name).concat(point);
  drawCurve();
};

// Similarity over the ratio, which has a logarithmic scale from mode to mode.
const drawCurve = () => {
  const points = [...state.points].sort((a, b) => a.ratio - b.ratio);
  const svg = $("curve");
  const [left, right, top, bottom] = [96, 590, 14, 226];
  const page = state.page && state.page.text_tokens !== undefined ? state.page : null;
  const ratios = page ? modes().map((name) => page.text_tokens / page.modes[name].nominal) : [1];
  const [low, high] = [Math.log(Math.min(...ratios)), Math.log(Math.max(...ratios))];
  const x = (ratio) => left + ((right - left) * (Math.log(ratio) - low)) / (high - low || 1);
  const y = (value) => bottom - (bottom - top) * value;
  svg.replaceChildren(element("title", points.length
    ? points.map((p) => `${p.name}: ${number(p.ratio, 1)}x, ${number(100 * p.similarity, 1)} %`).join("; ") : "No point yet"));
  svg.append(element("rect", undefined, { class: "paper", width: 640, height: 280 }));
  for (const value of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(element("line", undefined, { class: "axis", x1: 56, x2: 630, y1: y(value), y2: y(value) }));
    svg.append(element("text", `${100 * value} %`, { x: 50, y: y(value) + 4, "text-anchor": "end" }));
  }
  for (const [i, ratio] of page ? ratios.entries() : []) {
    svg.append(element("text", number(ratio, 1) + "x", { x: x(ratio), y: bottom + 17, "text-anchor": "middle" }));
    svg.append(element("text", modes()[i], { x: x(ratio), y: bottom + 32, "text-anchor": "middle" }));
  }
  svg.append(element("text", "Similarity", { x: -(top + bottom) / 2, y: 11, transform: "rotate(-90)", "text-anchor": "middle" }));
  svg.append(element("text", "Text tokens per vision token", { x: (left + right) / 2, y: bottom + 50, "text-anchor": "middle" }));
  svg.append(element("polyline", undefined, {
    class: "path",
    points: points.filter((p) => isTrained(p.name)).map((p) => `${x(p.ratio)},${y(p.similarity)}`).join(" ") }));
  for (const p of points) {
    const kind = (isTrained(p.name) ? "" : "hollow ") + (p.name === mode() ? "now" : "");
    svg.append(element("circle", undefined, { cx: x(p.ratio), cy: y(p.similarity), r: 6, class: kind }));
  }
  $("points").replaceChildren(...points.map((p) => {
    const line = element("tr");
    for (const cell of [p.name, String(p.tokens), number(p.ratio, 1) + "x", number(100 * p.similarity, 1) + " %", number(100 * p.words, 1) + " %"]) {
      line.append(element("td", cell));
    }
    return line;
  }));
};

// Draws the page of the text, and reads it.
const makePage = async (run) => {
  const page = await (await ask(
    "playground/page", { text: $("text").value, style: $("style").value }, "application/json", run.signal)).json();
  if (!run.current()) return false;
  state.page = page;
  state.points = [];
  showPage();
  drawCurve();
  return true;
};

const attempt = async (task) => {
  const run = begin();
  show(null);
  try {
    await task(run);
  } catch (error) {
    if (!run.current()) return;
    $("result").removeAttribute("aria-busy");
    if (error.name !== "AbortError") clearReading("Nothing is read.");
    show(error);
  }
};

const readText = () => attempt(async (run) => {
  if (await makePage(run)) await readAndShow(run, mode());
});

const readMode = () => attempt(async (run) => {
  showPage();
  if (state.page && state.page.text !== undefined) await readAndShow(run, mode());
});

// Moves the slider over all modes and back, and reads in each.
const drawAll = () => attempt(async (run) => {
  const chosen = Number($("mode").value);
  if (!(await makePage(run))) return;
  const others = modes().map((_, i) => i).filter((i) => i !== chosen);
  for (const i of [...others, chosen]) {
    $("mode").value = String(i);
    showPage();
    if (!(await readAndShow(run, modes()[i]))) return;
  }
});

const loadFile = () => attempt(async (run) => {
  if (!state.file) return;
  const page = encodeURIComponent($("page-number").value || "1");
  const loaded = await (await ask(
    "playground/document?page=" + page, state.file, "application/octet-stream", run.signal)).json();
  if (!run.current()) return;
  state.page = loaded;
  $("num-pages").textContent = `of ${loaded.pages}`;
  $("page-number").max = loaded.pages;
  $("read-file").disabled = false;
  showPage();
  clearReading("Nothing is read yet.");
});

const takeFile = (file) => {
  if (!file) return;
  state.file = file;
  $("page-number").value = "1";
  loadFile();
};

const showTimeline = () => attempt(async (run) => {
  if (!state.setup.store) return;
  $("memory-state").textContent = "Loading the timeline …";
  const html = await (await ask("playground/timeline", undefined, undefined, run.signal)).text();
  // The frame's sandbox runs no scripts.
  $("timeline").srcdoc = html;
  $("timeline").hidden = false;
  $("memory-state").hidden = true;
});

const tabs = ["text", "file", "memory"];
const openTab = (name) => {
  begin();
  show(null);
  state.tab = name;
  for (const tab of tabs) {
    const chosen = tab === name;
    $("tab-" + tab).setAttribute("aria-selected", String(chosen));
    $("tab-" + tab).tabIndex = chosen ? 0 : -1;
    $("panel-" + tab).hidden = !chosen;
  }
  $("result").hidden = name === "memory";
  $("marked").hidden = $("curve-card").hidden = name !== "text";
  state.page = null;
  clearReading("Nothing is read yet.");
  showPage();
  if (name === "text") readText();
  if (name === "file") loadFile();
  if (name === "memory") showTimeline();
};

for (const tab of tabs) {
  $("tab-" + tab).addEventListener("click", () => openTab(tab));
  $("tab-" + tab).addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    $("tab-" + next).focus();
    openTab(next);
  });
}

let typing = 0;
$("text").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(readText, 400);
});
$("style").addEventListener("change", readText);
$("mode").addEventListener("input", readMode);
$("read").addEventListener("click", readText);
$("draw").addEventListener("click", drawAll);
$("show-grid").addEventListener("change", drawGrid);
$("file").addEventListener("change", () => takeFile($("file").files[0]));
$("page-number").addEventListener("change", loadFile);
$("file-mode").addEventListener("change", showPage);
$("read-file").addEventListener("click", () => attempt((run) => readAndShow(run, mode())));
// A file that misses the field must not replace the page.
for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => event.preventDefault());
$("drop").addEventListener("dragover", () => $("drop").classList.add("over"));
$("drop").addEventListener("dragleave", () => $("drop").classList.remove("over"));
$("drop").addEventListener("drop", (event) => {
  $("drop").classList.remove("over");
  takeFile(event.dataTransfer.files[0]);
});
$("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  key = $("key").value;
  start();
});

const start = () => attempt(async (run) => {
  const setup = await (await ask("playground/setup", undefined, undefined, run.signal)).json();
  state.setup = setup;
  $("key-form").hidden = true;
  $("work").hidden = false;
  $("model").textContent = setup.model;
  $("note").textContent = setup.note;
  $("style").replaceChildren(...setup.styles.map((style) => element("option", style.label, { value: style.name })));
  $("file-mode").replaceChildren(...modes().map((name) => element("option", modeLabel(name), { value: name })));
  $("mode").max = String(setup.modes.length - 1);
  $("mode").value = String(modes().indexOf(setup.default_mode));
  $("file-mode").value = setup.default_mode;
  if (!$("text").value) $("text").value = setup.example;
  openTab(state.tab);
});

showPage();
start();
