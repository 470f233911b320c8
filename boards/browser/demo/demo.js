// The demonstration page: a pipeline over the microphone, the camera or a file, with its scores and detections.

import { Kws, enrolled, unpacked } from './kws.js';
import { listen } from './microphone.js';
import { Eye, watch } from './camera.js';
import * as own from './own.js';

const part = (id) => document.getElementById(id);
const SECONDS = 8;
/** The pipeline whose word is enrolled in the page. */
const OWN = 'enrolled_word';
const ABOUT = {
  yes_no: 'Say “yes” or “no”.',
  computer: 'Say “computer”.',
  person: 'Step into view of the camera.',
  enrolled_word: 'Teach this page a word, in any language: say it five times, in one place, with a pause after each.',
};
let pipeline, running, scores;

function say(text, kind = '') {
  part('state').textContent = text;
  part('state').className = `state ${kind}`;
}

async function choose() {
  await stop();
  await own.end();
  const name = part('pipeline').value;
  const word = name === OWN ? own.word() : undefined;
  // A word must be enrolled before there is something to hear.
  const enrols = name === OWN && !word;
  for (const id of ['plot', 'found', 'none', 'events', 'listen', 'open']) part(id).hidden = enrols;
  part('enrolment').hidden = !enrols;
  part('own').hidden = !word;
  say('loading');
  // A module of this one pipeline, without a planner.
  const kws = await Kws.load(await unpacked(`${name}.wasm.gz`));
  part('image').hidden = true;
  if (enrols) {
    part('about').textContent = ABOUT[OWN];
    pipeline = undefined;
    own.offer(kws, { say, done: () => choose().then(begin) });
    return say('ready');
  }
  pipeline = word ? kws.pipeline('', enrolled(word)) : kws.pipeline();
  part('about').textContent = word ? own.about(word) : ABOUT[name];
  part('listen').textContent = isVisual() ? 'Watch' : 'Listen';
  part('events').replaceChildren();
  part('none').hidden = false;
  const { labels, words } = pipeline.stage(tapped()).output;
  scores = { labels, words, rows: [] };
  part('labels').replaceChildren(...words.map(knob));
  draw();
  say('ready');
}

const isVisual = () => pipeline.sources[0].output.role === 'image';
/** The last stage that writes posteriors, which the trigger reads. */
const tapped = () => pipeline.stages.findLast((stage) => stage.output?.role === 'posterior' && stage.kind === 'smooth').name;

const colour = (word) => `var(--c${scores.words.indexOf(word) % 4})`;

function knob(word) {
  const row = document.createElement('label');
  const mark = Object.assign(document.createElement('i'), { style: `background: ${colour(word)}` });
  row.append(mark, word);
  const own = pipeline.knobs.find((knob) => knob.label === word && knob.key === 'sensitivity');
  if (!own) return row;
  const slider = Object.assign(document.createElement('input'), { type: 'range', min: 0, max: 1, step: 0.01, value: own.value, title: `sensitivity of ${word}`, style: `accent-color: ${colour(word)}` });
  const needs = document.createElement('small');
  const show = () => (needs.textContent = `needs ${threshold(own)?.toFixed(2) ?? '–'}`);
  slider.addEventListener('input', () => {
    pipeline.turn(word, Number(slider.value));
    running?.turn?.(word, Number(slider.value));
    show();
    draw();
  });
  show();
  row.append(slider, needs);
  return row;
}

/** The score that a label needs where its knob stands. */
function threshold({ value, scores }) {
  if (!scores.length) return undefined;
  const at = value * (scores.length - 1);
  const low = Math.floor(at), high = Math.min(low + 1, scores.length - 1);
  return scores[low] + (scores[high] - scores[low]) * (at - low);
}

const hooks = () => ({
  taps: [tapped()],
  onevent: found,
  onblock: heard,
  onimage: shown,
  onerror: (error) => { say(error.message, 'lost'); running = undefined; part('listen').textContent = 'Listen'; },
});

function found({ label, score, time }) {
  part('none').hidden = true;
  const item = document.createElement('li');
  item.innerHTML = '<b></b><small></small>';
  item.firstChild.textContent = label;
  item.lastChild.textContent = `${time.toFixed(2)} s, score ${score.toFixed(2)}`;
  part('events').prepend(item);
}

