// kws in JavaScript: pages, workers, worklets and Node. No dependency, and nothing that a bundler must do.

const BYTES = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, float32: Float32Array };
/** Tick, seconds and lost ticks before the name of a block's stage. */
const HEAD = 24;

/** What kws refuses: a pipeline that is wrong, with the line; a stage that does not exist; samples of another type. */
export class KwsError extends Error {
  name = 'KwsError';
}

/** The engine: one WebAssembly module, which any number of pipelines and sessions share. */
export class Kws {
  #wasm;

  /** From a compiled module, at once: what a worklet does. Pages use `Kws.load`. */
  constructor(module) {
    /** The module, which can be posted to workers and worklets. */
    this.module = module;
    this.#wasm = new WebAssembly.Instance(module, {}).exports;
    this.#wasm.kws_start();
  }

  /** Loads the engine: from a URL or from bytes; by default the file beside this one. */
  static async load(source = new URL('kws.wasm', import.meta.url)) {
    if (source instanceof WebAssembly.Module) return new Kws(source);
    if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return new Kws(await WebAssembly.compile(source));
    const reply = await fetched(source);
    // A server that does not say `application/wasm` is forgiven.
    const typed = reply.headers.get('content-type')?.startsWith('application/wasm');
    return new Kws(await (typed ? WebAssembly.compileStreaming(reply) : reply.arrayBuffer().then((bytes) => WebAssembly.compile(bytes))));
  }

  /**
   * Plans a pipeline from its text; `files` maps the paths that it names to their bytes. A module that was built of one pipeline
   * has it, and its files.
   */
  pipeline(toml = '', files = {}) {
    this.#wasm.kws_forget_files();
    for (const [path, bytes] of Object.entries(files)) this.#file(path, bytes);
    this.#room(encoded(toml));
    return new Pipeline(this, this.#checked(this.#wasm.kws_pipeline()), toml, files);
  }

  /** Fetches a pipeline file and the models that it names, relative to it, and plans it. */
  async open(url, { fetch: get = fetched } = {}) {
    url = new URL(url, globalThis.location?.href ?? import.meta.url);
    const toml = await (await get(url)).text();
    const files = {};
    const absent = new Set();
    for (;;) {
      let pipeline, error;
      try {
        pipeline = this.pipeline(toml, files);
      } catch (why) {
        error = why;
      }
      // What planning looked for and did not find. Some of it is optional, such as what was measured with a model, but counts
      // where it is there: so a pipeline that is planned without is planned again.
      const missing = this.#missing().filter((path) => !(path in files) && !absent.has(path));
      if (missing.length === 0) {
        if (error) throw error;
        return pipeline;
      }
      pipeline?.free();
      const found = await Promise.all(missing.map((path) => get(new URL(path, url)).then((reply) => reply.arrayBuffer(), () => null)));
      missing.forEach((path, i) => (found[i] ? (files[path] = new Uint8Array(found[i])) : absent.add(path)));
    }
  }

  #missing() {
    this.#wasm.kws_missing();
    return decoded(this.#answer()).split('\n').filter((path) => path !== '');
  }

  #file(path, bytes) {
    path = encoded(path);
    this.#room(path, bytes);
    this.#checked(this.#wasm.kws_file(path.length));
  }

  /** Puts arguments one after the other into the module's memory. */
  #room(...parts) {
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
    let at = this.#wasm.kws_room(length);
    // The memory may have grown, so that an older view is empty.
    const memory = new Uint8Array(this.#wasm.memory.buffer);
    for (const part of parts) {
      memory.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
      at += part.byteLength;
    }
  }

  /** The last answer, which the next call overwrites. */
  #answer() {
    return new Uint8Array(this.#wasm.memory.buffer, this.#wasm.kws_answer(), this.#wasm.kws_answer_length());
  }

