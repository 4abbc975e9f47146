// The tables of tutors and students: rows come from the server as they are scrolled to; filters and order live in the address.
// This script stands before the grid's own: the first rows are on their way while that long one is read.
"use strict";

(() => {
  const frame = document.querySelector("[data-grid]");
  if (!frame) return;
  const options = JSON.parse(document.getElementById(frame.dataset.grid).textContent);
  const BLOCK = 100;
  const asked = (address, start, end) => {
    const query = new URLSearchParams(address);
    query.set("start", start);
    query.set("limit", end - start);
    return fetch(`${options.rows}?${query}`);
  };
  let first = asked(location.search, 0, BLOCK);
  first.catch(() => {});  // Whoever awaits it tells.
  document.addEventListener("DOMContentLoaded", () => window.agGrid && begin());

  function begin() {
    const form = document.querySelector("[data-filters]");
    const SVG = "http://www.w3.org/2000/svg";
    const shape = (name, attributes) => {
      const made = document.createElementNS(SVG, name);
      Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
      return made;
    };
    const time = new Intl.DateTimeFormat("en-GB", { timeZone: options.zone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    const nothing = "–";
    const texts = {
      percent: (value) => `${Math.round(100 * value)} %`,
      number: (value) => Math.round(value).toLocaleString("en"),
      decimal: (value) => value.toFixed(1),
      word: (value) => value.charAt(0).toUpperCase() + value.slice(1).replaceAll("_", " "),
      time: (value) => time.format(new Date(value)),
    };
    const path = (id) => `/${options.kind}s/${encodeURIComponent(id)}`;

    function idCell({ value }) {
      const link = document.createElement("a");
      if (value !== undefined) { link.href = path(value); link.textContent = value; }
      link.tabIndex = -1;
      const office = value === undefined ? "" : officeLink(options.kind, value), cell = document.createElement("span");
      if (office) office.tabIndex = -1;
      cell.append(link, " ", office);
      return cell;
    }
    function chipCell({ value, data }) {
      const chip = document.createElement("span");
      if (!data) return chip;
      const state = data.frozen || !value ? "unknown" : options.states[value];
      const mark = shape("svg", { class: `mark mark-${state}`, width: 10, height: 10, "aria-hidden": "true" });
      mark.append(shape("use", { href: `#mark-${state}` }));
      chip.className = "chip";
      chip.append(mark, data.frozen || !value ? "Not scored" : options.words[value]);
      if (data.override_owner) chip.append(hand(data));
      if (data.operator_state) {
        const apart = document.createElement("span");
        apart.className = "apart";
        apart.textContent = texts.word(data.operator_state);
        chip.append(apart);
      }
      return chip;
    }
    // A segment that somebody set by hand is marked, with what the model says.
    function hand(data) {
      const said = document.createElement("span"), pen = shape("svg", { class: "mark mark-hand", width: 10, height: 10, "aria-hidden": "true" });
      pen.append(shape("use", { href: "#mark-hand" }));
      said.className = "hand";
      said.title = `Set by ${data.override_owner} until ${texts.time(data.override_expires)}. The model says: ${options.words[data.model_segment] || "not scored"}.`;
      said.append(pen, "by hand");
      return said;
    }
    function trailCell({ data }) {
      const values = (data && trails.get(data.entity_id)) || [];
      const drawing = shape("svg", { class: "spark", viewBox: "0 0 100 24", width: 100, height: 24, role: "img" });
      if (values.length < 2) { drawing.setAttribute("aria-label", "no record yet"); return drawing; }
      const x = (i) => 2 + (96 * i) / (values.length - 1), y = (value) => 22 - 20 * value;
      const last = values.length - 1;
      drawing.setAttribute("aria-label", `from ${texts.percent(values[0])} to ${texts.percent(values[last])}`);
      drawing.append(shape("polyline", { points: values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ") }));
      drawing.append(shape("circle", { cx: x(last), cy: y(values[last]), r: 2 }));
      return drawing;
    }
    const cells = { id: idCell, chip: chipCell, trail: trailCell };
    const right = new Set(["percent", "number", "decimal"]);
    const trails = new Map();

    const narrow = { id: 0.86, chip: 0.86, other: 0.8 };
    const definition = ({ look, filtered, width, ...rest }) => ({
      ...rest, look: undefined, width: Math.round(innerWidth > 700 ? width : narrow[look in narrow ? look : "other"] * width),
      cellRenderer: cells[look],
      valueFormatter: texts[look] && (({ value, data }) => (!data ? "" : value === null || value === undefined ? nothing : texts[look](value))),
      cellClass: right.has(look) ? "num" : undefined,
      headerClass: right.has(look) ? "ag-right-aligned-header" : undefined,
      pinned: look === "id" && innerWidth > 700 ? "left" : undefined,
      filter: !filtered ? false : look === "time" ? "agDateColumnFilter" : "agNumberColumnFilter",
      filterParams: look === "time" ? { filterOptions: ["inRange"], maxNumConditions: 1, inRangeInclusive: true, buttons: ["reset"], debounceMs: 300 } : filtered && { filterOptions: ["greaterThanOrEqual", "lessThanOrEqual", "inRange"], maxNumConditions: 1, inRangeInclusive: true, buttons: ["reset"], debounceMs: 300, numberParser: (text) => (text ? Number(text.replace("%", "")) / (look === "percent" ? 100 : 1) : null), numberFormatter: (value) => (value === null || value === undefined ? null : String(look === "percent" ? Math.round(10000 * value) / 100 : value)), allowedCharPattern: "\\d\\-\\.%" },
      suppressHeaderMenuButton: !filtered,
    });
    const columns = options.columns.map(({ look, ...rest }) => { const made = definition({ look, ...rest }); delete made.look; return made; });
    const bounded = options.columns.filter((column) => column.filtered && column.look !== "time").map((column) => column.field);
    const dated = options.columns.filter((column) => column.filtered && column.look === "time").map((column) => column.field);

    // The address is the state; the form, the grid's own filters and its order are read from it and written to it.
    const ofGrid = (api) => {
      const query = new URLSearchParams(new FormData(form));
      [...query.entries()].filter(([, value]) => !value).forEach(([name]) => query.delete(name));
      Object.entries(api.getFilterModel()).forEach(([field, model]) => {
        if (model.filterType === "date") {
          query.set(`${field}_min`, model.dateFrom.slice(0, 10));
          query.set(`${field}_max`, model.dateTo.slice(0, 10));
          return;
        }
        if (model.type !== "lessThanOrEqual") query.set(`${field}_min`, model.filter);
        if (model.type === "lessThanOrEqual") query.set(`${field}_max`, model.filter);
        if (model.type === "inRange") query.set(`${field}_max`, model.filterTo);
      });
      const sorted = api.getColumnState().find((column) => column.sort);
      const sort = sorted ? (sorted.sort === "desc" ? "-" : "") + sorted.colId : options.firstOrder;
      if (sort !== options.firstOrder) query.set("sort", sort);
      return query;
    };
    const days = (query) => Object.fromEntries(dated.flatMap((field) => {
      const [from, to] = ["min", "max"].map((end) => query.get(`${field}_${end}`));
      if (!from && !to) return [];
      return [[field, { filterType: "date", type: "inRange", dateFrom: `${from || "2000-01-01"} 00:00:00`, dateTo: `${to || "2100-01-01"} 00:00:00` }]];
    }));
    const numbers = (query) => Object.fromEntries(bounded.flatMap((field) => {
      const [low, high] = ["min", "max"].map((end) => query.get(`${field}_${end}`)).map((text) => (text ? Number(text) : null));
      if (low === null && high === null) return [];
      const model = low !== null && high !== null ? { type: "inRange", filter: low, filterTo: high } : low !== null ? { type: "greaterThanOrEqual", filter: low } : { type: "lessThanOrEqual", filter: high };
      return [[field, { filterType: "number", ...model }]];
    }));
    const restore = (api, query) => {
      form.elements.q.value = query.get("q") || "";
      form.querySelectorAll("[name=segment]").forEach((box) => { box.checked = query.getAll("segment").includes(box.value); });
      ["status", "subject", "confidence"].forEach((name) => { form.elements[name].value = query.get(name) || ""; });
      const sort = query.get("sort") || options.firstOrder;
      api.setFilterModel({ ...numbers(query), ...days(query) });
      api.applyColumnState({ state: [{ colId: sort.replace("-", ""), sort: sort.startsWith("-") ? "desc" : "asc" }], defaultState: { sort: null } });
    };

    let now = new URLSearchParams(location.search), restoring = true;
    const datasource = {
      async getRows({ startRow, endRow, successCallback, failCallback }) {
        const coming = first ?? asked(now, startRow, endRow);
        first = null;
        try {
          const response = await coming;
          if (!response.ok) throw new Error((await response.json()).detail || response.status);
          const found = await response.json();
          Object.entries(found.trails).forEach(([id, values]) => trails.set(id, values));
          document.querySelector("[data-total]").textContent = `${found.total.toLocaleString("en")} ${found.total === 1 ? options.kind : `${options.kind}s`}`;
          api.setGridOption("loading", false);
          successCallback(found.items, found.total);
          found.total ? api.hideOverlay() : api.showNoRowsOverlay();
        } catch (error) {
          document.querySelector("[data-total]").textContent = `The rows could not be loaded: ${error.message}`;
          failCallback();
        }
      },
    };
    function changed(push) {
      if (restoring) return;
      const query = ofGrid(api);
      if (query.toString() === now.toString()) return;
      now = query;
      const address = query.size ? `?${query}` : location.pathname;
      push ? history.pushState(null, "", address) : history.replaceState(null, "", address);
      tell();
      api.ensureIndexVisible(0);
      api.purgeInfiniteCache();
    }
    function tell() {
      document.querySelector("[data-csv]").href = now.size ? `${options.csv}?${now}` : options.csv;
      document.querySelector("[data-query]").value = now.toString();
    }
    const api = agGrid.createGrid(frame, {
      theme: "legacy",
      columnDefs: columns,
      defaultColDef: { resizable: true, sortingOrder: ["desc", "asc"], suppressMovable: true },
      rowModelType: "infinite",
      cacheBlockSize: BLOCK,
      maxBlocksInCache: 20,
      infiniteInitialRowCount: 1,
      rowHeight: 38,
      headerHeight: 38,
      suppressCellFocus: false,
      suppressMultiSort: true,
      enableCellTextSelection: true,
      tooltipShowDelay: 300,
      animateRows: false,
      getRowId: ({ data }) => data.entity_id,
      overlayNoRowsTemplate: "<span class='empty-title'>Nobody passes these filters.</span>",
      onSortChanged: () => changed(true),
      onFilterChanged: () => changed(true),
      onCellKeyDown: ({ event, data }) => { if (event.key === "Enter" && data) location.assign(path(data.entity_id)); },
    });
    restore(api, now);
    restoring = false;
    tell();
    api.setGridOption("datasource", datasource);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => event.target.name && event.target.name !== "q" && changed(true));
    let typing = 0;
    form.elements.q.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => changed(false), 200); });
    addEventListener("popstate", () => {
      now = new URLSearchParams(location.search);
      restoring = true;
      restore(api, now);
      restoring = false;
      tell();
      api.purgeInfiniteCache();
    });
  }
})();
