// The device under test of MLPerf Tiny on the Raspberry Pi Pico in rp2040js, an emulator of the chip, with its UART at a Unix socket.
//
//     node pico_dut.mjs target/pico/node_modules/rp2040js IMAGE.uf2 SOCKET
//
// The boot ROM is not there: the core starts at the image's vectors, as the second stage of the boot would start it. The emulator counts
// a cycle or more for each instruction, and no misses of the flash's cache.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

const [emulator, image, socket] = process.argv.slice(2);
const { RP2040, ConsoleLogger, LogLevel } = createRequire(import.meta.url)(resolve(emulator));
const FLASH = 0x10000000, VECTORS = FLASH + 0x100, CYCLE = 1e9 / 125e6;
// Instructions between two looks at the socket, and cycles that a byte takes at 115,200 baud.
const TURN = 200000, BYTE = 125e6 / 11520;

const chip = new RP2040();
chip.logger = new ConsoleLogger(LogLevel.Error, true);
const file = readFileSync(image);
for (let at = 0; at < file.length; at += 512) {
    if (file.readUInt32LE(at) !== 0x0a324655) throw new Error(`${image}: no UF2 block at ${at}`);
    const length = file.readUInt32LE(at + 16);
    chip.flash.set(file.subarray(at + 32, at + 32 + length), file.readUInt32LE(at + 12) - FLASH);
}
chip.core.VTOR = VECTORS;
chip.core.reset();

let line = null, since = 0;
const coming = [];
chip.uart[0].onByte = (byte) => line?.write(Buffer.from([byte]));

function turn() {
    for (let i = 0; i < TURN; i += 1) {
        const cycles = chip.core.waiting ? 1 : chip.core.executeInstruction();
        chip.clock.tick(cycles * CYCLE);
        since += cycles;
        if (since >= BYTE && coming.length > 0) {
            since = 0;
            chip.uart[0].feedByte(coming.shift());
        }
    }
    setImmediate(turn);
}

createServer((connection) => {
    line = connection;
    connection.on('data', (bytes) => coming.push(...bytes));
    connection.on('error', () => {});
}).listen(socket, turn);
