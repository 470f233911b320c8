// The microphone, or any other audio of the browser, through a pipeline on the audio thread.

import { KwsError } from './kws.js';

/** What the browser would do to the sound; a model was trained without. */
const AS_IT_IS = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/**
 * Listens: has the browser ask for the microphone, resample it to the pipeline's rate and hand it to a worklet. Returns once
 * the pipeline hears. `onevent` and `onblock` are called as events and blocks of the stages in `taps` come, `onerror` where it
 * ends by itself.
 */
export async function listen(pipeline, { taps = [], ...options } = {}) {
  const [source] = pipeline.sources;
  if (source?.output.role !== 'samples' || pipeline.sources.length > 1) {
    throw new KwsError(`\`${pipeline.name}\` has no single source of audio`);
  }
  return opened('kws', { ...pipeline.origin, taps }, source.output.clock, options);
}

/** As `listen`, but hands the samples themselves to `onsamples`, as Float32Array from −1 to 1. */
export function samples({ rate = 16000, ...options } = {}) {
  return opened('kws-samples', {}, rate, options);
}

async function opened(processor, processorOptions, rate, { device, stream, context, ...hooks }) {
  const own = !stream;
  const audio = context ?? new AudioContext({ sampleRate: rate, latencyHint: 'interactive' });
  if (audio.sampleRate !== rate) {
    throw new KwsError(`found an AudioContext of ${audio.sampleRate} Hz, expected ${rate} Hz`);
  }
  try {
    stream ??= await navigator.mediaDevices.getUserMedia({ audio: { ...AS_IT_IS, ...(device && { deviceId: { exact: device } }) } });
    await audio.audioWorklet.addModule(new URL('worklet.js', import.meta.url));
    const node = new AudioWorkletNode(audio, processor, { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit', processorOptions });
    return await started(new MicStream(audio, stream, own, !context, node), hooks);
  } catch (error) {
    if (own) stop(stream);
    if (!context) await audio.close();
    throw error;
  }
}

async function started(listening, { onevent, onblock, onsamples, onerror }) {
  const { node, audio, stream } = listening;
  await new Promise((resolve, reject) => {
    node.port.onmessage = ({ data: { ready, events = [], blocks = [], samples, error, ended } }) => {
      if (ready) resolve();
      events.forEach((event) => onevent?.(event));
      blocks.forEach((block) => onblock?.(block));
      if (samples) onsamples?.(samples);
      if (error) {
        reject(new KwsError(error));
        onerror?.(new KwsError(error));
      }
      if (ended) listening._ended();
    };
    node.onprocessorerror = () => reject(new KwsError('the audio worklet ended'));
  });
  for (const track of stream.getAudioTracks()) {
    track.addEventListener('ended', () => onerror?.(new KwsError(`the microphone \`${track.label}\` is gone`)));
  }
  audio.createMediaStreamSource(stream).connect(node);
  await audio.resume();
  return listening;
}

class MicStream {
  #own;
  #close;

  constructor(audio, stream, own, close, node) {
    Object.assign(this, { audio, stream, node });
    this.#own = own;
    this.#close = close;
  }

  /** Turns a knob of the running pipeline. */
  turn(label, value) {
    this.node.port.postMessage({ turn: { label, value } });
  }

  /** Stops listening; the last events are delivered before it returns. */
  async stop() {
    const ended = new Promise((resolve) => (this._ended = resolve));
    this.node.port.postMessage({ stop: true });
    if (this.audio.state === 'running') await ended;
    this.node.disconnect();
    if (this.#own) stop(this.stream);
    if (this.#close) await this.audio.close();
  }

  _ended() {}
}

function stop(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}
