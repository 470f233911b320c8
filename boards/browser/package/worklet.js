// Runs a pipeline of audio on the browser's audio thread. `microphone.js` starts it.

import { Kws } from './kws.js';

// Hands the samples themselves to the page, 64 ms at a time.
registerProcessor('kws-samples', class extends AudioWorkletProcessor {
  #samples = new Float32Array(1024);
  #length = 0;
  #stopped = false;

  constructor() {
    super();
    this.port.onmessage = () => {
      this.#stopped = true;
      this.port.postMessage({ ended: true });
    };
    this.port.postMessage({ ready: true });
  }

  process([[samples]]) {
    if (samples && !this.#stopped) {
      this.#samples.set(samples, this.#length);
      this.#length += samples.length;
      if (this.#length === this.#samples.length) {
        this.port.postMessage({ samples: this.#samples });
        this.#length = 0;
      }
    }
    return !this.#stopped;
  }
});

registerProcessor('kws', class extends AudioWorkletProcessor {
  #session;
  #pipeline;
  #samples = 0;
  #stopped = false;

  constructor({ processorOptions: { module, toml, files, taps } }) {
    super();
    this.port.onmessage = ({ data }) => this.#receive(data);
    try {
      this.#pipeline = new Kws(module).pipeline(toml, files);
      this.#session = this.#pipeline.session({ taps });
      this.port.postMessage({ ready: true });
    } catch (error) {
      this.#fail(error);
    }
  }

  process([[samples]]) {
    if (this.#stopped) return false;
    // Without a track there is no channel.
    if (!samples) return true;
    try {
      const events = this.#session.push(samples);
      this.#samples += samples.length;
      const blocks = this.#session.blocks();
      if (events.length || blocks.length) this.port.postMessage({ events, blocks, time: this.#samples / sampleRate });
    } catch (error) {
      this.#fail(error);
    }
    return !this.#stopped;
  }

  #receive({ stop, lose, turn }) {
    if (turn) this.#pipeline.turn(turn.label, turn.value);
    if (lose) this.#session.lose(lose);
    if (stop) {
      this.#stopped = true;
      this.port.postMessage({ events: this.#session?.finish() ?? [], blocks: [], time: this.#samples / sampleRate, ended: true });
    }
  }

  #fail(error) {
    this.#stopped = true;
    this.port.postMessage({ error: error.message });
  }
});
