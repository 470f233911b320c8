// The page of a run: takes in what it tells, while it does or from a report, and draws it.

import * as draw from '/draw.js';
import * as enrolment from '/enrol.js';

const SPAN = 10, KEPT = 120;
/** The messages of a report, which has no server. */
const recorded = document.getElementById('recorded');
const $ = id => document.getElementById(id);
const token = new URLSearchParams(location.search).get('token');
/** The satellite that is shown, where there are several. */
let session = null;
const url = (path, values = {}) => {
  const query = new URLSearchParams({ ...values, ...(token ? { token } : {}), ...(session ? { session } : {}) }).toString();
  return query ? `${path}?${query}` : path;
};
const post = (path, body) => fetch(url(path), { method: 'POST', body: JSON.stringify(body) });

let run, edges, events, knobs, now, over, paused, back, span = SPAN, canJudge = false, dirty = true;

function begin(hello, about) {
  run = hello; events = []; now = 0; over = false; paused = null; back = 0;
  edges = about.map(edge => ({ ...edge, kept: [] }));
  knobs = hello.knobs.map(knob => ({ ...knob, score: scoreOf(knob) }));
  document.title = $('name').textContent = hello.name;
  state('live', 'live');
  document.querySelector('main').hidden = false;
  $('span').hidden = !run.whole;
  $('pause').hidden = run.whole;
  $('events').replaceChildren();
  $('none').hidden = false;
  $('download').hidden = !edges.some(edge => edge.what === 'audio');
  layOut();
  const rows = hello.stages.map(stage => {
    const row = document.createElement('tr');
    for (const text of [stage.name, stage.kind, stage.lane, '', '', '']) row.append(cell(text));
    row.children[3].className = row.children[4].className = 'n';
    return row;
  });
  $('stages').tBodies[0].replaceChildren(...rows);
  // A session has no times of stages.
  $('stages').className = 'bare';
  $('load').textContent = '';
  $('rings').replaceChildren();
}

const cell = text => Object.assign(document.createElement('td'), { textContent: text });

/** The cards from top to bottom: sound, features, scores, image. */
function layOut() {
  const order = ['audio', 'image', 'features', 'scores'];
  const shown = order.flatMap(what => edges.filter(edge => edge.what === what));
  const cards = [];
  const deciding = edges.filter(edge => edge.what === 'scores').at(-1);
  for (const edge of shown) {
    edge.plots = [];
    if (edge.what === 'audio') {
      edge.plots.push(new draw.Plot('Level', 56, 'level'), new draw.Plot('Sound', 90, 'wave'));
    } else if (edge.what === 'features') {
      edge.plots.push(new draw.Plot(`What the model reads: ${edge.stage}`, 120, 'features'));
    } else if (edge.what === 'image') {
      edge.plots.push(new draw.Plot(`Image: ${edge.stage}`, 240, 'image'));
    } else if (edge === deciding) {
      const plot = new draw.Plot('Scores', 170, 'scores');
      plot.note.textContent = 'thin: the model; thick: smoothed; dashed: thresholds, which can be dragged';
      plot.canvas.tabIndex = 0;
      edge.plots.push(plot);
      edge.key = document.createElement('div');
      edge.key.className = 'key';
      plot.card.append(edge.key);
      dragging(plot, edge);
    }
    cards.push(...edge.plots.map(plot => plot.card));
  }
  $('plots').replaceChildren(...cards);
}

function scoreOf(knob) {
  if (!knob.scores.length) return null;
  const place = knob.value * (knob.scores.length - 1), low = Math.floor(place), rest = place - low;
  const above = knob.scores[Math.min(low + 1, knob.scores.length - 1)];
  return knob.scores[low] + rest * (above - knob.scores[low]);
}

/** The knobs that are thresholds of an edge's scores: another trigger may watch other labels. */
const knobsOf = edge => knobs.filter(knob => knob.score !== null && edge.labels.includes(knob.label));