let last = 0;
function heard({ time, items }) {
  const { zeroPoint, scale } = pipeline.stage(tapped()).output;
  const real = items instanceof Float32Array ? items : Float32Array.from(items, (item) => scale * (item - zeroPoint));
  scores.rows.push({ time, real: Float32Array.from(real) });
  while (scores.rows.length && scores.rows[0].time < time - SECONDS) scores.rows.shift();
  if (performance.now() > last + 40) draw();
}

function shown({ canvas }) {
  part('image').hidden = false;
  part('image').getContext('2d').drawImage(canvas, 0, 0, 320, 240);
}

function draw() {
  last = performance.now();
  const canvas = part('scores');
  const dense = devicePixelRatio;
  const [width, height] = [canvas.clientWidth, 180];
  [canvas.width, canvas.height] = [width * dense, height * dense];
  const at = canvas.getContext('2d');
  at.scale(dense, dense);
  const end = scores.rows.at(-1)?.time ?? 0;
  const x = (time) => width - (end - time) * width / SECONDS, y = (score) => height - 4 - score * (height - 8);
  at.strokeStyle = getComputedStyle(document.body).getPropertyValue('--grid');
  for (const score of [0, 0.5, 1]) line(at, [[0, y(score)], [width, y(score)]]);
  scores.words.forEach((word) => {
    at.strokeStyle = getComputedStyle(document.body).getPropertyValue(colour(word).slice(4, -1));
    at.lineWidth = 1.6;
    const i = scores.labels.indexOf(word);
    line(at, scores.rows.map(({ time, real }) => [x(time), y(real[i])]));
    const own = pipeline.knobs.find((knob) => knob.label === word && knob.key === 'sensitivity');
    const needs = own && threshold(own);
    if (needs === undefined) return;
    at.lineWidth = 1;
    at.setLineDash([5, 4]);
    line(at, [[0, y(needs)], [width, y(needs)]]);
    at.setLineDash([]);
  });
}

function line(at, points) {
  at.beginPath();
  points.forEach(([x, y]) => at.lineTo(x, y));
  at.stroke();
}

async function begin() {
  if (running) return stop();
  say('asking');
  try {
    running = isVisual() ? await watch(pipeline, hooks()) : await listen(pipeline, hooks());
    scores.rows = [];
    say(isVisual() ? 'watching' : 'listening', 'live');
    part('listen').textContent = 'Stop';
  } catch (error) {
    say(error.name === 'NotAllowedError' ? 'not allowed: permit it beside the address' : error.message, 'lost');
  }
}

async function stop() {
  const ended = running;
  running = undefined;
  await ended?.stop();
  if (pipeline) part('listen').textContent = isVisual() ? 'Watch' : 'Listen';
  say('ready');
}

/** Runs a file through the pipeline, as fast as possible. */
async function open(file) {
  await stop();
  const session = pipeline.session({ taps: [tapped()] });
  scores.rows = [];
  try {
    if (isVisual()) {
      const eye = new Eye(pipeline), image = await createImageBitmap(file);
      // As long as the smoothing wants.
      for (let i = 0; i < 2 * eye.rate; i++) take(session, session.push(eye.see(image).pixels));
      shown(eye.see(image));
    } else {
      const rate = pipeline.sources[0].output.clock;
      const audio = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await file.arrayBuffer());
      const samples = audio.getChannelData(0);
      for (let at = 0; at < samples.length; at += rate / 4) take(session, session.push(samples.subarray(at, at + rate / 4)));
    }
    take(session, session.finish());
    say(`${file.name}: done`);
  } catch (error) {
    say(`${file.name}: ${error.message}`, 'lost');
  }
  session.free();
  draw();
}

function take(session, events) {
  session.blocks().forEach(heard);
  events.forEach(found);
}

part('listen').addEventListener('click', begin);
part('forget').addEventListener('click', () => { own.forget(); choose(); });
part('download').addEventListener('click', own.download);
part('pipeline').addEventListener('change', () => choose().catch((error) => say(error.message, 'lost')));
part('file').addEventListener('change', ({ target }) => target.files[0] && open(target.files[0]));
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => { event.preventDefault(); if (pipeline && event.dataTransfer.files[0]) open(event.dataTransfer.files[0]); });
addEventListener('resize', () => pipeline && draw());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => pipeline && draw());

if (own.word()) part('pipeline').value = OWN;
try {
  await choose();
} catch (error) {
  say(error.message, 'lost');
}
