// <time datetime="..." data-ago>: "5 minutes ago", kept true; the exact time stays in the title.
const STEPS = [
  ["year", 31536000],
  ["month", 2592000],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

export function bindTimes(root) {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });
  const refresh = () => {
    for (const time of root.querySelectorAll("time[data-ago]")) time.textContent = ago(time.dateTime, format);
  };
  refresh();
  setInterval(refresh, 30000);
}

export function ago(text, format, now = Date.now()) {
  const seconds = Math.round((Date.parse(text) - now) / 1000);
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return format.format(Math.trunc(seconds / size), unit);
}
