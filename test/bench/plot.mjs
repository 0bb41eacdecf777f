// npm run plot: draws native-notes/algorithms.svg: goodput by loss and round trip, from the table test/lab/tables/loss.txt; and each
// algorithm's window over time, simulated anew from dist. The same tables and the same stack give the same octets.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { simulate } from '../../dist/lab/simulation/simulate.js';
import { builtInAlgorithms } from '../../dist/tcp/congestion/choice.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const OUT = here('../../native-notes/algorithms.svg');
/** Of each algorithm. Told apart by eyes that see few colors, too (Okabe and Ito). */
const COLORS = { reno: '#0072b2', cubic: '#d55e00', bbr: '#009e73' };
const OTHER_COLORS = ['#cc79a7', '#56b4e9', '#e69f00'];
const algorithms = [...builtInAlgorithms().keys()].sort();
const colorOf = (name) => COLORS[name] ?? OTHER_COLORS[algorithms.indexOf(name) % OTHER_COLORS.length];

const PANEL = { width: 250, height: 170 };
const GAP = { x: 62, y: 78 };
const MARGIN = { left: 58, top: 64 };
const panelAt = (column, row) => ({
  x: MARGIN.left + column * (PANEL.width + GAP.x),
  y: MARGIN.top + row * (PANEL.height + GAP.y),
});

const round = (value) => Math.round(value * 10) / 10;
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (x, y, words, more = '') => `<text x="${round(x)}" y="${round(y)}" ${more}>${escaped(words)}</text>`;
const line = (points, color, more = '') =>
  `<polyline points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')}" stroke="${color}" ${more}/>`;

/** A frame with a title, ticks and grid lines. `x` and `y` map values to places; ticks are [value, label]. */
function panel({ x: left, y: top }, title, x, y, xTicks, yTicks, xTitle, yTitle) {
  const bottom = top + PANEL.height;
  const right = left + PANEL.width;
  return [
    text(left, top - 8, title, 'class="title"'),
    ...yTicks.map(([value]) =>
      line(
        [
          [left, y(value)],
          [right, y(value)],
        ],
        '#ddd',
      ),
    ),
    ...yTicks.map(([value, label]) => text(left - 6, y(value) + 4, label, 'text-anchor="end"')),
    ...xTicks.map(([value]) =>
      line(
        [
          [x(value), bottom],
          [x(value), bottom + 4],
        ],
        '#444',
      ),
    ),
    ...xTicks.map(([value, label]) => text(x(value), bottom + 17, label, 'text-anchor="middle"')),
    line(
      [
        [left, top],
        [left, bottom],
        [right, bottom],
      ],
      '#444',
    ),
    text((left + right) / 2, bottom + 34, xTitle, 'text-anchor="middle"'),
    text(left, top - 24, yTitle, 'class="small"'),
  ];
}

/** The lines of a table of test/lab, by the names of its columns. */
function tableOf(name) {
  const [head, ...rows] = readFileSync(here(`../lab/tables/${name}.txt`), 'utf8')
    .trimEnd()
    .split('\n');
  const columns = head.trim().split(/ {2,}/);
  return rows.map((row) =>
    Object.fromEntries(
      row
        .trim()
        .split(/ {2,}/)
        .map((cell, i) => [columns[i], cell]),
    ),
  );
}

/** Goodput by loss, a panel for each round trip. Loss grows by tenfolds; none stands left of the axis's break. */
function lossPanels(row) {
  const table = tableOf('loss');
  const trips = [...new Set(table.map(({ RTT }) => RTT))];
  const losses = [...new Set(table.map(({ loss }) => loss))];
  const most = Number.parseFloat(table[0].rate);
  return trips.flatMap((trip, column) => {
    const place = panelAt(column, row);
    const NONE = 0.03;
    const decades = Math.log10(10 / NONE);
    const x = (loss) => place.x + 8 + (Math.log10(Math.max(loss, NONE) / NONE) / decades) * (PANEL.width - 16);
    const y = (mbit) => place.y + PANEL.height - (mbit / most) * PANEL.height;
    const ticks = losses.map((loss) => [Number.parseFloat(loss), loss === '0%' ? 'none' : loss]);
    const goodputs = [0, 5, 10, 15, 20].map((mbit) => [mbit, String(mbit)]);
    // M. Mathis, J. Semke, J. Mahdavi, T. Ott, "The Macroscopic Behavior of the TCP Congestion Avoidance Algorithm", 1997.
    const mathis = (loss) => (((1448 * 8) / (Number.parseFloat(trip) / 1000)) * Math.sqrt(1.5 / (loss / 100))) / 1e6;
    const theory = [];
    for (let loss = 0.08; loss <= 10; loss *= 1.1) if (mathis(loss) <= most) theory.push([x(loss), y(mathis(loss))]);
    const title = `${most} Mbit/s, RTT ${trip.replace('ms', ' ms')}`;
    return [
      ...panel(place, title, x, y, ticks, goodputs, 'lost by chance', column === 0 ? 'goodput, Mbit/s' : ''),
      line(theory, '#999', 'stroke-dasharray="4 3"'),
      ...algorithms.map((name) => {
        const rows = table.filter(({ algorithm, RTT }) => algorithm === name && RTT === trip);
        const points = rows.map(({ loss, 'Mbit/s': mbit }) => [x(Number.parseFloat(loss)), y(Number(mbit))]);
        return `${line(points, colorOf(name), 'class="data"')}${points.map(([cx, cy]) => `<circle cx="${round(cx)}" cy="${round(cy)}" r="2.6" fill="${colorOf(name)}"/>`).join('')}`;
      }),
    ];
  });
}

