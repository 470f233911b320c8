// Canvases that share one time axis.

const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const colour = index => style(`--c${index % 8}`);

/** A canvas as wide as its card; `draw` gets a context in CSS pixels, the width and the height. */
export class Plot {
  constructor(title, height, kind) {
    this.card = document.createElement('div');
    this.card.className = `plot ${kind}`;
    this.head = document.createElement('h2');
    this.head.append(title, ' ');
    this.note = document.createElement('small');
    this.head.append(this.note);
    this.canvas = document.createElement('canvas');
    this.canvas.style.height = `${height}px`;
    this.height = height;
    this.card.append(this.head, this.canvas);
  }

  draw(paint) {
    const scale = window.devicePixelRatio || 1, width = this.canvas.clientWidth;
    if (!width) return;
    if (this.canvas.width !== Math.round(width * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(this.height * scale);
    }
    const context = this.canvas.getContext('2d');
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, this.height);
    paint(context, width, this.height);
  }
}

/** Vertical lines at whole seconds, with their numbers where `numbers` is true. */
export function seconds(context, width, height, from, to, numbers) {
  context.strokeStyle = style('--grid');
  context.fillStyle = style('--quiet');
  context.font = '11px system-ui, sans-serif';
  const step = [1, 2, 5, 10, 30, 60, 300, 600].find(step => step * width / (to - from) >= 44) ?? 1800;
  for (let second = Math.ceil(from / step) * step; second <= to; second += step) {
    if (second < 0) continue;
    const x = Math.round((second - from) / (to - from) * width) + 0.5;
    context.beginPath(); context.moveTo(x, 0); context.lineTo(x, height); context.stroke();
    if (numbers) context.fillText(`${second} s`, x + 3, height - 4);
  }
}

/** The waveform: lowest and highest sample of each column. */
export function wave(context, width, height, columns, from, to) {
  const x = at => (at - from) / (to - from) * width, middle = height / 2;
  context.fillStyle = style('--c0');
  const clipped = [];
  for (const column of columns) {
    const left = x(column.at), wide = Math.max(1, x(column.at + column.step) - left);
    const top = middle - column.high / 32768 * middle, bottom = middle - column.low / 32768 * middle;
    context.fillRect(left, top, wide, Math.max(1, bottom - top));
    if (column.high >= 32767 || column.low <= -32768) clipped.push([left, wide]);
  }
  context.fillStyle = style('--bad');
  for (const [left, wide] of clipped) { context.fillRect(left, 0, wide, 3); context.fillRect(left, height - 3, wide, 3); }
}

/** Levels in dBFS from -80 to 0. */
export function level(context, width, height, columns, from, to) {
  const x = at => (at - from) / (to - from) * width;
  const y = rms => Math.min(height, -decibels(rms) / 80 * height);
  context.strokeStyle = style('--accent');
  context.lineWidth = 1.5;
  context.beginPath();
  let last = -1;
  for (const column of columns) {
    if (last >= 0 && column.at - last < 1.5 * column.step + 1e-3) context.lineTo(x(column.at), y(column.rms));
    else context.moveTo(x(column.at), y(column.rms));
    last = column.at;
  }
  context.stroke();
  context.lineWidth = 1;
}

export const decibels = rms => rms > 0 ? Math.max(-96, 20 * Math.log10(rms / 32768)) : -96;

/** Decibels to be read. */
export const dbfs = decibels => `${decibels.toFixed(0).replace('-', '−')} dBFS`;