  #checked(number) {
    if (number < 0) throw new KwsError(decoded(this.#answer()));
    return number;
  }

  /** For pipelines and sessions: a call, with its arguments in the room. */
  _call(name, numbers, ...room) {
    this.#room(...room);
    try {
      return this.#checked(this.#wasm[name](...numbers));
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      throw new KwsError(decoded(this.#answer()) || error.message, { cause: error });
    }
  }

  /** For pipelines and sessions: the last answer. */
  _answer() {
    return this.#answer();
  }
}

/** A word that `kws-lab enrol --word` wrote, from the text of its file, as a module with the stage `match` takes it in its `files`. */
export function enrolled(text) {
  const value = (key) => {
    const found = new RegExp(`^${key} = ("(?:[^"\\\\\n]|\\\\.)*"|\\[[^\\]]*\\]|[^\\n]*)`, 'm').exec(text)?.[1];
    try {
      return JSON.parse(found.replace(/,\s*\]$/, ']'));
    } catch {
      throw new KwsError(`found no \`${key}\` in the enrolled word, expected a file that \`kws-lab enrol --word\` writes`);
    }
  };
  const values = [...value('centre'), ...value('direction')];
  const bytes = new Uint8Array(8 + values.length);
  new DataView(bytes.buffer).setFloat64(0, value('on'), true);
  bytes.set(Int8Array.from(values), 8);
  return { [value('word')]: bytes };
}

/** A pipeline, checked. Its sessions share its models. */
export class Pipeline {
  #kws;
  #number;

  constructor(kws, number, toml, files) {
    this.#kws = kws;
    this.#number = number;
    /** What it was planned from, so that a worklet can plan it, too. */
    this.origin = { module: kws.module, toml, files };
    kws._call('kws_describe', [number]);
    Object.assign(this, JSON.parse(decoded(kws._answer())));
  }

  /** The stages into which a program pushes. */
  get sources() {
    return this.stages.filter((stage) => stage.inputs.length === 0);
  }

  /** The stage of this name. */
  stage(name) {
    const found = this.stages.find((stage) => stage.name === name);
    if (!found) throw new KwsError(`found no stage \`${name}\`, expected one of ${this.stages.map((stage) => stage.name).join(', ')}`);
    return found;
  }

  /** Makes a session, one for each stream. `taps` names stages whose blocks `blocks()` returns. */
  session({ taps = [] } = {}) {
    const session = new Session(this.#kws, this.#kws._call('kws_session', [this.#number]), this);
    taps.forEach((stage) => session.tap(stage));
    return session;
  }

  /** Turns a knob, such as the sensitivity of a label, to a value from 0 to 1, for all sessions. */
  turn(label, value, key = 'sensitivity') {
    const index = this.knobs.findIndex((knob) => knob.label === label && knob.key === key);
    if (index < 0) throw new KwsError(`found no knob \`${key}\` of \`${label}\``);
    this.#kws._call('kws_turn', [this.#number, index, value]);
    this.knobs[index].value = Math.min(1, Math.max(0, value));
  }

  /** Frees it. Its sessions live on. */
  free() {
    this.#kws._call('kws_free_pipeline', [this.#number]);
    this.#number = -1;
  }
}

/** A stream that runs a pipeline, on the thread that pushes. */
export class Session {
  #kws;
  #number;

  constructor(kws, number, pipeline) {
    this.#kws = kws;
    this.#number = number;
    this.pipeline = pipeline;
  }

  /** Has `blocks()` return the blocks of a stage. Before the first push. */
  tap(stage) {
    this.#kws._call('kws_tap', [this.#number], encoded(stage));
  }

  /**
   * Pushes audio (Float32Array from −1 to 1, or Int16Array) or pixels (Uint8Array, Uint8ClampedArray) and returns the events
   * that they complete.
   */
  push(samples, source = '') {
    this.pushed(samples, source);
    return this.events();
  }

  /** As `push`, but returns how many samples were taken: with several sources, those that the others keep up with. */
  pushed(samples, source = '') {
    const name = encoded(source);
    return this.#kws._call(pushes(samples), [this.#number, name.length], samples, name);
  }

  /** The events since they were last taken. */
  events() {
    return [...this.#taken('kws_next_event', event)];
  }

  /** The blocks of tapped stages since they were last taken, in order. */
  blocks() {
    return [...this.#taken('kws_next_block', (answer) => block(answer, this.pipeline))];
  }

  /** Says that ticks of a source were lost: stages with memory begin anew there. */
  lose(ticks, source = '') {
    this.#kws._call('kws_lose', [this.#number, ticks], encoded(source));
  }

  /** Ends the stream and returns the last events. */
  finish() {
    this.#kws._call('kws_finish', [this.#number]);
    return this.events();
  }

  /** Begins a new stream. */
  reset() {
    this.#kws._call('kws_reset', [this.#number]);
  }

  /** Frees it. */
  free() {
    this.#kws._call('kws_free_session', [this.#number]);
    this.#number = -1;
  }

  *#taken(call, read) {
    while (this.#kws._call(call, [this.#number]) > 0) yield read(this.#kws._answer());
  }
}

function pushes(samples) {
  if (samples instanceof Float32Array) return 'kws_push_f32';
  if (samples instanceof Int16Array) return 'kws_push_i16';
  if (samples instanceof Uint8Array || samples instanceof Uint8ClampedArray) return 'kws_push_u8';
  throw new KwsError('expected samples as Float32Array or Int16Array, or pixels as Uint8Array');
}

function event(answer) {
  const json = decoded(answer);
  return { ...JSON.parse(json), json };
}

function block(answer, pipeline) {
  const head = new DataView(answer.buffer, answer.byteOffset, HEAD);
  const end = answer.indexOf(0, HEAD);
  const stage = decoded(answer.subarray(HEAD, end));
  // A copy, which begins where any array may.
  const items = new BYTES[pipeline.stage(stage).output.element](answer.slice(end + 1).buffer);
  const number = (i) => head.getFloat64(8 * i, true);
  return { stage, tick: number(0), time: number(1), lost: number(2), items };
}

async function fetched(url) {
  const reply = await fetch(url);
  if (!reply.ok) throw new KwsError(`${url}: ${reply.status} ${reply.statusText}`);
  return reply;
}

/** The bytes of a file that gzip packed, whether or not the server or the browser has unpacked it on the way. */
export async function unpacked(url) {
  const bytes = new Uint8Array(await (await fetched(url)).arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Worklets have neither TextEncoder nor TextDecoder.

function encoded(text) {
  if (globalThis.TextEncoder) return new TextEncoder().encode(text);
  return Uint8Array.from(unescape(encodeURIComponent(text)), (byte) => byte.charCodeAt(0));
}

function decoded(bytes) {
  if (globalThis.TextDecoder) return new TextDecoder().decode(bytes);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return decodeURIComponent(escape(text));
}