/** The window of each algorithm over time, alone on one path, a panel each; grey: what path and queue hold. */
function windowPanels(row) {
  const [rate, rtt, seconds] = [20, 100, 40];
  const bdp = Math.round((rate * 1e6 * (rtt / 1e3)) / 8 / 1500);
  const most = 3 * bdp;
  return algorithms.flatMap((name, column) => {
    const place = panelAt(column, row);
    const path = `out: rate ${rate}mbit queue ${bdp}; delay ${rtt / 2}ms`;
    const { samples } = simulate({ path, flows: [name], seconds, seed: 1, sampleEvery: rtt / 1000 });
    const x = (second) => place.x + (second / seconds) * PANEL.width;
    const y = (segments) => place.y + PANEL.height - (Math.min(segments, most) / most) * PANEL.height;
    const secondTicks = [0, 10, 20, 30, 40].map((second) => [second, String(second)]);
    const windowTicks = [0, bdp, 2 * bdp, most].map((segments) => [segments, String(segments)]);
    const points = samples.map(({ at, flows: [flow] }) => [x(at), y(flow.cwnd)]);
    return [
      `<rect x="${place.x}" y="${round(y(2 * bdp))}" width="${PANEL.width}" height="${round(y(0) - y(2 * bdp))}" fill="#f2f2f2"/>`,
      `<rect x="${place.x}" y="${round(y(bdp))}" width="${PANEL.width}" height="${round(y(0) - y(bdp))}" fill="#e6e6e6"/>`,
      ...panel(
        place,
        `${name}: ${rate} Mbit/s, RTT ${rtt} ms`,
        x,
        y,
        secondTicks,
        windowTicks,
        'seconds',
        column === 0 ? 'cwnd, segments' : '',
      ),
      line(points, colorOf(name), 'class="data"'),
    ];
  });
}

function legend(columns) {
  const entries = [
    ...algorithms.map((name) => [name, colorOf(name), '']),
    ['theory of reno', '#999', 'stroke-dasharray="4 3"'],
  ];
  const y = 20;
  const width = 130;
  const left = MARGIN.left + columns * (PANEL.width + GAP.x) - GAP.x - entries.length * width;
  return entries.map(
    ([name, color, more], i) =>
      `${line(
        [
          [left + i * width, y],
          [left + i * width + 26, y],
        ],
        color,
        `stroke-width="2.2" ${more}`,
      )}${text(left + i * width + 32, y + 4, name)}`,
  );
}

const columns = Math.max(3, algorithms.length);
const width = MARGIN.left + columns * (PANEL.width + GAP.x) - GAP.x + 24;
const height = MARGIN.top + 2 * (PANEL.height + GAP.y);
const svg = [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#222">`,
  '<title>Goodput by loss and round trip, and the window over time, of each congestion control algorithm</title>',
  '<style>polyline{fill:none;stroke-width:1}.data{stroke-width:1.8;stroke-linejoin:round}.title{font-weight:600}.small{fill:#555}</style>',
  `<rect width="${width}" height="${height}" fill="#fff"/>`,
  ...legend(columns),
  ...lossPanels(0),
  ...windowPanels(1),
  '</svg>',
];
writeFileSync(OUT, `${svg.join('\n')}\n`);
console.log(`${OUT}: ${algorithms.join(', ')}`);