/** The knob's value that asks for a score: scores fall as values rise. */
function valueFor(knob, score) {
  const scores = knob.scores, last = scores.length - 1;
  if (score >= scores[0]) return 0;
  for (let step = 1; step <= last; step++) {
    if (score >= scores[step]) {
      const fall = scores[step - 1] - scores[step];
      return (step - (fall > 0 ? (score - scores[step]) / fall : 0)) / last;
    }
  }
  return 1;
}

function dragging(plot, edge) {
  let held = null;
  const scoreAt = pointer => {
    const box = plot.canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, 1 - (pointer.clientY - box.top - 4) / (plot.height - 8)));
  };
  plot.canvas.addEventListener('pointerdown', pointer => {
    const score = scoreAt(pointer), near = 14 / plot.height;
    const reach = knob => Math.abs(knob.score - score);
    held = knobsOf(edge).filter(knob => reach(knob) < near).sort((a, b) => reach(a) - reach(b))[0] ?? null;
    if (held) plot.canvas.setPointerCapture(pointer.pointerId);
  });
  plot.canvas.addEventListener('pointermove', pointer => {
    if (!held) return;
    turn(held, scoreAt(pointer));
  });
  plot.canvas.addEventListener('pointerup', () => { held = null; });
}

let turning = null;
function turn(knob, score) {
  knob.value = valueFor(knob, score);
  knob.score = scoreOf(knob);
  dirty = true;
  clearTimeout(turning);
  if (!recorded) turning = setTimeout(() => post('/knob', { knob: knob.knob, value: knob.value }), 60);
}

/** How often the smoothed score of a label rose above a threshold, in what is kept. */
function crossings(edge, index, score) {
  let count = 0, above = false, until = -1;
  for (const block of edge.kept) {
    const is = block.scores[index] >= score;
    if (is && !above && block.at >= until) { count++; until = block.at + 1; }
    above = is;
  }
  return count;
}

function take(message) {
  if (message.hello) return begin(message.hello, message.edges);
  if (message.news) message.news.forEach((news, index) => news && takeEdge(edges[index], news));
  if (message.stats) takeStats(message.stats, message.missed);
  if (message.knob !== undefined) {
    const knob = knobs[message.knob];
    knob.value = message.value;
    knob.score = scoreOf(knob);
  }
  if (message.enrol) enrolment.take(message.enrol);
  if (message.over) finish();
  // Here and not where it is painted: a page in the background paints nothing.
  const oldest = run.whole ? 0 : Math.max(0, now - 60);
  if (!recorded) $('download').href = url('/sound.wav', { from: oldest.toFixed(3), to: (now + 1).toFixed(3) });
  $('download').download = `${run.name}.wav`;
  dirty = true;
}

/** The stream is over. A recording is shown as a whole, or from its beginning on. */
function finish() {
  over = true;
  state('over', '');
  if (!run.whole) return;
  state(`${now.toFixed(1)} s`, '');
  if (now <= 60) $('span').value = 'all';
  spread();
  back = Math.max(0, now - first() - span);
  if (recorded) $('download').hidden = true;
  else $('download').textContent = 'Download the sound';
}

/** The time of the oldest thing that is kept. */
const first = () => Math.min(...edges.filter(edge => edge.kept.length).map(edge => edge.kept[0].at), now);

/** Seconds that are seen at once, as chosen. */
function spread() {
  const right = now - back;
  span = $('span').value === 'all' ? Math.max(1, now - first()) : Number($('span').value);
  back = Math.min(Math.max(0, now - first() - span), Math.max(0, now - right));
  dirty = true;
}

/** Brings a moment into sight. */
function seek(at) {
  if (!run.whole && paused === null) return;
  back = Math.min(Math.max(0, now - first() - span), Math.max(0, (paused ?? now) - at - span / 2));
  dirty = true;
}

