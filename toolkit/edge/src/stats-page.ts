import { createHash } from 'node:crypto';

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
  h1 { font-size: 1.25rem }
  table { border-collapse: collapse; width: 100% }
  td { padding: .2rem 0; border-bottom: 1px solid #8884 }
  td + td { text-align: right; font-variant-numeric: tabular-nums }
  svg { width: 100%; height: 8rem; margin-top: 1rem; fill: #27c; overflow: visible }`;

const script = `
  const table = document.querySelector('table');
  const chart = document.querySelector('svg');
  function row(name, value) {
    const line = table.insertRow();
    line.insertCell().textContent = name;
    line.insertCell().textContent = value;
  }
  function bar(count, at, highest) {
    const rect = document.createElementNS(chart.namespaceURI, 'rect');
    const height = 100 * count / highest;
    for (const [name, value] of Object.entries({ x: at * 10, y: 100 - height, width: 8, height }))
      rect.setAttribute(name, value);
    chart.append(rect);
  }
  async function show() {
    const response = await fetch(location.href, { headers: { accept: 'application/json' } });
    const { started, uptime, memory, requests, streams, counters } = await response.json();
    table.replaceChildren();
    row('Started', new Date(started * 1000).toLocaleString());
    row('Uptime', uptime + ' s');
    row('Memory', memory);
    row('Requests', requests.total);
    row('In flight', requests.in_flight);
    for (const name of ['2xx', '3xx', '4xx', '5xx']) row(name, requests[name]);
    for (const [name, ms] of Object.entries(requests.latency)) row(name, ms.toFixed(1) + ' ms');
    row('Streams', streams);
    const counts = counters.map((each) => each.total_reqs);
    chart.replaceChildren();
    counts.forEach((count, at) => bar(count, at, Math.max(1, ...counts)));
  }
  const again = () => show().catch(() => undefined);
  again();
  setInterval(again, 5000);`;

/** A page that shows what `/stats` says, and asks for it every five seconds. It needs nothing else. */
export const statsPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Requests</title>
<style>${style}</style>
<h1>Requests</h1>
<table></table>
<svg viewBox="0 0 240 100" preserveAspectRatio="none" role="img" aria-label="Requests in windows of 5 seconds"></svg>
<script>${script}</script>
</html>
`;

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What the page may do: run its own script, and ask for its own address. */
export const statsPagePolicy = `default-src 'none'; connect-src 'self'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; frame-ancestors 'none'`;
