// Firmware of the Raspberry Pi Pico in rp2040js, an emulator of the chip: a recording comes from an I2S microphone at the pins, and what
// the UART says is compared with the lines of the host.
//
//     node pico.mjs target/pico/node_modules/rp2040js IMAGE.uf2 RECORDING.wav EXPECTED.jsonl
//
// The microphone answers the clocks that the PIO program makes: data change when the clock falls, the first bit one clock after the word
// has fallen. rp2040js runs a state machine once in a while, at no particular rate; here each of its steps takes as long as the divisor
// of its clock says, on the clock of the core. Its DMA and UART are used as they are. The boot ROM is not there: the core starts at the
// image's vectors, as the second stage of the boot would start it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [emulator, image, recording, expected] = process.argv.slice(2);
const { RP2040, ConsoleLogger, LogLevel } = createRequire(import.meta.url)(resolve(emulator));
const FLASH = 0x10000000, VECTORS = FLASH + 0x100;
const CLOCK = 18, WORD = 19, DATA = 20, BITS = 24;
// What the firmware does to each sample: it moves it by this many places, and takes away its mean.
const PLACES = 4, DC = 9;

/** Samples of a recording of 16 bits and one channel. */
function samples(path) {
    const file = readFileSync(path);
    const start = file.indexOf('data') + 8;
    return new Int16Array(file.buffer.slice(file.byteOffset + start, file.byteOffset + start + file.readUInt32LE(start - 4)));
}

/** A microphone whose offset wanders in such a way that the recording is left when the firmware has taken the offset away. */
class Microphone {
    constructor(recording) {
        this.recording = recording;
        this.next = 0;
        this.sum = 0n;
        this.bits = 0;
        this.left = 0;
        this.pins = [true, true];
    }

    sample() {
        const wanted = this.next < this.recording.length ? this.recording[this.next] : 0;
        this.next += 1;
        const mean = Number((this.sum + (1n << BigInt(DC - 1))) >> BigInt(DC));
        this.sum += BigInt(wanted);
        return (wanted + mean) << PLACES;
    }

    /** The bit that is said after these levels; `undefined` where it stays. */
    hear(clock, word) {
        const [clockWas, wordWas] = this.pins;
        this.pins = [clock, word];
        if (!clockWas || clock) return undefined;
        this.left -= 1;
        const bit = this.left >= 0 ? this.bits >> this.left & 1 : 0;
        if (wordWas && !word) {
            this.bits = this.sample() & 0xffffff;
            this.left = BITS;
        }
        return bit;
    }
}

/** Puts the blocks of a UF2 file into flash. */
function load(chip, path) {
    const file = readFileSync(path);
    for (let at = 0; at < file.length; at += 512) {
        if (file.readUInt32LE(at) !== 0x0a324655) throw new Error(`${path}: no UF2 block at ${at}`);
        const length = file.readUInt32LE(at + 16);
        chip.flash.set(file.subarray(at + 32, at + 32 + length), file.readUInt32LE(at + 12) - FLASH);
    }
}

const chip = new RP2040();
chip.logger = new ConsoleLogger(LogLevel.Error, true);
load(chip, image);
chip.core.VTOR = VECTORS;
chip.core.reset();

const heard = samples(recording);
if (heard[0] !== 0) throw new Error(`${recording}: the first sample is ${heard[0]}, expected 0: the firmware takes it for the mean`);
const microphone = new Microphone(heard);
const pio = chip.pio[0];
const machine = pio.machines[0];
pio.run = () => {};

let text = '';
chip.uart[0].onByte = (byte) => { text += String.fromCharCode(byte); };

const SECOND = 1e9, CYCLE = SECOND / 125e6;
// What the last events need after the last sample.
const end = () => microphone.next >= heard.length + 8000;
let steps = 0, stepAt = 0, awake = 0, began = Date.now();
const clock = chip.clock;

/** A step of the state machine, and the microphone's answer. */
function step() {
    machine.step();
    const levels = pio.pinValues;
    pio.checkChangedPins();
    const bit = microphone.hear((levels >> CLOCK & 1) === 1, (levels >> WORD & 1) === 1);
    if (bit !== undefined) chip.gpio[DATA].rawInputValue = bit === 1;
    steps += 1;
}

while (!end()) {
    const running = machine.enabled;
    if (chip.core.waiting) {
        const alarm = clock.nextAlarm ? clock.nextAlarm.nanos : Infinity;
        const next = Math.min(alarm, running ? stepAt : Infinity);
        if (next === Infinity) throw new Error(`the core sleeps for ever at ${clock.nanos} ns`);
        clock.tick(Math.max(next - clock.nanos, 0));
    } else {
        const cycles = chip.core.executeInstruction();
        awake += cycles;
        clock.tick(cycles * CYCLE);
    }
    if (!running) { stepAt = clock.nanos; continue; }
    const period = (machine.clockDivInt + machine.clockDivFrac / 256) * CYCLE;
    while (stepAt <= clock.nanos) {
        step();
        stepAt += period;
        // A DMA transfer that a step has made possible is due at once.
        clock.tick(0);
    }
}

const lines = text.split('\n').filter((line) => line.includes('"stage"'));
const wanted = readFileSync(expected, 'utf8').split('\n').filter((line) => line);
const seconds = clock.nanos / SECOND;
console.log(`${image}: ${lines.length} lines in ${seconds.toFixed(1)} s of the chip's time, ` +
    `awake ${(awake * CYCLE / clock.nanos * 100).toFixed(1)} %, ${((Date.now() - began) / 1000).toFixed(0)} s here`);
for (const line of text.split('\n').filter((line) => line && !line.includes('"stage"'))) console.log(`  ${line}`);
if (lines.join('\n') !== wanted.join('\n')) {
    console.error(`the UART said\n${lines.join('\n')}\nexpected\n${wanted.join('\n')}`);
    process.exit(1);
}