/** The model's features: an image of one pixel for each band and block, stretched. */
export function features(context, width, height, blocks, every, from, to) {
  if (!blocks.length) return;
  // No more columns than a screen has: of several blocks in one, the last is seen.
  every *= Math.max(1, Math.ceil((to - from) / every / 4000));
  const bands = blocks[0].column.length / 2, count = Math.ceil((to - from) / every) + 2;
  const first = Math.floor(from / every);
  const image = new ImageData(count, bands);
  for (const block of blocks) {
    const place = Math.round(block.at / every) - first - 1;
    if (place < 0 || place >= count) continue;
    for (let band = 0; band < bands; band++) {
      const [r, g, b] = shade(parseInt(block.column.slice(2 * band, 2 * band + 2), 16) / 255);
      const at = 4 * ((bands - 1 - band) * count + place);
      image.data.set([r, g, b, 255], at);
    }
  }
  const small = new OffscreenCanvas(count, bands);
  small.getContext('2d').putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  const scale = width / (to - from);
  context.drawImage(small, 0, 0, count, bands, (first * every - from) * scale, 0, count * every * scale, height);
}

// From dark blue by violet and orange to light yellow: even in lightness, and distinct to the colour-blind.
const STOPS = [[6, 6, 30], [60, 15, 110], [140, 40, 120], [220, 80, 70], [250, 160, 50], [252, 245, 175]];
function shade(part) {
  const place = part * (STOPS.length - 1), low = Math.min(STOPS.length - 2, Math.floor(place)), rest = place - low;
  return STOPS[low].map((value, index) => value + rest * (STOPS[low + 1][index] - value));
}

/** Scores from 0 to 1, a line for each label; `thick` for those that decide. */
export function scores(context, width, height, blocks, labels, thick, from, to) {
  const x = at => (at - from) / (to - from) * width, y = score => 4 + (1 - score) * (height - 8);
  labels.forEach((label, index) => {
    context.strokeStyle = colour(index);
    context.globalAlpha = thick ? 1 : 0.45;
    context.lineWidth = thick ? 2 : 1;
    context.beginPath();
    blocks.forEach((block, place) => {
      const gap = place && block.at - blocks[place - 1].at > 0.5;
      context[place && !gap ? 'lineTo' : 'moveTo'](x(block.at), y(block.scores[index]));
    });
    context.stroke();
  });
  context.globalAlpha = 1;
  context.lineWidth = 1;
}

/** A threshold that can be dragged, with a grip at the right. */
export function threshold(context, width, height, score, index) {
  const y = 4 + (1 - score) * (height - 8);
  context.strokeStyle = context.fillStyle = colour(index);
  context.setLineDash([6, 4]);
  context.beginPath(); context.moveTo(0, y); context.lineTo(width, y); context.stroke();
  context.setLineDash([]);
  context.beginPath(); context.roundRect(width - 18, y - 6, 16, 12, 4); context.fill();
}

/** Marks where something was detected. */
export function marks(context, width, height, events, indexOf, from, to, words) {
  const x = at => (at - from) / (to - from) * width;
  context.font = '12px system-ui, sans-serif';
  for (const event of events) {
    context.fillStyle = context.strokeStyle = colour(indexOf(event.label));
    context.globalAlpha = 0.12;
    context.fillRect(x(event.start), 0, Math.max(2, x(event.at) - x(event.start)), height);
    context.globalAlpha = 1;
    context.beginPath(); context.moveTo(x(event.at), 0); context.lineTo(x(event.at), height); context.stroke();
    if (words) context.fillText(event.label, x(event.at) + 4, 14);
  }
}

/** An image of the pipeline, as large as fits. */
export function image(context, width, height, shown) {
  const { width: w, height: h, pixels } = shown, data = new ImageData(w, h);
  for (let pixel = 0; pixel < w * h; pixel++) {
    const colour = parseInt(pixels.slice(6 * pixel, 6 * pixel + 6), 16);
    data.data.set([colour >> 16, colour >> 8 & 255, colour & 255, 255], 4 * pixel);
  }
  const small = new OffscreenCanvas(w, h);
  small.getContext('2d').putImageData(data, 0, 0);
  const scale = Math.min(width / w, height / h);
  context.imageSmoothingEnabled = scale < 3;
  context.drawImage(small, 0, 0, w, h, 8, 0, w * scale, h * scale);
}