function takeEdge(edge, news) {
  if (edge.what === 'audio') {
    enrolment.level(Math.max(...news.rms), news.high.some(high => high >= 32767) || news.low.some(low => low <= -32768));
    news.low.forEach((low, index) => edge.kept.push({ at: news.at + index * news.step, step: news.step, low, high: news.high[index], rms: news.rms[index] }));
  } else if (edge.what === 'features') {
    news.at.forEach((at, index) => edge.kept.push({ at, column: news.columns[index] }));
  } else if (edge.what === 'scores') {
    news.at.forEach((at, index) => edge.kept.push({ at, scores: news.scores[index] }));
  } else if (edge.what === 'image') {
    edge.kept.push(news);
  } else {
    news.events.forEach(addEvent);
  }
  const newest = edge.kept.at(-1)?.at ?? 0;
  now = Math.max(now, newest);
  let old = 0;
  while (!run.whole && old < edge.kept.length && edge.kept[old].at < newest - KEPT) old++;
  if (old > 200) edge.kept.splice(0, old);
}

function addEvent(event) {
  if (events.some(other => other.at === event.at && other.label === event.label && other.point === event.point)) return;
  events.push(event);
  $('none').hidden = true;
  const line = document.createElement('li'), text = document.createElement('div'), nav = document.createElement('nav');
  const word = Object.assign(document.createElement('b'), { textContent: event.label });
  const took = event.at - event.start, late = event.heard === null ? 0 : event.heard - event.at;
  const facts = Object.assign(document.createElement('small'), {
    textContent: `at ${event.at.toFixed(2)} s, score ${event.score.toFixed(2)}`
      + (took > 0.005 ? `, ${took.toFixed(2)} s after its first high score` : '')
      + (late > 0.005 ? `, reported ${late.toFixed(2)} s later` : ''),
  });
  text.append(word, facts);
  text.addEventListener('click', () => seek(event.at));
  const clip = { from: Math.max(0, event.start - 1.2), to: event.at + 0.3 };
  if (edges.some(edge => edge.what === 'audio')) {
    nav.append(button('▶', `Play ${event.label}`, () => play(clip)));
    if (canJudge) {
      for (const [mark, verdict] of [['✓', 'right'], ['✗', 'wrong']]) {
        nav.append(button(mark, `Keep this clip: the detection was ${verdict}`, async press => {
          const answer = await post('/clip', { ...clip, label: event.label, verdict });
          press.title = await answer.text();
          press.className = answer.ok ? verdict : '';
        }));
      }
    }
  }
  line.append(text, nav);
  $('events').prepend(line);
  while ($('events').children.length > 200) $('events').lastChild.remove();
}

function button(text, title, does) {
  const press = Object.assign(document.createElement('button'), { textContent: text, title });
  press.addEventListener('click', () => does(press));
  return press;
}

function play(clip) {
  $('player').src = recorded ? sound(clip) : url('/sound.wav', { from: clip.from.toFixed(3), to: clip.to.toFixed(3) });
  // A browser that wants a gesture first, or a clip that the next one replaced: the player's own button plays it.
  $('player').play().catch(() => {});
}

/** A clip of the sound that a report holds, as the address of a WAV file: 16 bits, one channel. */
function sound(clip) {
  const pieces = JSON.parse($('sound').textContent);
  const piece = pieces.find(piece => piece.from <= clip.from + 0.01 && clip.from < piece.to) ?? pieces[0];
  const bytes = Uint8Array.from(atob(piece.wav), letter => letter.charCodeAt(0)), head = 44;
  const rate = new DataView(bytes.buffer).getUint32(24, true);
  const place = seconds => Math.max(0, Math.min(bytes.length - head, 2 * Math.round((seconds - piece.from) * rate)));
  const samples = bytes.slice(head + place(clip.from), head + place(clip.to)), header = bytes.slice(0, head);
  const numbers = new DataView(header.buffer);
  numbers.setUint32(4, 36 + samples.length, true);
  numbers.setUint32(40, samples.length, true);
  return URL.createObjectURL(new Blob([header, samples], { type: 'audio/wav' }));
}

