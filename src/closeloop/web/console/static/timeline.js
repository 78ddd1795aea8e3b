// Draws the list of acts as a zoomable timeline. The list is the data; without this script it stands for itself.
(() => {
  const place = document.getElementById("chart");
  const acts = [...document.querySelectorAll("#acts > li")];
  if (!place || !acts.length) return;
  const lanes = place.dataset.lanes.split("|").reverse();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let chart = null;

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const series = () => lanes.map((lane) => ({
    name: lane, type: "scatter", symbolSize: 13,
    itemStyle: { color: color(`--${lane.toLowerCase()}`), opacity: 0.85, borderColor: color("--card"), borderWidth: 1 },
    data: acts.filter((act) => act.dataset.lane === lane)
      .map((act) => ({ value: [act.dataset.at, lane], id: act.id, name: act.dataset.kind, detail: act.dataset.detail })),
  }));

  const options = () => {
    const text = { color: color("--text"), fontFamily: getComputedStyle(document.body).fontFamily };
    const line = { lineStyle: { color: color("--line") } };
    return {
      animation: !still, textStyle: text, useUTC: true,
      grid: { left: 84, right: 24, top: 12, bottom: 76 },
      xAxis: { type: "time", min: ({ min, max }) => min - margin(min, max), max: ({ min, max }) => max + margin(min, max), axisLine: line, axisLabel: { color: color("--quiet"), hideOverlap: true }, splitLine: { show: true, ...line } },
      yAxis: { type: "category", data: lanes, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: color("--text") }, splitLine: { show: true, ...line } },
      dataZoom: [
        { type: "inside", filterMode: "none", zoomOnMouseWheel: "ctrl" },
        { type: "slider", filterMode: "none", height: 26, bottom: 12, borderColor: color("--line"), fillerColor: color("--wash"),
          textStyle: { color: color("--quiet") }, handleStyle: { color: color("--accent") }, moveHandleSize: 0 },
      ],
      // Drawn on the canvas: a tooltip of HTML would need inline styles, which the page forbids.
      tooltip: {
        renderMode: "richText", confine: true, backgroundColor: color("--card"), borderColor: color("--line"), textStyle: text,
        formatter: ({ data }) => `${data.value[0].slice(0, 16).replace("T", " ")}\n${data.name}${data.detail ? "\n" + wrapped(data.detail) : ""}`,
      },
      series: series(),
    };
  };

  const margin = (min, max) => Math.max(0.03 * (max - min), 1_800_000);

  const wrapped = (words) => words.replace(/(.{1,60})(\s|$)/g, "$1\n").trim();

  const draw = () => {
    chart?.dispose();
    chart = echarts.init(place);
    chart.setOption(options());
    chart.on("click", ({ data }) => show(data.id));
  };

  const show = (id) => {
    const act = document.getElementById(id);
    document.querySelectorAll("#acts > .shown").forEach((other) => other.classList.remove("shown"));
    act.closest("details").open = true;
    act.classList.add("shown");
    act.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  };

  draw();
  dark.addEventListener("change", draw);
  new ResizeObserver(() => chart.resize()).observe(place);
})();
