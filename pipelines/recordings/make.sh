#!/bin/sh
# Makes NAME.flac and NAME.truth.csv beside this script from the words that NAME.words lists.
# Needs espeak-ng and sox (with FLAC), nothing else.
# The same versions of the two give the same bytes: dither is off (-D) and sox's noise is repeatable (-R).
set -eu

name=${1:?usage: make.sh NAME, for example make.sh yes_no}
rate=16000
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

silence() { # samples file
    sox -R -D -r "$rate" -n -c 1 -b 16 "$2" trim 0s "$1s"
}

# The clip begins and ends where its level passes 0.3 % of full scale.
speak() { # word voice speed pitch peak file
    espeak-ng -v "$2" -s "$3" -p "$4" -w "$work/spoken.wav" "$1"
    sox -R -D "$work/spoken.wav" -r "$rate" -b 16 "$6" gain -6 rate -v "$rate" \
        silence 1 0.005 0.3% reverse silence 1 0.005 0.3% reverse gain -n "$5"
}

silence 16000 "$work/00.wav"
at=16000
clips=$work/00.wav
number=0
echo 'label,start,end' >"$here/$name.truth.csv"
# Not a pipe into `while`: the loop's variables must outlive it.
while read -r word voice speed pitch peak gap; do
    case $word in '' | '#'*) continue ;; esac
    number=$((number + 1))
    clip=$work/clip$number.wav
    pause=$work/pause$number.wav
    speak "$word" "$voice" "$speed" "$pitch" "$peak" "$clip"
    silence "$gap" "$pause"
    length=$(soxi -s "$clip")
    awk -v w="$word" -v a="$at" -v b="$((at + length))" -v r="$rate" \
        'BEGIN { printf "%s,%.4f,%.4f\n", w, a / r, b / r }' >>"$here/$name.truth.csv"
    at=$((at + length + gap))
    clips="$clips $clip $pause"
done <"$here/$name.words"

# Soft room noise under everything: pink, about -62 dBFS (RMS).
# shellcheck disable=SC2086 # a list of paths without blanks
sox -R -D $clips "$work/speech.wav"
sox -R -D -r "$rate" -n -c 1 -b 16 "$work/noise.wav" synth "${at}s" pinknoise vol 0.006
sox -R -D -m -v 1 "$work/speech.wav" -v 1 "$work/noise.wav" -C 8 "$here/$name.flac"
