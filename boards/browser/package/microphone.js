// The microphone, or any other audio of the browser, through a pipeline on the audio thread.

import { KwsError } from './kws.js';

/** What the browser would do to the sound; a model was trained without. */
const AS_IT_IS = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/**
 * Listens: has the browser ask for the microphone, resample it to the pipeline's rate and hand it to a worklet. Returns once
 * the pipeline hears. `onevent` and `onblock` are called as events and blocks of the stages in `taps` come, `onerror` where it
 * ends by itself.
 */
export async function listen(pipeline, { onevent, onblock, onerror, taps = [], device, stream, context } = {}) {
  const [source] = pipeline.sources;
  if (source?.output.role !== 'samples' || pipeline.sources.length > 1) {
    throw new KwsError(`\`${pipeline.name}\` has no single source of audio`);
  }
  const own = !stream;
  const audio = context ?? new AudioContext({ sampleRate: source.output.clock, latencyHint: 'interactive' });
  if (audio.sampleRate !== source.output.clock) {
    throw new KwsError(`found an AudioContext of ${audio.sampleRate} Hz, expected ${source.output.clock} Hz`);
  }
  try {
    stream ??= await navigator.mediaDevices.getUserMedia({ audio: { ...AS_IT_IS, ...(device && { deviceId: { exact: device } }) } });
    await audio.audioWorklet.addModule(new URL('worklet.js', import.meta.url));
    const node = new AudioWorkletNode(audio, 'kws', { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit', processorOptions: { ...pipeline.origin, taps } });
    return await started(new MicStream(audio, stream, own, !context, node), { onevent, onblock, onerror });
  } catch (error) {
    if (own) stop(stream);
    if (!context) await audio.close();
    throw error;
  }
}

async function started(listening, { onevent, onblock, onerror }) {
  const { node, audio, stream } = listening;
  await new Promise((resolve, reject) => {
    node.port.onmessage = ({ data: { ready, events = [], blocks = [], error, ended } }) => {
      if (ready) resolve();
      events.forEach((event) => onevent?.(event));
      blocks.forEach((block) => onblock?.(block));
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
