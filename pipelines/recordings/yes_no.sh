#!/bin/sh
# Makes yes_no.flac and yes_no.truth.csv beside this script. Needs espeak-ng and sox (with FLAC), nothing else.
# The same versions of the two give the same bytes: dither is off (-D) and sox's noise is repeatable (-R).
set -eu

rate=16000
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# word, espeak-ng voice, words per minute, pitch, peak in dBFS, silence after it in samples
script='
seven  en-us+f3           150 55 -8  16000
yes    en-us              150 50 -6  17600
no     en-us+f3           145 60 -6  16000
house  en-gb-x-gbclan     150 45 -7  14400
no     en-gb-scotland     150 45 -7  17600
yes    en-gb-x-gbclan+f2  155 60 -8  16000
marvin en-us+m3           150 45 -6  16000
yes    en-us+f2           150 60 -10 19200
note   en-gb-x-rp+f2      145 60 -8  16000
no     en-gb-scotland+f2  150 55 -6  16000
three  en-us              155 50 -7  14400
yes    en-us+Annie        155 50 -7  17600
no     en+f2              160 55 -8  16000
snow   en-gb-x-rp+f2      150 55 -8  16000
no     en-us+belinda      150 50 -10 17600
guess  en-us+steph        170 50 -7  16000
yes    en-gb-scotland+m3  150 50 -7  16000
happy  en-gb-scotland     150 50 -8  16000
no     en-us+Annie        160 50 -6  17600
test   en-gb-scotland+f2  150 55 -8  16000
yes    en-us+f3           155 55 -6  19200
'

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
echo 'label,start,end' >"$here/yes_no.truth.csv"
# Not a pipe into `while`: the loop's variables must outlive it.
while read -r word voice speed pitch peak gap; do
    [ -n "$word" ] || continue
    number=$((number + 1))
    clip=$work/clip$number.wav
    pause=$work/pause$number.wav
    speak "$word" "$voice" "$speed" "$pitch" "$peak" "$clip"
    silence "$gap" "$pause"
    length=$(soxi -s "$clip")
    awk -v w="$word" -v a="$at" -v b="$((at + length))" -v r="$rate" \
        'BEGIN { printf "%s,%.4f,%.4f\n", w, a / r, b / r }' >>"$here/yes_no.truth.csv"
    at=$((at + length + gap))
    clips="$clips $clip $pause"
done <<EOF
$script
EOF

# Soft room noise under everything: pink, about -62 dBFS (RMS).
# shellcheck disable=SC2086 # a list of paths without blanks
sox -R -D $clips "$work/speech.wav"
sox -R -D -r "$rate" -n -c 1 -b 16 "$work/noise.wav" synth "${at}s" pinknoise vol 0.006
sox -R -D -m -v 1 "$work/speech.wav" -v 1 "$work/noise.wav" -C 8 "$here/yes_no.flac"
