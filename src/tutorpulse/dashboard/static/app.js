// The pages' own script. Pages are rendered on the server; this draws what they carry, and keeps what is live alive.
"use strict";

const root = document.documentElement;
const say = (text) => { document.getElementById("said").textContent = text; };
const data = (id) => JSON.parse(document.getElementById(id).textContent);
const style = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const themed = [];

// Theme: kept in a cookie, so that the server renders it and nothing flickers.
document.querySelectorAll("[data-theme-form] select").forEach((select) => {
  select.addEventListener("change", () => {
    document.cookie = `theme=${select.value}; path=/; max-age=31536000; samesite=strict`;
    root.dataset.theme = select.value;
    themed.forEach((draw) => draw());
  });
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => themed.forEach((draw) => draw()));

// Explanations of terms: shown by the style sheet; Escape hides them, and none leaves the window.
document.addEventListener("keydown", (event) => root.classList.toggle("tips-off", event.key === "Escape"));
document.addEventListener("pointermove", () => root.classList.remove("tips-off"), { passive: true });
const place = (event) => {
  const term = event.target.closest?.(".term");
  if (!term) return;
  const tip = term.querySelector(".tip");
  tip.classList.remove("to-left");
  tip.classList.toggle("to-left", tip.getBoundingClientRect().right > innerWidth - 8);
};
document.addEventListener("pointerover", place);
document.addEventListener("focusin", place);

// Charts: options come from the server; ink and lines follow the theme.
function inked(option) {
  const ink = style("--ink"), muted = style("--muted"), line = style("--line");
  const axis = {
    axisLabel: { color: muted }, nameTextStyle: { color: muted }, axisLine: { lineStyle: { color: line } },
    axisTick: { lineStyle: { color: line } }, splitLine: { lineStyle: { color: line } },
  };
  const theme = {
    textStyle: { fontFamily: "Inter, sans-serif", color: ink }, label: { color: ink }, legend: { textStyle: { color: ink } },
    categoryAxis: axis, valueAxis: axis, timeAxis: axis, logAxis: axis, sankey: { label: { color: ink } },
    tooltip: { backgroundColor: style("--surface"), borderColor: style("--line-strong"), borderWidth: 1, textStyle: { color: ink }, shadowBlur: 0, shadowColor: "transparent" },
  };
  return { theme, option: coloured(option) };
}
// "@ink" and the like stand for colours of the style sheet.
function coloured(part) {
  if (typeof part === "string") return part.startsWith("@") ? style(`--${part.slice(1)}`) : part;
  if (Array.isArray(part)) return part.map(coloured);
  if (part && typeof part === "object") return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, coloured(value)]));
  return part;
}
function drawChart(plot) {
  let shown = null;
  const draw = () => {
    const { theme, option } = inked(data(plot.dataset.chart));
    shown?.dispose();
    shown = echarts.init(plot, theme, { renderer: "canvas" });
    shown.setOption(option);
  };
  draw();
  themed.push(draw);
  new ResizeObserver(() => shown.resize()).observe(plot);
}
function drawCharts(within) {
  if (window.echarts) within.querySelectorAll("[data-chart]").forEach(drawChart);
}

// Parts: what costs a query over the whole log comes after the page.
async function fetchPart(part) {
  part.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(part.dataset.part, { headers: { accept: "text/html" } });
    if (!response.ok) throw new Error(String(response.status));
    part.innerHTML = await response.text();
    drawCharts(part);
  } catch (error) {
    part.innerHTML = '<p class="failed">This could not be loaded. <button type="button">Try again</button></p>';
    part.querySelector("button").addEventListener("click", () => fetchPart(part));
  }
  part.removeAttribute("aria-busy");
}

// Where the user's own back office shows somebody; nothing where no such place is set.
function officeLink(kind, id) {
  const template = document.body.dataset.office;
  if (!template) return "";
  const link = document.createElement("a");
  link.href = template.replaceAll("{kind}", kind).replaceAll("{id}", encodeURIComponent(id));
  link.className = "office"; link.rel = "noreferrer"; link.title = "In the back office"; link.textContent = "↗";
  link.setAttribute("aria-label", `${id} in the back office`);
  return link;
}

// Live: new insights come in quietly at the top; not while somebody reads, and not in a hidden tab, where the stream is closed.
function follow(feed) {
  const label = document.querySelector("[data-live-state]");
  const waiting = [];
  let source = null, reading = false;
  const entry = (insight) => {
    const item = document.createElement("li"), head = document.createElement("p"), text = document.createElement("p");
    const who = document.createElement(insight.entity_type === "subject" ? "strong" : "a"), when = document.createElement("span");
    who.textContent = insight.entity_id;
    if (who.tagName === "A") who.href = `/${insight.entity_type}s/${encodeURIComponent(insight.entity_id)}`;
    when.textContent = "just now"; when.className = "muted"; head.className = "feed-head"; item.className = "new";
    const named = document.createElement("span");
    named.append(who, " ", who.tagName === "A" ? officeLink(insight.entity_type, insight.entity_id) : "");
    head.append(named, " ", when); text.textContent = insight.explanation; item.append(head, text);
    return item;
  };
  const show = () => {
    while (waiting.length) feed.prepend(entry(waiting.shift()));
    feed.querySelector(".feed-empty")?.remove();
    while (feed.children.length > 50) feed.lastElementChild.remove();
  };
  const tell = () => {
    const on = source?.readyState === EventSource.OPEN && !reading;
    label.classList.toggle("on", on);
    label.textContent = on ? "live" : reading && waiting.length ? `paused, ${waiting.length} new` : "paused";
  };
  let last = null;
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(last ? `${feed.dataset.live}?after=${last}` : feed.dataset.live);
    source.addEventListener("open", tell);
    source.addEventListener("error", tell);
    source.addEventListener("insight", (event) => {
      last = event.lastEventId;
      waiting.push(JSON.parse(event.data));
      if (!reading) show();
      tell();
    });
  };
  const close = () => { source?.close(); source = null; tell(); };
  const read = (now) => () => { reading = now; if (!now) show(); tell(); };
  feed.addEventListener("pointerenter", read(true));
  feed.addEventListener("pointerleave", read(false));
  feed.addEventListener("focusin", read(true));
  feed.addEventListener("focusout", read(false));
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}

// Filters that a page is rendered by take effect as they change.
document.querySelectorAll("form[data-submit]").forEach((form) => form.addEventListener("change", () => form.requestSubmit()));

// Where the tabs do not fit, the one that is open is in sight.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

drawCharts(document);
document.querySelectorAll("[data-part]").forEach(fetchPart);
document.querySelectorAll("[data-live]").forEach(follow);
