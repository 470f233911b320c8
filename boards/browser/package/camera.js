// A camera, or any other video of the browser, through a pipeline.

import { KwsError } from './kws.js';

/**
 * Watches: has the browser ask for the camera and pushes as many images a second as the pipeline states. `onevent` and
 * `onblock` are called as events and blocks of the stages in `taps` come, `onimage` with each image as the pipeline sees it.
 */
export async function watch(pipeline, { onevent, onblock, onimage, onerror, taps = [], device, video } = {}) {
  const eye = new Eye(pipeline);
  const own = !video;
  const stream = own ? await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: eye.width }, height: { ideal: eye.height }, ...(device && { deviceId: { exact: device } }) } }) : undefined;
  if (own) {
    video = Object.assign(document.createElement('video'), { srcObject: stream, muted: true, playsInline: true });
    await video.play();
  }
  const session = pipeline.session({ taps });
  const began = performance.now();
  let shown = 0;
  const timer = setInterval(() => {
    try {
      // A page in the background gets few turns: what it missed is a gap.
      const due = Math.floor((performance.now() - began) * eye.rate / 1000);
      if (due > shown + 1) session.lose((due - shown - 1) * eye.period);
      shown = Math.max(due, shown + 1);
      const image = eye.see(video);
      session.push(image.pixels).forEach((event) => onevent?.(event));
      session.blocks().forEach((block) => onblock?.(block));
      onimage?.(image);
    } catch (error) {
      stop();
      onerror?.(error);
    }
  }, 1000 / eye.rate);
  const stop = () => {
    clearInterval(timer);
    stream?.getTracks().forEach((track) => track.stop());
  };
  return { stop, session, video };
}

/** Images as a pipeline reads them. */
export class Eye {
  #canvas;

  constructor(pipeline) {
    const [source] = pipeline.sources;
    const { output } = source ?? {};
    if (output?.role !== 'image' || output.element !== 'uint8' || pipeline.sources.length > 1) {
      throw new KwsError(`\`${pipeline.name}\` has no single source of images`);
    }
    [this.height, this.width, this.channels] = output.shape;
    this.period = output.period;
    /** Images in a second. */
    this.rate = output.clock / output.period;
    this.#canvas = new OffscreenCanvas(this.width, this.height).getContext('2d', { willReadFrequently: true });
  }

  /** A video, image or canvas of any size as the pipeline's source delivers it, stretched to fit. */
  see(from) {
    this.#canvas.drawImage(from, 0, 0, this.width, this.height);
    const { data } = this.#canvas.getImageData(0, 0, this.width, this.height);
    const pixels = new Uint8Array(this.width * this.height * this.channels);
    for (let i = 0, at = 0; i < data.length; i += 4) {
      const [red, green, blue] = [data[i], data[i + 1], data[i + 2]];
      // ITU-R BT.601's luma, as the stage `colour` has it.
      if (this.channels === 1) pixels[at++] = (9798 * red + 19235 * green + 3735 * blue + 16384) >> 15;
      else pixels.set([red, green, blue], 3 * (at++));
    }
    return { pixels, canvas: this.#canvas.canvas };
  }
}