function takeStats(stats, missed) {
  $('stages').className = '';
  stats.stages.forEach((stage, index) => {
    const row = $('stages').tBodies[0].rows[index];
    if (!row) return;
    const percent = stage.busy === null ? '' : `${(100 * stage.busy).toFixed(stage.busy < 0.1 ? 2 : 1)} %`;
    const bar = Object.assign(document.createElement('span'), { className: 'bar' });
    bar.style.width = `${Math.min(60, 60 * (stage.busy ?? 0))}px`;
    row.cells[3].replaceChildren(bar, percent);
    row.cells[4].textContent = stage.emitted;
    row.cells[5].textContent = stage.gaps + (stage.restarts ? `, ${stage.restarts} restarts` : '');
    row.cells[5].className = stage.gaps || stage.restarts ? 'n gaps' : 'n';
  });
  const busy = stats.stages.reduce((sum, stage) => sum + (stage.busy ?? 0), 0);
  $('load').textContent = `${stats.stream.toFixed(1)} s of stream in ${stats.elapsed.toFixed(1)} s; `
    + `${(100 * busy).toFixed(1)} % of a core${missed ? `; slow viewers missed ${missed} messages` : ''}`;
  $('rings').replaceChildren(...stats.rings.map(ring => Object.assign(document.createElement('li'), {
    textContent: `${ring.from} → ${ring.to}: at most ${ring.high} of ${ring.depth} blocks waited${ring.dropped ? `, ${ring.dropped} lost` : ''}`,
  })));
}

function state(text, kind) {
  $('state').textContent = text;
  $('state').className = `state ${kind}`;
}

function paint() {
  requestAnimationFrame(paint);
  if (!run || !dirty) return;
  dirty = false;
  $('scroll').max = Math.max(0, now - first() - span).toFixed(1);
  $('scroll').value = back;
  const to = (paused ?? now) - back, from = to - span;
  if (run.whole && over) $('where').textContent = `${Math.max(0, from).toFixed(1)} to ${to.toFixed(1)} s`;
  else $('where').textContent = back || paused !== null ? `${(now - to).toFixed(1)} s ago` : 'now';
  const inside = (list, lead = 0) => list.filter(item => item.at >= from - lead && item.at <= to);
  const deciding = edges.filter(edge => edge.what === 'scores').at(-1);
  const indexOf = label => Math.max(0, deciding?.labels.indexOf(label) ?? 0);
  const found = events.filter(event => event.at >= from && event.start <= to);
  for (const edge of edges) {
    const [one, two] = edge.plots ?? [];
    if (!one) continue;
    if (edge.what === 'audio') {
      const columns = inside(edge.kept, 0.02);
      one.draw((c, w, h) => { draw.seconds(c, w, h, from, to); draw.level(c, w, h, columns, from, to); });
      two.draw((c, w, h) => { draw.seconds(c, w, h, from, to, true); draw.wave(c, w, h, columns, from, to); draw.marks(c, w, h, found, indexOf, from, to, true); });
      const last = columns.slice(-20), quiet = columns.map(column => column.rms).sort((a, b) => a - b);
      const peak = Math.max(1, ...last.map(column => Math.max(column.high, -column.low)));
      const clips = columns.some(column => column.high >= 32767 || column.low <= -32768);
      one.note.textContent = last.length
        ? `peak ${draw.dbfs(draw.decibels(peak))}, noise floor ${draw.dbfs(draw.decibels(quiet[Math.floor(quiet.length / 10)]))}`
        : '';
      one.note.classList.toggle('clip', clips);
      if (clips) one.note.textContent += ', CLIPPED';
    } else if (edge.what === 'features') {
      one.draw((c, w, h) => draw.features(c, w, h, inside(edge.kept), edge.every, from, to));
    } else if (edge.what === 'image') {
      const shown = edge.kept.filter(image => image.at <= to).at(-1);
      one.note.textContent = shown ? `at ${shown.at.toFixed(1)} s` : '';
      if (shown) one.draw((c, w, h) => draw.image(c, w, h, shown));
    } else if (edge.what === 'scores') {
      one.draw((c, w, h) => {
        // Curves lie where the numbers would stand; the sound has them.
        draw.seconds(c, w, h, from, to, !edges.some(({ what }) => what === 'audio'));
        draw.marks(c, w, h, found, indexOf, from, to);
        for (const other of edges.filter(other => other.what === 'scores' && other !== edge && other.labels.join() === edge.labels.join())) {
          draw.scores(c, w, h, inside(other.kept), other.labels, false, from, to);
        }
        draw.scores(c, w, h, inside(edge.kept), edge.labels, true, from, to);
        for (const knob of knobsOf(edge)) draw.threshold(c, w, h, knob.score, indexOf(knob.label));
      });
      key(edge);
    }
  }
}

