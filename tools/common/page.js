// SPDX-License-Identifier: Apache-2.0
// page.js: what pages that the command writes are drawn with.
const page = document.getElementById("page"), tip = document.getElementById("tip");
const NS = "http://www.w3.org/2000/svg";

// ---- small helpers ----
function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  e.append(...children);
  return e;
}
function svg(tag, attributes, text) {
  const e = document.createElementNS(NS, tag);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  return e;
}
function explain(element, text) {
  element.addEventListener("mousemove", event => {
    tip.textContent = text;
    tip.style.display = "block";
    tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + "px";
    tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + "px";
  });
  element.addEventListener("mouseleave", () => { tip.style.display = "none"; });
  return element;
}
function section(title, sub, ...children) {
  const s = el("section", {}, el("h2", {}, title));
  if (sub) s.append(el("p", {class: "sub"}, sub));
  s.append(...children);
  return s;
}
const ms = x => x === undefined ? "-" : x >= 100 ? x.toFixed(1) : x >= 1 ? x.toFixed(2)
                                                                       : x.toFixed(4);
const msUnit = x => ms(x) + " ms";
function size(bytes) {
  if (bytes >= 1048576) return (bytes / 1048576).toFixed(2) + " MB";
  return bytes >= 1024 ? (bytes / 1024).toFixed(1) + " kB" : bytes + " B";
}
const sum = list => list.reduce((a, b) => a + b, 0);
const sorted = list => [...list].sort((a, b) => a - b);
function percentile(ordered, p) {
  const at = p * (ordered.length - 1), low = Math.floor(at);
  const high = Math.min(low + 1, ordered.length - 1);
  return ordered[low] + (ordered[high] - ordered[low]) * (at - low);
}
function ticks(low, high, count) {
  const raw = (high - low) / count || 1, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(x => x * power).find(x => x >= raw) || power * 10;
  const list = [];
  for (let x = Math.ceil(low / step) * step; x <= high + step / 1e6; x += step) list.push(x);
  return list;
}
const short = x => String(+x.toPrecision(4));

// ---- drawings ----
function frame(width, height, margin) {
  const s = svg("svg", {viewBox: `0 0 ${width} ${height}`});
  return {s, width, height, x0: margin.l, x1: width - margin.r, y0: margin.t,
          y1: height - margin.b};
}
function xAxis(f, low, high, format) {
  const at = x => f.x0 + (x - low) / (high - low || 1) * (f.x1 - f.x0);
  for (const x of ticks(low, high, 7)) {
    f.s.append(svg("line", {x1: at(x), x2: at(x), y1: f.y0, y2: f.y1, class: "grid"}),
               svg("text", {x: at(x), y: f.y1 + 15, "text-anchor": "middle"}, format(x)));
  }
  return at;
}
function yAxis(f, high, format, marks) {
  const at = y => f.y1 - y / (high || 1) * (f.y1 - f.y0);
  for (const y of marks || ticks(0, high, 4))
    f.s.append(svg("line", {x1: f.x0, x2: f.x1, y1: at(y), y2: at(y), class: "grid"}),
               svg("text", {x: f.x0 - 7, y: at(y) + 4, "text-anchor": "end"}, format(y)));
  return at;
}

// ---- tables ----
function definitions(pairs) {
  const list = el("dl");
  for (const [k, v] of pairs)
    if (v !== "" && v !== undefined)
      list.append(el("dt", {}, k), el("dd", {class: k === "Flags" ? "flags" : ""}, String(v)));
  return list;
}
function bar(share, color) {
  const i = el("i", {style: `width:${Math.min(100, 100 * share).toFixed(1)}%;` +
                            `background:${color}`});
  return el("td", {class: "share"}, el("div", {}, i));
}
function table(columns, rows) {
  const body = el("tbody"), head = el("tr");
  let last = -1, up = false;
  const fill = list => body.replaceChildren(...list.map(r => {
    const tr = el("tr");
    for (const c of columns)
      tr.append(c.cell ? c.cell(r) : el("td", {class: c.kind || "n", title: c.kind === "name" ?
                                               String(c.value(r)) : ""},
                                        c.text ? c.text(r) : String(c.value(r))));
    return tr;
  }));
  columns.forEach((c, i) => {
    const th = el("th", {class: c.kind === undefined && !c.cell ? "n" : ""}, c.title);
    th.addEventListener("click", () => {
      up = last === i ? !up : false;
      last = i;
      fill([...rows].sort((a, b) => {
        const x = c.value(a), y = c.value(b);
        return ((x ?? -1) < (y ?? -1) ? 1 : x === y ? 0 : -1) * (up ? -1 : 1);
      }));
    });
    head.append(th);
  });
  fill(rows);
  return el("div", {class: "scroll"}, el("table", {}, el("thead", {}, head), body));
}
