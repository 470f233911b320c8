#!/bin/sh
# Makes the recordings of this folder: synthesised tones only. Needs sox, flac, lame and ffmpeg.
set -e
cd "$(dirname "$0")"
# 0.3 s of 1 kHz at half of full scale, fading in and out.
sox -R -n -b 16 -r 44100 -c 2 tone.wav synth 0.3 sine 1000 gain -6 fade 0.02 0.3 0.02
lame --quiet -b 64 tone.wav tone.mp3
# The same without the encoder's tag, which holds the exact length.
lame --quiet -t -b 64 tone.wav untagged.mp3
sox -R tone.wav -C 1 tone.ogg
# Long enough for several pages.
sox -R tone.wav -C 1 pages.ogg repeat 7
ffmpeg -v error -y -i tone.wav -fflags +bitexact -flags:a +bitexact -c:a aac -b:a 96k tone.m4a
sox -R tone.wav -r 16000 -c 1 sixteen.wav
flac --silent --force --no-padding --blocksize=576 --output-name=tone.flac sixteen.wav
rm tone.wav sixteen.wav
# What the FLAC file holds, by the reference decoder.
flac --silent --decode --force-raw-format --endian=little --sign=signed --force --output-name=tone.flac.s16le tone.flac