function key(edge) {
  const minutes = edge.kept.length ? edge.kept.at(-1).at - edge.kept[0].at : 0;
  edge.key.replaceChildren(...edge.labels.map((label, index) => {
    const entry = document.createElement('span'), square = document.createElement('i');
    square.style.background = draw.colour(index);
    entry.append(square, label);
    const knob = knobsOf(edge).find(knob => knob.label === label);
    if (knob) {
      const would = crossings(edge, index, knob.score), reported = events.filter(event => event.label === label && event.at >= now - minutes).length;
      const small = document.createElement('small');
      small.textContent = `from ${knob.score.toFixed(2)}: ${would} in the last ${minutes.toFixed(0)} s`
        + (would === reported ? '' : ` (reported: ${reported})`);
      entry.append(small);
    }
    return entry;
  }));
}

$('pause').addEventListener('click', () => {
  paused = paused === null ? now : null;
  back = 0; $('scroll').value = 0;
  $('pause').textContent = paused === null ? 'Pause' : 'Go on';
  dirty = true;
});
document.addEventListener('keydown', press => {
  if (press.code === 'Space' && press.target === document.body) { press.preventDefault(); $('pause').click(); }
});
$('span').addEventListener('change', spread);
$('scroll').addEventListener('input', () => { back = Number($('scroll').value); dirty = true; });
window.addEventListener('resize', () => { dirty = true; });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { dirty = true; });

let stream = null;
function listen() {
  stream?.close();
  stream = new EventSource(url('/stream'));
  stream.onmessage = message => take(JSON.parse(message.data));
  // A stream that is over is not asked for again: it may be gone.
  stream.onerror = () => {
    if (over || session) stream.close();
    state(over ? 'over' : session ? 'this stream is gone' : 'lost: is kws still there?', over ? '' : 'lost');
  };
}

/** How often the list of satellites is asked for, in ms. */
const ASK = 2000;

/** Keeps the list of satellites that stream now; the chosen one stays in it. */
async function ask() {
  try {
    const sessions = await (await fetch(url('/sessions'))).json(), choice = $('session');
    const chosen = [...choice.options].find(option => session !== null && option.value === session);
    const named = new Set(sessions.map(({ id }) => String(id)));
    const options = sessions.map(({ id, client, pipeline, seconds }) => new Option(`${client}, ${pipeline}, ${seconds} s`, id));
    const first = new Option(sessions.length ? `choose a satellite (${sessions.length})` : 'no satellite streams now', '');
    if (chosen && !named.has(session)) options.unshift(new Option(`${chosen.text.replace(/ \(over\)$/, '')} (over)`, session));
    choice.replaceChildren(first, ...options);
    choice.value = session ?? '';
    if (!run) state(sessions.length ? 'choose a satellite' : 'waiting for a satellite', '');
  } catch {
    state('lost: is kws-serve still there?', 'lost');
  }
  setTimeout(ask, ASK);
}

$('session').addEventListener('change', () => {
  session = $('session').value || null;
  if (session) listen();
  else stream?.close();
});

function start(offers) {
  canJudge = offers.judge ?? false;
  if (offers.enrol) enrolment.offer(post);
  if (!offers.sessions) return listen();
  $('session').hidden = false;
  // Nothing is shown before a satellite is chosen.
  document.querySelector('main').hidden = true;
  $('pause').hidden = true;
  ask();
}

if (recorded) JSON.parse(recorded.textContent).forEach(take);
else fetch(url('/offers')).then(answer => answer.ok ? answer.json() : {}).catch(() => ({})).then(start);
requestAnimationFrame(paint);
